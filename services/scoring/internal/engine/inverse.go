package engine

import (
	"fmt"
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// An inverse is a model.Inverse whose function is chosen.
type inverse struct {
	of      int // the output it is for, from 1; 0 for all
	refuses string
	most    float64 // the greatest size of what is not refused
	f       func(x float64) float64
}

func newInverse(v model.Inverse, p model.Precision) inverse {
	o := inverse{of: int(v.Of), refuses: v.Refuses, most: math.MaxFloat64}
	round := func(x float64) float64 { return x }
	if p == model.F32 {
		round = single
	}
	switch {
	case v.Power != nil:
		o.most = v.Power.Most()
		f := powerBack(v.Power, p)
		o.f = func(x float64) float64 { return round(f(x)) }
	case v.Quantile != nil:
		q := v.Quantile
		o.f = func(x float64) float64 { return round(quantileBack(q, x)) }
	case v.Func != model.Identity:
		f := v.Func.Function()
		o.f = func(x float64) float64 { return round(f(x)) }
	case v.Divide:
		o.f = func(x float64) float64 { return round(round(x-v.Offset) / v.Scale) }
	default:
		o.f = func(x float64) float64 { return round(round(x*v.Scale) + v.Offset) }
	}
	return o
}

// apply goes back in rows of values so wide. An error is a *RowError.
func (v *inverse) apply(values []float64, width int) error {
	first, step := 0, 1
	if v.of > 0 {
		first, step = v.of-1, width
	}
	var refused error
	for i := first; i < len(values); i += step {
		x := values[i]
		if v.refuses != "" && math.Abs(x) > v.most && refused == nil {
			refused = &RowError{Row: i / width, Feature: -1, Reason: fmt.Sprintf("the prediction is %v before its target is transformed back, which %s refuses", x, v.refuses)}
		}
		values[i] = v.f(x)
	}
	return refused
}

func single(x float64) float64 { return float64(float32(x)) }

// powerBack is the function of a model.PowerBack whose results become so precise.
func powerBack(p *model.PowerBack, to model.Precision) func(x float64) float64 {
	l, exp, round := p.Lambda, math.Exp, func(x float64) float64 { return x }
	if p.Single {
		round = single
	}
	if to == model.F32 {
		exp = func(x float64) float64 { return single(math.Exp(x)) }
	}
	raise := func(slope, exponent float64) func(x float64) float64 {
		slope, exponent = round(slope), round(exponent)
		return func(x float64) float64 { return round(raised(round(round(float64(x*slope))+1), exponent)) }
	}
	switch {
	case p.Func == model.BoxCox && l == 0:
		return exp
	case p.Func == model.BoxCox && p.Logarithmic:
		l = round(l)
		return func(x float64) float64 { return math.Exp(math.Log1p(l*x) / l) }
	case p.Func == model.BoxCox:
		return raise(l, 1/l)
	}
	right, left := exp, func(x float64) float64 { return exp(-x) }
	if !(math.Abs(l) < model.Spacing) {
		right = raise(l, 1/l)
	}
	if math.Abs(l-2) > model.Spacing {
		left = raise(-(2 - l), 1/(2-l))
	}
	return func(x float64) float64 {
		if x >= 0 {
			return right(x) - 1
		}
		return 1 - left(x)
	}
}

// raised is x^y to a few units in the last place also for large y: the errors of the
// multiplications of math.Pow add up.
func raised(x, y float64) float64 {
	if x > 0 && x <= math.MaxFloat64 && math.Abs(y) <= math.MaxFloat64 {
		return math.Exp(y * model.Ln(x))
	}
	return math.Pow(x, y)
}

func quantileBack(q *model.QuantileBack, x float64) float64 {
	if q.Normal {
		switch x = model.NormalShare(x); {
		case x-model.QuantileSlack < 0:
			return q.Y[0]
		case x+model.QuantileSlack > 1:
			return q.Y[len(q.Y)-1]
		}
	}
	return interp(q.X, q.Y, x)
}
