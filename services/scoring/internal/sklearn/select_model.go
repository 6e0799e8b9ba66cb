package sklearn

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// selectFromModel keeps the columns that a model finds important: by the size of its
// coefficients, or by what splits gain.
func (r *reader) selectFromModel(o *object, in matrix) (matrix, error) {
	v, path := o.value("estimator"), "estimator"
	if o.has("estimator_") {
		v, path = o.value("estimator_"), "estimator_"
	}
	if o.err != nil {
		return in, o.err
	}
	e, err := r.open(v, join(o.path, path))
	if err != nil {
		return in, err
	}
	missing, err := r.ofEstimator(o)
	if err != nil {
		return in, err
	}
	scores, err := e.importances(o, len(in.cols))
	if err != nil {
		return in, err
	}
	threshold, err := o.threshold(e, scores)
	if err != nil {
		return in, err
	}
	if e.library() == "xgboost" || e.library() == "lightgbm" {
		if err := e.clear(o, scores, threshold); err != nil {
			return in, err
		}
	}
	mask := where(scores, func(s float64) bool { return !(s < threshold) })
	if o.has("max_features") {
		if mask, err = o.atMost(mask, scores); err != nil {
			return in, err
		}
	}
	return r.keep(o, in, mask, missing)
}

// atMost drops all but the max_features most important.
func (o *object) atMost(mask []bool, scores []float64) ([]bool, error) {
	most := "max_features"
	if o.has("max_features_") {
		most = "max_features_"
	}
	n, ok := o.value(most).(int64)
	if !ok || n < 0 {
		return nil, o.refuse("max_features of type "+typeName(o.value(most)), "an integer")
	}
	negative := make([]float64, len(scores))
	for i, s := range scores {
		negative[i] = -s
	}
	for rank, i := range ascendingOrder(negative) {
		mask[i] = mask[i] && int64(rank) < n
	}
	return mask, o.err
}

// importances of a fitted model, for the selector of.
func (o *object) importances(of *object, n int) ([]float64, error) {
	if getter := of.value("importance_getter"); getter != "auto" {
		return nil, of.refuse("importance_getter of its own", "importance_getter=auto")
	}
	if read := o.r.boosters.Importances[o.library()]; read != nil {
		return o.boosterImportances(read, n)
	}
	switch o.name {
	case "DecisionTreeClassifier", "DecisionTreeRegressor", "ExtraTreeClassifier", "ExtraTreeRegressor":
		return o.r.gains(o, n, true)
	case "RandomForestClassifier", "RandomForestRegressor", "ExtraTreesClassifier", "ExtraTreesRegressor":
		return o.meanGains(o.list("estimators_"), n, true)
	case "GradientBoostingClassifier", "GradientBoostingRegressor":
		a, ok := o.value("estimators_").(*pickle.Array)
		if !ok {
			return nil, o.wrong("attribute estimators_ is not an array")
		}
		trees, err := o.r.values(a)
		if err != nil {
			return nil, o.wrong("attribute estimators_: %v", err)
		}
		return o.meanGains(trees, n, false)
	}
	v, ok := o.attr("coef_")
	a, isArray := v.(*pickle.Array)
	if !ok || !isArray {
		return nil, of.refuse("estimator="+o.name, "estimators with coefficients, trees, forests, gradient boosting, XGBoost and LightGBM")
	}
	if a.Dtype.Size < 8 {
		o.wideNumbers("coef_")
		return nil, o.err
	}
	if len(a.Shape) == 1 {
		scores := o.vector("coef_", n)
		for i, s := range scores {
			scores[i] = math.Abs(s)
		}
		return scores, o.err
	}
	rows := o.grid("coef_", anySize, n)
	order := of.number("norm_order")
	if o.err != nil || of.err != nil {
		return nil, firstError(o.err, of.err)
	}
	return norms(of, rows, n, order)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// norms are those of the columns of a table.
func norms(of *object, rows [][]float64, n int, order float64) ([]float64, error) {
	out := make([]float64, n)
	for j := range out {
		for _, row := range rows {
			x := math.Abs(row[j])
			switch order {
			case 1:
				out[j] += x
			case 2:
				out[j] += float64(x * x)
			case math.Inf(1):
				out[j] = max(out[j], x)
			default:
				return nil, of.refuse("norm_order="+strconv.FormatFloat(order, 'g', -1, 64), "1, 2 and infinity")
			}
		}
		if order == 2 {
			out[j] = math.Sqrt(out[j])
		}
	}
	return out, nil
}

// meanGains is the mean over trees, made to add up to 1.
func (o *object) meanGains(trees []pickle.Value, n int, each bool) ([]float64, error) {
	total, count := make([]float64, n), 0
	for _, v := range trees {
		tree, err := o.r.open(v, o.path)
		if err != nil {
			return nil, err
		}
		gains, err := o.r.gains(tree, n, each)
		if err != nil {
			return nil, err
		}
		if gains == nil {
			continue // a single leaf
		}
		count++
		for j, g := range gains {
			total[j] += g
		}
	}
	if o.err != nil || count == 0 {
		return total, o.err
	}
	for j := range total {
		total[j] /= float64(count)
	}
	sum := pairwise(total)
	for j := range total {
		total[j] /= sum
	}
	return total, nil
}

// gains are what the splits of a tree gain, by column; nil where it is a single leaf of an
// ensemble.
func (r *reader) gains(o *object, n int, normalize bool) ([]float64, error) {
	t, err := r.open(o.value("tree_"), join(o.path, "tree_"))
	if err != nil {
		return nil, err
	}
	nodes, ok := t.value("nodes").(*pickle.Array)
	if !ok || !r.spend(nodes.Len()) {
		return nil, o.wrong("attribute tree_: nodes are not an array, or too many")
	}
	f := fields{array: nodes}
	left, right, feature := f.integers("left_child", nil), f.integers("right_child", nil), f.integers("feature", nil)
	impurity, weight := f.floats("impurity", nil), f.floats("weighted_n_node_samples", nil)
	if f.err != nil || len(left) == 0 {
		return nil, o.wrong("attribute tree_: no nodes that can be read (%v)", f.err)
	}
	out := make([]float64, n)
	for i, l := range left {
		if l < 0 {
			continue
		}
		r := right[i]
		if int(l) >= len(left) || r < 0 || int(r) >= len(left) || feature[i] < 0 || feature[i] >= int64(n) {
			return nil, o.wrong("attribute tree_: node %d is out of range", i)
		}
		out[feature[i]] += float64(weight[i]*impurity[i]) - float64(weight[l]*impurity[l]) - float64(weight[r]*impurity[r])
	}
	for j := range out {
		out[j] /= weight[0]
	}
	if sum := pairwise(out); normalize && sum > 0 {
		for j := range out {
			out[j] /= sum
		}
	}
	if len(left) == 1 && o.path != "" && !normalize {
		return nil, nil
	}
	return out, nil
}

// threshold is what importances must not be less than.
func (o *object) threshold(e *object, scores []float64) (float64, error) {
	v := o.value("threshold")
	if v == nil {
		known, err := o.usualThreshold(e)
		if known > 0 || err != nil {
			return known, err
		}
		v = "mean"
	}
	text, ok := v.(string)
	if !ok {
		return o.number("threshold"), o.err
	}
	scale, reference, found := strings.Cut(text, "*")
	factor := 1.0
	if !found {
		reference = scale
	} else if f, err := strconv.ParseFloat(strings.TrimSpace(scale), 64); err != nil {
		return 0, o.refuse("threshold="+text, "a number, mean, median, or a multiple of these")
	} else {
		factor = f
	}
	if len(scores) == 0 {
		return 0, o.wrong("it gets no column")
	}
	switch strings.TrimSpace(reference) {
	case "mean":
		return factor * (pairwise(scores) / float64(len(scores))), nil
	case "median":
		sorted := slices.Clone(scores)
		slices.Sort(sorted)
		n := len(sorted)
		if n%2 == 1 {
			return factor * sorted[n/2], nil
		}
		return factor * ((sorted[n/2-1] + sorted[n/2]) / 2), nil
	}
	return 0, o.refuse("threshold="+text, "a number, mean, median, or a multiple of these")
}

// usualThreshold is that of models which make coefficients 0, and 0 of others. Which of them
// count depends on the version: what does not count everywhere is refused.
func (o *object) usualThreshold(e *object) (float64, error) {
	penalty, _ := e.attr("penalty")
	if penalty == "l1" || strings.Contains(e.name, "Lasso") {
		return 1e-5, nil
	}
	for _, name := range []string{"l1_ratio", "l1_ratio_"} {
		if x, ok := e.attr(name); ok && x != nil && e.name != "SGDClassifier" && e.name != "SGDRegressor" {
			if ratio, isNumber := number(x); !isNumber || math.Abs(ratio-1) < 1e-4 {
				return 0, o.refuse("threshold=None for "+e.name+" with "+name+"=1", "a threshold that is given")
			}
		}
	}
	return 0, nil
}
