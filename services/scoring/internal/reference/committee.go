package reference

import (
	"math"
	"sort"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// nested runs a predictor within a predictor.
func nested(cols []model.Scalar, s model.Nested) []float64 {
	out := predict(cols, s.Estimator, &s.Output)
	switch s.Want {
	case model.ResultScores:
		return out.Scores
	case model.ResultClass:
		return []float64{float64(out.Class)}
	}
	return out.Values
}

// committee runs a step by which many predictors become one; nil where it is none.
func committee(x []float64, s model.Wide) []float64 {
	switch s := s.(type) {
	case model.WeightedSum:
		sum := 0.0
		for i, v := range x {
			if s.Weights != nil {
				v = rounded(s.Sum, v*s.Weights[i])
			}
			if sum = rounded(s.Sum, sum+v); i == 0 {
				sum = v
			}
		}
		if s.Divisor != 0 {
			sum = rounded(s.Sum, sum/s.Divisor)
		}
		return []float64{sum}
	case model.WeightedMedian:
		return []float64{median(x, s.Weights)}
	case model.Tally:
		y := make([]float64, len(s.Out))
		for k := range y {
			for i, class := range x {
				if class == float64(k) {
					y[k] += s.Gain[i]
				} else {
					y[k] += s.Loss[i]
				}
			}
		}
		return y
	case model.Duel:
		return duel(x[:len(s.Wins)], x[len(s.Wins):], len(s.Out))
	case model.Last:
		y, at := make([]float64, len(x)), 0
		for i, v := range x {
			if v >= x[at] || math.IsNaN(x[at]) {
				at = i
			}
		}
		if math.IsNaN(x[at]) {
			at = 0
		}
		y[at] = 1
		return y
	case model.Greatest:
		return []float64{float64(greatest(x))}
	case model.Share:
		return shares(x, s)
	case model.AtLeast:
		if x[0] >= s.Threshold {
			return []float64{1}
		}
		return []float64{0}
	}
	return nil
}

func median(x, weights []float64) float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool {
		a, b = order[a], order[b]
		return x[a] < x[b] || math.IsNaN(x[b]) && !math.IsNaN(x[a])
	})
	total := 0.0
	for _, i := range order {
		total += weights[i]
	}
	sum := 0.0
	for _, i := range order {
		if sum += weights[i]; sum >= 0.5*total {
			return x[i]
		}
	}
	return x[order[len(order)-1]]
}

func duel(wins, values []float64, classes int) []float64 {
	y, sums := make([]float64, classes), make([]float64, classes)
	pair := 0
	for i := range classes {
		for j := i + 1; j < classes; j++ {
			if wins[pair] == 0 {
				y[i]++
			} else {
				y[j]++
			}
			sums[i] -= values[pair]
			sums[j] += values[pair]
			pair++
		}
	}
	for i, s := range sums {
		y[i] += s / (3 * (math.Abs(s) + 1))
	}
	return y
}

func shares(x []float64, s model.Share) []float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	y := make([]float64, len(x))
	for i, v := range x {
		switch {
		case sum == 0 && s.Even:
			y[i] = 1 / float64(len(x))
		case sum == 0 && s.Keep:
			y[i] = v
		default:
			y[i] = v / sum
		}
	}
	return y
}
