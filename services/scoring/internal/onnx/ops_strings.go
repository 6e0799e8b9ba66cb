package onnx

import (
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// equalStrings compares a tensor of strings with a constant.
func (r *reader) equalStrings(n *node, dims []int, a, b *tensor) (*tensor, error) {
	if a.constant() {
		a, b = b, a
	}
	if !b.constant() || a.constant() || !a.isStrings() || !b.isStrings() {
		return nil, n.refuse("these inputs: only a tensor of strings and a constant are compared")
	}
	a, err := r.forced(n, a)
	if err != nil {
		return nil, err
	}
	texts := (&tensor{dims: b.dims}).spread(dims, indices(len(b.texts)))
	cells := a.spread(dims, a.cells)
	for i, c := range cells {
		text := b.texts[int(texts[i].number)]
		if a.table == nil {
			s := model.Indicate{In: c.column, Missing: model.Scalar{Kind: model.String, String: text}}
			cells[i] = r.defined(s, func(c model.Column) model.Step { s.Out = c; return s })
			continue
		}
		same := make([]float64, len(a.table.texts))
		for k, t := range a.table.texts {
			if t == text {
				same[k] = 1
			}
		}
		cells[i] = r.look(c, same)
	}
	return of(boolElem, dims, cells), nil
}

// indices are the numbers below n.
func indices(n int) []cell {
	out := make([]cell, n)
	for i := range out {
		out[i] = number(float64(i))
	}
	return out
}

// encode replaces values by codes, other values by a default.
func (r *reader) encode(n *node, t *tensor, keys *tensor, codes []float64, absent float64) ([]cell, error) {
	if t.elem != keys.elem {
		return nil, n.fail("keys of %ss for %ss", keys.elem, t.elem)
	}
	t, err := r.forced(n, t)
	if err != nil {
		return nil, err
	}
	if t.isStrings() && (t.table != nil || t.constant()) {
		return nil, n.refuse("strings that are not an input")
	}
	cells := t.cells
	if !t.isStrings() {
		if cells, err = r.numbersOf(n, t); err != nil {
			return nil, err
		}
	}
	out := make([]cell, len(cells))
	for i, c := range cells {
		if c.constant() {
			return nil, n.refuse("a constant input")
		}
		s := model.Ordinal{In: c.column, Out: r.column(), By: r.by(n), Unknown: model.UnknownValue, UnknownCode: absent}
		s.Categories, s.Codes = keys.scalars(), codes
		r.add(s)
		out[i] = at(s.Out)
	}
	return out, nil
}

// scalars are the elements of a constant.
func (t *tensor) scalars() []model.Scalar {
	var out []model.Scalar
	for _, s := range t.texts {
		out = append(out, model.Scalar{Kind: model.String, String: s})
	}
	for _, x := range t.numbers {
		out = append(out, scalar(x))
	}
	return out
}
