package model

import (
	"errors"
	"fmt"
	"math"
)

// An Inverse is one step back from a transformed target: Power or Quantile if
// there is one; Func if it is not Identity; else x*Scale + Offset (the product
// rounded before the sum) or, with Divide, (x - Offset) / Scale. Where the
// output's precision is F32, each of these operations is rounded to it.
type Inverse struct {
	Func          Func
	Scale, Offset float64
	Divide        bool
	Power         *PowerBack
	Quantile      *QuantileBack
	Of            int32 // the output it is for, counted from 1; 0 for all
	// Refuses is who refuses an x that is infinite, or too large for the step; "" if nobody does.
	Refuses string
}

// A PowerBack undoes a [Power] of Yeo-Johnson or Box-Cox, with λ for Lambda:
//
//	Yeo-Johnson  (x·λ + 1)^(1/λ) - 1 for x ≥ 0, exp(x) - 1 where |λ| is less than the spacing of 1;
//	             1 - (x·(λ-2) + 1)^(1/(2-λ)) for x < 0, 1 - exp(-x) where |λ-2| is not greater than that
//	Box-Cox      (x·λ + 1)^(1/λ), exp(x) where λ is 0
//
// What no x has as its power is NaN. It is computed in float64 and then rounded to
// the output's precision.
type PowerBack struct {
	Func   PowerFunc
	Lambda float64
	// Logarithmic: Box-Cox as exp(log1p(x·λ)/λ), which is NaN for every negative base.
	Logarithmic bool
	// Single: λ, 1/λ and each operation are rounded to float32; of what is Logarithmic λ alone.
	Single bool
}

// Most is the greatest size of x whose way back does not depend on the library's version.
func (p *PowerBack) Most() float64 {
	if p.Func == BoxCox && p.Logarithmic && math.Abs(p.Lambda) > 1 {
		return mostProduct / math.Abs(p.Lambda)
	}
	return math.MaxFloat64
}

// mostProduct is a little less than the product x·λ from which on scipy has another formula.
const mostProduct = 1.78e308

// A QuantileBack is the quantile Y of a distribution that belongs to the share X,
// on the straight lines between those that are known, see [Interpolate]. With Normal
// the share is what lies below x in the standard normal distribution, the first Y
// where it is less than [QuantileSlack], and the last where it is greater than 1 less that.
type QuantileBack struct {
	X, Y   []float64
	Normal bool
}

// QuantileSlack is how near to 0 and 1 a share of the normal distribution counts as these.
const QuantileSlack = 1e-7

func (v *Inverse) check(scores int) error {
	if v.Of < 0 || int(v.Of) > scores {
		return fmt.Errorf("is for output %d; there are %d", v.Of, scores)
	}
	switch {
	case v.Func > lastFunc:
		return fmt.Errorf("unknown function %d", v.Func)
	case v.Power != nil:
		if v.Power.Func != YeoJohnson && v.Power.Func != BoxCox {
			return fmt.Errorf("nothing goes back from power transform %d", v.Power.Func)
		}
		return finite("lambda", v.Power.Lambda)
	case v.Quantile != nil:
		return checkPoints(v.Quantile.X, v.Quantile.Y)
	case v.Func != Identity:
		return nil
	case v.Divide && v.Scale == 0:
		return errors.New("divides by 0")
	}
	return errors.Join(finite("scale", v.Scale), finite("offset", v.Offset))
}
