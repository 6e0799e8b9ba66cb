package engine

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// step compiles one step of a validated model: to nothing where it does
// nothing. It is not ok with a step that it does not know.
func (c *compiler) step(s model.Step) (o op, ok bool) {
	switch s := s.(type) {
	case model.Require:
		return c.require(s), true
	case model.Impute:
		if c.kinds[s.In] == model.String {
			c.impute(s)
			return nil, true
		}
		return &impute{in: s.In, out: s.Out, missing: number(s.Missing), fill: number(s.Fill)}, true
	case model.Indicate:
		if c.kinds[s.In] == model.String {
			return c.indicateText(s), true
		}
		return &indicate{in: s.In, out: s.Out, missing: number(s.Missing)}, true
	case model.Standardize:
		return (*standardize)(&s), true
	case model.Affine:
		return (*affine)(&s), true
	case model.Clip:
		return (*clip)(&s), true
	case model.Apply:
		return &apply{in: s.In, out: s.Out, f: s.Func.Function()}, true
	case model.Round32:
		return (*round32)(&s), true
	case model.ZeroAsMissing:
		return (*zeroAsMissing)(&s), true
	case model.LowByte:
		return (*lowByte)(&s), true
	case model.OneHot:
		return c.oneHot(s), true
	case model.Ordinal:
		return c.ordinal(s), true
	case model.Hash:
		return c.hash(s), true
	case *model.Statistic:
		return newStatistic(s), true
	case model.Wide:
		return wide(s)
	}
	return nil, false
}

// same reports whether two values of a column are equal, NaN to NaN.
func same(a, b float64) bool { return a == b || a != a && b != b }

type impute struct {
	in, out       model.Column
	missing, fill float64
}

func (s *impute) run(b *Block) error {
	out, fill := b.column(s.out), s.fill
	if s.missing != s.missing {
		for i, x := range b.column(s.in) {
			if x != x {
				x = fill
			}
			out[i] = x
		}
		return nil
	}
	for i, x := range b.column(s.in) {
		if x == s.missing {
			x = fill
		}
		out[i] = x
	}
	return nil
}

type indicate struct {
	in, out model.Column
	missing float64
}

func (s *indicate) run(b *Block) error {
	out := b.column(s.out)
	for i, x := range b.column(s.in) {
		out[i] = 0
		if same(x, s.missing) {
			out[i] = 1
		}
	}
	return nil
}

type standardize model.Standardize

func (s *standardize) run(b *Block) error {
	out := b.column(s.Out)
	for i, x := range b.column(s.In) {
		out[i] = (x - s.Mean) / s.Scale
	}
	return nil
}

type affine model.Affine

func (s *affine) run(b *Block) error {
	out := b.column(s.Out)
	for i, x := range b.column(s.In) {
		out[i] = float64(x*s.Scale) + s.Offset
	}
	return nil
}

type clip model.Clip

func (s *clip) run(b *Block) error {
	out := b.column(s.Out)
	for i, x := range b.column(s.In) {
		if x < s.Low {
			x = s.Low
		} else if x > s.High {
			x = s.High
		}
		out[i] = x
	}
	return nil
}

type apply struct {
	in, out model.Column
	f       func(float64) float64
}

func (s *apply) run(b *Block) error {
	out := b.column(s.out)
	for i, x := range b.column(s.in) {
		out[i] = s.f(x)
	}
	return nil
}

type round32 model.Round32

func (s *round32) run(b *Block) error {
	out := b.column(s.Out)
	for i, x := range b.column(s.In) {
		out[i] = float64(float32(x))
	}
	return nil
}

type zeroAsMissing model.ZeroAsMissing

func (s *zeroAsMissing) run(b *Block) error {
	out := b.column(s.Out)
	for i, x := range b.column(s.In) {
		if x == 0 {
			x = nan
		}
		out[i] = x
	}
	return nil
}

type lowByte model.LowByte

func (s *lowByte) run(b *Block) error {
	out := b.column(s.Out)
	for i, x := range b.column(s.In) {
		switch {
		case x != x || x < 0 && !s.Wrap:
		case x < math.MinInt32 || x >= -math.MinInt32:
			x = 0
		default:
			x = float64(uint8(int32(x)))
		}
		out[i] = x
	}
	return nil
}
