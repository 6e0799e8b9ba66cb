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
