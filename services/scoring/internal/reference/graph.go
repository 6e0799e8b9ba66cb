package reference

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// graph runs a step of a graph of operators.
func graph(cols []model.Scalar, s model.Wide) ([]float64, error) {
	of := func(o model.Operand) float64 {
		if o.Constant {
			return o.Number
		}
		return Float(cols[o.Column])
	}
	switch s := s.(type) {
	case model.Combine:
		y := operate(s.Operator, of(s.A), of(s.B))
		if s.F32 {
			y = float64(float32(y))
		}
		return []float64{y}, nil
	case model.Choose:
		if Float(cols[s.If]) != 0 {
			return []float64{of(s.Then)}, nil
		}
		return []float64{of(s.Else)}, nil
	case model.Truncate:
		x := Float(cols[s.In])
		least := -math.Pow(2, float64(s.Bits-1))
		if math.IsNaN(x) || math.Trunc(x) < least || math.Trunc(x) >= -least {
			return []float64{least}, nil
		}
		return []float64{math.Trunc(x)}, nil
	case model.Whole:
		if x := Float(cols[s.In]); math.IsNaN(x) || math.Trunc(x) != x || math.Abs(x) >= math.Pow(2, 63) {
			return nil, ErrRefused
		}
	}
	return nil, nil
}

func operate(o model.Operator, a, b float64) float64 {
	is := map[bool]float64{true: 1}
	switch o {
	case model.Add:
		return a + b
	case model.Subtract:
		return a - b
	case model.Multiply:
		return a * b
	case model.Divide:
		return a / b
	case model.Raised:
		return math.Pow(a, b)
	case model.Lesser:
		return min(a, b)
	case model.Greater:
		return max(a, b)
	case model.IsLess:
		return is[a < b]
	case model.IsLessOrEqual:
		return is[a <= b]
	case model.IsEqual:
		return is[a == b]
	case model.And:
		return is[a != 0 && b != 0]
	case model.Or:
		return is[a != 0 || b != 0]
	}
	return is[(a != 0) != (b != 0)]
}
