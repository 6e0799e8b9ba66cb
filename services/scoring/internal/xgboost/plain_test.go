package xgboost

import (
	"fmt"
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// scores computes the raw scores of one row by the letter of package model:
// what the engine does fast, done plainly. An error is a row refused.
func scores(m *model.Model, row []model.Scalar) ([]float64, error) {
	x := make([]float64, m.Columns)
	for i, v := range row {
		x[i] = v.Number
		if v.Missing {
			x[i] = math.NaN()
		}
	}
	for _, s := range m.Steps {
		switch s := s.(type) {
		case model.Require:
			if v := x[s.In]; math.IsInf(v, 0) || math.IsInf(float64(float32(v)), 0) {
				return nil, fmt.Errorf("column %d is infinite", s.In)
			}
		case model.Ordinal:
			at := category(s.Categories, row[s.In])
			if at < 0 {
				return nil, fmt.Errorf("column %d is an unknown category", s.In)
			}
			x[s.Out] = s.Codes[at]
		default:
			return nil, fmt.Errorf("step %T", s)
		}
	}
	switch e := m.Estimator.(type) {
	case *model.Linear:
		return linear(e, x), nil
	case *model.Ensemble:
		return ensemble(e, x), nil
	}
	return nil, fmt.Errorf("estimator %T", m.Estimator)
}

func category(known []model.Scalar, v model.Scalar) int {
	for i, c := range known {
		if v.Missing && c.Missing || !v.Missing && c == v {
			return i
		}
	}
	return -1
}

func linear(l *model.Linear, x []float64) []float64 {
	var out []float64
	for k, row := range l.Coef {
		sum := float32(l.Intercept[k])
		for j, c := range row {
			if v := x[l.In[j]]; !math.IsNaN(v) {
				sum += float32(float32(v) * float32(c))
			}
		}
		out = append(out, float64(sum))
	}
	return out
}

func ensemble(e *model.Ensemble, x []float64) []float64 {
	out := append([]float64(nil), e.Base...)
	for _, t := range e.Trees {
		leaf := int32(0)
		if len(t.Nodes) > 0 {
			leaf = descend(e, t.Nodes, x)
		}
		if t.Score >= 0 {
			out[t.Score] = float64(float32(out[t.Score]) + float32(t.Leaves[leaf]))
			continue
		}
		for k := range out {
			out[k] = float64(float32(out[k]) + float32(t.Leaves[int(leaf)*len(out)+k]))
		}
	}
	return out
}

func descend(e *model.Ensemble, nodes []model.Node, x []float64) int32 {
	at := int32(0)
	for at >= 0 {
		n := nodes[at]
		v := float64(float32(x[e.In[n.Feature]]))
		left := v < n.Threshold
		switch {
		case math.IsNaN(v):
			left = n.Missing == model.MissingLeft
		case n.Set >= 0:
			left = inSet(&e.Sets[n.Set], v)
		}
		at = n.Right
		if left {
			at = n.Left
		}
	}
	return ^at
}

// inSet reports whether a category goes left: members right, others of the
// set's range left, the rest where Others says.
func inSet(s *model.Set, v float64) bool {
	if s.TruncateFirst {
		v = math.Trunc(v)
	}
	if v < 0 || v >= s.Limit {
		return s.Others == model.MissingLeft
	}
	c := int(v)
	return c/32 >= len(s.Members) || s.Members[c/32]>>(c%32)&1 == 0
}
