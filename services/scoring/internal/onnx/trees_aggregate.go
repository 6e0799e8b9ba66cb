package onnx

import (
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// What is made of the trees of a regression but their sum. Base values are added
// last.

// average is the sum by the number of the trees.
func (g *grove) average(r *reader, x *tensor, base []float64) (model.Estimator, error) {
	count := len(g.trees)
	e, err := g.ensemble(r, x, g.targets, nil)
	if err != nil {
		return nil, err
	}
	e.Divisor = float64(count)
	if !slices.ContainsFunc(base, func(b float64) bool { return b != 0 }) {
		return e, nil
	}
	return g.given(r, r.nested(e), base), nil
}

// extremes is the least or the greatest of the trees: each tree is a score, and the
// scores of a target are compared one by one.
func (g *grove) extremes(r *reader, x *tensor, by model.Operator, base []float64) (model.Estimator, error) {
	var targets []int32 // by tree: the one that its leaves are for
	var trees []rawTree
	for i := range g.trees {
		apart, of, err := g.apart(&g.trees[i])
		if err != nil {
			return nil, err
		}
		for k := range apart {
			for _, leaf := range apart[k].leaves { // copies, which are the tree's own
				leaf[0].target = int32(len(trees) + k)
			}
		}
		trees, targets = append(trees, apart...), append(targets, of...)
	}
	if len(trees) > maxTargets {
		return nil, g.node.refuse("%d trees to compare", len(trees))
	}
	single := *g
	single.trees = trees
	width := max(len(trees), 1)
	e, err := single.ensemble(r, x, width, nil)
	if err != nil {
		return nil, err
	}
	sum := g.sumElem()
	extremes := make([]cell, g.targets)
	seen := make([]bool, g.targets)
	for i, c := range r.nested(e)[:len(trees)] {
		k := targets[i]
		if seen[k] {
			c = r.combine(by, sum, extremes[k], c)
		}
		extremes[k], seen[k] = c, true
	}
	for k := range extremes {
		if !seen[k] {
			extremes[k] = r.constantColumn(0)
		}
	}
	return g.given(r, extremes, base), nil
}

// apart makes a tree for each target of one whose leaves have weights for all of
// these.
func (g *grove) apart(t *rawTree) (trees []rawTree, targets []int32, err error) {
	if len(t.spans) == 0 {
		return nil, nil, g.node.fail("a tree without leaves")
	}
	for k, first := range t.leaf(0) {
		if slices.ContainsFunc(t.leaf(0)[:k], func(w weight) bool { return w.target == first.target }) {
			return nil, nil, g.node.refuse("a leaf that has two weights for a target")
		}
		one := rawTree{splits: t.splits}
		for _, leaf := range t.leaves {
			i := slices.IndexFunc(leaf, func(w weight) bool { return w.target == first.target })
			if i < 0 || len(leaf) != len(t.leaf(0)) {
				return nil, nil, g.node.refuse("leaves of a tree that have weights for different targets, which are compared")
			}
			one.spans = append(one.spans, span{int32(len(one.pool)), int32(len(one.pool) + 1)})
			one.pool = append(one.pool, leaf[i])
		}
		trees, targets = append(trees, one), append(targets, first.target)
	}
	return trees, targets, nil
}

// given is scores that columns hold, with the base values.
func (g *grove) given(r *reader, scores []cell, base []float64) model.Estimator {
	out := &model.Given{}
	for k, c := range scores {
		if base != nil && base[k] != 0 {
			c = r.combine(model.Add, g.sumElem(), c, number(base[k]))
		}
		out.Scores = append(out.Scores, c.column)
	}
	return out
}

// sumElem is the type of the sum.
func (g *grove) sumElem() elem {
	if g.sum == model.F64 {
		return float64Elem
	}
	return float32Elem
}

// nested are the raw scores of an estimator, as columns.
func (r *reader) nested(e model.Estimator) []cell {
	s := model.Nested{Estimator: e, Want: model.ResultScores}
	for range e.Width() {
		s.Out = append(s.Out, r.column())
	}
	r.add(s)
	out := make([]cell, len(s.Out))
	for i, c := range s.Out {
		out[i] = at(c)
	}
	return out
}
