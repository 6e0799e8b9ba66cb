package sklearn

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// isolationForest adds up how deep a row falls in each tree, with what is expected below the
// leaf; 2^-(that by what is expected of all) is high for outliers. The decision is the negative
// of it less the offset: -1 where it is negative, else 1.
func (r *reader) isolationForest(o *object, in matrix) error {
	trees, features := o.list("estimators_"), o.list("estimators_features_")
	samples := o.number(o.present("_max_samples", "max_samples_"))
	offset := o.number("offset_")
	if o.err == nil && (len(trees) == 0 || len(trees) != len(features) || !(samples >= 1) || math.IsInf(samples, 0)) {
		o.fail("%d trees, features of %d, %v samples", len(trees), len(features), samples)
	}
	if o.err != nil {
		return o.err
	}
	if err := r.numbers(o, in); err != nil {
		return err
	}
	if r.version.before(1, 6) {
		read, err := r.given(o, features, len(in.cols))
		if err != nil {
			return err
		}
		for i, col := range in.cols {
			r.require(o, []model.Column{col}, demand{noMissing: true, finite: true, f32: read[i]})
		}
	}
	e := r.ensemble(in)
	e.Base = []float64{0}
	paths := make(map[float64]float64)
	for i, v := range trees {
		built, err := r.isolated(o, v, features[i], len(in.cols), paths)
		if err != nil {
			return err
		}
		e.Trees = append(e.Trees, built)
	}
	depth, err := r.columns(o, 1, numeric)
	if err != nil {
		return err
	}
	plain := model.Output{Task: model.Regression, Link: model.LinkIdentity, Scale: 1}
	r.step(model.Nested{Estimator: e, Output: plain, Want: model.ResultValues, Out: depth})
	expected := float64(len(trees)) * averagePath(samples)
	if expected == 0 {
		return o.refuse("trees of a single row", "max_samples of two or more")
	}
	score := matrix{cols: depth}
	for _, step := range []func(from, to model.Column) model.Step{
		func(from, to model.Column) model.Step { return model.Standardize{In: from, Out: to, Scale: expected} },
		func(from, to model.Column) model.Step {
			return model.Apply{In: from, Out: to, Func: model.Negative}
		},
		func(from, to model.Column) model.Step { return model.Apply{In: from, Out: to, Func: model.Exp2} },
		func(from, to model.Column) model.Step {
			return model.Affine{In: from, Out: to, Scale: -1, Offset: -offset}
		},
	} {
		if score, err = r.each(o, score, func(_ int, from, to model.Column) model.Step { return step(from, to) }); err != nil {
			return err
		}
	}
	r.blur(score.cols)
	r.m.Estimator = &model.Given{Scores: score.cols}
	r.m.Output = model.Output{Task: model.Regression, Link: model.LinkSignNotNegative, Scale: 1, Decisive: true}
	o.detail("%d trees", len(trees))
	return nil
}

// given tells which columns are made float32: before 1.3 each tree did so with what it was given.
func (r *reader) given(o *object, features []pickle.Value, columns int) ([]bool, error) {
	read := make([]bool, columns)
	for _, v := range features {
		chosen, err := r.integersOf(v)
		if err != nil {
			return nil, o.wrong("attribute estimators_features_: %v", err)
		}
		for _, i := range chosen {
			if i < 0 || i >= columns {
				return nil, o.wrong("attribute estimators_features_: feature %d of %d", i, columns)
			}
			read[i] = true
		}
	}
	for i := range read {
		read[i] = read[i] || !r.version.before(1, 3)
	}
	return read, nil
}

// present is the first of some attributes that is there.
func (o *object) present(names ...string) string {
	for _, name := range names {
		if o.has(name) {
			return name
		}
	}
	return names[0]
}

// isolated is a tree whose leaves say how deep they are, with what is expected below them. Its
// features are among those that it was given. What is expected is kept in paths.
func (r *reader) isolated(o *object, v, features pickle.Value, columns int, paths map[float64]float64) (model.Tree, error) {
	member, err := r.open(v, o.path)
	if err != nil {
		return model.Tree{}, err
	}
	chosen, err := r.integersOf(features)
	if err != nil {
		return model.Tree{}, o.wrong("attribute estimators_features_: %v", err)
	}
	t, err := r.tree(member)
	if err != nil {
		return model.Tree{}, err
	}
	nodes, _ := attribute[*pickle.Array](member.value("tree_").(*pickle.Object), "nodes")
	f := fields{array: nodes}
	samples := f.integers("n_node_samples", nil)
	if f.err != nil {
		return model.Tree{}, member.wrong("attribute tree_: %v", f.err)
	}
	depth := make([]int, len(t.left))
	for i, left := range t.left { // parents come before children; what does not is refused below
		for _, child := range []int64{left, t.right[i]} {
			if child > int64(i) && child < int64(len(depth)) {
				depth[child] = depth[i] + 1
			}
		}
	}
	built, err := t.build(0, 1, func(node int, leaves []float64) ([]float64, error) {
		n := float64(samples[node])
		path, ok := paths[n]
		if !ok {
			path = averagePath(n)
			paths[n] = path
		}
		return append(leaves, float64(depth[node]+1)+path-1), nil
	})
	if err != nil {
		return built, member.wrong("attribute tree_: %v", err)
	}
	if len(chosen) == columns {
		return built, nil // then the tree was given all columns, in their order
	}
	for i := range built.Nodes {
		node := &built.Nodes[i]
		if int(node.Feature) >= len(chosen) || chosen[node.Feature] < 0 || chosen[node.Feature] >= columns {
			return built, member.wrong("attribute tree_: feature %d of %d chosen of %d", node.Feature, len(chosen), columns)
		}
		node.Feature = int32(chosen[node.Feature]) // #nosec G115 -- less than the number of columns
	}
	return built, nil
}

// averagePath is how deep a search for nothing goes in a binary tree of so many rows, on average.
func averagePath(n float64) float64 {
	const euler = 0.5772156649015329
	switch {
	case n <= 1:
		return 0
	case n == 2:
		return 1
	}
	return 2*(log(n-1)+euler) - 2*(n-1)/n
}
