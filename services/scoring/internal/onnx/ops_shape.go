package onnx

import "slices"

// integersOf are the elements of a constant, or the attribute that stood in its
// place in older versions; nil without either.
func (n *node) integersOf(in []*tensor, i int, attribute string) ([]int64, error) {
	if i >= len(in) || in[i] == nil {
		return n.integers(attribute)
	}
	if !in[i].constant() || in[i].isStrings() {
		return nil, n.refuse("%s that is not constant", attribute)
	}
	if in[i].rows && attribute != "shape" {
		return nil, n.refuse("the number of rows as %s", attribute)
	}
	out := make([]int64, len(in[i].numbers))
	for k, x := range in[i].numbers {
		out[k] = int64(x)
	}
	return out, nil
}

// reshaped is t with other dimensions, of as many cells.
func (r *reader) reshaped(n *node, t *tensor, dims []int) ([]*tensor, error) {
	if slices.Equal(dims, t.dims) {
		return []*tensor{t}, nil
	}
	if size(dims) != size(t.dims) || (find(dims, rowsDim) < 0) != t.constant() {
		return nil, n.refuse("the shape %v for a tensor of shape %v", dims, t.dims)
	}
	// Cells before the rows' axis would change places with the rows.
	if leading(t.dims) != 1 || leading(dims) != 1 {
		if leading(t.dims) != leading(dims) {
			return nil, n.refuse("the shape %v for a tensor of shape %v", dims, t.dims)
		}
	}
	if t.of != nil && t.label {
		return []*tensor{t.shaped(dims)}, nil
	}
	t, err := r.forced(n, t)
	if err != nil {
		return nil, err
	}
	return []*tensor{t.shaped(dims)}, nil
}

// leading is how many cells stand before the rows' axis.
func leading(dims []int) int { return size(dims[:max(find(dims, rowsDim), 0)]) }

// reshape is Reshape.
func reshape(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	want, err := n.integersOf(in, 1, "shape")
	if err != nil {
		return nil, err
	}
	if len(want) > maxRank {
		return nil, n.fail("%d dimensions", len(want))
	}
	asIs, err := n.integer("allowzero", 0)
	if err != nil {
		return nil, err
	}
	t := in[0]
	dims := make([]int, len(want))
	free := -1
	for i, d := range want {
		switch {
		case d == 0 && i < t.rank() && asIs == 0:
			dims[i] = t.dims[i]
		case d == rowCount && in[1].rows && find(dims[:i], rowsDim) < 0:
			dims[i] = rowsDim
		case d == -1 && free < 0:
			free, dims[i] = i, 1
		case d > 0 && d <= maxElements:
			dims[i] = int(d)
		default:
			return nil, n.refuse("the shape %v", want)
		}
	}
	if free >= 0 {
		switch rows, rest := find(dims, rowsDim) >= 0, size(dims); {
		case !t.constant() && !rows && rest == size(t.dims):
			dims[free] = rowsDim
		case rest > 0 && size(t.dims)%rest == 0 && rows != t.constant():
			dims[free] = size(t.dims) / rest
		default:
			return nil, n.refuse("the shape %v for a tensor of shape %v", want, t.dims)
		}
	} else if !t.constant() && find(dims, rowsDim) < 0 && len(dims) > 0 && dims[0] == 1 && size(dims) == size(t.dims) {
		dims[0] = rowsDim // a graph written for one row
	}
	return r.reshaped(n, t, dims)
}

// flatten is Flatten: the axes before one and those from it on become one each.
func flatten(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	axis, err := n.integer("axis", 1)
	if err != nil {
		return nil, err
	}
	t := in[0]
	if axis < 0 {
		axis += int64(t.rank())
	}
	if axis < 0 || axis > int64(t.rank()) {
		return nil, n.fail("axis %d of %d", axis, t.rank())
	}
	left, right := t.dims[:axis], t.dims[axis:]
	dims := []int{size(left), size(right)}
	for i, part := range [2][]int{left, right} {
		if find(part, rowsDim) >= 0 {
			if dims[i] != 1 {
				return nil, n.refuse("rows and columns in one axis")
			}
			dims[i] = rowsDim
		}
	}
	return r.reshaped(n, t, dims)
}

// squeeze is Squeeze.
func squeeze(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	axes, err := n.integersOf(in, 1, "axes")
	if err != nil {
		return nil, err
	}
	t := in[0]
	drop := map[int]bool{}
	for _, a := range axes {
		i, err := n.axisOf(a, t.rank())
		if err != nil {
			return nil, err
		}
		if t.dims[i] != 1 {
			return nil, n.refuse("an axis of the shape %v that has not one element", t.dims)
		}
		drop[i] = true
	}
	var dims []int
	for i, d := range t.dims {
		if !(drop[i] || axes == nil && d == 1) {
			dims = append(dims, d)
		}
	}
	return r.reshaped(n, t, dims)
}

// unsqueeze is Unsqueeze.
func unsqueeze(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	axes, err := n.integersOf(in, 1, "axes")
	if err != nil {
		return nil, err
	}
	t := in[0]
	rank := t.rank() + len(axes)
	if rank > maxRank {
		return nil, n.fail("%d dimensions", rank)
	}
	dims := make([]int, rank)
	for _, a := range axes {
		i, err := n.axisOf(a, rank)
		if err != nil {
			return nil, err
		}
		dims[i] = 1
	}
	k := 0
	for i := range dims {
		if dims[i] == 0 {
			if k == t.rank() {
				return nil, n.fail("an axis is there twice")
			}
			dims[i] = t.dims[k]
			k++
		}
	}
	return r.reshaped(n, t, dims)
}

// transpose is Transpose.
func transpose(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	perm, err := n.integers("perm")
	if err != nil {
		return nil, err
	}
	t, err := r.forced(n, in[0])
	if err != nil {
		return nil, err
	}
	if perm == nil {
		for i := range t.dims {
			perm = append(perm, int64(t.rank()-1-i))
		}
	}
	sorted := slices.Sorted(slices.Values(perm))
	for i, p := range sorted {
		if len(sorted) != t.rank() || p != int64(i) {
			return nil, n.fail("the order %v of %d axes", perm, t.rank())
		}
	}
	dims := make([]int, t.rank())
	for i, p := range perm {
		dims[i] = t.dims[p]
	}
	from := steps(t.dims)
	return []*tensor{t.pick(dims, func(place []int) int {
		i := 0
		for axis, p := range place {
			i += p * from[perm[axis]]
		}
		return i
	})}, nil
}

// concat is Concat, and FeatureVectorizer where it makes float32s of all.
func concat(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	axis, err := n.integer("axis", 1)
	if err != nil {
		return nil, err
	}
	i, err := n.axisOf(axis, in[0].rank())
	if err != nil {
		return nil, err
	}
	return r.joined(n, in, i)
}

func (r *reader) joined(n *node, in []*tensor, axis int) ([]*tensor, error) {
	dims := slices.Clone(in[0].dims)
	dims[axis] = 0
	elem, constant := in[0].elem, true
	var parts [][]cell
	rows := false
	for k, t := range in {
		if t == nil {
			return nil, n.fail("it has no input %d", k)
		}
		constant = constant && t.constant()
		rows = rows || t.rows
		if t.rank() != len(dims) || t.elem != elem {
			return nil, n.fail("%ss of shape %v after %ss of shape %v", t.elem, t.dims, elem, in[0].dims)
		}
		for k, d := range t.dims {
			switch {
			case k == axis && d == rowsDim:
				return nil, n.refuse("rows below rows")
			case k == axis:
				dims[k] += d
			case d != dims[k]:
				return nil, n.refuse("the shapes %v and %v", in[0].dims, t.dims)
			}
		}
	}
	out := &tensor{elem: elem, dims: dims, rows: rows}
	if size(dims) > maxElements {
		return nil, n.fail("%d elements", size(dims))
	}
	if constant && elem == stringElem {
		if len(dims) != 1 {
			return nil, n.refuse("constant strings")
		}
		for _, t := range in {
			out.texts = append(out.texts, t.texts...)
		}
		return []*tensor{out}, nil
	}
	for _, t := range in {
		cells, err := r.plainCells(n, t, constant)
		if err != nil {
			return nil, err
		}
		parts = append(parts, cells)
	}
	var cells []cell
	_ = walk(dims, func(place []int) error {
		k, at := 0, slices.Clone(place)
		for at[axis] >= in[k].dims[axis] {
			at[axis] -= in[k].dims[axis]
			k++
		}
		i := 0
		for axis, s := range steps(in[k].dims) {
			i += s * at[axis]
		}
		cells = append(cells, parts[k][i])
		return nil
	})
	rowsKept := of(elem, dims, cells)
	rowsKept.rows = rows
	return []*tensor{rowsKept}, nil
}

// plainCells are the cells of a tensor that goes beside others: columns of
// strings as they are, features of float32s not yet rounded.
func (r *reader) plainCells(n *node, t *tensor, constant bool) ([]cell, error) {
	if t.isStrings() {
		t, err := r.forced(n, t)
		if err != nil {
			return nil, err
		}
		if t.table != nil || t.constant() {
			return nil, n.refuse("strings that are not an input")
		}
		return t.cells, nil
	}
	if t.of == nil && t.table == nil && (constant || !t.rows) {
		return t.each(), nil
	}
	return r.numbersOf(n, t)
}

// vectorizer is FeatureVectorizer: all inputs side by side, as float32s.
func vectorizer(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	var parts []*tensor
	for k, t := range in {
		if t == nil {
			return nil, n.fail("it has no input %d", k)
		}
		out, err := r.castTo(n, t, float32Elem)
		if err != nil {
			return nil, err
		}
		if out.rank() == 1 {
			out = out.shaped([]int{out.dims[0], 1})
		}
		if out.rank() != 2 {
			return nil, n.refuse("an input of shape %v", t.dims)
		}
		parts = append(parts, out)
	}
	return r.joined(n, parts, 1)
}
