package reference

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

func values(cols []model.Scalar, of []model.Column) []float64 {
	out := make([]float64, len(of))
	for i, c := range of {
		out[i] = Float(cols[c])
	}
	return out
}

// given replaces what columns hold.
func (o *Output) given(cols []model.Scalar, m *model.Output, g *model.Given) {
	if m.Link == model.LinkGiven {
		o.Values = values(cols, g.Probabilities)
	}
	if m.Task != model.Classification {
		return
	}
	if len(m.Targets) > 0 {
		o.Values = values(cols, g.Probabilities)
		for _, class := range values(cols, g.Chosen) {
			o.Classes = append(o.Classes, int(class))
		}
		return
	}
	switch m.Decision {
	case model.DecideVotes:
		o.Class = greatest(values(cols, g.Votes))
	case model.DecideArgmax:
		o.Class = greatest(o.Values)
	case model.DecideAboveHalf:
		o.Class = map[bool]int{true: 1}[o.Values[1] > 0.5]
	}
}

// greatest is the place of the first greatest number, NaN being greater than any.
func greatest(x []float64) (at int) {
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

func finiteOr0(x float64) float64 {
	if math.IsInf(x, 0) {
		return 0
	}
	return x
}

// wide runs a step of several columns.
func wide(cols []model.Scalar, s model.Wide) error {
	if s, ok := s.(model.Text); ok {
		return text(cols, s)
	}
	x := values(cols, s.Reads())
	var y []float64
	switch s := s.(type) {
	case model.Dense:
		y = dense(x, s)
	case model.Kernel:
		for _, p := range s.Points {
			y = append(y, kernel(x, p, s))
		}
	case model.Distance:
		for k := range s.To {
			y = append(y, distance(x, k, s))
		}
	case model.Normalize:
		y = normalized(x, s)
	case model.Products:
		for _, factors := range s.Factors {
			product := 1.0
			for _, i := range factors {
				product *= x[i]
			}
			y = append(y, product)
		}
	case *model.Neighbors:
		var err error
		if y, err = neighbors(x, s); err != nil {
			return err
		}
	case model.Vote:
		y = votes(x, len(s.Out), s.Confident)
	case model.Couple:
		y = couple(x, len(s.Out), s)
	case model.Combine, model.Choose, model.Truncate, model.Whole:
		var err error
		if y, err = graph(cols, s); err != nil {
			return err
		}
	case model.Positive:
		if x[0] <= 0 {
			return ErrRefused
		}
	case model.TermWeights:
		y = weighed(x, s)
	case model.Nested:
		y = nested(cols, s)
	default:
		if y = committee(x, s); y == nil {
			y = []float64{curve(x[0], s)}
		}
	}
	for k, c := range s.Defines() {
		cols[c] = Number(y[k])
	}
	return nil
}

func dense(x []float64, s model.Dense) []float64 {
	y := make([]float64, len(s.Out))
	for k, w := range s.Weights {
		for j := range x {
			v := rounded(s.Sum, x[j])
			if s.Center != nil {
				v = rounded(s.Sum, v-s.Center[j])
			}
			y[k] = rounded(s.Sum, y[k]+rounded(s.Sum, float64(w[j]*v)))
		}
		y[k] = rounded(s.Sum, y[k]+s.Bias[k])
	}
	return y
}

func kernel(x, p []float64, s model.Kernel) float64 {
	sum := 0.0
	for j := range x {
		v := rounded(s.Sum, x[j])
		term := float64(v * p[j])
		if s.Func == model.KernelRBF {
			d := rounded(s.Sum, v-p[j])
			term = float64(d * d)
		}
		sum = rounded(s.Sum, sum+rounded(s.Sum, term))
	}
	scaled := rounded(s.Sum, float64(rounded(s.Sum, s.Gamma)*sum))
	shifted := rounded(s.Sum, scaled+rounded(s.Sum, s.Coef0))
	switch s.Func {
	case model.KernelRBF:
		return rounded(s.Sum, math.Exp(-scaled))
	case model.KernelPolynomial:
		return rounded(s.Sum, math.Pow(shifted, s.Degree))
	case model.KernelSigmoid:
		return rounded(s.Sum, math.Tanh(shifted))
	}
	return sum
}

func distance(x []float64, k int, s model.Distance) float64 {
	sum := 0.0
	for j := range x {
		term := math.Abs(x[j] - s.To[k][j])
		switch {
		case s.Power == 2:
			term = float64(term * term)
		case !math.IsInf(s.Power, 1):
			term = math.Pow(term, s.Power)
		}
		if s.Scale != nil {
			term /= s.Scale[k][j]
		}
		switch {
		case !math.IsInf(s.Power, 1):
			sum += term
		case term > sum || math.IsNaN(term):
			sum = term
		}
	}
	return sum
}

func normalized(x []float64, s model.Normalize) []float64 {
	norm := 0.0
	for _, v := range x {
		switch s.Norm {
		case model.NormL2:
			norm += float64(v * v)
		case model.NormL1:
			norm += math.Abs(v)
		case model.NormMax:
			norm = max(norm, math.Abs(v))
		}
	}
	if s.Norm == model.NormL2 {
		norm = math.Sqrt(norm)
	}
	if norm < s.Least {
		norm = 1
	}
	y := make([]float64, len(x))
	for j := range x {
		y[j] = x[j] / norm
	}
	return y
}

func curve(x float64, s model.Wide) float64 {
	switch s := s.(type) {
	case model.Exceed:
		if x > s.Threshold {
			return 1
		}
		return 0
	case model.Bucket:
		n := 0.0
		for _, e := range s.Edges {
			if !(e > x) {
				n++
			}
		}
		return n
	case model.Power:
		return raised(x, s)
	case model.Interpolate:
		return interpolated(s.X, s.Y, x)
	case model.Quantile:
		last := len(s.X) - 1
		if s.Slack > 0 && x-s.Slack < s.X[0] || s.Slack == 0 && x == s.X[0] {
			return 0
		}
		if s.Slack > 0 && x+s.Slack > s.X[last] || s.Slack == 0 && x == s.X[last] {
			return 1
		}
		var backX, backY []float64
		for i := last; i >= 0; i-- {
			backX, backY = append(backX, -s.X[i]), append(backY, -s.Y[i])
		}
		return 0.5 * (interpolated(s.X, s.Y, x) - interpolated(backX, backY, -x))
	}
	return math.NaN()
}

func raised(x float64, s model.Power) float64 {
	l := s.Lambda
	grown := func(log, l float64) float64 { // (exp(log)^l - 1)/l
		return math.Expm1(l*log) / l
	}
	switch {
	case s.Func == model.Raise:
		return math.Pow(x, l)
	case s.Func == model.BoxCox && l == 0:
		return model.Ln(x)
	case s.Func == model.BoxCox:
		return grown(model.Ln(x), l)
	case math.IsNaN(x):
		return x
	case x >= 0 && math.Abs(l) < model.Spacing:
		return math.Log1p(x)
	case x >= 0:
		return grown(math.Log1p(x), l)
	case math.Abs(l-2) > model.Spacing:
		return -grown(math.Log1p(-x), 2-l)
	}
	return -math.Log1p(-x)
}

func interpolated(xs, ys []float64, x float64) float64 {
	if math.IsNaN(x) {
		return x
	}
	at := -1
	for i, p := range xs {
		if p <= x {
			at = i
		}
	}
	switch {
	case at < 0:
		return ys[0]
	case at == len(xs)-1 || xs[at] == x:
		return ys[at]
	}
	slope := (ys[at+1] - ys[at]) / (xs[at+1] - xs[at])
	y := float64(slope*(x-xs[at])) + ys[at]
	if math.IsNaN(y) {
		y = float64(slope*(x-xs[at+1])) + ys[at+1]
	}
	if math.IsNaN(y) && ys[at] == ys[at+1] {
		y = ys[at]
	}
	return y
}
