package pickle

import (
	"errors"
	"fmt"
)

// Len returns how many elements the array has.
func (a *Array) Len() int {
	if a.Dtype.objects {
		return len(a.Objects)
	}
	n := 1
	for _, d := range a.Shape {
		n *= d
	}
	return n
}

// Float64s returns the elements of a numeric or bool array, in C order. An
// integer that float64 cannot hold is an error.
func (a *Array) Float64s() ([]float64, error) { return a.Float64sIn(nil) }

// Float64sIn is [Array.Float64s] in the room of a slice, where it has enough.
func (a *Array) Float64sIn(room []float64) ([]float64, error) {
	c, err := a.column()
	if err != nil {
		return nil, err
	}
	return c.Float64sIn(room)
}

// Int64s returns the elements of an integer or bool array, in C order.
func (a *Array) Int64s() ([]int64, error) {
	c, err := a.column()
	if err != nil {
		return nil, err
	}
	return c.Int64s()
}

// Bools returns the elements of a bool array, in C order.
func (a *Array) Bools() ([]bool, error) {
	c, err := a.column()
	if err != nil {
		return nil, err
	}
	return c.Bools()
}

// Strings returns the elements of an array of str, in C order: fixed-width
// text or objects that are all strings. Bytes are not text.
func (a *Array) Strings() ([]string, error) {
	if a.Dtype.Kind != 'O' {
		c, err := a.column()
		if err != nil {
			return nil, err
		}
		return c.Strings()
	}
	out := make([]string, len(a.Objects))
	for i, v := range a.Objects {
		s, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("element %d of an object array is %s; want str", i, kind(v))
		}
		out[i] = s
	}
	return out, nil
}

// Values returns every element as a Value, in C order. Elements of kinds that
// have no Value (dates, complex numbers, records) are an error.
func (a *Array) Values() ([]Value, error) {
	if a.Dtype.objects {
		return a.Objects, nil
	}
	c, err := a.column()
	if err != nil {
		return nil, err
	}
	out := make([]Value, c.n)
	for i := range out {
		if out[i], err = c.value(i); err != nil {
			return nil, err
		}
	}
	return rowMajor(a.Shape, a.Fortran, out), nil
}

// Field returns one field of a record array.
func (a *Array) Field(name string) (Column, error) {
	whole, err := a.column()
	if err != nil {
		return Column{}, err
	}
	return whole.Field(name)
}

// HasField tells whether the array has records with such a field.
func (a *Array) HasField(name string) bool {
	for _, f := range a.Dtype.Fields {
		if f.Name == name {
			return true
		}
	}
	return false
}

// column is the array as raw elements.
func (a *Array) column() (Column, error) {
	if a.Dtype.objects {
		return Column{}, errors.New("an array of objects has no raw elements")
	}
	if a.Len()*a.Dtype.Size != len(a.Data) {
		return Column{}, fmt.Errorf("an array of shape %v and %d bytes an element has %d bytes", a.Shape, a.Dtype.Size, len(a.Data))
	}
	return Column{dtype: a.Dtype, data: a.Data, stride: a.Dtype.Size, n: a.Len(), shape: a.Shape, fortran: a.Fortran}, nil
}

// rowMajor brings elements from storage order into C order.
func rowMajor[T any](shape []int, fortran bool, items []T) []T {
	if !fortran || len(shape) < 2 || len(items) == 0 {
		return items
	}
	strides := make([]int, len(shape))
	step := 1
	for i, n := range shape {
		strides[i] = step
		step *= n
	}
	out := make([]T, 0, len(items))
	walk(shape, strides, func(i int) { out = append(out, items[i]) })
	return out
}

// walk visits the elements of an array in C order, each by its place in
// storage. Strides count elements.
func walk(shape, strides []int, visit func(int)) {
	for _, n := range shape {
		if n == 0 {
			return
		}
	}
	index, at := make([]int, len(shape)), 0
	for {
		visit(at)
		d := len(shape) - 1
		for ; d >= 0; d-- {
			index[d]++
			at += strides[d]
			if index[d] < shape[d] {
				break
			}
			at -= index[d] * strides[d]
			index[d] = 0
		}
		if d < 0 {
			return
		}
	}
}
