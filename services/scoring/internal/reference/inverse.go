package reference

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// powerBack undoes a power transform, as its definition is written.
func powerBack(p *model.PowerBack, to model.Precision, x float64) float64 {
	operation := model.F64
	if p.Single {
		operation = model.F32
	}
	raise := func(l, x float64) float64 {
		base := rounded(operation, rounded(operation, float64(x*rounded(operation, l)))+1)
		if y := rounded(operation, 1/l); base > 0 && !math.IsInf(base, 1) {
			return rounded(operation, math.Exp(y*math.Log(base)))
		} else {
			return rounded(operation, math.Pow(base, y))
		}
	}
	l := p.Lambda
	switch {
	case p.Func == model.BoxCox && l == 0:
		return math.Exp(x)
	case p.Func == model.BoxCox && p.Logarithmic:
		l = rounded(operation, l)
		return math.Exp(math.Log1p(x*l) / l)
	case p.Func == model.BoxCox:
		return raise(l, x)
	case x >= 0 && math.Abs(l) < model.Spacing:
		return rounded(to, math.Exp(x)) - 1
	case x >= 0:
		return raise(l, x) - 1
	case math.Abs(l-2) > model.Spacing:
		return 1 - raise(2-l, -x)
	}
	return 1 - rounded(to, math.Exp(-x))
}

// quantileBack is the quantile of a share.
func quantileBack(q *model.QuantileBack, x float64) float64 {
	last := len(q.X) - 1
	if q.Normal {
		x = model.NormalShare(x)
		switch {
		case x-model.QuantileSlack < 0:
			return q.Y[0]
		case x+model.QuantileSlack > 1:
			return q.Y[last]
		}
	}
	switch {
	case math.IsNaN(x):
		return x
	case x < q.X[0]:
		return q.Y[0]
	}
	for i := last; i > 0; i-- {
		if x >= q.X[i] {
			if i == last || x == q.X[i] {
				return q.Y[i]
			}
			slope := (q.Y[i+1] - q.Y[i]) / (q.X[i+1] - q.X[i])
			return float64(slope*(x-q.X[i])) + q.Y[i]
		}
	}
	if last == 0 || x == q.X[0] {
		return q.Y[0]
	}
	slope := (q.Y[1] - q.Y[0]) / (q.X[1] - q.X[0])
	return float64(slope*(x-q.X[0])) + q.Y[0]
}
