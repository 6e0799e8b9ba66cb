package sklearn

import (
	"math"
	"math/big"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// The logarithms of class frequencies become part of a model's scores, so
// they are rounded correctly here: the same on every processor, and what
// numpy computes without its own vector code.

const logBits = 200

func bigFloat(x float64) *big.Float { return new(big.Float).SetPrec(logBits).SetFloat64(x) }

// bigExp is e^y for |y| up to a thousand: the series of e^(y/2048), squared
// eleven times.
func bigExp(y *big.Float) *big.Float {
	const halvings, terms = 11, 40
	z := new(big.Float).SetPrec(logBits).SetMantExp(y, -halvings)
	sum, term := bigFloat(1), bigFloat(1)
	for i := 1; i < terms; i++ {
		term.Mul(term, z)
		term.Quo(term, bigFloat(float64(i)))
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum
}

// exp is e^x, correctly rounded; x is the logarithm of a float64.
func exp(x float64) float64 {
	if math.IsNaN(x) || math.Abs(x) > 700 {
		return math.Exp(x)
	}
	y, _ := bigExp(bigFloat(x)).Float64()
	return y
}

// log is the natural logarithm, correctly rounded: math.Log made better by
// steps of Newton's method.
func log(x float64) float64 {
	y := model.Ln(x)
	if math.IsInf(y, 0) || math.IsNaN(y) {
		return y
	}
	better := bigFloat(y)
	for range 3 {
		e := bigExp(better)
		d := bigFloat(x)
		d.Sub(d, e)
		better.Add(better, d.Quo(d, e))
	}
	y, _ = better.Float64()
	return y
}
