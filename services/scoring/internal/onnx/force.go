package onnx

import (
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// forced is a tensor whose cells are made: what an estimate yields becomes
// columns. Labels become indices into a table.
func (r *reader) forced(n *node, t *tensor) (*tensor, error) {
	if t.of == nil {
		return t, nil
	}
	scores, err := r.scores(t.of)
	if err != nil {
		return nil, err
	}
	u := *t
	u.of = nil
	if t.label {
		u.label, u.table, u.cells = false, t.of.labels, []cell{r.decide(t.of, scores)}
		return &u, nil
	}
	if u.cells, err = r.link(n, t.of, scores); err != nil {
		return nil, err
	}
	return &u, nil
}

// numbersOf are the cells of a tensor of numbers, each as its type stores it.
func (r *reader) numbersOf(n *node, t *tensor) ([]cell, error) {
	t, err := r.forced(n, t)
	if err != nil {
		return nil, err
	}
	switch {
	case t.rows:
		return nil, n.refuse("the number of rows as an input")
	case t.isStrings():
		return nil, n.refuse("an input of strings")
	}
	cells := t.each()
	out := make([]cell, len(cells))
	for i, c := range cells {
		switch {
		case t.table != nil:
			out[i] = r.look(c, t.table.numbers)
		case c.constant():
			out[i] = c
		default:
			out[i] = at(r.round(c.column))
		}
	}
	return out, nil
}

// scores are the raw scores of an estimate, as columns.
func (r *reader) scores(e *estimate) ([]cell, error) {
	cells, ok := r.estimates[e.node]
	if ok {
		return cells, nil
	}
	cells = r.nested(e.estimator)
	r.estimates[e.node] = cells
	r.stage(e.node)
	return cells, nil
}

// decide is the index of the label.
func (r *reader) decide(e *estimate, scores []cell) cell {
	if e.decision == model.DecideScoreAbove {
		return r.combine(model.IsLess, boolElem, number(e.threshold), scores[e.score])
	}
	_, place := r.extreme(e.elem(), scores, false, false)
	return place
}

// link makes the scores that an estimate yields from raw ones.
func (r *reader) link(n *node, e *estimate, raw []cell) ([]cell, error) {
	f := float32Elem
	one := len(raw) == 1 && e.outputs == 2
	out := make([]cell, 0, e.outputs)
	switch e.link {
	case model.LinkIdentity, model.LinkMirror:
		for _, c := range raw {
			out = append(out, r.roundTo(c, e.elem()))
		}
		switch {
		case one && e.link == model.LinkIdentity: // 1-s, rounded once
			return []cell{r.roundTo(r.combine(model.Subtract, float64Elem, number(1), raw[0]), e.elem()), out[0]}, nil
		case one:
			return []cell{r.combine(model.Subtract, e.elem(), number(0), out[0]), out[0]}, nil
		}
		return out, nil
	case model.LinkLogisticMirrorF32, model.LinkOneVsRest:
		if one {
			raw = []cell{r.combine(model.Subtract, f, number(0), raw[0]), raw[0]}
		}
		for _, c := range raw {
			out = append(out, r.logistic(c))
		}
		if e.link == model.LinkOneVsRest {
			sum := r.sum(f, out)
			for i, c := range out {
				out[i] = r.combine(model.Divide, f, c, sum)
			}
		}
		return out, nil
	case model.LinkSoftmaxSumF32:
		for _, c := range raw {
			out = append(out, r.roundTo(c, f))
		}
		return r.softmax(f, out), nil
	}
	if one {
		return nil, n.refuse("scores of %s after this post transform", e.node.op)
	}
	s := model.Nested{
		Estimator: &model.Given{Scores: columnsOf(raw)}, Want: model.ResultValues,
		Output: model.Output{Link: e.link, Scale: 1, Precision: e.precision},
	}
	for range raw {
		s.Out = append(s.Out, r.column())
		out = append(out, at(s.Out[len(out)]))
	}
	r.add(s)
	return out, nil
}

// logistic is ONNX Runtime's, symmetric about 0.
func (r *reader) logistic(c cell) cell {
	const f = float32Elem
	c = r.roundTo(c, f)
	positive := r.combine(model.Subtract, f, number(0), r.apply(model.Abs, f, c))
	v := r.combine(model.Divide, f, number(1), r.combine(model.Add, f, number(1), r.apply(model.Exp, f, positive)))
	return r.choose(r.combine(model.IsLess, boolElem, c, number(0)), r.combine(model.Subtract, f, number(1), v), v)
}
