package engine

import (
	"fmt"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// prepared is a model whose work is around the estimator: an imputer, a scaler
// and checks for each of some numbers, and a one-hot encoder of a string.
func prepared(numbers, categories int, linear bool) *model.Model {
	m := &model.Model{Columns: numbers + 1}
	var in []model.Column
	column := func() model.Column { m.Columns++; return model.Column(m.Columns - 1) }
	step := func(s model.Step) { m.Steps = append(m.Steps, s) }
	for i := range numbers {
		m.Features = append(m.Features, model.Feature{Name: fmt.Sprint("x", i)})
		imputed, scaled := column(), column()
		step(model.Require{In: model.Column(i), Finite: true})
		step(model.Impute{In: model.Column(i), Out: imputed, Missing: model.Scalar{Missing: true}, Fill: model.Scalar{Number: 1}})
		step(model.Require{In: imputed, Finite: true, NoMissing: true})
		step(model.Standardize{In: imputed, Out: scaled, Mean: 1, Scale: 2})
		step(model.Require{In: scaled, Finite: true, NoMissing: true, F32: true})
		in = append(in, scaled)
	}
	m.Features = append(m.Features, model.Feature{Name: "s", Kind: model.String})
	hot := model.OneHot{In: model.Column(numbers), Unknown: model.UnknownValue, UnknownSlot: -1}
	for i := range categories {
		hot.Categories = append(hot.Categories, model.Scalar{Kind: model.String, String: fmt.Sprint("category ", i)})
		hot.Slots, hot.Out = append(hot.Slots, int32(i)), append(hot.Out, column())
	}
	step(hot)
	in = append(in, hot.Out...)
	for _, c := range hot.Out {
		step(model.Require{In: c, Finite: true, NoMissing: true, F32: true})
	}
	if linear {
		m.Estimator = &model.Linear{In: in, Coef: [][]float64{make([]float64, len(in))}, Intercept: []float64{1}}
		return m
	}
	e := &model.Ensemble{In: in, Input: model.F32, Sum: model.F32, Base: []float64{0}}
	for i := range in { // one split a column
		e.Trees = append(e.Trees, model.Tree{Nodes: []model.Node{{Feature: int32(i), Threshold: 0.5, Set: -1, Left: ^0, Right: ^1}}, Leaves: []float64{1, 2}})
	}
	m.Estimator = e
	return m
}

func BenchmarkAround(b *testing.B) {
	for _, c := range []struct {
		numbers, categories int
		linear              bool
	}{{8, 5, false}, {8, 100, false}, {30, 5, true}} {
		p, err := Compile(prepared(c.numbers, c.categories, c.linear))
		if err != nil {
			b.Fatal(err)
		}
		for _, rows := range []int{1, 512} {
			x, s := make([]float64, rows), make([]string, rows)
			for i := range s {
				x[i], s[i] = float64(i), fmt.Sprint("category ", i%c.categories)
			}
			out := Outputs{Values: make([]float64, rows)}
			b.Run(fmt.Sprintf("numbers=%d/categories=%d/linear=%v/rows=%d", c.numbers, c.categories, c.linear, rows), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					block := p.Get(rows)
					for i := range c.numbers {
						block.SetNumbers(i, x)
					}
					block.SetStrings(c.numbers, s, nil)
					if err := block.Run(&out); err != nil {
						b.Fatal(err)
					}
					p.Put(block)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
			})
		}
	}
}
