package scoring

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A tolerance says how far a number may be from what the training library
// computed: relative·|want| + absolute + terms·max(1, Σ|terms|).
type tolerance struct{ relative, absolute, terms float64 }

// The one table of tolerances. Tests and certificates hold every number to it.
var (
	// Raw scores of trees, and what only copies, sums, divides or compares
	// them: bit for bit.
	exact = tolerance{}
	// Raw scores that start at logarithms of class frequencies, which the library
	// takes when it predicts (scikit-learn's GradientBoostingClassifier), and
	// what a link makes of raw scores (logistic, softmax, exp, …), or the
	// inverse of a transformed target. The exponential function differs between
	// libraries in the last place; the absolute part are four units in the last
	// place of 1, for the probability 1-p.
	linked32 = tolerance{relative: 1e-6, absolute: 0x1p-21}
	linked64 = tolerance{relative: 1e-12, absolute: 0x1p-50}
	// Sums of products, and what a link makes of them. Libraries add in
	// whatever order their BLAS does.
	sum64 = tolerance{terms: 1e-9}
	sum32 = tolerance{terms: 1e-6}
)

// allows reports whether got is near enough to want. NaN equals NaN.
func (t tolerance) allows(got, want, terms float64) bool {
	if got == want || got != got && want != want {
		return true
	}
	if math.IsInf(want, 0) {
		return false // whose tolerance would allow anything
	}
	limit := t.relative*math.Abs(want) + t.absolute + t.terms*max(1, terms)
	return math.Abs(got-want) <= limit
}

// difference is how far got is from want, relative to the larger of want and of what else the
// tolerance grows with: Σ|terms|, or the number whose relative part is the absolute one.
func (t tolerance) difference(got, want, terms float64) float64 {
	if got == want || got != got && want != want {
		return 0
	}
	size := math.Abs(want)
	if t.terms > 0 {
		size = max(size, 1, terms)
	}
	if t.relative > 0 {
		size = max(size, t.absolute/t.relative)
	}
	return math.Abs(got-want) / size
}

// A certainty says which tolerance holds for which output of a model.
type certainty struct {
	scores, values, probabilities, transformed tolerance
	width                                      int  // raw scores a row
	sums                                       bool // sums of products: tolerances need their terms
	growing                                    bool // values grow with more than the sum: terms count relative to the value
}

func newCertainty(m *model.Model) certainty {
	c := certainty{width: m.Estimator.Width()}
	linked := linked64
	if m.Output.Precision == model.F32 {
		linked = linked32
	}
	if l, ok := m.Estimator.(*model.Linear); ok {
		c.sums, c.scores = true, sum64
		if l.Sum == model.F32 || m.Output.Precision == model.F32 {
			c.scores = sum32
		}
		linked.terms = c.scores.terms
	}
	if _, ok := m.Estimator.(*model.Given); ok {
		// What steps computed: sums of products, exponentials, powers.
		c.sums, c.scores = true, sum64
		if m.Output.Precision == model.F32 {
			c.scores = sum32
		}
		linked.terms = c.scores.terms
	}
	if e, ok := m.Estimator.(*model.Ensemble); ok && e.BaseOfLogs {
		c.scores = linked
	}
	c.values, c.probabilities, c.transformed = linked, linked, certaintyOf(m.Steps)
	switch m.Output.Link {
	case model.LinkIdentity, model.LinkAverage, model.LinkMirror, model.LinkStep, model.LinkArgmax, model.LinkSign, model.LinkSignNotNegative:
		c.values, c.probabilities = c.scores, c.scores
		if len(m.Output.Inverse) > 0 {
			c.values = linked
		}
	}
	c.growing = m.Output.Link == model.LinkExp || m.Output.Link == model.LinkSignedSquare || len(m.Output.Inverse) > 0
	return c
}

// certaintyOf is the tolerance on what steps make: none where they only choose, compare, divide,
// or multiply and add once.
func certaintyOf(steps []model.Step) tolerance {
	for _, s := range steps {
		switch s.(type) {
		case model.Require, model.Impute, model.Indicate, model.Standardize, model.Affine, model.Clip, model.Round32, model.OneHot, model.Ordinal:
		default:
			return sum64
		}
	}
	return exact
}
