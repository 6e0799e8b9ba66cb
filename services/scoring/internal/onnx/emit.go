package onnx

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// defined returns the column that a step with one output defines: an equal step
// is made once. The step comes without its output, and set puts it in.
func (r *reader) defined(s model.Step, set func(model.Column) model.Step) cell {
	c, ok := r.made[s]
	if !ok {
		c = r.column()
		r.add(set(c))
		r.made[s] = c
	}
	return at(c)
}

func operand(c cell) model.Operand {
	if c.constant() {
		return model.Operand{Constant: true, Number: c.number}
	}
	return model.Operand{Column: c.column}
}

// combine is the operator of two cells as a type stores it.
func (r *reader) combine(o model.Operator, e elem, a, b cell) cell {
	if a.constant() && b.constant() {
		return number(e.round(o.Function()(a.number, b.number)))
	}
	if b.constant() && (b.number == 1 && (o == model.Multiply || o == model.Divide) ||
		b.number == 0 && o == model.Subtract && !math.Signbit(b.number)) {
		return a
	}
	s := model.Combine{A: operand(a), B: operand(b), Operator: o, F32: e == float32Elem}
	out := r.defined(s, func(c model.Column) model.Step { s.Out = c; return s })
	if (e == int64Elem || e == int32Elem) && o == model.Divide {
		return r.truncate(out, e)
	}
	return out
}

// apply is a function of a cell, rounded as a type stores it.
func (r *reader) apply(f model.Func, e elem, a cell) cell {
	if a.constant() {
		return number(e.round(f.Function()(a.number)))
	}
	s := model.Apply{In: a.column, Func: f}
	return r.roundTo(r.defined(s, func(c model.Column) model.Step { s.Out = c; return s }), e)
}

// roundTo rounds a cell of float64s to float32 where the type is that.
func (r *reader) roundTo(a cell, e elem) cell {
	if a.constant() {
		return number(e.round(a.number))
	}
	if e != float32Elem {
		return a
	}
	s := model.Round32{In: a.column}
	return r.defined(s, func(c model.Column) model.Step { s.Out = c; return s })
}

// truncate makes an integer of a cell.
func (r *reader) truncate(a cell, e elem) cell {
	if a.constant() {
		return number(e.round(a.number))
	}
	s := model.Truncate{In: a.column, Bits: 64}
	if e == int32Elem {
		s.Bits = 32
	}
	return r.defined(s, func(c model.Column) model.Step { s.Out = c; return s })
}

// choose is yes where a cell is not 0, else no.
func (r *reader) choose(is, yes, no cell) cell {
	switch {
	case is.constant() && is.number != 0:
		return yes
	case is.constant():
		return no
	case yes == no:
		return yes
	}
	s := model.Choose{If: is.column, Then: operand(yes), Else: operand(no)}
	return r.defined(s, func(c model.Column) model.Step { s.Out = c; return s })
}

// is reports, as 1 or 0, whether a cell is a value; NaN is NaN.
func (r *reader) is(a cell, x float64) cell {
	if a.constant() {
		if a.number == x || a.number != a.number && x != x {
			return number(1)
		}
		return number(0)
	}
	s := model.Indicate{In: a.column, Missing: scalar(x)}
	return r.defined(s, func(c model.Column) model.Step { s.Out = c; return s })
}

// scalar is a constant of a column; NaN is the missing value.
func scalar(x float64) model.Scalar {
	if x != x {
		return model.Scalar{Missing: true}
	}
	return model.Scalar{Number: x}
}

// look is the element of a table that a cell is the index of.
func (r *reader) look(a cell, table []float64) cell {
	if a.constant() {
		if i := int(a.number); i >= 0 && i < len(table) {
			return number(table[i])
		}
		return number(math.NaN())
	}
	s := model.Ordinal{In: a.column, Out: r.column(), Unknown: model.UnknownValue, UnknownCode: math.NaN()}
	same := true
	for i, x := range table {
		s.Categories = append(s.Categories, model.Scalar{Number: float64(i)})
		s.Codes = append(s.Codes, x)
		same = same && x == float64(i)
	}
	if same {
		r.model.Columns--
		return a
	}
	r.add(s)
	return at(s.Out)
}

// sum adds cells from the first to the last.
func (r *reader) sum(e elem, cells []cell) cell {
	total := number(0)
	for i, c := range cells {
		if i == 0 {
			total = c
			continue
		}
		total = r.combine(model.Add, e, total, c)
	}
	return total
}

// extreme is the greatest cell, or the least, and its place: the first of equal
// ones, or with last the last.
func (r *reader) extreme(e elem, cells []cell, least, last bool) (value, place cell) {
	value, place = cells[0], number(0)
	for i, c := range cells[1:] {
		o, a, b := model.IsLess, value, c // the greatest so far is less than c
		if least {
			a, b = c, value
		}
		if last {
			o = model.IsLessOrEqual
		}
		better := r.combine(o, boolElem, a, b)
		value, place = r.choose(better, c, value), r.choose(better, number(float64(i+1)), place)
	}
	if !place.constant() {
		r.ranks[place.column] = len(cells)
	}
	return value, place
}

// softmax is exp(x - max) by its sum.
func (r *reader) softmax(e elem, cells []cell) []cell {
	top, _ := r.extreme(e, cells, false, false)
	out := make([]cell, len(cells))
	for i, c := range cells {
		out[i] = r.apply(model.Exp, e, r.combine(model.Subtract, e, c, top))
	}
	sum := r.sum(e, out)
	for i, c := range out {
		out[i] = r.combine(model.Divide, e, c, sum)
	}
	return out
}
