package engine

import (
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// wide adds steps of several columns, of those that there are so far.
func (r *maker) wide() {
	for range pick(r, 0, 0, 1, 3) {
		in := slices.Clone(r.numbers)
		r.Shuffle(len(in), func(i, j int) { in[i], in[j] = in[j], in[i] })
		in = in[:1+r.IntN(min(len(in), 9))]
		make := pick(r, r.wideStep, r.wideStep, r.committeeStep, r.graphStep)
		s := make(in)
		r.m.Steps = append(r.m.Steps, s)
		r.numbers = append(r.numbers, s.Defines()...)
	}
}

func (r *maker) many(n int) []model.Column {
	out := make([]model.Column, n)
	for i := range out {
		out[i] = r.column()
	}
	return out
}

func (r *maker) table(rows, columns int, p model.Precision) [][]float64 {
	m := make([][]float64, rows)
	for k := range m {
		for range columns {
			m[k] = append(m[k], r.value(p))
		}
	}
	return m
}

func (r *maker) wideStep(in []model.Column) model.Wide {
	n, width := len(in), 1+r.IntN(3)
	p := pick(r, model.F64, model.F32)
	switch r.IntN(14) {
	case 0:
		s := model.Dense{In: in, Out: r.many(width), Sum: p, Weights: r.table(width, n, p), Bias: r.table(1, width, p)[0]}
		if r.IntN(2) == 0 {
			s.Center = r.table(1, n, p)[0]
		}
		return s
	case 1:
		return model.Kernel{
			In: in, Out: r.many(width), Sum: p, Points: r.table(width, n, p), Func: model.KernelFunc(r.IntN(4)),
			Gamma: r.value(p), Coef0: r.value(p), Degree: float64(r.IntN(4)),
		}
	case 2:
		s := model.Distance{In: in, Out: r.many(width), To: r.table(width, n, model.F64), Power: pick(r, 1, 2, 1.5, math.Inf(1))}
		if r.IntN(2) == 0 {
			s.Scale = r.table(width, n, model.F64)
			for _, row := range s.Scale {
				for j := range row {
					row[j] = math.Abs(row[j]) + 0.5
				}
			}
		}
		return s
	case 3:
		return model.Normalize{In: in, Out: r.many(n), Norm: model.Norm(r.IntN(3)), Least: 1e-10}
	case 4:
		s := model.Products{In: in, Out: r.many(width)}
		for range width {
			var factors []int32
			for range r.IntN(4) {
				factors = append(factors, int32(r.IntN(n)))
			}
			s.Factors = append(s.Factors, factors)
		}
		return s
	case 5, 6:
		classes := 2 + r.IntN(3)
		pairs := make([]model.Column, classes*(classes-1)/2)
		for i := range pairs {
			pairs[i] = in[r.IntN(n)]
		}
		if r.IntN(2) == 0 {
			return model.Vote{In: pairs, Out: r.many(classes), Confident: r.IntN(2) == 0}
		}
		return model.Couple{In: pairs, Out: r.many(classes), A: r.table(1, len(pairs), model.F64)[0], B: r.table(1, len(pairs), model.F64)[0]}
	case 7:
		return model.Exceed{In: in[0], Out: r.column(), Threshold: pick(r, r.special...)}
	case 8:
		return model.Bucket{In: in[0], Out: r.column(), Edges: r.ascending()}
	case 9:
		return model.Power{In: in[0], Out: r.column(), Func: model.PowerFunc(r.IntN(3)), Lambda: pick(r, 0, 1e-17, 2, 0.5, -1.5, 3)}
	case 10:
		return model.Positive{In: in[0], By: "a test"}
	case 12:
		return r.neighbors(in, width)
	case 11:
		x := r.ascending()
		return model.Quantile{In: in[0], Out: r.column(), X: x, Y: r.table(1, len(x), model.F64)[0], Slack: pick(r, 0, 1e-7, 0.5)}
	}
	x := r.ascending()
	return model.Interpolate{In: in[0], Out: r.column(), X: x, Y: r.table(1, len(x), model.F64)[0]}
}

// ascending are numbers of which some are equal, and some are values worth trying.
func (r *maker) ascending() []float64 {
	out := []float64{r.NormFloat64()}
	for range r.IntN(6) {
		out = append(out, pick(r, out[0], r.NormFloat64(), 0, 1, -1e30, 0.1))
	}
	slices.Sort(out)
	r.special = append(r.special, out...)
	return out
}

// given makes an estimator of the columns that there are.
func (r *maker) given(width int) {
	some := func(n int) []model.Column {
		out := make([]model.Column, n)
		for i := range out {
			out[i] = pick(r, r.numbers...)
		}
		return out
	}
	classes := max(2, width)
	r.m.Estimator = &model.Given{Scores: some(width), Probabilities: some(classes), Votes: some(classes)}
}

// neighbors are some points, many of them equal, in no order or in a tree of three nodes.
func (r *maker) neighbors(in []model.Column, width int) *model.Neighbors {
	points := 3 + r.IntN(12)
	s := &model.Neighbors{
		In: in, Out: r.many(width), Values: r.table(points, width, model.F64), K: 1 + r.IntN(3), Power: pick(r, 2, 2, 1, 3, math.Inf(1)),
		ByDistance: r.IntN(2) == 0, By: pick(r, "", "a test"), Zeros: r.IntN(2) == 0, Points: make([][]float64, points),
	}
	low, high := make([]float64, len(in)), make([]float64, len(in))
	for i := range s.Points {
		for j := range in {
			x := pick(r, 0, 0, 1, -1, 2, r.NormFloat64())
			s.Points[i] = append(s.Points[i], x)
			low[j], high[j] = min(low[j], x), max(high[j], x)
		}
	}
	if r.IntN(2) == 0 {
		s.Expanded = s.Power == 2
		return s
	}
	tree := &model.PointTree{}
	for _, p := range r.Perm(points) {
		tree.Order = append(tree.Order, int32(p))
	}
	cut, end := int32(r.IntN(points+1)), int32(points)
	tree.Nodes = []model.PointNode{{End: end}, {End: cut, Leaf: true}, {First: cut, End: end, Leaf: true}}
	tree.Low, tree.High = [][]float64{low, low, low}, [][]float64{high, high, high}
	s.Tree = tree
	return s
}
