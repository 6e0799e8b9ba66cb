package onnx

import (
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// reduction is a Reduce operator: f makes one cell of those along the axes.
func reduction(f func(r *reader, e elem, cells []cell) cell) func(*reader, *node, []*tensor) ([]*tensor, error) {
	return func(r *reader, n *node, in []*tensor) ([]*tensor, error) {
		keep, err := n.integer("keepdims", 1)
		if err != nil {
			return nil, err
		}
		axes, err := n.integersOf(in, 1, "axes")
		if err != nil {
			return nil, err
		}
		t := in[0]
		if len(axes) == 0 {
			if idle, err := n.integer("noop_with_empty_axes", 0); err != nil || idle != 0 {
				return []*tensor{t}, err
			}
			for i := range t.dims {
				axes = append(axes, int64(i))
			}
		}
		along := map[int]bool{}
		for _, a := range axes {
			i, err := n.inner(a, t)
			if err != nil {
				return nil, err
			}
			along[i] = true
		}
		cells, err := r.numbersOf(n, t)
		if err != nil {
			return nil, err
		}
		kept, dims := slices.Clone(t.dims), []int{}
		for i, d := range t.dims {
			if along[i] {
				kept[i] = 1
			} else {
				dims = append(dims, d)
			}
		}
		if keep != 0 {
			dims = kept
		}
		groups := make([][]cell, size(kept))
		to := steps(kept)
		k := 0
		_ = walk(t.dims, func(place []int) error {
			g := 0
			for i, p := range place {
				if !along[i] {
					g += to[i] * p
				}
			}
			groups[g] = append(groups[g], cells[k])
			k++
			return nil
		})
		out := make([]cell, len(groups))
		for g, cells := range groups {
			if len(cells) == 0 {
				return nil, n.refuse("an empty axis")
			}
			out[g] = f(r, t.elem, cells)
		}
		return []*tensor{of(t.elem, dims, out)}, nil
	}
}

func (r *reader) squares(e elem, cells []cell) cell {
	out := make([]cell, len(cells))
	for i, c := range cells {
		out[i] = r.combine(model.Multiply, e, c, c)
	}
	return r.sum(e, out)
}

func (r *reader) product(e elem, cells []cell) cell {
	out := cells[0]
	for _, c := range cells[1:] {
		out = r.combine(model.Multiply, e, out, c)
	}
	return out
}

func (r *reader) mean(e elem, cells []cell) cell {
	return r.combine(model.Divide, e, r.sum(e, cells), number(float64(len(cells))))
}

func (r *reader) length(e elem, cells []cell) cell {
	return r.apply(model.Sqrt, e, r.squares(e, cells))
}

func (r *reader) absolute(e elem, cells []cell) cell {
	out := make([]cell, len(cells))
	for i, c := range cells {
		out[i] = r.apply(model.Abs, e, c)
	}
	return r.sum(e, out)
}

func (r *reader) greatest(e elem, cells []cell) cell {
	v, _ := r.extreme(e, cells, false, false)
	return v
}

func (r *reader) least(e elem, cells []cell) cell {
	v, _ := r.extreme(e, cells, true, false)
	return v
}

// logSumExp is log Σ exp(x), the greatest taken out of the sum unless it is infinite.
func (r *reader) logSumExp(e elem, cells []cell) cell {
	top := r.greatest(e, cells)
	infinite := r.combine(model.IsEqual, boolElem, r.apply(model.Abs, e, top), number(math.Inf(1)))
	top = r.choose(infinite, number(0), top)
	out := make([]cell, len(cells))
	for i, c := range cells {
		out[i] = r.apply(model.Exp, e, r.combine(model.Subtract, e, c, top))
	}
	return r.combine(model.Add, e, r.apply(model.Log, e, r.sum(e, out)), top)
}

func (r *reader) logSum(e elem, cells []cell) cell {
	return r.apply(model.Log, e, r.sum(e, cells))
}

// argument is ArgMax or ArgMin.
func argument(least bool) func(*reader, *node, []*tensor) ([]*tensor, error) {
	return func(r *reader, n *node, in []*tensor) ([]*tensor, error) {
		axis, err := n.integer("axis", 0)
		if err != nil {
			return nil, err
		}
		keep, err := n.integer("keepdims", 1)
		if err != nil {
			return nil, err
		}
		last, err := n.integer("select_last_index", 0)
		if err != nil {
			return nil, err
		}
		t := in[0]
		i, err := n.inner(axis, t)
		if err != nil {
			return nil, err
		}
		cells, err := r.numbersOf(n, t)
		if err != nil {
			return nil, err
		}
		if t.dims[i] == 0 {
			return nil, n.fail("an empty axis")
		}
		groups, dims := t.along(i, cells)
		out := make([]cell, len(groups))
		for g, cells := range groups {
			_, out[g] = r.extreme(t.elem, cells, least, last != 0)
		}
		if keep == 0 {
			dims = slices.Delete(dims, i, i+1)
		}
		return []*tensor{of(int64Elem, dims, out)}, nil
	}
}
