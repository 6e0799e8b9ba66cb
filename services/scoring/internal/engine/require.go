package engine

import (
	"fmt"
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// requires are checks that follow one another.
type requires []require

func (s requires) run(b *Block) error {
	for i := range s {
		r := &s[i]
		for row, x := range b.column(r.In) {
			if math.Float64bits(x)&magnitude-r.first <= r.size {
				return r.refuse(b, row, x)
			}
		}
	}
	return nil
}

// require refuses numbers. What is refused lies, without its sign and as an
// integer, in one interval: that of too large numbers, infinity and NaN, or of
// a part of them. So one comparison decides.
type require struct {
	model.Require
	first, size uint64 // of the interval; size is one less
}

const (
	magnitude = 1<<63 - 1
	infinity  = 0x7ff << 52
)

// tooLarge32 is the least number that becomes infinite as float32: half a unit
// above the greatest, which rounds to even.
const tooLarge32 = math.MaxFloat32 + 1<<103

func (c *compiler) require(s model.Require) op {
	switch {
	case c.kinds[s.In] == model.String:
		if s.NoMissing {
			return c.requireText(s)
		}
		return nil
	case c.needless(s) || !s.NoMissing && !s.Finite:
		return nil
	}
	first, last := uint64(infinity+1), uint64(magnitude)
	if s.Finite {
		if first = infinity; s.F32 {
			first = math.Float64bits(tooLarge32)
		}
		if !s.NoMissing {
			last = infinity
		}
	}
	return requires{{Require: s, first: first, size: last - first}}
}

func (s *require) refuse(b *Block, row int, x float64) error {
	switch {
	case x != x:
		return b.refuse(row, s.In, "a value is missing, which "+s.By+" refuses")
	case math.IsInf(x, 0):
		return b.refuse(row, s.In, "the value is infinite, which "+s.By+" refuses")
	}
	return b.refuse(row, s.In, fmt.Sprintf("%v is too large for float32, which %s refuses", x, s.By))
}

// requireText refuses missing strings.
type requireText struct {
	in      model.Column
	text    int32
	by      string
	missing []bool // by class
}

func (c *compiler) requireText(s model.Require) op {
	o := &requireText{in: s.In, text: c.source[s.In], by: s.By}
	c.byClass(s.In, func(_, instead int32) { o.missing = append(o.missing, instead == classOfMissing) })
	return o
}

func (s *requireText) run(b *Block) error {
	for row, class := range b.texts(s.text) {
		if s.missing[class] {
			return b.refuse(row, s.in, "a value is missing, which "+s.by+" refuses")
		}
	}
	return nil
}

// indicateText is 1 for one string.
type indicateText struct {
	text    int32
	out     model.Column
	numbers []float64 // by class
}

func (c *compiler) indicateText(s model.Indicate) op {
	o := &indicateText{text: c.source[s.In], out: s.Out}
	missing := c.class(s.In, s.Missing)
	c.byClass(s.In, func(_, instead int32) { o.numbers = append(o.numbers, float64(one(instead == missing))) })
	return o
}

func (s *indicateText) run(b *Block) error {
	out := b.column(s.out)
	for row, class := range b.texts(s.text) {
		out[row] = s.numbers[class]
	}
	return nil
}
