package onnx

import (
	"cmp"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// linearRegressor is LinearRegressor.
func linearRegressor(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	targets, err1 := n.integer("targets", 1)
	transform, err2 := n.text("post_transform", "NONE")
	coefficients, err3 := n.floats("coefficients")
	intercepts, err4 := n.floats("intercepts")
	if err := cmp.Or(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	if targets < 1 || targets > model.MaxScores {
		return nil, n.fail("%d targets", targets)
	}
	if len(intercepts) != int(targets) {
		intercepts = make([]float32, targets) // as the runtime ignores it
	}
	if targets == 1 && transform != "PROBIT" {
		transform = "NONE"
	}
	e := &estimate{node: n, precision: model.F32, outputs: int(targets)}
	return e.linear(r, in[0], coefficients, intercepts, transform)
}

// linearClassifier is LinearClassifier.
func linearClassifier(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	transform, err1 := n.text("post_transform", "NONE")
	coefficients, err2 := n.floats("coefficients")
	intercepts, err3 := n.floats("intercepts")
	labels, err4 := n.labels("classlabels_strings", "classlabels_ints")
	if err := cmp.Or(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	e := &estimate{node: n, precision: model.F32, labels: labels, outputs: size(labels.dims), decision: model.DecideArgmaxScore}
	switch {
	case len(intercepts) == 1 && e.outputs == 2: // the second score is added, and no transform made
		transform, e.decision = "NONE", model.DecideScoreAbove
	case len(intercepts) != e.outputs || e.outputs < 2:
		return nil, n.refuse("%d intercepts for %d classes", len(intercepts), e.outputs)
	}
	return e.linear(r, in[0], coefficients, intercepts, transform)
}

// linear makes the estimator of rows of coefficients.
func (e *estimate) linear(r *reader, x *tensor, coefficients, intercepts []float32, transform string) ([]*tensor, error) {
	n := e.node
	var ok bool
	if e.link, ok = links[transform]; !ok {
		return nil, n.refuse("the post transform %s", quote(transform))
	}
	if x.rank() != 2 || x.rowAxis() != 0 || x.isStrings() {
		return nil, n.refuse("an input of %ss of shape %v", x.elem, x.dims)
	}
	features := x.dims[1]
	if len(coefficients) != features*len(intercepts) {
		return nil, n.fail("%d coefficients for %d features and %d scores", len(coefficients), features, len(intercepts))
	}
	in, err := r.columns(n, x, true)
	if err != nil {
		return nil, err
	}
	l := &model.Linear{In: in, Intercept: widen(intercepts), Sum: model.F32}
	for k := range intercepts {
		l.Coef = append(l.Coef, widen(coefficients[k*features:][:features]))
	}
	e.estimator = l
	return e.tensors(), nil
}
