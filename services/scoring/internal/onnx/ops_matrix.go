package onnx

import (
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// matMul is MatMul of the features of each row with a constant matrix.
func matMul(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	a, b := in[0], in[1]
	if b.rank() == 1 && b.constant() {
		out, err := r.multiplied(n, a, b.shaped([]int{b.dims[0], 1}), nil, a.dims)
		if err != nil {
			return nil, err
		}
		return []*tensor{out.shaped(out.dims[:len(out.dims)-1])}, nil
	}
	out, err := r.multiplied(n, a, b, nil, a.dims)
	return []*tensor{out}, err
}

// gemm is Gemm: alpha·A·B + beta·C, where B is constant.
func gemm(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	alpha, err := n.float("alpha", 1)
	if err != nil {
		return nil, err
	}
	beta, err := n.float("beta", 1)
	if err != nil {
		return nil, err
	}
	transA, err := n.integer("transA", 0)
	if err != nil {
		return nil, err
	}
	transB, err := n.integer("transB", 0)
	if err != nil {
		return nil, err
	}
	a, b := in[0], in[1]
	if transA != 0 || b.rank() != 2 || !b.constant() || b.isStrings() {
		return nil, n.refuse("a transposed or second input that is not constant")
	}
	if transB != 0 {
		from := steps(b.dims)
		b = b.pick([]int{b.dims[1], b.dims[0]}, func(p []int) int { return p[1]*from[0] + p[0]*from[1] })
	}
	b = b.scaled(float64(alpha))
	if len(in) > 2 && in[2] != nil {
		c := in[2]
		if c.constant() && !c.isStrings() && size(c.dims) == b.dims[1] {
			out, err := r.multiplied(n, a, b, c.scaled(float64(beta)), a.dims)
			return []*tensor{out}, err
		}
		out, err := r.multiplied(n, a, b, nil, a.dims)
		if err != nil {
			return nil, err
		}
		scale := of(c.elem, nil, []cell{number(float64(beta))})
		if c, err = r.pairwise(n, model.Multiply, c, scale); err != nil {
			return nil, err
		}
		out, err = r.pairwise(n, model.Add, out, c)
		return []*tensor{out}, err
	}
	out, err := r.multiplied(n, a, b, nil, a.dims)
	return []*tensor{out}, err
}

// scaled is a constant times a number.
func (t *tensor) scaled(by float64) *tensor {
	if by == 1 {
		return t
	}
	out := *t
	out.numbers = slices.Clone(t.numbers)
	for i, x := range t.numbers {
		out.numbers[i] = t.elem.round(x * by)
	}
	return &out
}

// multiplied is the product of a tensor, along its last axis, with a constant
// matrix, plus a constant for each column.
func (r *reader) multiplied(n *node, a, b, bias *tensor, dims []int) (*tensor, error) {
	if !b.constant() || b.isStrings() || b.rows || b.rank() != 2 || a.elem != b.elem || !a.elem.floating() || a.rank() == 0 {
		return nil, n.refuse("inputs of %ss and %ss of the shapes %v and %v, of which the second is not a constant matrix", a.elem, b.elem, a.dims, b.dims)
	}
	last := a.rank() - 1
	inner, columns := b.dims[0], b.dims[1]
	if a.dims[last] != inner || inner == 0 || columns == 0 {
		return nil, n.fail("shapes %v and %v", a.dims, b.dims)
	}
	cells, err := r.numbersOf(n, a)
	if err != nil {
		return nil, err
	}
	s := model.Dense{Sum: model.F64, Bias: make([]float64, columns)}
	if a.elem == float32Elem {
		s.Sum = model.F32
	}
	for k := range columns {
		row := make([]float64, inner)
		for j := range row {
			row[j] = b.numbers[j*columns+k]
		}
		s.Weights = append(s.Weights, row)
		if bias != nil {
			s.Bias[k] = bias.numbers[k]
		}
	}
	if len(cells)/inner*columns > maxElements {
		return nil, n.fail("a result of %d elements", len(cells)/inner*columns)
	}
	var out []cell
	for first := 0; first < len(cells); first += inner {
		out = append(out, r.dense(a.elem, s, cells[first:first+inner])...)
	}
	return of(a.elem, append(slices.Clone(dims[:last]), columns), out), nil
}

// dense is a row of cells times a matrix.
func (r *reader) dense(e elem, s model.Dense, cells []cell) []cell {
	var out []cell
	if !slices.ContainsFunc(cells, func(c cell) bool { return !c.constant() }) {
		for k, w := range s.Weights {
			products := make([]cell, len(cells))
			for j, c := range cells {
				products[j] = number(e.round(c.number * w[j]))
			}
			out = append(out, r.combine(model.Add, e, r.sum(e, products), number(s.Bias[k])))
		}
		return out
	}
	for range s.Weights {
		s.Out = append(s.Out, 0)
	}
	for _, c := range cells {
		if c.constant() {
			c = r.constantColumn(c.number)
		}
		s.In = append(s.In, c.column)
	}
	for k := range s.Out {
		s.Out[k] = r.column()
		out = append(out, at(s.Out[k]))
	}
	r.add(s)
	return out
}
