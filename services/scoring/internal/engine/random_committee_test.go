package engine

import (
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// committeeStep is a step by which many predictors become one, or a predictor itself.
func (r *maker) committeeStep(in []model.Column) model.Wide {
	n, width := len(in), 1+r.IntN(3)
	weights := func(n int) []float64 { return r.table(1, n, model.F64)[0] }
	switch r.IntN(11) {
	case 9:
		s := model.TermWeights{In: in, Out: r.many(n), Sublinear: r.IntN(2) == 0}
		if r.IntN(2) == 0 {
			s.Weights = weights(n)
		}
		return s
	case 10:
		for i, f := range r.m.Features {
			if f.Kind == model.String {
				return r.text(model.Column(i))
			}
		}
		return model.AtLeast{In: in[0], Out: r.column(), Threshold: 1}
	case 0:
		s := model.WeightedSum{In: in, Out: r.column(), Divisor: pick(r, 0, 3, 0.7), Sum: pick(r, model.F64, model.F32)}
		if r.IntN(2) == 0 {
			s.Weights = weights(n)
		}
		return s
	case 1:
		s := model.WeightedMedian{In: in, Out: r.column(), Weights: weights(n)}
		for i, w := range s.Weights {
			s.Weights[i] = math.Abs(w)
		}
		return s
	case 2:
		return model.Tally{In: in, Out: r.many(width), Gain: weights(n), Loss: weights(n)}
	case 3:
		classes := 2 + r.IntN(3)
		pairs := func() []model.Column {
			out := make([]model.Column, classes*(classes-1)/2)
			for i := range out {
				out[i] = in[r.IntN(n)]
			}
			return out
		}
		return model.Duel{Wins: pairs(), Values: pairs(), Out: r.many(classes)}
	case 4:
		return model.Last{In: in, Out: r.many(n)}
	case 5:
		return model.Share{In: in, Out: r.many(n), Even: r.IntN(2) == 0, Keep: r.IntN(2) == 0}
	case 7:
		return model.Greatest{In: in, Out: r.column()}
	case 6:
		return model.AtLeast{In: in[0], Out: r.column(), Threshold: r.value(model.F64)}
	}
	return r.nested()
}

// nested is a random predictor within the model.
func (r *maker) nested() model.Nested {
	r.numbers = slices.Clone(r.numbers) // which estimators keep and shuffle
	defer func() { r.numbers = slices.Clone(r.numbers) }()
	width := pick(r, 1, 1, 2, 3)
	switch r.IntN(3) {
	case 0:
		r.linear(width)
	case 1:
		r.given(width)
	default:
		r.ensemble(width)
	}
	r.output(width)
	s := model.Nested{Estimator: r.m.Estimator, Output: r.m.Output}
	s.Want = pick(r, model.ResultScores, model.ResultValues)
	if s.Output.Task == model.Classification {
		s.Output.Probable = s.Output.Decision != model.DecideVotes || s.Output.Link == model.LinkGiven
		s.Want = pick(r, model.ResultScores, model.ResultClass)
		if s.Output.Probable && r.IntN(2) == 0 {
			s.Want = model.ResultProbabilities
		}
	}
	s.Out = r.many(s.Width())
	r.m.Estimator, r.m.Output = nil, model.Output{}
	return s
}

// text is a random step that counts the terms of a column of strings.
func (r *maker) text(in model.Column) model.Text {
	s := model.Text{
		In: in, By: "a test", Analyzer: model.Analyzer(r.IntN(5)), Accents: model.Accents(r.IntN(3)), Pattern: pick(r, `[a-z]+`, `\b\w\w+\b|\S`, `\w(\w+)`), Lower: r.IntN(2) == 0, Least: r.IntN(3),
		Min: 1 + r.IntN(2), Binary: r.IntN(3) == 0, Signed: r.IntN(2) == 0, Out: r.many(1 + r.IntN(9)),
	}
	s.Max = s.Min + r.IntN(3)
	if r.IntN(2) == 0 {
		s.Stop = []string{"a", "b"}
	}
	if r.IntN(2) == 0 {
		s.Signed = false
		for i := range s.Out {
			s.Terms = append(s.Terms, []string{"a", "b", " a", "a ", "ab", "bc", " b ", "é", "new"}[i])
		}
	}
	return s
}
