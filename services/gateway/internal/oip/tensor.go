package oip

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/treehouse-ml/treehouse/services/gateway/internal/jsonlex"
)

// A tensor is read from the data in the JSON.
type tensor struct {
	lex        *jsonlex.Lexer
	datatype   datatype
	raw        []byte
	expected   int64    // how many elements the shape has
	oneColumn  bool     // each of which is a row
	elements   int      // so far
	missing    []string // elements that are null, where NaN cannot say it
	dimensions [maxDimensions]int
	depth      int // how deep the elements are nested; 0 before the first
	buffer     [64]byte
}

// array reads an array that holds arrays or elements. All arrays of a level
// must be as long, and all elements as deep: else their order is anyone's guess.
func (t *tensor) array(level int) error {
	if level == maxDimensions {
		return errorf("", `"data" is nested deeper than %d`, maxDimensions)
	}
	if err := t.lex.Expect('[', `to start "data"`); err != nil {
		return err
	}
	n := 0
	for ; !t.lex.Accept(']'); n++ {
		if n > 0 {
			if err := t.lex.Expect(',', `after a value of "data"`); err != nil {
				return err
			}
		}
		var err error
		if t.lex.Peek() == '[' {
			err = t.array(level + 1)
		} else {
			err = t.leaf(level + 1)
		}
		if err != nil {
			return err
		}
	}
	switch {
	case n == 0 && level == 0:
		t.depth = 1
	case n == 0:
		return errorf("", `"data" has an empty list within a list`)
	case t.dimensions[level] == 0:
		t.dimensions[level] = n
	case t.dimensions[level] != n:
		return errorf("", `"data" has lists of %d and of %d values on the same level`, t.dimensions[level], n)
	}
	return nil
}

func (t *tensor) leaf(depth int) error {
	switch t.depth {
	case depth:
	case 0:
		t.depth = depth
	default:
		return errorf("", `"data" mixes values and lists on the same level`)
	}
	if int64(t.elements) == t.expected {
		return errorf("", `"data" has more values than the %d of its "shape"`, t.expected)
	}
	err := t.element()
	t.elements++
	return err
}

func (t *tensor) element() error {
	null, err := t.lex.Null()
	switch {
	case err != nil:
	case null:
		err = t.null()
	case t.datatype.kind == boolean:
		err = t.boolean()
	case t.datatype.kind == signed:
		var v int64
		v, err = t.lex.Int64(8 * t.datatype.width)
		t.add(uint64(v)) // the bits are the number
	case t.datatype.kind == unsigned:
		var v uint64
		v, err = t.lex.Uint64(8 * t.datatype.width)
		t.add(v)
	case t.datatype.kind == text:
		var s []byte
		s, err = t.lex.String(t.buffer[:0])
		t.raw = binary.LittleEndian.AppendUint32(t.raw, uint32(len(s))) // part of a body
		t.raw = append(t.raw, s...)
	default:
		err = t.float()
	}
	return err
}

func (t *tensor) float() error {
	double, ok := t.lex.NonFinite()
	single, err := float32(double), error(nil)
	switch {
	case ok:
	case t.datatype.width == 4:
		single, err = t.lex.Float32()
	default:
		double, err = t.lex.Float64()
	}
	if t.datatype.width == 4 {
		t.add(uint64(math.Float32bits(single)))
	} else {
		t.add(math.Float64bits(double))
	}
	return err
}

// null adds a value that is missing.
func (t *tensor) null() error {
	switch {
	case t.datatype.kind == floating && t.datatype.width == 4:
		t.add(uint64(math.Float32bits(float32(math.NaN()))))
		return nil
	case t.datatype.kind == floating:
		t.add(math.Float64bits(math.NaN()))
		return nil
	case !t.oneColumn:
		return errorf("", "%s of several columns cannot be null: send FP64, or a tensor for each column", t.datatype.name)
	case t.datatype.kind == text:
		t.raw = binary.LittleEndian.AppendUint32(t.raw, 0)
	default:
		t.add(0)
	}
	t.missing = append(t.missing, strconv.Itoa(t.elements))
	return nil
}

// boolean reads true and false, and 1 and 0, which some clients send for them.
func (t *tensor) boolean() error {
	v, err := false, error(nil)
	if c := t.lex.Peek(); c == '0' || c == '1' {
		var i uint64
		i, err = t.lex.Uint64(1)
		v = i == 1
	} else {
		v, err = t.lex.Bool()
	}
	bit := uint64(0)
	if v {
		bit = 1
	}
	t.add(bit)
	return err
}

// add appends the lowest bytes of v, as many as an element has.
func (t *tensor) add(v uint64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], v)
	t.raw = append(t.raw, b[:t.datatype.width]...)
}
