package onnx

import (
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// gather is Gather by constant indices, or from a constant by indices of each row:
// of its elements, or of its vectors, as an embedding has them.
func gather(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	axis, err := n.integer("axis", 0)
	if err != nil {
		return nil, err
	}
	t, index := in[0], in[1]
	i, err := n.axisOf(axis, t.rank())
	if err != nil {
		return nil, err
	}
	if !index.constant() {
		if !t.constant() || t.rank() == 0 || t.rank() > 2 || i != 0 || t.dims[0] == 0 || t.isStrings() && t.rank() != 1 {
			return nil, n.refuse("indices that are not constant")
		}
		index, err := r.inside(n, index, t.dims[0])
		if err != nil {
			return nil, err
		}
		if t.rank() == 1 {
			return r.elements(n, t, index, index.dims)
		}
		return r.vectors(n, t, index)
	}
	if index.isStrings() || index.rows {
		return nil, n.fail("indices of %ss", index.elem)
	}
	return r.selected(n, t, i, index.numbers, index.dims)
}

// selected are the cells of t at some indices of an axis, which becomes the axes
// of the indices.
func (r *reader) selected(n *node, t *tensor, axis int, index []float64, shape []int) ([]*tensor, error) {
	t, err := r.forced(n, t)
	if err != nil {
		return nil, err
	}
	if t.dims[axis] == rowsDim {
		return nil, n.refuse("a choice of rows")
	}
	at := make([]int, len(index))
	for k, x := range index {
		if x < 0 {
			x += float64(t.dims[axis])
		}
		if !(x >= 0 && x < float64(t.dims[axis])) {
			return nil, n.fail("the index %v of %d", index[k], t.dims[axis])
		}
		at[k] = int(x)
	}
	dims := slices.Concat(t.dims[:axis], shape, t.dims[axis+1:])
	if len(dims) > maxRank || size(dims) > maxElements {
		return nil, n.fail("a result of shape %v", dims)
	}
	from, inner := steps(t.dims), steps(shape)
	out := t.pick(dims, func(place []int) int {
		i, k := 0, 0
		for a := range axis {
			i += from[a] * place[a]
		}
		for a := range shape {
			k += inner[a] * place[axis+a]
		}
		for a := axis + 1; a < t.rank(); a++ {
			i += from[a] * place[len(shape)+a-1]
		}
		return i + at[k]*from[axis]
	})
	out.rows = t.rows
	if t.rows && !slices.Contains(out.numbers, rowCount) {
		out.rows = false
	}
	return []*tensor{out}, nil
}

// inside is a tensor of indices of n elements: a row that has another one is
// refused, one that counts from the end gets the place it means.
func (r *reader) inside(node *node, index *tensor, n int) (*tensor, error) {
	cells, err := r.numbersOf(node, index)
	if err != nil {
		return nil, err
	}
	if index.elem != int32Elem && index.elem != int64Elem {
		return nil, node.fail("indices of %ss", index.elem)
	}
	out := make([]cell, len(cells))
	for i, c := range cells {
		if c.constant() {
			if x := c.number; x < 0 {
				c.number += float64(n)
			}
			if !(c.number >= 0 && c.number < float64(n)) {
				return nil, node.fail("an index of %d elements", n)
			}
			out[i] = c
			continue
		}
		if at, ok := r.ranks[c.column]; ok && at <= n {
			out[i] = c
			continue
		}
		s := model.Ordinal{In: c.column, Out: r.column(), By: r.by(node), Unknown: model.UnknownError}
		for k := -n; k < n; k++ {
			s.Categories = append(s.Categories, model.Scalar{Number: float64(k)})
			s.Codes = append(s.Codes, float64((k+n)%n))
		}
		r.add(s)
		out[i] = at(s.Out)
	}
	return of(index.elem, index.dims, out), nil
}

// vectors are those of a constant matrix at the indices of each row, along a new
// last axis.
func (r *reader) vectors(n *node, t, index *tensor) ([]*tensor, error) {
	length, width := t.dims[0], t.dims[1]
	dims := append(slices.Clone(index.dims), width)
	if len(dims) > maxRank || size(dims) > maxElements || r.looked+size(dims)*length > maxComputed {
		return nil, n.refuse("%d numbers for each of %d indices", width, size(index.dims))
	}
	r.looked += size(dims) * length
	var out []cell
	for _, c := range index.each() {
		for k := range width {
			column := make([]float64, length)
			for i := range column {
				column[i] = t.numbers[i*width+k]
			}
			out = append(out, r.look(c, column))
		}
	}
	return []*tensor{of(t.elem, dims, out)}, nil
}

// elements are those of a constant at the indices of each row.
func (r *reader) elements(n *node, t, index *tensor, dims []int) ([]*tensor, error) {
	cells, err := r.numbersOf(n, index)
	if err != nil {
		return nil, err
	}
	if t.rows {
		return nil, n.refuse("the number of rows")
	}
	return []*tensor{{elem: t.elem, dims: dims, cells: cells, table: t.shaped([]int{size(t.dims)})}}, nil
}

// extractor is ArrayFeatureExtractor: columns by their numbers, or the elements of
// a constant by one index a row.
func extractor(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	t, index := in[0], in[1]
	if t.rank() == 0 || index.isStrings() {
		return nil, n.fail("inputs of shape %v and %ss", t.dims, index.elem)
	}
	if index.constant() {
		dims := []int{size(index.dims)}
		out, err := r.selected(n, t, t.rank()-1, index.numbers, dims)
		if err == nil && t.rank() == 1 {
			out[0] = out[0].shaped([]int{1, dims[0]})
		}
		return out, err
	}
	if !t.constant() || t.rows || size(t.dims) != t.dims[t.rank()-1] || size(index.dims) != 1 {
		return nil, n.refuse("indices that are not constant")
	}
	if index, err := r.inside(n, index, size(t.dims)); err != nil {
		return nil, err
	} else {
		return r.elements(n, t, index, []int{1, rowsDim})
	}
}
