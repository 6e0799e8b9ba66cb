package server

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// numbers decodes a tensor of any datatype but BYTES into dst, which has an
// element for each. A number that no float64 holds exactly is refused: it
// would be another number.
func (t *tensor) numbers(dst []float64) error {
	if t.isRaw {
		return t.rawNumbers(dst)
	}
	c := t.contents
	switch t.datatype {
	case typeBool:
		for i, v := range c.GetBoolContents() {
			dst[i] = fromBool(v)
		}
	case typeInt8, typeInt16, typeInt32:
		bits := 8 * widths[t.datatype]
		for i, v := range c.GetIntContents() {
			if int64(v) != int64(v)<<(64-bits)>>(64-bits) {
				return t.outOfRange(i, v)
			}
			dst[i] = float64(v)
		}
	case typeUint8, typeUint16, typeUint32:
		bits := 8 * widths[t.datatype]
		for i, v := range c.GetUintContents() {
			if uint64(v)>>bits != 0 {
				return t.outOfRange(i, v)
			}
			dst[i] = float64(v)
		}
	case typeInt64:
		for i, v := range c.GetInt64Contents() {
			if dst[i] = float64(v); !exactInt64(v) {
				return t.inexact(i, v)
			}
		}
	case typeUint64:
		for i, v := range c.GetUint64Contents() {
			if dst[i] = float64(v); !exactUint64(v) {
				return t.inexact(i, v)
			}
		}
	case typeFP32:
		for i, v := range c.GetFp32Contents() {
			dst[i] = float64(v)
		}
	case typeFP64:
		copy(dst, c.GetFp64Contents())
	}
	return nil
}

func (t *tensor) rawNumbers(dst []float64) error {
	raw := t.raw
	le := binary.LittleEndian
	switch t.datatype {
	case typeBool:
		for i := range dst {
			if raw[i] > 1 {
				return t.outOfRange(i, raw[i])
			}
			dst[i] = float64(raw[i])
		}
	case typeInt8:
		for i := range dst {
			dst[i] = float64(int8(raw[i]))
		}
	case typeInt16:
		for i := range dst {
			dst[i] = float64(int16(le.Uint16(raw[2*i:])))
		}
	case typeInt32:
		for i := range dst {
			dst[i] = float64(int32(le.Uint32(raw[4*i:])))
		}
	case typeInt64:
		for i := range dst {
			v := int64(le.Uint64(raw[8*i:]))
			if dst[i] = float64(v); !exactInt64(v) {
				return t.inexact(i, v)
			}
		}
	case typeUint8:
		for i := range dst {
			dst[i] = float64(raw[i])
		}
	case typeUint16:
		for i := range dst {
			dst[i] = float64(le.Uint16(raw[2*i:]))
		}
	case typeUint32:
		for i := range dst {
			dst[i] = float64(le.Uint32(raw[4*i:]))
		}
	case typeUint64:
		for i := range dst {
			v := le.Uint64(raw[8*i:])
			if dst[i] = float64(v); !exactUint64(v) {
				return t.inexact(i, v)
			}
		}
	case typeFP16:
		for i := range dst {
			dst[i] = fromHalf(le.Uint16(raw[2*i:]))
		}
	case typeFP32:
		for i := range dst {
			dst[i] = float64(math.Float32frombits(le.Uint32(raw[4*i:])))
		}
	case typeFP64:
		for i := range dst {
			dst[i] = math.Float64frombits(le.Uint64(raw[8*i:]))
		}
	}
	return nil
}

func (t *tensor) outOfRange(element int, v any) error {
	return t.invalid("element %d: %v is no %s", element, v, t.datatype)
}

func (t *tensor) inexact(element int, v any) error {
	return t.invalid("element %d: %v is not exact as a 64-bit floating-point number, which models take", element, v)
}

func fromBool(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// exactInt64 reports whether a float64 holds v exactly. The greatest values
// round up to 2^63, which no int64 is.
func exactInt64(v int64) bool {
	f := float64(v)
	return f < 1<<63 && int64(f) == v
}

func exactUint64(v uint64) bool {
	f := float64(v)
	return f < 1<<64 && uint64(f) == v
}

// fromHalf widens an IEEE 754 half-precision number, exactly.
func fromHalf(h uint16) float64 {
	sign := 1.0
	if h&0x8000 != 0 {
		sign = -1
	}
	exponent, fraction := int(h>>10&0x1f), float64(h&0x3ff)
	switch exponent {
	case 0: // subnormal
		return sign * math.Ldexp(fraction, -24)
	case 0x1f:
		if fraction != 0 {
			return math.NaN()
		}
		return sign * math.Inf(1)
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// strings decodes a BYTES tensor into dst, which has an element for each.
func (t *tensor) strings(dst []string) error {
	if !t.isRaw {
		for i, b := range t.contents.GetBytesContents() {
			if !utf8.Valid(b) {
				return t.invalid("element %d is not UTF-8", i)
			}
			dst[i] = string(b)
		}
		return nil
	}
	all := string(t.raw) // one allocation for every element
	at := 0
	for i := range dst {
		if len(all)-at < 4 {
			return t.invalid("raw_input_contents ends in the length of element %d", i)
		}
		n := int(binary.LittleEndian.Uint32(t.raw[at:]))
		at += 4
		if n > len(all)-at {
			return t.invalid("element %d is %d bytes long, but raw_input_contents has %d left", i, n, len(all)-at)
		}
		if dst[i] = all[at : at+n]; !utf8.ValidString(dst[i]) {
			return t.invalid("element %d is not UTF-8", i)
		}
		at += n
	}
	if at != len(all) {
		return t.invalid("its shape %v has %d elements, but raw_input_contents has %d bytes after them", t.shape, len(dst), len(all)-at)
	}
	return nil
}
