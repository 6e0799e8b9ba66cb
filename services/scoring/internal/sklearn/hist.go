package sklearn

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// histGradientBoosting adds trees to a baseline. It takes NaN and infinity.
func (r *reader) histGradientBoosting(o *object, in matrix) error {
	in, err := r.preprocess(o, in)
	if err != nil {
		return err
	}
	if err := r.numbers(o, in); err != nil {
		return err
	}
	scores := o.integer("n_trees_per_iteration_")
	if o.err == nil && (scores < 1 || scores > model.MaxScores) {
		o.fail("%d trees an iteration", scores)
	}
	if o.err != nil {
		return o.err
	}
	known, cols, err := r.knownCategories(o, in)
	if err != nil {
		return err
	}
	e := &model.Ensemble{In: cols, Input: model.F64, Compare: model.LessOrEqual, Sum: model.F64}
	if e.Base, err = o.baseline(scores); err != nil {
		return err
	}
	for _, v := range o.list("_predictors") {
		iteration, ok := items(v)
		if !ok || len(iteration) != scores {
			return o.wrong("attribute _predictors holds an iteration that is not a list of %d trees", scores)
		}
		for k, v := range iteration {
			if err := r.histTree(o, e, v, int32(k), known); err != nil { // #nosec G115 -- at most MaxScores
				return err
			}
		}
	}
	if o.err != nil {
		return o.err
	}
	r.m.Estimator = e
	if !o.classifier() {
		return r.histRegression(o, scores, len(e.Trees))
	}
	classes := o.classes()
	if o.err != nil {
		return o.err
	}
	if len(classes) < 2 {
		return o.refuse("a single class", "two classes or more")
	}
	o.detail("%d trees", len(e.Trees))
	r.m.Output = model.Output{
		Task: model.Classification, Classes: classes, Probable: true, Decisive: true,
		Link: model.LinkSoftmax, Scale: 1, Decision: model.DecideArgmaxScore,
	}
	old := r.version.before(1, 5) // chose by probability
	switch {
	case scores == 1 && old:
		r.m.Output.Link, r.m.Output.Decision = model.LinkLogistic, model.DecideAboveHalf
	case scores == 1:
		r.m.Output.Link, r.m.Output.Decision = model.LinkLogistic, model.DecideScorePositive
	case old:
		r.m.Output.Decision = model.DecideArgmax
	}
	return nil
}

func (r *reader) histRegression(o *object, scores, trees int) error {
	if scores != 1 {
		return o.wrong("%d scores of a regression", scores)
	}
	loss := ""
	switch v := o.value("loss").(type) {
	case string:
		loss = v
	case *pickle.Object:
		if v.Class != nil {
			loss = v.Class.Name
		}
	}
	out := model.Output{Task: model.Regression, Link: model.LinkIdentity, Scale: 1}
	switch loss {
	case "squared_error", "absolute_error", "quantile", "least_squares", "least_absolute_deviation",
		"HalfSquaredError", "AbsoluteError", "PinballLoss":
	case "poisson", "gamma", "HalfPoissonLoss", "HalfGammaLoss":
		out.Link = model.LinkExp
	default:
		return o.refuse("loss="+loss, "squared_error, absolute_error, quantile, poisson, gamma")
	}
	r.m.Output = out
	o.detail("%s, %d trees", loss, trees)
	return nil
}

// preprocess encodes categories. Since 1.4 the model holds a column
// transformer that numbers them and puts them first.
func (r *reader) preprocess(o *object, in matrix) (matrix, error) {
	v, ok := o.attr("_preprocessor")
	if !ok || v == nil {
		return in, nil
	}
	stages := len(r.m.Outline)
	in, err := r.transform(v, join(o.path, "_preprocessor"), in)
	r.m.Outline = r.m.Outline[:stages] // nobody wrote that transformer
	return in, err
}

// baseline reads what the sums start from.
func (o *object) baseline(scores int) ([]float64, error) {
	a, ok := o.value("_baseline_prediction").(*pickle.Array)
	if !ok {
		x, ok := number(o.value("_baseline_prediction"))
		if !ok || scores != 1 {
			return nil, o.wrong("attribute _baseline_prediction is a %s", typeName(o.value("_baseline_prediction")))
		}
		return []float64{x}, nil
	}
	x, err := o.r.floats(a)
	if err != nil || len(x) != scores || a.Dtype.Size != 8 {
		return nil, o.wrong("attribute _baseline_prediction has shape %v and type %s for %d scores", a.Shape, a.Dtype, scores)
	}
	return x, nil
}

// knownCategories reads which categories training saw, as bits, for each
// column that is categorical. Versions before 1.4 got the categories
// themselves, and cast them to a byte.
func (r *reader) knownCategories(o *object, in matrix) ([][]uint32, []model.Column, error) {
	known := make([][]uint32, len(in.cols))
	mapper, err := r.open(o.value("_bin_mapper"), join(o.path, "_bin_mapper"))
	if err != nil {
		return nil, nil, err
	}
	mask, ok := mapper.value("is_categorical_").(*pickle.Array)
	if !ok {
		mapper.fail("attribute is_categorical_ is not an array")
		return nil, nil, mapper.err
	}
	categorical, err := r.floats(mask)
	if err != nil || len(categorical) != len(in.cols) {
		return nil, nil, mapper.wrong("attribute is_categorical_ has shape %v for %d columns", mask.Shape, len(in.cols))
	}
	thresholds := mapper.list("bin_thresholds_")
	if mapper.err == nil && len(thresholds) != len(in.cols) {
		mapper.fail("attribute bin_thresholds_ has %d entries for %d columns", len(thresholds), len(in.cols))
	}
	if mapper.err != nil {
		return nil, nil, mapper.err
	}
	cols := append([]model.Column(nil), in.cols...)
	for i := range cols {
		if categorical[i] == 0 {
			continue
		}
		a, ok := thresholds[i].(*pickle.Array)
		if !ok {
			return nil, nil, mapper.wrong("attribute bin_thresholds_[%d] is not an array", i)
		}
		values, err := r.floats(a)
		if err != nil {
			return nil, nil, mapper.wrong("attribute bin_thresholds_[%d]: %v", i, err)
		}
		known[i] = make([]uint32, 8)
		for _, v := range values {
			if v != math.Trunc(v) && !r.version.before(1, 4) || !(v >= 0 && v < 256) {
				return nil, nil, mapper.wrong("category %v of column %d", v, i)
			}
			known[i][int(v)/32] |= 1 << (int(v) % 32)
		}
		if r.version.before(1, 4) {
			c, err := r.columns(o, 1, numeric)
			if err != nil {
				return nil, nil, err
			}
			r.step(model.LowByte{In: cols[i], Out: c[0], Wrap: r.version.before(1, 2)})
			cols[i] = c[0]
		}
	}
	return known, cols, nil
}

// histTree adds one TreePredictor.
func (r *reader) histTree(o *object, e *model.Ensemble, v pickle.Value, score int32, known [][]uint32) error {
	p, ok := v.(*pickle.Object)
	if !ok || p.Class == nil || p.Class.Name != "TreePredictor" {
		return o.wrong("attribute _predictors holds a %s", typeName(v))
	}
	nodes, ok := attribute[*pickle.Array](p, "nodes")
	if !ok || len(nodes.Shape) != 1 {
		return o.wrong("a TreePredictor has no nodes")
	}
	if err := r.own(nodes); err != nil {
		return o.wrong("a TreePredictor: %v", err)
	}
	f := fields{array: nodes}
	isLeaf, value := f.integers("is_leaf", nil), f.floats("value", nil)
	feature, missingLeft := f.integers("feature_idx", nil), f.integers("missing_go_to_left", nil)
	categorical, bitset := make([]int64, len(isLeaf)), make([]int64, len(isLeaf))
	name := "threshold" // before categories came, in 0.24
	if f.has("num_threshold") {
		name, categorical, bitset = "num_threshold", f.integers("is_categorical", nil), f.integers("bitset_idx", nil)
	}
	t := &tree{left: f.integers("left", nil), right: f.integers("right", nil), feature: feature, threshold: f.floats(name, nil), missingLeft: missingLeft}
	if f.err != nil {
		return o.wrong("a TreePredictor: %v", f.err)
	}
	var splits []int // nodes that are splits, in order
	for i := range isLeaf {
		if isLeaf[i] != 0 {
			t.left[i] = leaf
		} else {
			splits = append(splits, i)
		}
	}
	built, err := t.build(score, 1, func(node int, leaves []float64) ([]float64, error) {
		return append(leaves, value[node]), nil
	})
	if err != nil {
		return o.wrong("a TreePredictor: %v", err)
	}
	for at, i := range splits {
		if categorical[i] == 0 {
			continue
		}
		node := &built.Nodes[at]
		members, err := r.members(p, bitset[i])
		if err != nil || int(node.Feature) >= len(known) || known[node.Feature] == nil {
			return o.wrong("a TreePredictor: node %d has no set of categories", i)
		}
		node.Set, node.Threshold = int32(len(e.Sets)), 0 // #nosec G115 -- fewer than nodes
		e.Sets = append(e.Sets, model.Set{Members: members, Known: known[node.Feature], MembersLeft: true, Others: node.Missing})
	}
	e.Trees = append(e.Trees, built)
	return nil
}

// members reads one row of the bit sets of a TreePredictor: 256 bits.
func (r *reader) members(p *pickle.Object, row int64) ([]uint32, error) {
	a, ok := attribute[*pickle.Array](p, "raw_left_cat_bitsets")
	if !ok || len(a.Shape) != 2 || a.Shape[1] != 8 || row < 0 || row >= int64(a.Shape[0]) {
		return nil, errWork
	}
	sets, cached := r.bitsets[a]
	if !cached {
		x, err := r.floats(a) // 32 bits fit
		if err != nil {
			return nil, err
		}
		sets = make([]uint32, len(x))
		for i := range x {
			if !(x[i] >= 0 && x[i] <= math.MaxUint32) {
				return nil, errWork
			}
			sets[i] = uint32(x[i])
		}
		r.bitsets[a] = sets
	}
	return sets[row*8:][:8:8], nil
}
