package lightgbm

import (
	"fmt"
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// scores computes the raw scores of one row by the letter of package model:
// what the engine does fast, done plainly.
func scores(m *model.Model, row []model.Scalar) ([]float64, error) {
	x := make([]float64, m.Columns)
	for i, v := range row {
		x[i] = v.Number
		if v.Missing {
			x[i] = math.NaN()
		}
	}
	for _, s := range m.Steps {
		o, ok := s.(model.Ordinal)
		if !ok {
			return nil, fmt.Errorf("step %T", s)
		}
		x[o.Out] = o.UnknownCode
		for i, c := range o.Categories {
			if c == row[o.In] {
				x[o.Out] = o.Codes[i]
			}
		}
	}
	e, ok := m.Estimator.(*model.Ensemble)
	if !ok {
		return nil, fmt.Errorf("estimator %T", m.Estimator)
	}
	out := append([]float64(nil), e.Base...)
	for i := range e.Trees {
		t := &e.Trees[i]
		out[t.Score] += leafValue(e, t, x)
	}
	for k := range out {
		if e.Divisor != 0 {
			out[k] /= e.Divisor
		}
	}
	return out, nil
}

func leafValue(e *model.Ensemble, t *model.Tree, x []float64) float64 {
	leaf := int32(0)
	if len(t.Nodes) > 0 {
		at := int32(0)
		for at >= 0 {
			n := t.Nodes[at]
			if goesLeft(e, n, x[e.In[n.Feature]]) {
				at = n.Left
			} else {
				at = n.Right
			}
		}
		leaf = ^at
	}
	if t.Linear == nil {
		return t.Leaves[leaf]
	}
	l := t.Linear[leaf]
	sum := l.Const
	for i, f := range l.Features {
		v := x[e.In[f]]
		if math.IsNaN(v) {
			return t.Leaves[leaf]
		}
		if math.Abs(v) <= model.ZeroThreshold {
			v = 0
		}
		sum += float64(l.Coef[i] * v)
	}
	return sum
}

func goesLeft(e *model.Ensemble, n model.Node, v float64) bool {
	if n.Set >= 0 {
		if math.IsNaN(v) {
			return n.Missing == model.MissingLeft
		}
		s := e.Sets[n.Set]
		v = math.Trunc(v)
		if v < 0 || v >= s.Limit || int(v)/32 >= len(s.Members) {
			return false
		}
		return s.Members[int(v)/32]>>(int(v)%32)&1 != 0
	}
	zero := math.IsNaN(v) || math.Abs(v) <= model.ZeroThreshold
	switch n.Missing {
	case model.MissingLeft, model.MissingRight:
		if math.IsNaN(v) {
			return n.Missing == model.MissingLeft
		}
	case model.ZeroMissingLeft, model.ZeroMissingRight:
		if zero {
			return n.Missing == model.ZeroMissingLeft
		}
	case model.MissingIsZero:
		if math.IsNaN(v) {
			v = 0
		}
	}
	return v <= n.Threshold
}
