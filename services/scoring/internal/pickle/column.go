package pickle

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// A Column is elements of one type at a fixed distance: an array's, or one
// field of its records. The elements are shared with the file.
type Column struct {
	dtype   Dtype
	data    []byte
	stride  int
	n       int
	shape   []int
	fortran bool
}

// Len returns how many elements there are.
func (c Column) Len() int { return c.n }

// Dtype returns the elements' type.
func (c Column) Dtype() Dtype { return c.dtype }

// Field returns one field of records.
func (c Column) Field(name string) (Column, error) {
	for _, f := range c.dtype.Fields {
		if f.Name != name {
			continue
		}
		if c.n > 0 {
			c.data = c.data[f.Offset:]
		}
		c.dtype = f.Dtype
		return c, nil
	}
	return Column{}, fmt.Errorf("an array of %s has no field %q", c.dtype, name)
}

// String names the type as numpy does.
func (d Dtype) String() string {
	if len(d.Fields) > 0 {
		names := make([]string, len(d.Fields))
		for i, f := range d.Fields {
			names[i] = f.Name
		}
		return "records (" + strings.Join(names, ", ") + ")"
	}
	order, size := "<", d.Size
	switch {
	case d.Kind == 'O':
		return "object"
	case d.Big:
		order = ">"
	}
	if d.Kind == 'U' {
		size /= 4
	}
	return fmt.Sprintf("%s%c%d", order, d.Kind, size)
}

// at returns the bytes of an element.
func (c *Column) at(i int) []byte { return c.data[i*c.stride:][:c.dtype.Size] }

// bits returns the bits of an integer or float of up to 8 bytes.
func bits(b []byte, big bool) uint64 {
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		if big {
			return uint64(binary.BigEndian.Uint16(b))
		}
		return uint64(binary.LittleEndian.Uint16(b))
	case 4:
		if big {
			return uint64(binary.BigEndian.Uint32(b))
		}
		return uint64(binary.LittleEndian.Uint32(b))
	}
	if big {
		return binary.BigEndian.Uint64(b)
	}
	return binary.LittleEndian.Uint64(b)
}

// signed extends the sign of an integer of size bytes.
func signed(n uint64, size int) int64 {
	shift := 64 - 8*size
	return int64(n<<shift) >> shift //nolint:gosec // two's complement is the format
}

// float widens a float's bits.
func float(n uint64, size int) float64 {
	switch size {
	case 2:
		return half(uint16(n)) //nolint:gosec // of 2 bytes
	case 4:
		return float64(math.Float32frombits(uint32(n))) //nolint:gosec // of 4 bytes
	}
	return math.Float64frombits(n)
}

// half widens a float16.
func half(n uint16) float64 {
	sign, exponent, fraction := 1.0, int(n>>10&0x1f), float64(n&0x3ff)
	if n&0x8000 != 0 {
		sign = -1
	}
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 0x1f:
		if fraction != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// Float64s returns the elements of a numeric or bool column, in C order. An
// integer that float64 cannot hold is an error.
func (c Column) Float64s() ([]float64, error) { return c.Float64sIn(nil) }

// Float64sIn is [Column.Float64s] in the room of a slice, where it has enough.
func (c Column) Float64sIn(room []float64) ([]float64, error) {
	out := in(room, c.n)
	switch {
	case c.dtype.Kind == 'f' && c.dtype.Size == 8 && !c.dtype.Big:
		for i := range out {
			out[i] = math.Float64frombits(binary.LittleEndian.Uint64(c.data[i*c.stride:]))
		}
	case c.dtype.Kind == 'f' && c.dtype.Size <= 8:
		for i := range out {
			out[i] = float(bits(c.at(i), c.dtype.Big), c.dtype.Size)
		}
	case c.integer():
		for i := range out {
			n := bits(c.at(i), c.dtype.Big)
			if c.dtype.Kind == 'i' {
				s := signed(n, c.dtype.Size)
				if out[i] = float64(s); exact(s) {
					continue
				}
			} else if out[i] = float64(n); n <= 1<<53 {
				continue
			}
			return nil, fmt.Errorf("element %d of an array, an integer, does not fit into a float64", i)
		}
	default:
		return nil, fmt.Errorf("an array of %s holds no numbers that are read", c.dtype)
	}
	return rowMajor(c.shape, c.fortran, out), nil
}

// in is a slice of n elements, of whatever value, in the room of another where
// it has enough.
func in[T any](room []T, n int) []T {
	if cap(room) < n {
		return make([]T, n)
	}
	return room[:n]
}

func exact(n int64) bool { return n >= -(1<<53) && n <= 1<<53 }

// integer tells whether the elements are integers or bools.
func (c *Column) integer() bool {
	return c.dtype.Kind == 'i' || c.dtype.Kind == 'u' || c.dtype.Kind == 'b'
}

// Int64s returns the elements of an integer or bool column, in C order.
func (c Column) Int64s() ([]int64, error) { return c.Int64sIn(nil) }

// Int64sIn is [Column.Int64s] in the room of a slice, where it has enough.
func (c Column) Int64sIn(room []int64) ([]int64, error) {
	if !c.integer() {
		return nil, fmt.Errorf("an array of %s holds no integers", c.dtype)
	}
	out := in(room, c.n)
	switch {
	case c.dtype.Kind == 'i' && c.dtype.Size == 8 && !c.dtype.Big:
		for i := range out {
			out[i] = int64(binary.LittleEndian.Uint64(c.data[i*c.stride:])) //nolint:gosec // two's complement is the format
		}
	case c.dtype.Kind == 'i':
		for i := range out {
			out[i] = signed(bits(c.at(i), c.dtype.Big), c.dtype.Size)
		}
	default:
		for i := range out {
			n := bits(c.at(i), c.dtype.Big)
			if n > math.MaxInt64 {
				return nil, fmt.Errorf("element %d of an array, %d, does not fit into an int64", i, n)
			}
			out[i] = int64(n)
		}
	}
	return rowMajor(c.shape, c.fortran, out), nil
}

// Bools returns the elements of a column of bools, or of bytes that stand for
// them, in C order.
func (c Column) Bools() ([]bool, error) {
	if !c.integer() || c.dtype.Size != 1 {
		return nil, fmt.Errorf("an array of %s holds no bools", c.dtype)
	}
	out := make([]bool, c.n)
	for i := range out {
		out[i] = c.data[i*c.stride] != 0
	}
	return rowMajor(c.shape, c.fortran, out), nil
}

// Strings returns the elements of a column of fixed-width text, in C order.
func (c Column) Strings() ([]string, error) {
	if c.dtype.Kind != 'U' {
		return nil, fmt.Errorf("an array of %s holds no text", c.dtype)
	}
	out := make([]string, c.n)
	buffer := make([]byte, 0, c.dtype.Size)
	for i := range out {
		var err error
		if buffer, err = ucs4(buffer[:0], c.at(i), c.dtype.Big); err != nil {
			return nil, fmt.Errorf("element %d of an array: %w", i, err)
		}
		out[i] = string(buffer)
	}
	return rowMajor(c.shape, c.fortran, out), nil
}

// ucs4 appends four-byte characters as UTF-8, without the NULs at the end.
func ucs4(dst, b []byte, big bool) ([]byte, error) {
	for len(b) > 0 && bits(b[len(b)-4:], big) == 0 {
		b = b[:len(b)-4]
	}
	for ; len(b) > 0; b = b[4:] {
		r := bits(b[:4], big)
		if r > utf8.MaxRune || !utf8.ValidRune(rune(r)) { //nolint:gosec // checked first
			return nil, fmt.Errorf("0x%x is not a character", r)
		}
		dst = utf8.AppendRune(dst, rune(r)) //nolint:gosec // checked above
	}
	return dst, nil
}

// value returns an element as a Value.
func (c *Column) value(i int) (Value, error) {
	b := c.at(i)
	switch c.dtype.Kind {
	case 'b':
		return b[0] != 0, nil
	case 'i':
		return signed(bits(b, c.dtype.Big), c.dtype.Size), nil
	case 'u':
		return uintValue(bits(b, c.dtype.Big)), nil
	case 'f':
		if c.dtype.Size <= 8 {
			return float(bits(b, c.dtype.Big), c.dtype.Size), nil
		}
	case 'U':
		s, err := ucs4(nil, b, c.dtype.Big)
		if err != nil {
			return nil, err
		}
		return string(s), nil
	case 'S': // NULs at the end do not count
		n := len(b)
		for n > 0 && b[n-1] == 0 {
			n--
		}
		return Bytes(b[:n:n]), nil
	}
	return nil, fmt.Errorf("an element of %s has no value that is read", c.dtype)
}
