package onnx

import (
	"math"
	"slices"
)

// An attribute of a node is read when an operator asks for it. Absent ones are
// nil, or the default.

func (n *node) has(name string) bool { _, ok := n.attributes[name]; return ok }

// scan calls f for the fields of an attribute that have a number.
func (n *node) scan(name string, number int, f func(field) error) error {
	m, ok := n.attributes[name]
	if !ok {
		return nil
	}
	return m.each(func(x field) error {
		if x.number != number {
			return nil
		}
		return f(x)
	})
}

func (n *node) integer(name string, absent int64) (int64, error) {
	err := n.scan(name, 3, func(x field) error {
		absent = int64(x.value)
		return x.want(wireVarint)
	})
	return absent, err
}

func (n *node) float(name string, absent float32) (float32, error) {
	err := n.scan(name, 2, func(x field) error {
		absent = math.Float32frombits(uint32(x.value))
		return x.want(wireFixed32)
	})
	return absent, err
}

func (n *node) text(name, absent string) (string, error) {
	err := n.scan(name, 4, func(x field) (err error) {
		absent, err = x.text()
		return err
	})
	return absent, err
}

func (n *node) integers(name string) (v []int64, err error) {
	err = n.scan(name, 8, func(x field) (err error) {
		v, err = x.integers(v)
		return err
	})
	return v, err
}

// ids are integers that number things: each fits an int32.
func (n *node) ids(name string) (v []int32, err error) {
	v = slices.Grow(v, n.count(name, 8))
	err = n.scan(name, 8, func(x field) error {
		one := func(u uint64) error {
			if int64(u) < 0 || u > math.MaxInt32 {
				return damage(x.bytes.at, "%s holds %d", name, int64(u))
			}
			v = append(v, int32(u))
			return nil
		}
		if x.wire == wireVarint {
			return one(x.value)
		}
		if err := x.want(wireBytes); err != nil {
			return err
		}
		for m := x.bytes; len(m.data) > 0; {
			u, err := m.varint()
			if err != nil {
				return err
			}
			if err := one(u); err != nil {
				return err
			}
		}
		return nil
	})
	return v, err
}

func (n *node) floats(name string) (v []float32, err error) {
	v = slices.Grow(v, n.count(name, 7))
	err = n.scan(name, 7, func(x field) (err error) {
		v, err = x.floats(v)
		return err
	})
	return v, err
}

func (n *node) strings(name string) (v []string, err error) {
	err = n.scan(name, 9, func(x field) error {
		s, err := x.text()
		v = append(v, s)
		return err
	})
	return v, err
}

// tensor is an attribute that holds a tensor, or nil.
func (n *node) tensor(name string) (t *tensor, err error) {
	err = n.scan(name, 5, func(x field) error {
		if err := x.want(wireBytes); err != nil {
			return err
		}
		_, t, err = parseTensor(x.bytes)
		return err
	})
	return t, err
}

// numbers are a list of float32s or of float64s.
type numbers struct {
	narrow []float32
	wide   []float64
}

func (v *numbers) len() int { return len(v.narrow) + len(v.wide) }

func (v *numbers) at(i int) float64 {
	if v.wide != nil {
		return v.wide[i]
	}
	return float64(v.narrow[i])
}

// numbers are what list has, as float64s.
func (n *node) numbers(name string) ([]float64, error) {
	v, err := n.list(name)
	if v.narrow != nil {
		return widen(v.narrow), err
	}
	return v.wide, err
}

// list is floats, or a tensor of numbers under the same name with
// "_as_tensor".
func (n *node) list(name string) (numbers, error) {
	t, err := n.tensor(name + "_as_tensor")
	if err != nil {
		return numbers{}, err
	}
	if t != nil {
		if t.elem != float32Elem && t.elem != float64Elem {
			return numbers{}, n.fail("%s_as_tensor holds %ss", name, t.elem)
		}
		return numbers{wide: t.numbers}, nil
	}
	f, err := n.floats(name)
	return numbers{narrow: f}, err
}

// count is how many numbers a list of an attribute has at most, so that it is made
// once.
func (n *node) count(name string, number int) (count int) {
	_ = n.scan(name, number, func(x field) error {
		if x.wire != wireBytes || number == 9 {
			count++
			return nil
		}
		if number == 7 { // packed floats
			count += len(x.bytes.data) / 4
			return nil
		}
		for _, b := range x.bytes.data { // packed integers
			if b < 0x80 {
				count++
			}
		}
		return nil
	})
	return count
}

func widen(f []float32) []float64 {
	if f == nil {
		return nil
	}
	v := make([]float64, len(f))
	for i, x := range f {
		v[i] = float64(x)
	}
	return v
}
