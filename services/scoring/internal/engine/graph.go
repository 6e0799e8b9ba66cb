package engine

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// graph compiles the steps of graphs of operators. It is not ok with others.
func graph(s model.Wide) (o op, ok bool) {
	switch s := s.(type) {
	case model.Combine:
		return &operation{s.A, s.B, s.Out, s.Operator.Function(), s.F32}, true
	case model.Choose:
		return (*choose)(&s), true
	case model.Truncate:
		return newTruncate(s), true
	case model.Whole:
		return (*whole)(&s), true
	}
	return nil, false
}

// operand is the numbers of an operand: a column's, or none and the constant.
func (b *Block) operand(o model.Operand) ([]float64, float64) {
	if o.Constant {
		return nil, o.Number
	}
	return b.column(o.Column), 0
}

// An operation is a model.Combine.
type operation struct {
	a, b model.Operand
	out  model.Column
	f    func(a, b float64) float64
	f32  bool
}

func (s *operation) run(b *Block) error {
	out := b.column(s.out)
	x, left := b.operand(s.a)
	y, right := b.operand(s.b)
	for i := range out {
		if x != nil {
			left = x[i]
		}
		if y != nil {
			right = y[i]
		}
		v := s.f(left, right)
		if s.f32 {
			v = float64(float32(v))
		}
		out[i] = v
	}
	return nil
}

type choose model.Choose

func (s *choose) run(b *Block) error {
	out := b.column(s.Out)
	x, yes := b.operand(s.Then)
	y, no := b.operand(s.Else)
	for i, is := range b.column(s.If) {
		switch {
		case is != 0 && x != nil:
			out[i] = x[i]
		case is != 0:
			out[i] = yes
		case y != nil:
			out[i] = y[i]
		default:
			out[i] = no
		}
	}
	return nil
}

type truncate struct {
	in, out model.Column
	limit   float64 // the least integer, without its sign
}

func newTruncate(s model.Truncate) *truncate {
	limit := 0x1p63
	if s.Bits == 32 {
		limit = 0x1p31
	}
	return &truncate{s.In, s.Out, limit}
}

func (s *truncate) run(b *Block) error {
	out := b.column(s.out)
	for i, x := range b.column(s.in) {
		if x = math.Trunc(x); !(x < s.limit && x >= -s.limit) {
			x = -s.limit
		}
		out[i] = x
	}
	return nil
}

type whole model.Whole

func (s *whole) run(b *Block) error {
	for row, x := range b.column(s.In) {
		if x != math.Trunc(x) || !(math.Abs(x) < 0x1p63) {
			return b.refuse(row, s.In, "the value is no whole number, which "+s.By+" refuses")
		}
	}
	return nil
}
