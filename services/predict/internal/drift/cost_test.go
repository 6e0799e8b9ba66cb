package drift

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

func TestAllocations(t *testing.T) {
	v := version(t, "housing", houses, housesReference)
	m, _, _, _ := monitor(t, "housing=*", v)
	for _, rows := range []int{1, 1000, 100_000} {
		p := randomPrediction(rand.New(rand.NewPCG(1, 2)), v, rows)
		m.Observe(t.Context(), p) // makes the counters
		if n := testing.AllocsPerRun(20, func() { m.Observe(t.Context(), p) }); n > 0 {
			t.Errorf("%d rows: %v allocations", rows, n)
		}
	}
}

// What counting adds to a prediction of the housing model, by rows a request:
// by default, and with the bins of all nine features; below the rate from
// which on rows are sampled, and far beyond it, where the loop is by itself.
func BenchmarkObserve(b *testing.B) {
	for _, features := range []string{"", "housing=*"} {
		for _, rows := range []int{1, 100, 100_000} {
			for _, sampled := range []bool{false, true} {
				b.Run(fmt.Sprintf("bins=%t/rows=%d/sampled=%t", features != "", rows, sampled), func(b *testing.B) {
					v, p := house(b, rows)
					m, _, _, _ := monitor(b, features, v)
					b.ReportAllocs()
					for b.Loop() {
						if !sampled {
							m.of(v).sampler.seen.Store(-int64(rows))
						}
						m.Observe(b.Context(), p)
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
				})
			}
		}
	}
}

func BenchmarkObserveInParallel(b *testing.B) {
	v, p := house(b, 1)
	m, _, _, _ := monitor(b, "housing=*", v)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			m.Observe(b.Context(), p)
		}
	})
}

func BenchmarkScrape(b *testing.B) {
	v, _ := house(b, 1)
	_, _, registry, _ := monitor(b, "housing=*", v)
	for b.Loop() {
		if _, err := prometheus.Gatherer(registry).Gather(); err != nil {
			b.Fatal(err)
		}
	}
}

// house is the housing model and a request for it.
func house(b *testing.B, rows int) (*model.Version, *model.Prediction) {
	b.Helper()
	files, err := store.OpenDirectory("../../models/housing/3", 1<<30)
	if err != nil {
		b.Fatal(err)
	}
	defer files.Close()
	m, err := scoring.Open(files.Artifact, nil)
	if err != nil {
		b.Fatal(err)
	}
	v := &model.Version{Name: "housing", Number: 3, Model: m, Inputs: model.NewInputs(m.Signature()), Manifest: files.Manifest}
	batch := &scoring.Batch{Rows: rows}
	for _, f := range m.Signature().Features {
		var c scoring.Column
		for row := range rows {
			if f.Type == scoring.String {
				c.Strings = append(c.Strings, f.Categories[row%len(f.Categories)])
			} else {
				c.Numbers = append(c.Numbers, rand.Float64()*100)
			}
		}
		batch.Columns = append(batch.Columns, c)
	}
	p := &model.Prediction{Version: v, Batch: batch, Result: &scoring.Result{}}
	if err := m.Predict(b.Context(), batch, scoring.Predict, p.Result); err != nil {
		b.Fatal(err)
	}
	return v, p
}
