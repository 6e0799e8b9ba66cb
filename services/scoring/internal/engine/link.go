package engine

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// link turns one row's raw scores into the values of predict or, for a
// classifier, its probabilities. One score of a classifier with two classes
// gives [1-p, p].
func (o *output) link(x, out []float64) {
	switch o.Link {
	case model.LinkSoftmax:
		softmax(x, out)
	case model.LinkSoftmaxF32:
		softmax32(x, out)
	case model.LinkOneVsRest:
		oneVsRest(o.Scale, x, out)
	case model.LinkOneVsRestEven:
		if oneVsRest(o.Scale, x, out) == 0 {
			even(out)
		}
	case model.LinkArgmax:
		out[0] = float64(argmax(x))
	case model.LinkSoftmaxSumF32:
		softmaxSum32(x, out)
	case model.LinkSoftmaxZeroF32:
		softmaxZero32(x, out)
	case model.LinkLogSumExp:
		logSumExp(x, out)
	case model.LinkHuber:
		o.huber(x, out)
	case model.LinkRising:
		rising32(x, out)
	default:
		if len(out) == 2 && len(x) == 1 {
			p := o.round(o.linkOne(x[0]))
			out[0], out[1] = o.round(1-p), p
			switch o.Link {
			case model.LinkMirror, model.LinkLogisticMirrorF32:
				out[0] = o.round(o.linkOne(-x[0]))
			case model.LinkIdentity:
				out[0] = o.round(1 - x[0]) // rounded once
			}
			return
		}
		for i, x := range x {
			out[i] = o.linkOne(x)
		}
	}
	for i := range out {
		out[i] = o.round(out[i])
	}
}

// linkOne is a link that takes every score on its own.
func (o *output) linkOne(x float64) float64 {
	switch o.Link {
	case model.LinkLogistic, model.LinkLogisticEach:
		return logistic(o.Scale * x)
	case model.LinkLogisticF32:
		return logistic32(x)
	case model.LinkExp:
		return math.Exp(x)
	case model.LinkSignedSquare:
		return math.Abs(x) * x // sign(x)·x² rounds the same: the sign is exact
	case model.LinkLog1pExp:
		return math.Log1p(math.Exp(x))
	case model.LinkLogisticMirrorF32:
		return logisticMirror32(x)
	case model.LinkProbitF32:
		return probit32(x)
	case model.LinkStep:
		if x > 0 {
			return 1
		}
		return 0
	case model.LinkSign:
		if x > 0 {
			return 1
		}
		return -1
	case model.LinkSignNotNegative:
		if x >= 0 {
			return 1
		}
		return -1
	}
	return x // LinkIdentity, LinkAverage
}

// logistic is scipy's expit and LightGBM's sigmoid.
func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// exp32 is expf, to within one unit in the last place.
func exp32(x float32) float32 { return float32(math.Exp(float64(x))) }

// logistic32 is XGBoost's Sigmoid (src/common/math.h), all in float32.
func logistic32(x float64) float64 {
	y := -float32(x)
	if 88.7 < y { // std::min(-x, 88.7f), which keeps a NaN
		y = 88.7
	}
	return float64(1 / (exp32(y) + 1 + 1e-16))
}

// rising32 is XGBoost's transform of several expectiles, which must not cross.
func rising32(x, out []float64) {
	out[0] = x[0]
	for i, v := range x[1:] {
		step := float32(max(v, 0)) + float32(math.Log1p(math.Exp(-math.Abs(v))))
		out[i+1] = float64(float32(out[i]) + (step + model.RisingStep))
	}
}

// softmax is scikit-learn's and LightGBM's: exp(x-max), divided by the sum.
func softmax(x, out []float64) {
	top := x[argmax(x)]
	sum := 0.0
	for i, v := range x {
		out[i] = math.Exp(v - top)
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
}

// softmax32 is XGBoost's Softmax (src/common/math.h): exponentials and the
// division in float32, their sum in float64.
func softmax32(x, out []float64) {
	top := float32(x[argmax(x)])
	sum := 0.0
	for i, v := range x {
		e := float64(exp32(float32(v) - top))
		out[i] = e
		sum += e
	}
	for i, e := range out {
		out[i] = float64(float32(e) / float32(sum))
	}
}

// oneVsRest is scikit-learn's _predict_proba_lr: logistic of every score, made
// to add up to 1. It returns what they added up to before.
func oneVsRest(scale float64, x, out []float64) (sum float64) {
	for i, v := range x {
		out[i] = logistic(scale * v)
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return sum
}

// logSumExp is how scikit-learn's naive Bayes makes probabilities: with large
// scores they need not add up to 1.
func logSumExp(x, out []float64) {
	top := x[argmax(x)]
	if math.IsInf(top, 0) {
		top = 0
	}
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(v - top)
	}
	total := top + math.Log(sum)
	for i, v := range x {
		out[i] = math.Exp(v - total)
	}
}

// huber is how scikit-learn's SGDClassifier makes probabilities of the modified
// Huber loss.
func (o *output) huber(x, out []float64) {
	sum := 0.0
	for i, v := range x {
		out[i] = (min(max(v, -1), 1) + 1) / 2
		sum += out[i]
	}
	if len(x) == 1 {
		p := o.round(out[0])
		out[0], out[1] = 1-p, p
		return
	}
	if sum == 0 {
		even(out)
		return
	}
	for i := range out {
		out[i] /= sum
	}
}

func even(out []float64) {
	for i := range out {
		out[i] = 1 / float64(len(out))
	}
}
