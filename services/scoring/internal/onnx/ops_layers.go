package onnx

import (
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// The layers of small neural networks, besides products of matrices.

// dropout is Dropout, which does nothing when a model predicts.
func dropout(_ *reader, n *node, in []*tensor) ([]*tensor, error) {
	if len(in) > 2 && in[2] != nil {
		if t := in[2]; !t.constant() || len(t.numbers) != 1 || t.numbers[0] != 0 {
			return nil, n.refuse("training")
		}
	}
	return in[:1], nil
}

// batchNormalization is BatchNormalization by the moments of the training data.
func batchNormalization(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	epsilon, err := n.float("epsilon", 1e-5)
	if err != nil {
		return nil, err
	}
	training, err := n.integer("training_mode", 0)
	if err != nil {
		return nil, err
	}
	spatial, err := n.integer("spatial", 1)
	if err != nil {
		return nil, err
	}
	t := in[0]
	if training != 0 || spatial != 1 || r.file.opsets[""] < 7 || t.rank() < 2 || t.dims[1] == rowsDim || !t.elem.floating() {
		return nil, n.refuse("training, or inputs of the shape %v", t.dims)
	}
	channels := t.dims[1]
	for _, c := range in[1:5] {
		if !c.constant() || c.elem != t.elem || !slices.Equal(c.dims, []int{channels}) {
			return nil, n.refuse("%ss of the shape %v for %d channels", c.elem, c.dims, channels)
		}
	}
	cells, err := r.numbersOf(n, t)
	if err != nil {
		return nil, err
	}
	e, at := t.elem, steps(t.dims)[1]
	scale, bias := make([]cell, channels), make([]cell, channels)
	for k := range channels {
		inverse := e.round(1 / e.round(math.Sqrt(e.round(in[4].numbers[k]+float64(epsilon)))))
		scale[k] = number(e.round(in[1].numbers[k] * inverse))
		bias[k] = number(e.round(in[2].numbers[k] - e.round(in[3].numbers[k]*scale[k].number)))
	}
	out := make([]cell, len(cells))
	for i, c := range cells {
		k := i / at % channels
		out[i] = r.combine(model.Add, e, r.combine(model.Multiply, e, c, scale[k]), bias[k])
	}
	return []*tensor{of(e, t.dims, out)}, nil
}

// layerNormalization is LayerNormalization: over the axes from one on, each row by
// its own moments.
func layerNormalization(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	epsilon, err := n.float("epsilon", 1e-5)
	if err != nil {
		return nil, err
	}
	axis, err := n.integer("axis", -1)
	if err != nil {
		return nil, err
	}
	t := in[0]
	first, err := n.axisOf(axis, t.rank())
	if err != nil {
		return nil, err
	}
	width, e := size(t.dims[first:]), t.elem
	if find(t.dims[first:], rowsDim) >= 0 || width == 0 || !e.floating() {
		return nil, n.refuse("%ss of the shape %v from axis %d on", e, t.dims, first)
	}
	var weights [2][]float64
	for i, c := range in[1:min(3, len(in))] {
		if c == nil {
			continue
		}
		if !c.constant() || c.elem != e || !slices.Equal(c.dims, t.dims[first:]) {
			return nil, n.refuse("%ss of the shape %v for %ss of the shape %v", c.elem, c.dims, e, t.dims)
		}
		weights[i] = c.numbers
	}
	cells, err := r.numbersOf(n, t)
	if err != nil {
		return nil, err
	}
	out := make([]cell, 0, len(cells))
	for group := range slices.Chunk(cells, width) {
		mean, away := r.mean(e, group), make([]cell, width)
		for k, c := range group {
			away[k] = r.combine(model.Subtract, e, c, mean)
		}
		spread := r.combine(model.Divide, e, r.squares(e, away), number(float64(width)))
		spread = r.apply(model.Sqrt, e, r.combine(model.Add, e, spread, number(float64(epsilon))))
		for k, c := range away {
			c = r.combine(model.Divide, e, c, spread)
			c = r.combine(model.Multiply, e, c, number(weights[0][k]))
			if weights[1] != nil {
				c = r.combine(model.Add, e, c, number(weights[1][k]))
			}
			out = append(out, c)
		}
	}
	return []*tensor{of(e, t.dims, out)}, nil
}

// logSoftmax is x - max - log Σ exp(x - max).
func (r *reader) logSoftmax(e elem, cells []cell) []cell {
	top, _ := r.extreme(e, cells, false, false)
	powers, out := make([]cell, len(cells)), make([]cell, len(cells))
	for i, c := range cells {
		out[i] = r.combine(model.Subtract, e, c, top)
		powers[i] = r.apply(model.Exp, e, out[i])
	}
	sum := r.apply(model.Log, e, r.sum(e, powers))
	for i, c := range out {
		out[i] = r.combine(model.Subtract, e, c, sum)
	}
	return out
}

// expand is Expand: broadcast to a constant shape.
func expand(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	want, err := n.integersOf(in, 1, "shape")
	if err != nil {
		return nil, err
	}
	t := in[0]
	var shape []int
	for _, d := range want {
		if !(d > 0 && d <= maxElements || d == rowCount && in[1].rows) || len(shape) == maxRank {
			return nil, n.refuse("the shape %v", want)
		}
		if d == rowCount {
			d = rowsDim
		}
		shape = append(shape, int(d))
	}
	dims, ok := broadcast(t.dims, shape)
	if !ok || size(dims) > maxElements {
		return nil, n.fail("the shape %v for a tensor of shape %v", want, t.dims)
	}
	cells, err := r.numbersOf(n, t)
	if err != nil {
		return nil, err
	}
	return []*tensor{of(t.elem, dims, t.spread(dims, cells))}, nil
}
