package onnx

import (
	"cmp"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// newGrove prepares the input of a tree operator.
func newGrove(n *node, x *tensor, targets int) (*grove, error) {
	if x.rank() != 2 || x.rowAxis() != 0 {
		return nil, n.refuse("an input of shape %v", x.dims)
	}
	g := &grove{node: n, input: x.elem, sum: model.F32, output: model.F32, features: x.dims[1], targets: targets}
	switch x.elem {
	case float64Elem:
		g.sum = model.F64
	case float32Elem, int32Elem, int64Elem:
	default:
		return nil, n.fail("the input holds %ss", x.elem)
	}
	if targets < 1 || targets > maxTargets {
		return nil, n.fail("%d targets", targets)
	}
	return g, nil
}

// maxTargets bounds the scores of an ensemble, far above what models have: a small
// file may claim any number, and each leaf of several weights holds one a target.
const maxTargets = 1 << 12

// treeRegressor is TreeEnsembleRegressor.
func treeRegressor(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	targets, err1 := n.integer("n_targets", 0) // without which the runtime refuses it
	aggregate, err2 := n.text("aggregate_function", "SUM")
	transform, err3 := n.text("post_transform", "NONE")
	base, err4 := n.numbers("base_values")
	if err := cmp.Or(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	g, err := newGrove(n, in[0], int(min(max(targets, 0), maxTargets+1)))
	if err != nil {
		return nil, err
	}
	if err := g.parseTrees("target"); err != nil {
		return nil, err
	}
	return g.regressor(r, in[0], aggregate, transform, base)
}

// regressor makes the estimate of a regression.
func (g *grove) regressor(r *reader, x *tensor, aggregate, transform string, base []float64) ([]*tensor, error) {
	n := g.node
	if len(base) != g.targets {
		base = nil // as the runtime ignores it
	}
	if g.targets == 1 && transform != "PROBIT" {
		transform = "NONE"
	}
	e := &estimate{node: n, precision: g.output, outputs: g.targets}
	var ok bool
	if e.link, ok = links[transform]; !ok {
		return nil, n.refuse("the post transform %s of a regression", quote(transform))
	}
	if e.link != model.LinkIdentity {
		e.precision = model.F32 // in which they compute
	}
	var err error
	switch aggregate {
	case "SUM":
		e.estimator, err = g.ensemble(r, x, g.targets, base)
	case "AVERAGE":
		e.estimator, err = g.average(r, x, base)
	case "MIN":
		e.estimator, err = g.extremes(r, x, model.Lesser, base)
	case "MAX":
		e.estimator, err = g.extremes(r, x, model.Greater, base)
	default:
		err = n.refuse("the aggregate function %s", quote(aggregate))
	}
	if err != nil {
		return nil, err
	}
	out := e.tensors()
	if g.output == model.F64 {
		out = retyped(out, float64Elem)
	}
	return out, nil
}

// links are the post transforms of several scores.
var links = map[string]model.Link{
	"NONE":     model.LinkIdentity,
	"LOGISTIC": model.LinkLogisticMirrorF32,
	"SOFTMAX":  model.LinkSoftmaxSumF32,

	"SOFTMAX_ZERO": model.LinkSoftmaxZeroF32,
	"PROBIT":       model.LinkProbitF32,
}

// treeClassifier is TreeEnsembleClassifier.
func treeClassifier(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	transform, err1 := n.text("post_transform", "NONE")
	base, err2 := n.numbers("base_values")
	labels, err3 := n.labels("classlabels_strings", "classlabels_int64s")
	if err := cmp.Or(err1, err2, err3); err != nil {
		return nil, err
	}
	g, err := newGrove(n, in[0], size(labels.dims))
	if err != nil {
		return nil, err
	}
	if err := g.parseTrees("class"); err != nil {
		return nil, err
	}
	used, negative, always := g.usesTargets()
	e := &estimate{node: n, precision: model.F32, labels: labels, outputs: g.targets}
	width, ok := g.targets, false
	if e.link, ok = links[transform]; !ok {
		return nil, n.refuse("the post transform %s", quote(transform))
	}
	switch {
	case g.targets == 1:
		return nil, n.refuse("one class")
	case g.targets > 2:
		e.decision = model.DecideArgmaxScore
		if len(base) != 0 && len(base) != g.targets {
			return nil, n.refuse("%d base values for %d classes", len(base), g.targets)
		}
		if len(base) == 0 && !always {
			return nil, n.refuse("a class for which no tree has a weight in every leaf, and no base values")
		}
	case used[0] && !used[1]:
		if len(base) > 1 {
			return nil, n.refuse("%d base values where only one class has weights", len(base))
		}
		width, e.decision = 1, model.DecideScoreAbove
		if !negative {
			e.threshold = 0.5
		}
		switch {
		case transform == "LOGISTIC":
		case !negative:
			e.link = model.LinkIdentity
		case transform == "PROBIT":
			return nil, n.refuse("the post transform PROBIT of one score and two classes")
		default:
			e.link = model.LinkMirror
		}
	default:
		if len(base) != 0 {
			return nil, n.refuse("%d base values where both classes have weights", len(base))
		}
		if used[0] && !always {
			return nil, n.refuse("leaves that have a weight of one class only")
		}
		e.decision, e.score = model.DecideScoreAbove, 1
		if used[0] && !labels.isStrings() { // the runtime forgets the integers
			e.labels = &tensor{elem: int64Elem, dims: labels.dims, numbers: []float64{0, 1}}
		}
		if !used[0] && !negative {
			e.threshold = 0.5
		}
	}
	if e.estimator, err = g.ensemble(r, in[0], width, base); err != nil {
		return nil, err
	}
	return e.tensors(), nil
}

// labels are the classes of a classifier: strings, or integers.
func (n *node) labels(texts, integers string) (*tensor, error) {
	s, err := n.strings(texts)
	if err != nil {
		return nil, err
	}
	if len(s) > 0 {
		return &tensor{elem: stringElem, dims: []int{len(s)}, texts: s}, nil
	}
	v, err := n.integers(integers)
	t := &tensor{elem: int64Elem, dims: []int{len(v)}}
	for _, x := range v {
		t.numbers = append(t.numbers, float64(x))
	}
	return t, err
}
