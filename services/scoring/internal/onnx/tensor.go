package onnx

import (
	"encoding/binary"
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A tensor is symbolic: one of its axes may be the rows, which are not known
// yet. It is constant, or has a cell for each element of a row.
type tensor struct {
	elem elem
	dims []int // rowsDim on the axis of the rows

	// Of a constant, in row-major order: numbers, or texts of strings.
	numbers []float64
	texts   []string

	// Otherwise, in row-major order without the rows.
	cells []cell
	// table, if not nil, is a constant that the cells are indices into.
	table *tensor
	// of, if not nil, is an operator whose results these are; the cells are made
	// when somebody asks for more than a label and scores.
	of    *estimate
	label bool // of its labels, not its scores

	rows    bool    // a constant that holds the number of rows, as rowCount
	classes *tensor // the keys that a ZipMap gave to the columns
}

// rowsDim stands for the number of rows in a shape, rowCount among the elements of a
// tensor, where -1 has a meaning of its own; it is an int32.
const (
	rowsDim  = -1
	rowCount = -1 << 31
)

// A cell is one element of a row: a column or a constant.
type cell struct {
	column model.Column // -1: a constant
	number float64      // of it
}

func number(x float64) cell       { return cell{-1, x} }
func at(c model.Column) cell      { return cell{column: c} }
func (c cell) constant() bool     { return c.column < 0 }
func (t *tensor) constant() bool  { return t.rowAxis() < 0 }
func (t *tensor) rank() int       { return len(t.dims) }
func (t *tensor) rowAxis() int    { return find(t.dims, rowsDim) }
func (t *tensor) isStrings() bool { return t.elem == stringElem }

func find(dims []int, d int) int {
	for i, x := range dims {
		if x == d {
			return i
		}
	}
	return -1
}

// size is the number of elements, of one row where there are rows.
func size(dims []int) int {
	n := 1
	for _, d := range dims {
		if d != rowsDim {
			n *= d
		}
	}
	return n
}

// each returns the cells, those of a constant of numbers made of it.
func (t *tensor) each() []cell {
	if t.cells != nil || !t.constant() {
		return t.cells
	}
	cells := make([]cell, len(t.numbers))
	for i, x := range t.numbers {
		cells[i] = number(x)
	}
	return cells
}

// taken is the constant that the elements are taken from: the labels of a
// classifier, or a table; nil without.
func (t *tensor) taken() *tensor {
	if t.of != nil && t.label {
		return t.of.labels
	}
	return t.table
}

// from is t with its elements taken from another constant.
func (t *tensor) from(table *tensor) *tensor {
	u := *t
	u.elem = table.elem
	if t.of == nil {
		u.table = table
		return &u
	}
	of := *t.of
	of.labels, u.of = table, &of
	return &u
}

// shaped is t with other dimensions.
func (t *tensor) shaped(dims []int) *tensor {
	u := *t
	u.dims = dims
	return &u
}

// parseTensor reads a TensorProto.
func parseTensor(m message) (name string, t *tensor, err error) {
	t = &tensor{}
	var dims, integers []int64
	var f32 []float32
	var raw *message
	external := false
	err = m.each(func(x field) (err error) {
		switch x.number {
		case 1:
			if dims, err = x.integers(dims); len(dims) > maxRank {
				return damage(x.bytes.at, "more than %d dimensions", maxRank)
			}
		case 2:
			t.elem = elem(min(x.value, 255))
			err = x.want(wireVarint)
		case 4:
			f32, err = x.floats(f32)
		case 5, 7, 11:
			integers, err = x.integers(integers)
		case 6:
			var s string
			s, err = x.text()
			t.texts = append(t.texts, s)
		case 8:
			name, err = x.text()
		case 9:
			err = x.want(wireBytes)
			raw = &x.bytes
		case 10:
			t.numbers, err = x.doubles(t.numbers)
		case 13:
			external = true
		case 14:
			external = external || x.value != 0
		}
		return err
	})
	if err != nil {
		return name, nil, err
	}
	if external {
		return name, nil, unsupported("data of the tensor " + quote(name) + " in another file")
	}
	count, err := t.setDims(dims, m)
	if err != nil {
		return name, nil, err
	}
	switch {
	case raw != nil:
		if t.texts != nil {
			return name, nil, damage(m.at, "tensor %s has its data twice", quote(name))
		}
		t.numbers, err = decodeRaw(t.elem, *raw, count)
	case f32 != nil:
		t.numbers = widen(f32)
	case integers != nil:
		t.numbers = make([]float64, len(integers))
		for i, v := range integers {
			t.numbers[i] = float64(v)
		}
	}
	if err != nil {
		return name, nil, err
	}
	have := len(t.numbers)
	if t.isStrings() {
		have, t.numbers = len(t.texts), nil
	} else {
		t.texts = nil
	}
	if have != count {
		return name, nil, damage(m.at, "tensor %s of %d %ss has data for %d", quote(name), count, t.elem, have)
	}
	return name, t, nil
}

// setDims checks dimensions and returns their product.
func (t *tensor) setDims(dims []int64, m message) (int, error) {
	count := int64(1)
	for _, d := range dims {
		if d < 0 || d > int64(len(m.data)) || count*d > int64(len(m.data))*8 {
			return 0, damage(m.at, "dimensions %v of a tensor of %d bytes", dims, len(m.data))
		}
		count *= d
		t.dims = append(t.dims, int(d))
	}
	return int(count), nil
}

// decodeRaw reads the little-endian elements of raw_data.
func decodeRaw(e elem, m message, count int) ([]float64, error) {
	width := map[elem]int{float32Elem: 4, float64Elem: 8, int32Elem: 4, int64Elem: 8, boolElem: 1, 2: 1, 3: 1}[e]
	if width == 0 {
		return nil, unsupported("a constant of " + e.String() + "s")
	}
	if len(m.data) != count*width {
		return nil, damage(m.at, "%d bytes for %d %ss", len(m.data), count, e)
	}
	out := make([]float64, count)
	for i := range out {
		b := m.data[i*width:]
		switch e {
		case float32Elem:
			out[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
		case float64Elem:
			out[i] = math.Float64frombits(binary.LittleEndian.Uint64(b))
		case int32Elem:
			out[i] = float64(int32(binary.LittleEndian.Uint32(b)))
		case int64Elem:
			out[i] = float64(int64(binary.LittleEndian.Uint64(b)))
		case 3:
			out[i] = float64(int8(b[0]))
		default:
			out[i] = float64(b[0])
		}
	}
	return out, nil
}
