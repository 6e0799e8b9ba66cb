package onnx

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A message is the bytes of a protobuf message, and where they stand in the
// file. Fields are slices of it: nothing is copied, so no length can ask for
// more memory than the file has.
type message struct {
	data []byte
	at   int
}

// The wire types there are; groups (3 and 4) are not used by ONNX.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

// A field is one field of a message: a number, or bytes.
type field struct {
	number int
	wire   int
	value  uint64  // of a varint or a fixed number
	bytes  message // of wireBytes
}

// damage makes the error for a place in the file.
func damage(at int, format string, args ...any) error {
	return &model.FormatError{Format: "onnx", Offset: int64(at), What: fmt.Sprintf(format, args...)}
}

// next cuts the first field off a message that is not empty.
func (m *message) next() (field, error) {
	start := m.at
	tag, err := m.varint()
	if err != nil {
		return field{}, err
	}
	if tag>>3 == 0 || tag>>3 > 1<<29-1 {
		return field{}, damage(start, "field number %d", tag>>3)
	}
	f := field{number: int(tag >> 3), wire: int(tag & 7)}
	switch f.wire {
	case wireVarint:
		f.value, err = m.varint()
		return f, err
	case wireFixed32:
		b, err := m.take(4)
		if err == nil {
			f.value = uint64(binary.LittleEndian.Uint32(b.data))
		}
		return f, err
	case wireFixed64:
		b, err := m.take(8)
		if err == nil {
			f.value = binary.LittleEndian.Uint64(b.data)
		}
		return f, err
	case wireBytes:
		n, err := m.varint()
		if err != nil {
			return f, err
		}
		f.bytes, err = m.take(n)
		return f, err
	}
	return f, damage(start, "wire type %d", f.wire)
}

// varint cuts off a number of up to ten bytes.
func (m *message) varint() (uint64, error) {
	v, n := binary.Uvarint(m.data)
	if n <= 0 {
		return 0, damage(m.at, "a number is truncated or too long")
	}
	m.data, m.at = m.data[n:], m.at+n
	return v, nil
}

// take cuts off n bytes.
func (m *message) take(n uint64) (message, error) {
	if n > uint64(len(m.data)) {
		return message{}, damage(m.at, "%d bytes are announced; %d remain", n, len(m.data))
	}
	b := message{m.data[:n:n], m.at}
	m.data, m.at = m.data[n:], m.at+int(n)
	return b, nil
}

// each calls f for every field of the message.
func (m message) each(f func(field) error) error {
	for len(m.data) > 0 {
		field, err := m.next()
		if err != nil {
			return err
		}
		if err := f(field); err != nil {
			return err
		}
	}
	return nil
}

// want refuses a field of another wire type.
func (f *field) want(wire int) error {
	if f.wire != wire {
		return damage(f.bytes.at, "field %d has wire type %d; expected %d", f.number, f.wire, wire)
	}
	return nil
}

// text is a field of bytes as a string.
func (f *field) text() (string, error) {
	if err := f.want(wireBytes); err != nil {
		return "", err
	}
	return string(f.bytes.data), nil
}

// integers appends a repeated integer: packed, or one element.
func (f *field) integers(to []int64) ([]int64, error) {
	if f.wire == wireVarint {
		return append(to, int64(f.value)), nil
	}
	if err := f.want(wireBytes); err != nil {
		return nil, err
	}
	for m := f.bytes; len(m.data) > 0; {
		v, err := m.varint()
		if err != nil {
			return nil, err
		}
		to = append(to, int64(v))
	}
	return to, nil
}

// floats appends a repeated float32.
func (f *field) floats(to []float32) ([]float32, error) {
	if f.wire == wireFixed32 {
		return append(to, math.Float32frombits(uint32(f.value))), nil
	}
	if err := f.want(wireBytes); err != nil {
		return nil, err
	}
	if len(f.bytes.data)%4 != 0 {
		return nil, damage(f.bytes.at, "%d bytes of float32", len(f.bytes.data))
	}
	for b := f.bytes.data; len(b) > 0; b = b[4:] {
		to = append(to, math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	return to, nil
}

// doubles appends a repeated float64.
func (f *field) doubles(to []float64) ([]float64, error) {
	if f.wire == wireFixed64 {
		return append(to, math.Float64frombits(f.value)), nil
	}
	if err := f.want(wireBytes); err != nil {
		return nil, err
	}
	if len(f.bytes.data)%8 != 0 {
		return nil, damage(f.bytes.at, "%d bytes of float64", len(f.bytes.data))
	}
	for b := f.bytes.data; len(b) > 0; b = b[8:] {
		to = append(to, math.Float64frombits(binary.LittleEndian.Uint64(b)))
	}
	return to, nil
}
