package xgboost

import (
	"encoding/binary"
	"math"
)

// value reads a number of a known type: integers as i, others as f.
func (s *ubjSource) value(typ byte) (i int64, f float64, err error) {
	b, err := s.take(width(typ))
	if err != nil {
		return 0, 0, err
	}
	switch typ {
	case 'i':
		i = int64(int8(b[0])) // #nosec G115 -- the byte is a signed number
	case 'U':
		i = int64(b[0])
	case 'I':
		i = int64(int16(binary.BigEndian.Uint16(b))) // #nosec G115 -- two's complement
	case 'l':
		i = int64(int32(binary.BigEndian.Uint32(b))) // #nosec G115 -- two's complement
	case 'L':
		i = int64(binary.BigEndian.Uint64(b)) // #nosec G115 -- two's complement
	case 'd':
		return 0, float64(math.Float32frombits(binary.BigEndian.Uint32(b))), nil
	case 'D':
		return 0, math.Float64frombits(binary.BigEndian.Uint64(b)), nil
	default:
		return 0, 0, s.fail("found %q where a number is expected", typ)
	}
	return i, float64(i), nil
}

// each reads an array of numbers in any of its forms.
func (s *ubjSource) each(allocate func(n int), element func(typ byte, i int64, f float64)) error {
	typ, n, err := s.header()
	if err != nil {
		return err
	}
	allocate(max(0, n))
	for ; n != 0; n-- {
		if n < 0 && s.peek() == ']' {
			s.pos++
			return nil
		}
		t := typ
		if t == 0 {
			if t, err = s.marker(); err != nil {
				return err
			}
		}
		var i int64
		var f float64
		switch t {
		case 'T':
			i, f = 1, 1
		case 'F':
		default:
			if i, f, err = s.value(t); err != nil {
				return err
			}
		}
		element(t, i, f)
	}
	return nil
}

func (s *ubjSource) floats(into []float32) ([]float32, error) {
	into = into[:0]
	err := s.each(func(n int) { into = sized(into, n) }, func(_ byte, _ int64, f float64) {
		into = append(into, float32(f))
	})
	return into, err
}

func (s *ubjSource) ints(into []int32) ([]int32, error) {
	into = into[:0]
	wrong := false
	err := s.each(func(n int) { into = sized(into, n) }, func(typ byte, i int64, _ float64) {
		wrong = wrong || typ == 'd' || typ == 'D'
		into = append(into, narrow(i))
	})
	if err == nil && wrong {
		err = s.fail("an array of fractions where integers are expected")
	}
	return into, err
}

func (s *ubjSource) numbers() ([]float64, error) {
	var all []float64
	err := s.each(func(n int) { all = sized(all, n) }, func(_ byte, _ int64, f float64) {
		all = append(all, f)
	})
	return all, err
}

// sized returns an empty slice with room for n.
func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, 0, n)
	}
	return s[:0]
}
