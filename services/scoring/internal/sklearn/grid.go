package sklearn

import (
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// anySize is a size that an array may have as it likes.
const anySize = -1

// grid returns an attribute that must be a table of numbers, by row.
func (o *object) grid(name string, rows, columns int) [][]float64 {
	return o.gridOf(name, o.value(name), rows, columns)
}

// gridOf is grid for a value that is somewhere else; name is for messages.
func (o *object) gridOf(name string, v pickle.Value, rows, columns int) [][]float64 {
	a, ok := v.(*pickle.Array)
	if !ok {
		o.fail("%s is a %s, not a dense array", name, typeName(v))
		return nil
	}
	if len(a.Shape) != 2 || rows != anySize && a.Shape[0] != rows || columns != anySize && a.Shape[1] != columns {
		o.fail("%s has shape %v where %s are expected", name, a.Shape, shape(rows, columns))
		return nil
	}
	if a.Shape[0] > model.MaxColumns {
		o.fail("%s has %d rows", name, a.Shape[0])
		return nil
	}
	x, err := o.r.floats(a)
	if err != nil {
		o.fail("%s: %v", name, err)
		return nil
	}
	out := make([][]float64, a.Shape[0])
	for i := range out {
		out[i] = x[i*a.Shape[1]:][:a.Shape[1]]
	}
	return out
}

// shape names a shape of which parts may be free: "2 × any".
func shape(rows, columns int) string {
	name := func(n int) string {
		if n == anySize {
			return "any"
		}
		return itoa(n)
	}
	return name(rows) + " × " + name(columns)
}

// transposed turns rows into columns; width is their number where there is no row.
func transposed(m [][]float64, width int) [][]float64 {
	out := make([][]float64, width)
	for j := range out {
		out[j] = make([]float64, len(m))
		for i := range m {
			out[j][i] = m[i][j]
		}
	}
	return out
}

// row returns an attribute that must be an array of numbers, however many.
func (o *object) row(name string) []float64 {
	a, ok := o.value(name).(*pickle.Array)
	if !ok || len(a.Shape) != 1 {
		o.fail("attribute %s is not an array of one dimension", name)
		return nil
	}
	return o.vector(name, a.Shape[0])
}

// wideNumbers refuses parameters in float32: a library that was trained on float32 computes
// partly in it, and differently by version.
func (o *object) wideNumbers(names ...string) {
	for _, name := range names {
		v, _ := o.attr(name)
		if a, ok := v.(*pickle.Array); ok && o.err == nil && a.Dtype.Kind == 'f' && a.Dtype.Size < 8 {
			o.err = o.refuse("attribute "+name+" in float32, as training on float32 leaves it", "models trained on float64")
		}
	}
}

// only refuses a text parameter that is none of the known ones.
func (o *object) only(name string, known ...string) string {
	v, ok := o.value(name).(string)
	for _, k := range known {
		if ok && v == k {
			return v
		}
	}
	if o.err == nil {
		what := v
		if !ok {
			what = typeName(o.value(name))
		}
		o.err = o.refuse(name+"="+what, list(known))
	}
	return ""
}

// dense makes new columns that are weights·in + bias, weights one row an output. They are
// sums whose last bits depend on the order in which a library adds.
func (r *reader) dense(o *object, in []model.Column, weights [][]float64, bias, center []float64) ([]model.Column, error) {
	out, err := r.columns(o, len(weights), numeric)
	if err != nil {
		return nil, err
	}
	if bias == nil {
		bias = make([]float64, len(weights))
	}
	r.step(model.Dense{In: in, Out: out, Weights: weights, Bias: bias, Center: center})
	r.blur(out)
	return out, nil
}

// blur says of columns that their last bits depend on the library.
func (r *reader) blur(cols []model.Column) {
	for _, c := range cols {
		r.inexact[c] = true
	}
}

// full is what most objects ask of their input: finite numbers.
func (r *reader) full(o *object, in matrix) error {
	if err := r.arithmetic(o, in); err != nil {
		return err
	}
	if len(in.cols) == 0 {
		return o.wrong("it gets no column")
	}
	r.require(o, in.cols, demand{noMissing: true, finite: true})
	return nil
}

// parts returns an attribute that must be n tables of size × size.
func (o *object) parts(name string, n, size int) ([][][]float64, error) {
	a, ok := o.value(name).(*pickle.Array)
	if !ok || len(a.Shape) != 3 || a.Shape[0] != n || a.Shape[1] != size || a.Shape[2] != size {
		return nil, o.wrong("attribute %s is not an array of %d × %d × %d", name, n, size, size)
	}
	x, err := o.r.floats(a)
	if err != nil {
		return nil, o.wrong("attribute %s: %v", name, err)
	}
	out := make([][][]float64, n)
	for k := range out {
		for j := range size {
			out[k] = append(out[k], x[(k*size+j)*size:][:size])
		}
	}
	return out, nil
}
