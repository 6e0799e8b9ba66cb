package scoring_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"sync"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

// Batches that are shared among goroutines give the numbers of rows alone,
// however many come at a time.
func TestLargeBatches(t *testing.T) {
	for name, dir := range housing {
		t.Run(name, func(t *testing.T) {
			m, err := open(t, filepath.Join(dir, "model.joblib"), nil)
			if err != nil {
				t.Fatal(err)
			}
			const rows = 20_000
			batch := housingBatch(rows)
			want := make([]float64, 97) // the rows repeat themselves
			for i := range want {
				var out scoring.Result
				if err := m.Predict(t.Context(), part(batch, i), scoring.Predict, &out); err != nil {
					t.Fatal(err)
				}
				want[i] = out.Values[0]
			}
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					var out scoring.Result
					for range 3 {
						if err := m.Predict(context.Background(), batch, scoring.Predict, &out); err != nil {
							t.Error(err)
							return
						}
						for i, v := range out.Values {
							if i%3 == i%97%3 && v != want[i%97] {
								t.Errorf("row %d: got %v, want %v", i, v, want[i%97])
								return
							}
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

func part(b *scoring.Batch, row int) *scoring.Batch {
	p := &scoring.Batch{Rows: 1}
	for _, c := range b.Columns {
		if c.Numbers != nil {
			p.Columns = append(p.Columns, scoring.Column{Numbers: c.Numbers[row : row+1]})
		} else {
			p.Columns = append(p.Columns, scoring.Column{Strings: c.Strings[row : row+1]})
		}
	}
	return p
}

// Of several rows that are refused, the first is reported.
func TestFirstRefusalOfLargeBatch(t *testing.T) {
	m, err := open(t, filepath.Join(housing["forest"], "model.joblib"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, first := range []int{0, 511, 512, 7_000, 19_999} {
		t.Run(fmt.Sprint(first), func(t *testing.T) {
			batch := housingBatch(20_000)
			longitude := batch.Columns[0].Numbers
			for row := first; row < batch.Rows; row += 1_000 {
				longitude[row] = math.Inf(1) // scikit-learn refuses it
			}
			var out scoring.Result
			var refused *scoring.RowError
			if err := m.Predict(t.Context(), batch, scoring.Predict, &out); !errors.As(err, &refused) || refused.Row != first {
				t.Errorf("got %v, want row %d refused", err, first)
			}
		})
	}
}

// A timed prediction tells which share of it was not the estimator's.
func TestTimed(t *testing.T) {
	m, err := open(t, filepath.Join(housing["forest"], "model.joblib"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, rows := range []int{1, 600, 20_000} {
		out := scoring.Result{Timed: true}
		if err := m.Predict(t.Context(), housingBatch(rows), scoring.Predict, &out); err != nil {
			t.Fatal(err)
		}
		if out.Transforming <= 0 || out.Transforming >= 1 {
			t.Errorf("%d rows: %v of the time before the forest, want some of it", rows, out.Transforming)
		}
	}
}
