package onnx

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// zipMap is ZipMap: the scores stay columns, and their keys are kept beside.
func zipMap(_ *reader, n *node, in []*tensor) ([]*tensor, error) {
	keys, err := n.labels("classlabels_strings", "classlabels_int64s")
	if err != nil {
		return nil, err
	}
	t := in[0]
	if t.rank() != 2 || t.dims[1] != size(keys.dims) {
		return nil, n.fail("%d keys for scores of shape %v", size(keys.dims), t.dims)
	}
	out := *t
	out.classes = keys
	return []*tensor{&out}, nil
}

// cast is Cast.
func cast(_ *reader, n *node, in []*tensor) ([]*tensor, error) {
	to, err := n.integer("to", 0)
	if err != nil {
		return nil, err
	}
	e, t := elem(min(max(to, 0), 255)), in[0]
	switch {
	case !e.known():
		return nil, n.refuse("the type %s", e)
	case e == t.elem:
		return in[:1], nil
	case t.of != nil && t.label:
		labels, err := castConstant(n, t.of.labels, e)
		if err != nil {
			return nil, err
		}
		of := *t.of
		of.labels = labels
		return []*tensor{{elem: e, dims: t.dims, of: &of, label: true}}, nil
	case t.of != nil && e == float64Elem:
		out := *t
		out.elem = e
		return []*tensor{&out}, nil
	case t.constant():
		c, err := castConstant(n, t, e)
		return []*tensor{c}, err
	}
	return nil, n.refuse("%ss from %ss", e, t.elem)
}

func castConstant(n *node, t *tensor, e elem) (*tensor, error) {
	out := &tensor{elem: e, dims: t.dims}
	switch {
	case t.isStrings() && e == stringElem:
		out.texts = t.texts
	case t.isStrings():
		for _, s := range t.texts {
			x, err := strconv.ParseFloat(s, 64)
			if err != nil {
				return nil, n.fail("%s is no %s", quote(s), e)
			}
			out.numbers = append(out.numbers, e.round(x))
		}
	case e == stringElem:
		if t.elem.floating() {
			return nil, n.refuse("strings from %ss", t.elem)
		}
		for _, x := range t.numbers {
			out.texts = append(out.texts, strconv.FormatInt(int64(x), 10))
		}
	default:
		for _, x := range t.numbers {
			out.numbers = append(out.numbers, e.round(x))
		}
	}
	return out, nil
}

// normalizer is Normalizer.
func normalizer(_ *reader, n *node, in []*tensor) ([]*tensor, error) {
	norm, err := n.text("norm", "MAX")
	if err != nil {
		return nil, err
	}
	if t := in[0]; t.of != nil && !t.label && norm == "L1" && t.rank() == 2 {
		of := *t.of
		switch of.link {
		case model.LinkSoftmaxSumF32: // they add up to 1 already, but for rounding
			return in[:1], nil
		case model.LinkLogisticMirrorF32:
			if of.outputs == of.estimator.Width() {
				of.link = model.LinkOneVsRest
				return []*tensor{{elem: float32Elem, dims: t.dims, of: &of}}, nil
			}
		}
	}
	return nil, n.refuse("the norm %s of this input", quote(norm))
}

// finish makes the estimator and the output from what the graph yields.
func (r *reader) finish() error {
	outputs := r.file.graph.outputs
	if len(outputs) == 0 {
		return damage(0, "the graph has no outputs")
	}
	var label, scores *tensor
	for _, o := range outputs {
		t := r.values[o.name]
		switch {
		case t == nil:
			return damage(0, "the output %s is not computed", quote(o.name))
		case t.of != nil && t.label && label == nil:
			label = t
		case t.of != nil && !t.label && scores == nil:
			scores = t
		default:
			return unsupported("the output " + quote(o.name) + " of this graph")
		}
	}
	of := cmp.Or(scores, label).of
	r.model.Estimator = of.estimator
	o := &r.model.Output
	*o = model.Output{Link: of.link, Scale: 1, Precision: of.precision}
	r.describe(of)
	if label == nil {
		if of.classifier() {
			return unsupported("a classifier whose label is no output")
		}
		return nil
	}
	if scores != nil && scores.classes != nil && !slices.Equal(labelsOf(scores.classes), labelsOf(label.of.labels)) {
		return unsupported("a label of other classes than the scores have")
	}
	if scores != nil && scores.of.node != label.of.node {
		return unsupported("a label that has nothing to do with the scores")
	}
	o.Task, o.Probable = model.Classification, scores != nil
	o.Decision, o.Score, o.Border = of.decision, of.score, of.threshold
	o.Classes = labelsOf(label.of.labels)
	return nil
}

// labelsOf are the classes that a constant lists.
func labelsOf(t *tensor) []model.Label {
	var out []model.Label
	for _, s := range t.texts {
		out = append(out, model.Label{Kind: model.StringLabel, String: s})
	}
	for _, x := range t.numbers {
		switch {
		case t.elem == boolElem:
			out = append(out, model.Label{Kind: model.BoolLabel, Bool: x != 0})
		case t.elem.floating():
			out = append(out, model.Label{Kind: model.FloatLabel, Float: x})
		default:
			out = append(out, model.Label{Kind: model.IntegerLabel, Integer: int64(x)})
		}
	}
	return out
}

// describe outlines the graph for people.
func (r *reader) describe(of *estimate) {
	r.model.Outline = append(r.model.Outline, model.Stage{Path: of.node.path(), Class: of.node.key()})
}
