package engine

import (
	"fmt"
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// requires refuses numbers: checks that follow one another. What a check
// refuses lies, without its sign and as an integer, in one interval: that of too
// large numbers, infinity and NaN, or of a part of them. So one comparison
// decides.
type requires struct {
	checks []check
	by     []string // of each: who refuses
}

type check struct {
	in          model.Column
	first, size uint64 // of the interval; size is one less
}

func (c *check) refuses(x float64) bool { return math.Float64bits(x)&magnitude-c.first <= c.size }

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
	return &requires{[]check{{s.In, first, last - first}}, []string{s.By}}
}

// and appends the checks of o.
func (s *requires) and(o *requires) {
	s.checks, s.by = append(s.checks, o.checks...), append(s.by, o.by...)
}

func (s *requires) run(b *Block) error {
	for i := range s.checks {
		c := &s.checks[i]
		if b.rows == 1 { // quicker than a slice of one
			if c.refuses(b.values[c.in]) {
				return s.refuse(b, i, 0)
			}
			continue
		}
		for row, x := range b.column(c.in) {
			if c.refuses(x) {
				return s.refuse(b, i, row)
			}
		}
	}
	return nil
}

func (s *requires) refuse(b *Block, check, row int) error {
	in, by := s.checks[check].in, s.by[check]
	switch x := b.column(in)[row]; {
	case x != x:
		return b.refuse(row, in, "a value is missing, which "+by+" refuses")
	case math.IsInf(x, 0):
		return b.refuse(row, in, "the value is infinite, which "+by+" refuses")
	default:
		return b.refuse(row, in, fmt.Sprintf("%v is too large for float32, which %s refuses", x, by))
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
