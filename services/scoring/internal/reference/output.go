package reference

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// link makes of an estimator's scores what a model yields.
func link(o *model.Output, scores []float64) Output {
	out := Output{Scores: make([]float64, len(scores))}
	for i, x := range scores {
		out.Scores[i] = rounded(o.Precision, x)
	}
	p := linked(o, scores)
	if o.Task == model.Classification && len(scores) == 1 && len(o.Classes) == 2 {
		no := 1 - p[0]
		switch o.Link {
		case model.LinkMirror:
			no = -p[0]
		case model.LinkLogisticMirrorF32:
			no = linked(o, []float64{-scores[0]})[0]
		case model.LinkIdentity:
			no = 1 - scores[0]
		}
		p = []float64{rounded(o.Precision, no), p[0]}
	}
	for _, v := range o.Inverse {
		for j := range p {
			if v.Of > 0 && int(v.Of) != j+1 {
				continue
			}
			switch {
			case v.Power != nil:
				p[j] = rounded(o.Precision, powerBack(v.Power, o.Precision, p[j]))
			case v.Quantile != nil:
				p[j] = rounded(o.Precision, quantileBack(v.Quantile, p[j]))
			case v.Func != model.Identity:
				p[j] = rounded(o.Precision, v.Func.Function()(p[j]))
			case v.Divide:
				p[j] = rounded(o.Precision, rounded(o.Precision, p[j]-v.Offset)/v.Scale)
			default:
				p[j] = rounded(o.Precision, rounded(o.Precision, float64(p[j]*v.Scale))+v.Offset)
			}
		}
	}
	out.Values = p
	greatest := func(x []float64) (at int) {
		for i := range x {
			if math.IsNaN(x[i]) {
				return i
			}
			if x[i] > x[at] {
				at = i
			}
		}
		return at
	}
	if o.Task != model.Classification || len(o.Targets) > 0 {
		return out
	}
	switch o.Decision {
	case model.DecideArgmax:
		out.Class = greatest(p)
	case model.DecideArgmaxScore:
		out.Class = greatest(scores)
	case model.DecideScorePositive:
		out.Class = map[bool]int{true: 1}[scores[0] > o.Border]
	case model.DecideScoreNotNegative:
		out.Class = map[bool]int{true: 1}[scores[0] >= 0]
	case model.DecideScoreAbove:
		out.Class = map[bool]int{true: 1}[scores[o.Score] > o.Border]
	case model.DecideAboveHalf:
		out.Class = map[bool]int{true: 1}[p[1] > 0.5]
	}
	return out
}

func linked(o *model.Output, x []float64) []float64 {
	p := make([]float64, len(x))
	sum := 0.0
	greatest := math.Inf(-1)
	for _, v := range x {
		greatest = max(greatest, v)
	}
	for i, v := range x {
		switch o.Link {
		case model.LinkIdentity, model.LinkAverage, model.LinkMirror:
			p[i] = v
		case model.LinkLogistic, model.LinkLogisticEach, model.LinkOneVsRest, model.LinkOneVsRestEven:
			p[i] = 1 / (1 + math.Exp(-v*o.Scale))
		case model.LinkLogisticF32:
			e := math.Exp(float64(min(-float32(v), 88.7)))
			p[i] = float64(1 / (float32(e) + 1))
		case model.LinkLogisticMirrorF32:
			e := float32(math.Exp(-math.Abs(float64(float32(v)))))
			p[i] = float64(1 / (1 + e))
			if v < 0 {
				p[i] = float64(1 - float32(p[i]))
			}
		case model.LinkProbitF32:
			l := float32(math.Log(float64(4 * float32(v) * (1 - float32(v)))))
			c := 2/(float32(3.14159)*0.147) + l/2
			p[i] = math.Copysign(math.Sqrt2*math.Sqrt(math.Sqrt(float64(c*c-l/0.147))-float64(c)), v-0.5)
		case model.LinkSoftmaxZeroF32:
			x, top := float32(v), float32(greatest)
			if x > 1e-7 || x < -1e-7 {
				p[i] = float64(float32(math.Exp(float64(x - top))))
			} else {
				p[i] = float64(x * float32(math.Exp(-float64(top))))
				continue // and is not summed
			}
		case model.LinkSoftmax:
			p[i] = math.Exp(v - greatest)
		case model.LinkSoftmaxF32, model.LinkSoftmaxSumF32:
			p[i] = float64(float32(math.Exp(float64(float32(v) - float32(greatest)))))
		case model.LinkExp:
			p[i] = math.Exp(v)
		case model.LinkSignedSquare:
			p[i] = math.Copysign(v*v, v)
		case model.LinkLog1pExp:
			p[i] = math.Log1p(math.Exp(v))
		case model.LinkStep:
			if v > 0 {
				p[i] = 1
			}
		case model.LinkArgmax:
			for j := range x { // greatest is NaN where any score is
				if x[j] == greatest || math.IsNaN(x[j]) {
					return []float64{float64(j)}
				}
			}
		case model.LinkRising:
			if p[i] = v; i > 0 {
				soft := float32(max(v, 0)) + float32(math.Log1p(math.Exp(-math.Abs(v))))
				p[i] = float64(float32(p[i-1]) + (soft + model.RisingStep))
			}
		case model.LinkLogSumExp:
			p[i] = math.Exp(v - finiteOr0(greatest))
		case model.LinkHuber:
			p[i] = (math.Max(-1, math.Min(1, v)) + 1) / 2
		case model.LinkSign, model.LinkSignNotNegative:
			p[i] = -1
			if v > 0 || v == 0 && o.Link == model.LinkSignNotNegative {
				p[i] = 1
			}
		}
		sum += p[i]
		if o.Link == model.LinkSoftmaxSumF32 || o.Link == model.LinkSoftmaxZeroF32 {
			sum = float64(float32(sum))
		}
	}
	for i := range p {
		switch o.Link {
		case model.LinkSoftmax, model.LinkOneVsRest:
			p[i] /= sum
		case model.LinkSoftmaxF32, model.LinkSoftmaxSumF32, model.LinkSoftmaxZeroF32:
			p[i] = float64(float32(p[i]) / float32(sum))
		case model.LinkLogSumExp:
			p[i] = math.Exp(x[i] - (finiteOr0(greatest) + math.Log(sum)))
		case model.LinkHuber, model.LinkOneVsRestEven:
			switch {
			case len(x) == 1:
			case sum == 0:
				p[i] = 1 / float64(len(x))
			default:
				p[i] /= sum
			}
		}
		p[i] = rounded(o.Precision, p[i])
	}
	return p
}
