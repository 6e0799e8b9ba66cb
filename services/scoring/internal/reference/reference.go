// Package reference evaluates a model one row at a time in the plainest way,
// straight from the comments of package model: the truth that the readers, the
// engine and each of its kernels are held to by their tests. It shares no code
// with them.
package reference

import (
	"errors"
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// ErrRefused is a row that the original library refuses.
var ErrRefused = errors.New("refused")

// Output is what a model yields for a row.
type Output struct {
	Scores []float64 // the raw scores
	Values []float64 // of a regression its values, of a classifier its probabilities
	Class  int       // of a classifier
	// Classes are those of a classifier of several labels a row.
	Classes     []int
	Transformed []float64
}

// Evaluate computes the output of a valid model for a row, one value a feature.
func Evaluate(m *model.Model, row []model.Scalar) (Output, error) {
	cols := make([]model.Scalar, m.Columns)
	copy(cols, row)
	for _, s := range m.Steps {
		if err := step(cols, s); err != nil {
			return Output{}, err
		}
	}
	out := predict(cols, m.Estimator, &m.Output)
	out.Transformed = values(cols, m.Transformed)
	return out, nil
}

// predict computes what an estimator and an output make of columns.
func predict(cols []model.Scalar, e model.Estimator, o *model.Output) Output {
	var scores []float64
	switch e := e.(type) {
	case *model.Linear:
		scores = linear(cols, e)
	case *model.Ensemble:
		scores = ensemble(cols, e)
	case *model.Given:
		scores = values(cols, e.Scores)
	}
	out := link(o, scores)
	if g, ok := e.(*model.Given); ok {
		out.given(cols, o, g)
	}
	return out
}

// Number is the scalar of a number; NaN is missing.
func Number(x float64) model.Scalar {
	if math.IsNaN(x) {
		return model.Scalar{Missing: true}
	}
	return model.Scalar{Number: x}
}

// Float is the number of a scalar, NaN where it is missing.
func Float(s model.Scalar) float64 {
	if s.Missing {
		return math.NaN()
	}
	return s.Number
}

func equal(a, b model.Scalar) bool {
	if a.Missing || b.Missing {
		return a.Missing && b.Missing
	}
	return a.Number == b.Number && a.String == b.String
}

func categoryOf(categories []model.Scalar, x model.Scalar) int {
	for i, c := range categories {
		if equal(c, x) {
			return i
		}
	}
	return -1
}

// following is the place of the category that follows a text: the first in the
// order of bytes as signed numbers that is not before it; -1 without one.
func following(categories []model.Scalar, text string) int {
	signed := func(s string) string { // in whose order as a string the signed bytes stand
		b := []byte(s)
		for i := range b {
			b[i] ^= 0x80
		}
		return string(b)
	}
	at := -1
	for i, c := range categories {
		if c.Missing || signed(c.String) < signed(text) {
			continue
		}
		if at < 0 || signed(c.String) < signed(categories[at].String) {
			at = i
		}
	}
	return at
}

func step(cols []model.Scalar, s model.Step) error {
	x := func(c model.Column) float64 { return Float(cols[c]) }
	switch s := s.(type) {
	case model.Require:
		v := cols[s.In]
		if s.NoMissing && v.Missing ||
			s.Finite && !v.Missing && math.IsInf(v.Number, 0) ||
			s.Finite && s.F32 && math.IsInf(float64(float32(v.Number)), 0) {
			return ErrRefused
		}
	case model.Impute:
		cols[s.Out] = cols[s.In]
		if equal(cols[s.In], s.Missing) {
			cols[s.Out] = s.Fill
		}
	case model.Indicate:
		cols[s.Out] = Number(0)
		if equal(cols[s.In], s.Missing) {
			cols[s.Out] = Number(1)
		}
	case model.Standardize:
		cols[s.Out] = Number((x(s.In) - s.Mean) / s.Scale)
	case model.Affine:
		cols[s.Out] = Number(float64(x(s.In)*s.Scale) + s.Offset)
	case model.Clip:
		cols[s.Out] = Number(math.Max(s.Low, math.Min(s.High, x(s.In))))
	case model.Apply:
		cols[s.Out] = Number(s.Func.Function()(x(s.In)))
	case model.Round32:
		cols[s.Out] = Number(float64(float32(x(s.In))))
	case model.ZeroAsMissing:
		cols[s.Out] = cols[s.In]
		if x(s.In) == 0 {
			cols[s.Out] = Number(math.NaN())
		}
	case model.LowByte:
		v := x(s.In)
		if v >= 0 || v < 0 && s.Wrap {
			if math.Trunc(v) != float64(int32(v)) {
				v = 0
			}
			v = float64(int32(v) & 255)
		}
		cols[s.Out] = Number(v)
	case model.OneHot:
		i, slot := categoryOf(s.Categories, cols[s.In]), s.UnknownSlot
		if i < 0 && s.Unknown == model.UnknownError {
			return ErrRefused
		}
		if i >= 0 {
			slot = s.Slots[i]
		}
		for j, c := range s.Out {
			cols[c] = Number(0)
			if int32(j) == slot {
				cols[c] = Number(1)
			}
		}
	case model.Ordinal:
		i, code := categoryOf(s.Categories, cols[s.In]), s.UnknownCode
		if i < 0 && s.Next && !cols[s.In].Missing {
			i = following(s.Categories, cols[s.In].String)
		}
		if i < 0 && s.Unknown == model.UnknownError {
			return ErrRefused
		}
		if i >= 0 {
			code = s.Codes[i]
		}
		cols[s.Out] = Number(code)
	case model.Hash:
		cols[s.Out] = Number(float64(model.HashText(cols[s.In].String)))
		if cols[s.In].Missing {
			cols[s.Out] = Number(math.NaN())
		}
	case *model.Statistic:
		statistic(cols, s)
	case model.Wide:
		return wide(cols, s)
	}
	return nil
}

func statistic(cols []model.Scalar, s *model.Statistic) {
	key := uint64(0)
	answer := func(yes bool) {
		part := uint64(0)
		if yes {
			part = 1
		}
		key = model.KeyHash(key, part)
	}
	for _, c := range s.Hashes {
		part := uint64(0)
		if !cols[c].Missing {
			part = uint64(int64(cols[c].Number))
		}
		key = model.KeyHash(key, part)
	}
	for _, a := range s.Above {
		answer(cols[a.In].Missing && a.Missing || !cols[a.In].Missing && float32(cols[a.In].Number) > a.Border)
	}
	for _, e := range s.Equal {
		answer(!cols[e.In].Missing && cols[e.In].Number == float64(e.Value))
	}
	values := s.Unseen
	for i, k := range s.Keys {
		if k == key {
			values = s.Values[i*len(s.Out):]
		}
	}
	for j, c := range s.Out {
		cols[c] = Number(float64(values[j]))
	}
}

func rounded(p model.Precision, x float64) float64 {
	if p == model.F32 {
		return float64(float32(x))
	}
	return x
}

func linear(cols []model.Scalar, l *model.Linear) []float64 {
	scores := make([]float64, len(l.Intercept))
	for k := range scores {
		sum := 0.0
		if l.BiasFirst {
			sum = l.Intercept[k]
		}
		for j, c := range l.In {
			x := rounded(l.Sum, Float(cols[c]))
			if l.BiasFirst && math.IsNaN(x) {
				continue
			}
			sum = rounded(l.Sum, sum+rounded(l.Sum, float64(l.Coef[k][j]*x)))
		}
		if !l.BiasFirst {
			sum = rounded(l.Sum, sum+l.Intercept[k])
		}
		scores[k] = sum
	}
	return scores
}

func ensemble(cols []model.Scalar, e *model.Ensemble) []float64 {
	x := make([]float64, len(e.In))
	for j, c := range e.In {
		x[j] = rounded(e.Input, Float(cols[c]))
	}
	scores := append([]float64(nil), e.Base...)
	for i := range e.Trees {
		t := &e.Trees[i]
		at := int32(-1)
		if len(t.Nodes) > 0 {
			at = 0
		}
		for at >= 0 {
			n := &t.Nodes[at]
			at = n.Right
			if left(e, n, x[n.Feature]) {
				at = n.Left
			}
		}
		leaf := int(^at)
		if t.Score < 0 {
			for k := range scores {
				scores[k] = rounded(e.Sum, scores[k]+t.Leaves[leaf*len(scores)+k])
			}
			continue
		}
		v := t.Leaves[leaf]
		if t.Linear != nil {
			l, sum, missing := &t.Linear[leaf], t.Linear[leaf].Const, false
			for j, f := range l.Features {
				if math.Abs(x[f]) > model.ZeroThreshold {
					sum += float64(l.Coef[j] * x[f])
				}
				missing = missing || math.IsNaN(x[f])
			}
			if !missing {
				v = sum
			}
		}
		scores[t.Score] = rounded(e.Sum, scores[t.Score]+v)
	}
	if e.Divisor != 0 {
		for k := range scores {
			scores[k] = rounded(e.Sum, scores[k]/e.Divisor)
		}
	}
	for k, offset := range e.Offset {
		scores[k] = float64(scores[k]*e.Scale) + offset
	}
	return scores
}

func left(e *model.Ensemble, n *model.Node, x float64) bool {
	if n.Set >= 0 && math.IsNaN(x) {
		return n.Missing == model.MissingLeft
	}
	if n.Set >= 0 {
		s := &e.Sets[n.Set]
		if s.TruncateFirst {
			x = float64(int64(max(min(x, 1<<40), -1<<40)))
		}
		bit := func(words []uint32) bool {
			c := math.Trunc(x)
			return c < float64(len(words))*32 && words[int(c)/32]>>(int(c)%32)&1 == 1
		}
		switch {
		case x < 0, s.Limit > 0 && x >= s.Limit:
			return s.Others == model.MissingLeft
		case bit(s.Members):
			return s.MembersLeft
		case s.Known != nil && !bit(s.Known):
			return s.Others == model.MissingLeft
		}
		return !s.MembersLeft
	}
	missing := math.IsNaN(x)
	switch n.Missing {
	case model.MissingIsZero:
		if missing {
			x, missing = 0, false
		}
	case model.ZeroMissingLeft, model.ZeroMissingRight:
		missing = missing || math.Abs(x) <= model.ZeroThreshold
	}
	if missing {
		return n.Missing == model.MissingLeft || n.Missing == model.ZeroMissingLeft
	}
	if e.Compare == model.Less {
		return x < n.Threshold
	}
	return x <= n.Threshold
}

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
