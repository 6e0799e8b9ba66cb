package onnx

import (
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
func cast(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	to, err := n.integer("to", 0)
	if err != nil {
		return nil, err
	}
	e := elem(min(max(to, 0), 255))
	if !e.known() {
		return nil, n.refuse("the type %s", e)
	}
	out, err := r.castTo(n, in[0], e)
	return []*tensor{out}, err
}

func (r *reader) castTo(n *node, t *tensor, e elem) (*tensor, error) {
	if e == t.elem {
		return t, nil
	}
	if table := t.taken(); table != nil {
		table, err := castConstant(n, table, e)
		if err != nil {
			return nil, err
		}
		return t.from(table), nil
	}
	if t.constant() {
		c, err := castConstant(n, t, e)
		if err == nil {
			c.rows = t.rows
		}
		return c, err
	}
	if t.of != nil && e == float64Elem {
		out := *t
		out.elem = e
		return &out, nil
	}
	t, err := r.forced(n, t)
	if err != nil {
		return nil, err
	}
	if t.isStrings() || e == stringElem {
		return nil, n.refuse("%ss from %ss", e, t.elem)
	}
	cells, err := r.numbersOf(n, t)
	if err != nil {
		return nil, err
	}
	out := make([]cell, len(cells))
	for i, c := range cells {
		out[i] = r.converted(c, t.elem, e)
	}
	return of(e, t.dims, out), nil
}

// converted is a cell as another type stores it.
func (r *reader) converted(c cell, from, to elem) cell {
	switch to {
	case float32Elem:
		if from == boolElem {
			return c
		}
		return r.roundTo(c, to)
	case int32Elem, int64Elem:
		if from.floating() || to == int32Elem && from == int64Elem {
			return r.truncate(c, to)
		}
	case boolElem:
		return r.combine(model.IsEqual, boolElem, r.combine(model.IsEqual, boolElem, c, number(0)), number(0))
	}
	return c
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
