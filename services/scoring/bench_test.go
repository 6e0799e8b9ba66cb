package scoring_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

// housing are real models: a forest behind a column transformer, a hist
// gradient boosting, an XGBoost in a pipeline.
var housing = map[string]string{
	"forest":  "../predict/models/housing/1",
	"hist":    "../predict/models/housing/2",
	"xgboost": "../predict/models/housing/3",
}

func housingBatch(rows int) *scoring.Batch {
	b := &scoring.Batch{Rows: rows}
	row := []float64{-122.23, 37.88, 41, 880, 129, 322, 126, 8.3252}
	for i, x := range row {
		c := scoring.Column{Numbers: make([]float64, rows)}
		for j := range c.Numbers {
			c.Numbers[j] = x * (1 + 0.001*float64((j*(i+3))%97-48))
		}
		b.Columns = append(b.Columns, c)
	}
	ocean := scoring.Column{Strings: make([]string, rows)}
	for j := range ocean.Strings {
		ocean.Strings[j] = []string{"NEAR BAY", "INLAND", "<1H OCEAN"}[j%3]
	}
	b.Columns = append(b.Columns, ocean)
	return b
}

func BenchmarkPredict(b *testing.B) {
	for name, dir := range housing {
		m, err := open(b, filepath.Join(dir, "model.joblib"), nil)
		if err != nil {
			b.Fatal(err)
		}
		for _, size := range []struct {
			name string
			rows int
		}{{"1row", 1}, {"8rows", 8}, {"1000rows", 1000}} {
			b.Run(name+"/"+size.name, func(b *testing.B) {
				batch := housingBatch(size.rows)
				var out scoring.Result
				b.ReportAllocs()
				for b.Loop() {
					if err := m.Predict(context.Background(), batch, scoring.Predict, &out); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(size.rows), "ns/row")
			})
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	for name, dir := range housing {
		data, err := os.ReadFile(filepath.Join(dir, "model.joblib"))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := scoring.Open(bytes.NewReader(data), nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
