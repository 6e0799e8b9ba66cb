package onnx

import (
	"slices"
)

// constant is Constant.
func constant(_ *reader, n *node, _ []*tensor) ([]*tensor, error) {
	t, err := n.tensor("value")
	switch {
	case err != nil || t != nil:
	case n.has("value_float"):
		var x float32
		x, err = n.float("value_float", 0)
		t = &tensor{elem: float32Elem, numbers: []float64{float64(x)}}
	case n.has("value_int"):
		var x int64
		x, err = n.integer("value_int", 0)
		t = &tensor{elem: int64Elem, numbers: []float64{float64(x)}}
	case n.has("value_string"):
		var s string
		s, err = n.text("value_string", "")
		t = &tensor{elem: stringElem, texts: []string{s}}
	case n.has("value_floats"):
		var x []float32
		x, err = n.floats("value_floats")
		t = &tensor{elem: float32Elem, numbers: widen(x), dims: []int{len(x)}}
	case n.has("value_ints"):
		t = &tensor{elem: int64Elem}
		var x []int64
		x, err = n.integers("value_ints")
		for _, v := range x {
			t.numbers = append(t.numbers, float64(v))
		}
		t.dims = []int{len(x)}
	case n.has("value_strings"):
		var s []string
		s, err = n.strings("value_strings")
		t = &tensor{elem: stringElem, texts: s, dims: []int{len(s)}}
	default:
		return nil, n.refuse("this value")
	}
	return []*tensor{t}, err
}

// shape is Shape; the number of rows is not known.
func shape(_ *reader, n *node, in []*tensor) ([]*tensor, error) {
	if n.has("start") || n.has("end") {
		return nil, n.refuse("start or end")
	}
	t := &tensor{elem: int64Elem, dims: []int{in[0].rank()}, rows: !in[0].constant()}
	for _, d := range in[0].dims {
		if d == rowsDim {
			d = rowCount
		}
		t.numbers = append(t.numbers, float64(d))
	}
	return []*tensor{t}, nil
}

// filled is ConstantOfShape.
func filled(_ *reader, n *node, in []*tensor) ([]*tensor, error) {
	value, err := n.tensor("value")
	if err != nil {
		return nil, err
	}
	if value == nil {
		value = &tensor{elem: float32Elem, numbers: []float64{0}}
	}
	if !in[0].constant() || in[0].isStrings() || len(value.numbers) != 1 || len(in[0].numbers) > maxRank {
		return nil, n.refuse("this shape or value")
	}
	var dims []int
	for _, d := range in[0].numbers {
		if !(d >= 0 && d <= maxElements || d == rowCount && in[0].rows && find(dims, rowsDim) < 0) {
			return nil, n.fail("the shape %v", in[0].numbers)
		}
		if d == rowCount {
			d = rowsDim
		}
		dims = append(dims, int(d))
		if size(dims) > maxElements {
			return nil, n.fail("the shape %v", in[0].numbers)
		}
	}
	cells := make([]cell, size(dims))
	for i := range cells {
		cells[i] = number(value.numbers[0])
	}
	return []*tensor{of(value.elem, dims, cells)}, nil
}

// slice is Slice with steps of 1, by constant limits.
func slice(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	starts, err := n.integersOf(in, 1, "starts")
	if err != nil {
		return nil, err
	}
	ends, err := n.integersOf(in, 2, "ends")
	if err != nil {
		return nil, err
	}
	axes, err := n.integersOf(in, 3, "axes")
	if err != nil {
		return nil, err
	}
	by, err := n.integersOf(in, 4, "steps")
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(by, func(x int64) bool { return x != 1 }) {
		return nil, n.refuse("steps other than 1")
	}
	t := in[0]
	for k := range starts {
		axis := int64(k)
		if axes != nil && k < len(axes) {
			axis = axes[k]
		}
		i, err := n.axisOf(axis, t.rank())
		if err != nil {
			return nil, err
		}
		if k >= len(ends) {
			return nil, n.fail("%d starts and %d ends", len(starts), len(ends))
		}
		if t.dims[i] == rowsDim {
			if starts[k] == 0 && ends[k] > 1<<31 {
				continue // all of them
			}
			return nil, n.refuse("a choice of rows")
		}
		lo, hi := within(starts[k], t.dims[i]), within(ends[k], t.dims[i])
		out, err := r.ranged(n, t, i, lo, max(lo, hi))
		if err != nil {
			return nil, err
		}
		t = out
	}
	return []*tensor{t}, nil
}

// within is a limit of an axis, which may count from the end.
func within(x int64, length int) int {
	if x < 0 {
		x += int64(length)
	}
	return int(min(max(x, 0), int64(length)))
}

// ranged are the cells from lo to hi of an axis.
func (r *reader) ranged(n *node, t *tensor, axis, lo, hi int) (*tensor, error) {
	var index []float64
	for i := lo; i < hi; i++ {
		index = append(index, float64(i))
	}
	out, err := r.selected(n, t, axis, index, []int{len(index)})
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// parted is Split.
func parted(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	axis, err := n.integer("axis", 0)
	if err != nil {
		return nil, err
	}
	i, err := n.inner(axis, in[0])
	if err != nil {
		return nil, err
	}
	lengths, err := n.integersOf(in, 1, "split")
	if err != nil {
		return nil, err
	}
	if lengths == nil {
		each := (in[0].dims[i] + len(n.outputs) - 1) / max(len(n.outputs), 1)
		for at := 0; at < in[0].dims[i]; at += each {
			lengths = append(lengths, int64(min(each, in[0].dims[i]-at)))
		}
	}
	var out []*tensor
	at := int64(0)
	for _, length := range lengths {
		if length < 0 || length > int64(in[0].dims[i])-at {
			return nil, n.fail("the lengths %v of an axis of %d", lengths, in[0].dims[i])
		}
		t, err := r.ranged(n, in[0], i, int(at), int(at+length))
		if err != nil {
			return nil, err
		}
		out = append(out, t)
		at += length
	}
	return out, nil
}
