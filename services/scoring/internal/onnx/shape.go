package onnx

// Shapes are those of tensors, with rowsDim on the axis of the rows. Cells stand
// in row-major order as if that axis had one element.

// steps are, by axis, how far apart neighbouring cells are; 0 on the rows' axis.
func steps(dims []int) []int {
	s := make([]int, len(dims))
	step := 1
	for i := len(dims) - 1; i >= 0; i-- {
		if dims[i] != rowsDim {
			s[i] = step
			step *= dims[i]
		}
	}
	return s
}

// walk calls f for every cell of a shape with its place on each axis.
func walk(dims []int, f func(place []int) error) error {
	place := make([]int, len(dims))
	for range size(dims) {
		if err := f(place); err != nil {
			return err
		}
		for i := len(dims) - 1; i >= 0; i-- {
			if dims[i] == rowsDim {
				continue
			}
			if place[i]++; place[i] < dims[i] {
				break
			}
			place[i] = 0
		}
	}
	return nil
}

// broadcast is the shape of elementwise results; ok is false where the shapes
// do not fit.
func broadcast(a, b []int) (dims []int, ok bool) {
	if len(a) < len(b) {
		a, b = b, a
	}
	dims = append(dims, a...)
	for i, d := range b {
		at := len(a) - len(b) + i
		switch {
		case dims[at] == d, d == 1:
		case dims[at] == 1:
			dims[at] = d
		default:
			return nil, false
		}
	}
	rows := 0
	for _, d := range dims {
		if d == rowsDim {
			rows++
		}
	}
	return dims, rows <= 1
}

// spread returns, for every cell of a broadcast shape, the cell of t.
func (t *tensor) spread(dims []int, cells []cell) []cell {
	from, offset := steps(t.dims), len(dims)-len(t.dims)
	out := make([]cell, 0, size(dims))
	_ = walk(dims, func(place []int) error {
		i := 0
		for axis, d := range t.dims {
			if d != 1 && d != rowsDim {
				i += from[axis] * place[offset+axis]
			}
		}
		out = append(out, cells[i])
		return nil
	})
	return out
}

// pick makes a tensor of a shape from cells of t, of any type: from says which
// cell stands at a place.
func (t *tensor) pick(dims []int, from func(place []int) int) *tensor {
	out := &tensor{elem: t.elem, dims: dims, table: t.table, rows: t.rows}
	_ = walk(dims, func(place []int) error {
		switch i := from(place); {
		case t.constant() && t.isStrings():
			out.texts = append(out.texts, t.texts[i])
		case t.constant():
			out.numbers = append(out.numbers, t.numbers[i])
		default:
			out.cells = append(out.cells, t.cells[i])
		}
		return nil
	})
	return out
}

// axisOf is an axis that may count from the end.
func (n *node) axisOf(axis int64, rank int) (int, error) {
	if axis < 0 {
		axis += int64(rank)
	}
	if axis < 0 || axis >= int64(rank) {
		return 0, n.fail("axis %d of %d", axis, rank)
	}
	return int(axis), nil
}

// inner is an axis that is not that of the rows.
func (n *node) inner(axis int64, t *tensor) (int, error) {
	i, err := n.axisOf(axis, t.rank())
	if err == nil && t.dims[i] == rowsDim {
		err = n.refuse("an operation across rows")
	}
	return i, err
}

// along returns the cells of t in groups that differ in one axis only.
func (t *tensor) along(axis int, cells []cell) (groups [][]cell, dims []int) {
	dims = append(dims, t.dims...)
	dims[axis] = 1
	from := steps(t.dims)
	_ = walk(dims, func(place []int) error {
		first := 0
		for i, p := range place {
			first += from[i] * p
		}
		group := make([]cell, t.dims[axis])
		for k := range group {
			group[k] = cells[first+k*from[axis]]
		}
		groups = append(groups, group)
		return nil
	})
	return groups, dims
}

// of makes a tensor of numbers from cells; it is constant if there are no rows.
func of(e elem, dims []int, cells []cell) *tensor {
	t := &tensor{elem: e, dims: dims, cells: cells}
	if t.constant() {
		t.cells = nil
		t.numbers = make([]float64, len(cells))
		for i, c := range cells {
			t.numbers[i] = c.number
		}
	}
	return t
}
