package onnx

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// finish makes the estimator and the output from what the graph yields: a label
// and its scores, a label alone, or numbers. Where the first output is numbers,
// others are not served.
func (r *reader) finish() error {
	outputs := r.file.graph.outputs
	if len(outputs) == 0 {
		return damage(0, "the graph has no outputs")
	}
	var out []*tensor
	for _, o := range outputs {
		t := r.values[o.name]
		if t == nil {
			return damage(0, "the output %s is not computed", quote(o.name))
		}
		out = append(out, t)
	}
	label := out[0].of != nil && out[0].label || out[0].table != nil
	if !label {
		if len(out) > 1 && out[1].of != nil && out[1].label {
			return unsupported("a classifier whose label is not the first output")
		}
		return r.numeric(&outputs[0], out[0])
	}
	if len(out) > 2 {
		return unsupported(fmt.Sprintf("%d outputs of a classifier", len(out)))
	}
	return r.classifier(outputs, out)
}

// numeric makes a regression of an output.
func (r *reader) numeric(v *valueInfo, t *tensor) error {
	n := &node{op: "the output", name: v.name}
	o := &r.model.Output
	*o = model.Output{Link: model.LinkIdentity, Scale: 1}
	if t.elem == float32Elem {
		o.Precision = model.F32
	}
	if t.of != nil && t.rank() <= 2 && r.estimates[t.of.node] == nil {
		o.Link, o.Precision, r.model.Estimator = t.of.link, t.of.precision, t.of.estimator
		r.stage(t.of.node)
		return nil
	}
	if t.constant() || t.isStrings() || leading(t.dims) != 1 || t.rank() > 2 {
		return unsupported("the output " + quote(v.name) + " of " + t.elem.String() + "s of shape " + fmt.Sprint(t.dims))
	}
	scores, err := r.columns(n, t, false)
	if err != nil {
		return err
	}
	r.model.Estimator = &model.Given{Scores: scores}
	return nil
}

// classifier makes a classification of a label and, if there are, its scores.
func (r *reader) classifier(outputs []valueInfo, out []*tensor) error {
	label, n := out[0], &node{op: "the output", name: outputs[0].name}
	table := label.table
	if label.of != nil {
		table = label.of.labels
	}
	o := &r.model.Output
	*o = model.Output{Task: model.Classification, Classes: labelsOf(table), Scale: 1}
	// Scores that are not one a class (RidgeClassifier's) are no probabilities.
	o.Probable = len(out) > 1 && size(out[1].dims) == len(o.Classes)
	if o.Probable {
		scores := out[1]
		switch {
		case scores.classes != nil && !slices.Equal(labelsOf(scores.classes), o.Classes):
			return unsupported("a label of other classes than the scores have")
		case scores.isStrings() || scores.constant() || scores.label:
			return unsupported("the output " + quote(outputs[1].name) + " beside a label of " + fmt.Sprint(len(o.Classes)) + " classes")
		}
		if scores.elem == float32Elem {
			o.Precision = model.F32
		}
	}
	if e := label.of; e != nil && r.estimates[e.node] == nil && (!o.Probable || out[1].of != nil && out[1].of.node == e.node) {
		if o.Probable {
			e = out[1].of
		}
		r.model.Estimator, o.Link, o.Precision = e.estimator, e.link, e.precision
		o.Decision, o.Score, o.Border = e.decision, e.score, e.threshold
		r.stage(e.node)
		return nil
	}
	forced, err := r.forced(n, label)
	if err != nil {
		return err
	}
	if len(forced.cells) != 1 {
		return unsupported("the output " + quote(outputs[0].name) + " of shape " + fmt.Sprint(label.dims))
	}
	g := &model.Given{}
	for k := range o.Classes {
		c := r.is(forced.cells[0], float64(k))
		if c.constant() {
			c = r.constantColumn(c.number)
		}
		g.Votes = append(g.Votes, c.column)
	}
	g.Scores = g.Votes
	o.Decision = model.DecideVotes
	if o.Probable {
		if g.Probabilities, err = r.columns(&node{op: "the output", name: outputs[1].name}, out[1], false); err != nil {
			return err
		}
		g.Scores, o.Link = g.Probabilities, model.LinkGiven
	}
	r.model.Estimator = g
	return nil
}

// stage outlines an estimator for people.
func (r *reader) stage(n *node) {
	r.model.Outline = append(r.model.Outline, model.Stage{Path: n.path(), Class: n.key()})
}

// describe outlines the graph: who wrote it, in which versions of the operators, and which they are.
func (r *reader) describe(nodes []*node) {
	f := r.file
	detail := []string{strings.TrimSpace(f.producer + " " + f.version)}
	for _, domain := range []string{"", "ai.onnx.ml"} {
		if v, ok := f.opsets[domain]; ok {
			if domain == "" {
				domain = "ai.onnx"
			}
			detail = append(detail, fmt.Sprintf("%s %d", domain, v))
		}
	}
	operators := map[string]bool{}
	for _, n := range nodes {
		operators[n.key()] = true
	}
	detail = append(detail, "of "+strings.Join(slices.Sorted(maps.Keys(operators)), " "))
	r.model.Outline = append(r.model.Outline, model.Stage{Class: "onnx.ModelProto", Detail: strings.Join(detail, ", ")})
}
