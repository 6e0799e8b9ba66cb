package cache

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// For models of every kind, random batches with known, unknown, refused and
// strange rows, whatever is asked of them: the cache answers bit for bit what the model answers, and
// with the same errors.
func TestSameAnswers(t *testing.T) {
	var files []string
	for _, library := range []string{"scikit-learn-1.9.1", "xgboost-3.2.0", "lightgbm-4.7.0", "catboost-1.2.10", "onnxruntime-1.32.0"} {
		found, err := filepath.Glob("../../../scoring/testdata/" + library + "/*/model.*")
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: no models (%v)", library, err)
		}
		files = append(files, found...)
	}
	r := rand.New(rand.NewPCG(7, 8))
	tried, answered := 0, 0
	for _, file := range files {
		if refused, _ := filepath.Glob(filepath.Join(filepath.Dir(file), "unsupported.json")); refused != nil || filepath.Ext(file) == ".yaml" || r.IntN(3) > 0 {
			continue
		}
		tried++
		t.Run(strings.TrimPrefix(filepath.ToSlash(filepath.Dir(file)), "../../../scoring/testdata/"), func(t *testing.T) {
			v := &model.Version{Name: "m", Number: 1, Model: openModel(t, file)}
			c := newCache(t, "m=1MiB", v)
			pool := randomRows(r, v.Model.Signature(), 60)
			for range 12 {
				if sameAnswer(t, r, c, v, pool) {
					answered++
				}
			}
		})
	}
	if tried < 100 || answered < 4*tried {
		t.Errorf("%d models, %d batches answered: this test does not show much", tried, answered)
	}
}

// sameAnswer asks for a random batch of rows of a pool, with and without the
// cache, and reports whether there was an answer.
func sameAnswer(t *testing.T, r *rand.Rand, c *Cache, v *model.Version, pool *scoring.Batch) bool {
	t.Helper()
	s := v.Model.Signature()
	in := &scoring.Batch{Rows: 1 + r.IntN(40), Columns: make([]scoring.Column, len(pool.Columns))}
	for range in.Rows {
		row := r.IntN(pool.Rows)
		for i, from := range pool.Columns {
			to := &in.Columns[i]
			if from.Numbers != nil {
				to.Numbers = append(to.Numbers, from.Numbers[row])
			} else {
				to.Strings, to.Missing = append(to.Strings, from.Strings[row]), append(to.Missing, from.Missing[row])
			}
		}
	}
	want := s.Methods & scoring.Method(1+r.IntN(15))
	var got, expected scoring.Result
	err, expectedErr := c.Predict(t.Context(), v, in, want, &got), v.Model.Predict(t.Context(), in, want, &expected)
	if fmt.Sprint(err) != fmt.Sprint(expectedErr) {
		t.Fatalf("%v of %d rows: error %v, want %v", want, in.Rows, err, expectedErr)
	}
	if err != nil {
		return false
	}
	if a, b := bits(&got), bits(&expected); a != b {
		t.Fatalf("%v of %d rows:\n%s\nwant\n%s", want, in.Rows, a, b)
	}
	return true
}

func bits(r *scoring.Result) string {
	var b strings.Builder
	for _, values := range [][]float64{r.Values, r.Probabilities, r.Scores, r.Transformed} {
		for _, x := range values {
			fmt.Fprintf(&b, "%x ", math.Float64bits(x))
		}
		b.WriteString("; ")
	}
	fmt.Fprint(&b, r.Classes)
	return b.String()
}

// randomRows makes rows for a signature: usual ones, and a few that may be
// refused.
func randomRows(r *rand.Rand, s *scoring.Signature, n int) *scoring.Batch {
	strange := []float64{math.NaN(), math.Float64frombits(0x7ff8000000000123), 0, math.Copysign(0, -1), math.Inf(1), -1e300, 5e-324}
	b := &scoring.Batch{Rows: n, Columns: make([]scoring.Column, len(s.Features))}
	for i, f := range s.Features {
		c := &b.Columns[i]
		for row := range n {
			odd := row%8 == 0 && r.IntN(3) == 0
			if f.Type == scoring.Number {
				x := math.Abs(r.NormFloat64())
				if r.IntN(3) == 0 {
					x = float64(r.IntN(4))
				}
				if odd {
					x = strange[r.IntN(len(strange))]
				}
				c.Numbers = append(c.Numbers, x)
				continue
			}
			text := "some words"
			if len(f.Categories) > 0 {
				text = f.Categories[r.IntN(len(f.Categories))]
			}
			if odd {
				text = fmt.Sprint("unseen ", r.IntN(3))
			}
			c.Strings, c.Missing = append(c.Strings, text), append(c.Missing, odd && r.IntN(4) == 0)
		}
	}
	return b
}
