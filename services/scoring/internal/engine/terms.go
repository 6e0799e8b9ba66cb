package engine

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A tolerance on a sum of products is relative to the sum of their sizes, and so is
// one on a sum of such sums. terms knows the columns that are sums and says how
// large what they are made of is; it is asked by certificates only.
type terms struct {
	sums map[model.Column]*made
}

// A made column is bias + Σ weights·columns less center, divided by scale; or, without
// weights, what is at most as large as the greatest of the columns.
type made struct {
	in      []model.Column
	weights []float64
	center  []float64
	bias    float64
	scale   float64
	grown   func(t *rowTerms) float64 // instead of all that: how large it is by those that it is computed from
}

func newTerms(m *model.Model) *terms {
	t := &terms{sums: make(map[model.Column]*made)}
	for _, s := range m.Steps {
		switch s := s.(type) {
		case model.Dense:
			for k, c := range s.Out {
				t.sums[c] = &made{in: s.In, weights: s.Weights[k], center: s.Center, bias: s.Bias[k], scale: 1}
			}
		case model.Standardize:
			t.through(s.Out, []model.Column{s.In}, []float64{1}, s.Mean, s.Scale)
		case model.Affine:
			t.through(s.Out, []model.Column{s.In}, []float64{s.Scale}, s.Offset, 1)
		case model.Apply:
			if s.Func == model.Cos && t.sums[s.In] != nil { // a cosine moves by as much as its argument
				t.sums[s.Out] = &made{in: []model.Column{s.In}}
			}
			if s.Func == model.Exp && t.sums[s.In] != nil { // moves by as much, times itself
				t.sums[s.Out] = &made{grown: func(t *rowTerms) float64 { return t.abs(s.Out) * max(1, t.of(s.In)) }}
			}
		case model.Combine:
			if !s.A.Constant && t.sums[s.A.Column] != nil || !s.B.Constant && t.sums[s.B.Column] != nil {
				t.combine(s)
			}
		case model.Round32:
			if t.sums[s.In] != nil {
				t.sums[s.Out] = &made{in: []model.Column{s.In}}
			}
		case model.Vote:
			for _, c := range s.Out {
				t.sums[c] = &made{in: s.In}
			}
		}
	}
	return t
}

func (t *terms) at(b *Block, row int) *rowTerms {
	return &rowTerms{terms: t, b: b, row: row, known: make(map[model.Column]float64)}
}

// through follows what scales a sum; numbers that are none need no entry.
func (t *terms) through(out model.Column, in []model.Column, weights []float64, bias, scale float64) {
	if t.sums[in[0]] != nil {
		t.sums[out] = &made{in: in, weights: weights, bias: bias, scale: scale}
	}
}

// combine follows what makes one number of two.
func (t *terms) combine(s model.Combine) {
	var grown func(a, b, ofA, ofB float64) float64
	switch s.Operator {
	case model.Add, model.Subtract:
		grown = func(_, _, ofA, ofB float64) float64 { return ofA + ofB }
	case model.Multiply:
		grown = func(a, b, ofA, ofB float64) float64 { return a*ofB + b*ofA }
	case model.Divide:
		grown = func(a, b, ofA, ofB float64) float64 { return (ofA + a/b*ofB) / b }
	default:
		return
	}
	t.sums[s.Out] = &made{grown: func(t *rowTerms) float64 {
		a, ofA := t.operand(s.A)
		b, ofB := t.operand(s.B)
		return grown(a, b, ofA, ofB)
	}}
}

// A rowTerms answers for one row, and for each column once.
type rowTerms struct {
	*terms
	b     *Block
	row   int
	known map[model.Column]float64
}

// of is how large what a column is made of is.
func (t *rowTerms) of(c model.Column) float64 {
	m := t.sums[c]
	if m == nil {
		return t.abs(c)
	}
	if size, ok := t.known[c]; ok {
		return size
	}
	size := t.size(m)
	t.known[c] = size
	return size
}

func (t *rowTerms) abs(c model.Column) float64 { return math.Abs(t.b.column(c)[t.row]) }

// operand is the absolute value of an operand, and how large what it is made of is.
func (t *rowTerms) operand(o model.Operand) (value, of float64) {
	if o.Constant {
		return math.Abs(o.Number), math.Abs(o.Number)
	}
	return t.abs(o.Column), t.of(o.Column)
}

func (t *rowTerms) size(m *made) float64 {
	if m.grown != nil {
		return m.grown(t)
	}
	size := math.Abs(m.bias)
	for j, in := range m.in {
		of := t.of(in)
		if m.weights == nil {
			size = max(size, of)
			continue
		}
		if m.center != nil {
			of += math.Abs(m.center[j])
		}
		if of *= math.Abs(m.weights[j]); of == of {
			size += of
		}
	}
	if m.weights == nil {
		return size
	}
	return size / math.Abs(m.scale)
}
