package engine

import (
	"fmt"
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// requires refuses numbers: checks that follow one another.
type requires []check

// A check is that of columns side by side. What it refuses lies, without its
// sign and as an integer, in one interval: that of too large numbers, infinity
// and NaN, or of a part of them. So one comparison decides.
type check struct {
	in          model.Column
	columns     int
	first, size uint64 // of the interval; size is one less
	by          string // who refuses
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
	return requires{{s.In, 1, first, last - first, s.By}}
}

// and appends checks.
func (s requires) and(others requires) requires {
	for _, c := range others {
		if n := len(s) - 1; n >= 0 && s[n].goesOn(&c) {
			s[n].columns += c.columns
		} else {
			s = append(s, c)
		}
	}
	return s
}

// goesOn reports whether a check of the next columns is the same.
func (c *check) goesOn(next *check) bool {
	return next.in == c.in+model.Column(c.columns) && next.first == c.first && next.size == c.size && next.by == c.by
}

func (s requires) run(b *Block) error {
	for i := range s {
		c := &s[i]
		at := int(c.in) * b.rows
		for j, x := range b.values[at : at+c.columns*b.rows] {
			if math.Float64bits(x)&magnitude-c.first <= c.size {
				return c.refuse(b, c.in+model.Column(j/b.rows), j%b.rows)
			}
		}
	}
	return nil
}

func (c *check) refuse(b *Block, in model.Column, row int) error {
	switch x := b.column(in)[row]; {
	case x != x:
		return b.refuse(row, in, "a value is missing, which "+c.by+" refuses")
	case math.IsInf(x, 0):
		return b.refuse(row, in, "the value is infinite, which "+c.by+" refuses")
	default:
		return b.refuse(row, in, fmt.Sprintf("%v is too large for float32, which %s refuses", x, c.by))
	}
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
