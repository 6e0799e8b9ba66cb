package onnx

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// elementwise is an operator of two or more tensors, each broadcast to the others.
func elementwise(o model.Operator) func(*reader, *node, []*tensor) ([]*tensor, error) {
	return func(r *reader, n *node, in []*tensor) ([]*tensor, error) {
		var out *tensor
		for i, t := range in {
			var err error
			if t == nil {
				return nil, n.fail("it has no input %d", i)
			}
			if out == nil {
				out = t
			} else if out, err = r.pairwise(n, o, out, t); err != nil {
				return nil, err
			}
		}
		return []*tensor{out}, nil
	}
}

func swapped(o model.Operator) func(*reader, *node, []*tensor) ([]*tensor, error) {
	return func(r *reader, n *node, in []*tensor) ([]*tensor, error) {
		return elementwise(o)(r, n, []*tensor{in[1], in[0]})
	}
}

func (r *reader) pairwise(n *node, o model.Operator, a, b *tensor) (*tensor, error) {
	dims, ok := broadcast(a.dims, b.dims)
	if !ok || size(dims) > maxElements {
		return nil, n.fail("inputs of the shapes %v and %v", a.dims, b.dims)
	}
	if o == model.IsEqual && (a.isStrings() || b.isStrings()) {
		return r.equalStrings(n, dims, a, b)
	}
	if a.elem != b.elem && o != model.Raised {
		return nil, n.fail("inputs of %ss and %ss", a.elem, b.elem)
	}
	x, err := r.numbersOf(n, a)
	if err != nil {
		return nil, err
	}
	y, err := r.numbersOf(n, b)
	if err != nil {
		return nil, err
	}
	e := a.elem
	if o >= model.IsLess {
		e = boolElem
	}
	x, y = a.spread(dims, x), b.spread(dims, y)
	for i := range x {
		x[i] = r.combine(o, e, x[i], y[i])
	}
	return of(e, dims, x), nil
}

// unary is a function of each element.
func unary(f func(r *reader, e elem, c cell) cell) func(*reader, *node, []*tensor) ([]*tensor, error) {
	return func(r *reader, n *node, in []*tensor) ([]*tensor, error) {
		cells, err := r.numbersOf(n, in[0])
		if err != nil {
			return nil, err
		}
		out := make([]cell, len(cells))
		for i, c := range cells {
			out[i] = f(r, in[0].elem, c)
		}
		return []*tensor{of(in[0].elem, in[0].dims, out)}, nil
	}
}

func function(f model.Func) func(*reader, *node, []*tensor) ([]*tensor, error) {
	return unary(func(r *reader, e elem, c cell) cell { return r.apply(f, e, c) })
}

// test is a function of each element that yields bools.
func test(f func(r *reader, c cell) cell) func(*reader, *node, []*tensor) ([]*tensor, error) {
	return func(r *reader, n *node, in []*tensor) ([]*tensor, error) {
		out, err := unary(func(r *reader, _ elem, c cell) cell { return f(r, c) })(r, n, in)
		if err == nil {
			out[0].elem = boolElem
		}
		return out, err
	}
}

// clip is Clip; its limits are attributes up to version 10. Without one it is the last finite
// number: an infinity does not pass.
func clip(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	limits := [2]float64{-math.MaxFloat32, math.MaxFloat32}
	if in[0].elem != float32Elem {
		limits = [2]float64{-math.MaxFloat64, math.MaxFloat64}
	}
	for i, name := range [2]string{"min", "max"} {
		if n.has(name) {
			x, err := n.float(name, 0)
			if err != nil {
				return nil, err
			}
			limits[i] = float64(x)
		}
		if i+1 < len(in) && in[i+1] != nil {
			if t := in[i+1]; !t.constant() || len(t.numbers) != 1 || t.rows {
				return nil, n.refuse("limits that are not constant")
			}
			limits[i] = in[i+1].numbers[0]
		}
	}
	if !(limits[0] <= limits[1]) {
		return nil, n.refuse("the limits %v and %v", limits[0], limits[1])
	}
	return unary(func(r *reader, e elem, c cell) cell {
		if c.constant() {
			return number(math.Min(math.Max(c.number, limits[0]), limits[1]))
		}
		s := model.Clip{In: c.column, Low: limits[0], High: limits[1]}
		return r.defined(s, func(c model.Column) model.Step { s.Out = c; return s })
	})(r, n, in[:1])
}

// where is Where.
func where(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	dims, ok := broadcast(in[1].dims, in[2].dims)
	if ok {
		dims, ok = broadcast(dims, in[0].dims)
	}
	if !ok || size(dims) > maxElements || in[1].elem != in[2].elem {
		return nil, n.fail("inputs of the shapes %v, %v and %v", in[0].dims, in[1].dims, in[2].dims)
	}
	var cells [3][]cell
	for i, t := range in[:3] {
		c, err := r.numbersOf(n, t)
		if err != nil {
			return nil, err
		}
		cells[i] = t.spread(dims, c)
	}
	out := make([]cell, len(cells[0]))
	for i := range out {
		out[i] = r.choose(cells[0][i], cells[1][i], cells[2][i])
	}
	return []*tensor{of(in[1].elem, dims, out)}, nil
}

// normalized is Softmax or LogSoftmax: f makes cells of those along an axis; up to
// version 12 they take all axes from one on as one.
func normalized(f func(r *reader, e elem, cells []cell) []cell) func(*reader, *node, []*tensor) ([]*tensor, error) {
	return func(r *reader, n *node, in []*tensor) ([]*tensor, error) { return r.normalized(n, in, f) }
}

func (r *reader) normalized(n *node, in []*tensor, f func(r *reader, e elem, cells []cell) []cell) ([]*tensor, error) {
	absent := int64(-1)
	if r.file.opsets[""] < 13 {
		absent = 1
	}
	axis, err := n.integer("axis", absent)
	if err != nil {
		return nil, err
	}
	t := in[0]
	i, err := n.inner(axis, t)
	if err != nil {
		return nil, err
	}
	if r.file.opsets[""] < 13 && i != t.rank()-1 {
		return nil, n.refuse("an axis before the last")
	}
	if !t.elem.floating() || t.dims[i] == 0 {
		return nil, n.refuse("%ss of the shape %v", t.elem, t.dims)
	}
	cells, err := r.numbersOf(n, t)
	if err != nil {
		return nil, err
	}
	out := make([]cell, len(cells))
	step := steps(t.dims)[i]
	groups, dims := t.along(i, cells)
	g := 0
	_ = walk(dims, func(place []int) error {
		first := 0
		for axis, p := range place {
			first += steps(t.dims)[axis] * p
		}
		for k, c := range f(r, t.elem, groups[g]) {
			out[first+k*step] = c
		}
		g++
		return nil
	})
	return []*tensor{of(t.elem, t.dims, out)}, nil
}
