package sklearn

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// A matrix is what flows from one step of a pipeline to the next.
type matrix struct {
	cols []model.Column
	// names are what get_feature_names_out calls the columns; nil where nobody asks or knows.
	names []string
	elem  element
	// sparse: scikit-learn holds it as a sparse matrix. The numbers are the
	// same, but XGBoost takes what is not stored as missing.
	sparse bool
	// zeros: entries that are stored may be 0, so that zero and missing cannot
	// be told apart by value.
	zeros bool
}

// An element is the numpy type of a matrix, as far as it matters: arithmetic
// on wide is float64.
type element uint8

const (
	wide   element = iota // float64, integers of 32 and 64 bits, objects
	single                // float32
	small                 // bool and integers of 8 and 16 bits
)

// stack is the type of two matrices side by side, as numpy promotes.
func stack(a, b element) element {
	switch {
	case a == b:
		return a
	case a == wide || b == wide:
		return wide
	}
	return single
}

// hstack puts matrices side by side.
func hstack(parts []matrix) matrix {
	var out matrix
	for i, p := range parts {
		out.cols = append(out.cols, p.cols...)
		if out.elem = stack(out.elem, p.elem); i == 0 {
			out.elem = p.elem
		}
		out.zeros = out.zeros || p.zeros
	}
	return out
}

// A kind is what a column holds; of an input column it is not known until a
// step tells.
type kind uint8

const (
	open kind = iota
	numeric
	text
)

// columns makes n new columns of one kind.
func (r *reader) columns(o *object, n int, k kind) ([]model.Column, error) {
	if n < 0 || n > model.MaxColumns-len(r.kinds) {
		return nil, o.wrong("%d more columns make more than %d", n, model.MaxColumns)
	}
	cols := make([]model.Column, n)
	for i := range cols {
		cols[i] = model.Column(len(r.kinds)) // #nosec G115 -- bounded by MaxColumns
		r.kinds = append(r.kinds, k)
	}
	return cols, nil
}

// hold says that an object takes a column as numbers or as strings.
func (r *reader) hold(o *object, c model.Column, k kind) error { return r.holds(o, c, k, true) }

// holds is hold; an object that does not compute only compares.
func (r *reader) holds(o *object, c model.Column, k kind, computes bool) error {
	switch r.kinds[c] {
	case open:
		r.kinds[c] = k
		return r.settle(o, c, k, computes)
	case k:
	default:
		want, got := "numbers", "strings"
		if k == text {
			want, got = got, want
		}
		return o.refuse(got+" in a column that it takes as "+want, "one type a column")
	}
	return nil
}

// numbers says that an object takes all columns as numbers.
func (r *reader) numbers(o *object, in matrix) error {
	for _, c := range in.cols {
		if err := r.hold(o, c, numeric); err != nil {
			return err
		}
	}
	return nil
}

// arithmetic is for an object that computes with its input: it takes numbers,
// and only where the original computes in float64.
func (r *reader) arithmetic(o *object, in matrix) error {
	if in.elem == single {
		return o.refuse("float32 input", "float64: the float32 comes from an encoder's dtype, which is float64 by default")
	}
	return r.numbers(o, in)
}

// A demand is what an object refuses in its input.
type demand struct{ noMissing, finite, f32 bool }

// require refuses rows that the object refuses.
func (r *reader) require(o *object, cols []model.Column, d demand) {
	for _, c := range cols {
		r.step(model.Require{In: c, By: o.by(), NoMissing: d.noMissing, Finite: d.finite, F32: d.f32})
	}
}

// each makes a new column of numbers from every column.
func (r *reader) each(o *object, in matrix, step func(i int, in, out model.Column) model.Step) (matrix, error) {
	cols, err := r.columns(o, len(in.cols), numeric)
	if err != nil {
		return in, err
	}
	for i, c := range in.cols {
		r.step(step(i, c, cols[i]))
		r.inexact[cols[i]] = r.inexact[c]
	}
	in.cols = cols
	return in, nil
}

// input is the column that a step of one column reads.
func input(s model.Step) model.Column {
	switch s := s.(type) {
	case model.Require:
		return s.In
	case model.Impute:
		return s.In
	case model.Indicate:
		return s.In
	case model.Standardize:
		return s.In
	case model.Affine:
		return s.In
	case model.Clip:
		return s.In
	case model.Apply:
		return s.In
	case model.Round32:
		return s.In
	case model.ZeroAsMissing:
		return s.In
	case model.LowByte:
		return s.In
	case model.OneHot:
		return s.In
	case model.Ordinal:
		return s.In
	case model.Hash:
		return s.In
	}
	return -1
}

// vector returns an attribute that must be an array of n numbers.
func (o *object) vector(name string, n int) []float64 {
	a, ok := o.value(name).(*pickle.Array)
	if !ok {
		o.fail("attribute %s is not an array", name)
		return make([]float64, max(n, 0))
	}
	x, err := o.r.floats(a)
	if err != nil {
		o.fail("attribute %s: %v", name, err)
	} else if len(a.Shape) > 1 || len(x) != n {
		o.fail("attribute %s has shape %v where %d numbers are expected", name, a.Shape, n)
	}
	if len(x) != n {
		return make([]float64, max(n, 0))
	}
	return x
}

// scalar is the Go value of an element of an array or list, for encoders and
// imputers: a number, a string, or missing (None, NaN, pandas.NA).
func scalar(v pickle.Value) (model.Scalar, bool) {
	switch v := v.(type) {
	case nil:
		return model.Scalar{Missing: true}, true
	case string:
		return model.Scalar{Kind: model.String, String: v}, true
	case *pickle.Class:
		return model.Scalar{Missing: true}, v.Name == "NA" || v.Name == "nan"
	case *pickle.Object:
		return model.Scalar{Missing: true}, v.Class != nil && v.Class.Name == "NAType"
	}
	x, ok := number(v)
	if math.IsNaN(x) {
		return model.Scalar{Missing: true}, ok
	}
	return model.Scalar{Number: x}, ok
}
