package engine

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// facts are what is known of all values of a column by the time a step runs.
// They make most checks needless: pipelines check every column again at every
// step, and one-hot columns, too.
type facts struct {
	present  bool // none is NaN
	finite   bool // none is ±Inf
	finite32 bool // none is or becomes ±Inf as float32
}

func factsOf(values ...float64) facts {
	f := facts{true, true, true}
	for _, x := range values {
		f.present = f.present && x == x
		f.finite = f.finite && !math.IsInf(x, 0)
		f.finite32 = f.finite32 && !math.IsInf(float64(float32(x)), 0)
	}
	return f
}

func (f facts) and(g facts) facts {
	return facts{f.present && g.present, f.finite && g.finite, f.finite32 && g.finite32}
}

// learnFacts notes what a step makes certain; columns of strings have no facts.
func (c *compiler) learnFacts(s model.Step) {
	switch s := s.(type) {
	case model.Require:
		f := &c.facts[s.In]
		f.present = f.present || s.NoMissing
		f.finite = f.finite || s.Finite
		f.finite32 = f.finite32 || s.Finite && s.F32
	case model.Impute:
		if c.kinds[s.In] == model.String {
			return
		}
		in := c.facts[s.In]
		in.present = in.present || s.Missing.Missing
		c.facts[s.Out] = in.and(factsOf(number(s.Fill)))
	case model.Indicate:
		c.facts[s.Out] = factsOf()
	case model.Standardize:
		// Too large a number becomes infinite, but no number becomes NaN.
		c.facts[s.Out] = facts{present: c.facts[s.In].present && c.facts[s.In].finite}
	case model.Affine:
		c.facts[s.Out] = facts{present: c.facts[s.In].present && c.facts[s.In].finite}
	case model.Clip:
		limits := factsOf(s.Low, s.High)
		in := c.facts[s.In]
		c.facts[s.Out] = facts{in.present, in.finite || limits.finite, in.finite32 || limits.finite32}
	case model.Round32:
		in := c.facts[s.In]
		c.facts[s.Out] = facts{in.present, in.finite32, in.finite32}
	case model.ZeroAsMissing:
		in := c.facts[s.In]
		c.facts[s.Out] = facts{false, in.finite, in.finite32}
	case model.OneHot:
		for _, out := range s.Out {
			c.facts[out] = factsOf()
		}
	case *model.Statistic:
		for _, out := range s.Out {
			c.facts[out] = facts{present: true}
		}
	case model.Ordinal:
		c.facts[s.Out] = factsOf(s.Codes...)
		if s.Unknown == model.UnknownValue {
			c.facts[s.Out] = c.facts[s.Out].and(factsOf(s.UnknownCode))
		}
	}
}

// needless reports whether a check cannot fail.
func (c *compiler) needless(s model.Require) bool {
	f := c.facts[s.In]
	return (f.present || !s.NoMissing) && (f.finite || !s.Finite) && (f.finite32 || !s.Finite || !s.F32)
}
