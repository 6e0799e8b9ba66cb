package drift

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// A catalog of what a test says is served.
type catalog struct{ served []*model.Version }

func (c *catalog) Served() []*model.Version { return c.served }

type scorer struct{ signature scoring.Signature }

func (s *scorer) Signature() *scoring.Signature { return &s.signature }

func (s *scorer) Predict(context.Context, *scoring.Batch, scoring.Method, *scoring.Result) error {
	return errors.New("not of this test")
}

// version makes a served version with a model.yaml.
func version(t testing.TB, name string, sig scoring.Signature, reference string) *model.Version {
	t.Helper()
	v := &model.Version{Name: name, Number: 3, Model: &scorer{sig}, Inputs: model.NewInputs(&sig)}
	if reference == "" {
		return v
	}
	text := "apiVersion: treehouse.dev/v1\nreference:\n  format: treehouse.dev/reference/v1\n  rows: 4000\n  window: 1000\n  falseAlarms: 0.001\n" + reference
	var err error
	if v.Manifest, err = store.ParseManifest([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return v
}

func monitor(t testing.TB, features string, served ...*model.Version) (*Monitor, *catalog, *prometheus.Registry, *strings.Builder) {
	t.Helper()
	selection, err := ParseSelection(features)
	if err != nil {
		t.Fatal(err)
	}
	c, registry, log := &catalog{served}, prometheus.NewPedanticRegistry(), &strings.Builder{}
	m := New(Options{Catalog: c, Features: selection, Log: slog.New(slog.NewTextHandler(log, nil)), Registerer: registry})
	return m, c, registry, log
}

// gather returns what a scrape gets: "name|feature|bin" and the value. Model
// and version are the same in each test.
func gather(t testing.TB, r *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			key := strings.TrimPrefix(f.GetName(), "treehouse_")
			for _, l := range m.GetLabel() {
				if l.GetName() != "model" && l.GetName() != "version" {
					key += "|" + l.GetValue()
				}
			}
			got[key] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return got
}

var houses = scoring.Signature{
	Features: []scoring.Feature{
		{Name: "income"}, {Name: "age", Unused: true}, {Name: "ocean", Type: scoring.String, Categories: []string{"INLAND", "BAY"}},
		{Name: "rooms", Categories: []string{"1", "2", "3"}},
	},
	Outputs: 1,
}

const housesReference = `  features:
    - {name: income, missing: 0.1, min: 0, max: 9, edges: [2, 4], shares: [0.3, 0.3, 0.4], psi: 0.03, js: 0.07}
    - {name: age, missing: 0, edges: [1], shares: [0.5, 0.5], psi: 0.03, js: 0.07}
    - {name: ocean, missing: 0, categories: [INLAND], shares: [0.7, 0.3], psi: 0.02, js: 0.06}
    - {name: rooms, missing: 0, min: 1, max: 3, edges: [1, 2], shares: [0.2, 0.3, 0.5], psi: 0.02, js: 0.06}
  prediction: {edges: [100], shares: [0.5, 0.5], psi: 0.01, js: 0.04}
`

func TestCounts(t *testing.T) {
	v := version(t, "housing", houses, housesReference)
	m, _, registry, log := monitor(t, "housing=*", v)
	nan := math.NaN()
	m.Observe(t.Context(), &model.Prediction{
		Version: v,
		Batch: &scoring.Batch{Rows: 6, Columns: []scoring.Column{
			{Numbers: []float64{nan, 2, math.Nextafter(2, 3), 9, 9.5, math.Inf(-1)}},
			{Strings: make([]string, 6)}, // may hold anything
			{Strings: []string{"INLAND", "BAY", "SEA", "", "INLAND", "INLAND"}, Missing: []bool{5: true}},
			{Numbers: []float64{1, 2, 3, 4, nan, 1}},
		}},
		Result: &scoring.Result{Values: []float64{100, 101, 3, 5, 1e9, -1}},
	})
	m.Observe(t.Context(), &model.Prediction{Version: v, Err: errors.New("refused rows do not count")})
	want := map[string]float64{
		"drift_rows_total": 6, "drift_series_dropped_total": 0,
		"feature_missing_total|income": 1, "feature_missing_total|ocean": 1, "feature_missing_total|rooms": 1,
		"feature_out_of_range_total|income": 2, "feature_unseen_total|ocean": 2, "feature_unseen_total|rooms": 1,
		"feature_bin_total|0 (-inf, 2]|income": 2, "feature_bin_total|1 (2, 4]|income": 1, "feature_bin_total|2 (4, +inf)|income": 2,
		"feature_bin_total|INLAND|ocean": 2, "feature_bin_total|(other)|ocean": 3,
		"feature_bin_total|0 (-inf, 1]|rooms": 2, "feature_bin_total|1 (1, 2]|rooms": 1, "feature_bin_total|2 (2, +inf)|rooms": 2,
		"prediction_bin_total|0 (-inf, 100]": 4, "prediction_bin_total|1 (100, +inf)": 2,
		"reference_missing_share|income": 0.1, "reference_missing_share|ocean": 0, "reference_missing_share|rooms": 0,
		"reference_feature_share|0 (-inf, 2]|income": 0.3, "reference_feature_share|1 (2, 4]|income": 0.3, "reference_feature_share|2 (4, +inf)|income": 0.4,
		"reference_feature_share|INLAND|ocean": 0.7, "reference_feature_share|(other)|ocean": 0.3,
		"reference_feature_share|0 (-inf, 1]|rooms": 0.2, "reference_feature_share|1 (1, 2]|rooms": 0.3, "reference_feature_share|2 (2, +inf)|rooms": 0.5,
		"reference_prediction_share|0 (-inf, 100]": 0.5, "reference_prediction_share|1 (100, +inf)": 0.5,
		"drift_threshold|psi|": 0.01, "drift_threshold|js|": 0.04, "drift_threshold|psi|income": 0.03, "drift_threshold|js|income": 0.07,
		"drift_threshold|psi|ocean": 0.02, "drift_threshold|js|ocean": 0.06, "drift_threshold|psi|rooms": 0.02, "drift_threshold|js|rooms": 0.06,
	}
	if got := gather(t, registry); !maps.Equal(got, want) {
		for key, x := range got {
			if y, ok := want[key]; !ok || x != y {
				t.Errorf("%s = %v, want %v (%v)", key, x, y, ok)
			}
		}
		for key := range want {
			if _, ok := got[key]; !ok {
				t.Errorf("%s is missing", key)
			}
		}
	}
	if log.Len() > 0 {
		t.Error(log)
	}
}

func TestClasses(t *testing.T) {
	sig := scoring.Signature{Task: scoring.Classification, Outputs: 1, Classes: classes(t)}
	v := version(t, "churn", sig, "  prediction: {classes: [5, 0], shares: [0.5, 0.2, 0.3], psi: 0.01, js: 0.04}\n")
	m, _, registry, _ := monitor(t, "", v)
	if want := m.Wants(v); want != scoring.Predict {
		t.Errorf("Wants = %v", want)
	}
	m.Observe(t.Context(), &model.Prediction{Version: v, Batch: &scoring.Batch{Rows: 4}, Result: &scoring.Result{Classes: []int32{0, 1, 1, 2}}})
	got := gather(t, registry)
	if got["prediction_bin_total|5"] != 1 || got["prediction_bin_total|0"] != 2 || got["prediction_bin_total|(other)"] != 1 {
		t.Error(got)
	}
}

// classes are -1, 0 and 5, from a real classifier, as labels cannot be made outside package scoring.
func classes(t *testing.T) []scoring.Label {
	t.Helper()
	files, err := store.OpenDirectory("../../../scoring/testdata/scikit-learn-1.9.1/forest-classifier-three-int", 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	m, err := scoring.Open(files.Artifact, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m.Signature().Classes
}

// The counters of random batches, by many goroutines at once, are those of a
// plain counter.
func TestCountsLikeAPlainCounter(t *testing.T) {
	for seed := range uint64(20) {
		v := version(t, "housing", houses, housesReference)
		m, _, registry, _ := monitor(t, "housing=*", v)
		plain := map[string]float64{}
		var mu sync.Mutex
		var all sync.WaitGroup
		for worker := range uint64(4) {
			all.Go(func() {
				r := rand.New(rand.NewPCG(seed, worker))
				for range 3 {
					p := randomPrediction(r, v, 1+r.IntN(fullRate/12)) // beyond the full rate it would be a sample
					m.Observe(t.Context(), p)
					mu.Lock()
					countPlainly(plain, p)
					mu.Unlock()
				}
			})
		}
		all.Wait()
		for key, x := range gather(t, registry) {
			if strings.Contains(key, "_total") && x != plain[key] {
				t.Errorf("seed %d: %s = %v, want %v", seed, key, x, plain[key])
			}
		}
	}
}

func randomPrediction(r *rand.Rand, v *model.Version, rows int) *model.Prediction {
	number := func() float64 {
		return []float64{math.NaN(), math.Inf(1), -1, 0, math.Copysign(0, -1), 1, 2, 3, 4, 9, 10, r.NormFloat64() * 5}[r.IntN(12)]
	}
	b, result := &scoring.Batch{Rows: rows, Columns: make([]scoring.Column, 4)}, &scoring.Result{}
	for range rows {
		b.Columns[0].Numbers = append(b.Columns[0].Numbers, number())
		b.Columns[1].Numbers = append(b.Columns[1].Numbers, number())
		b.Columns[2].Strings = append(b.Columns[2].Strings, []string{"INLAND", "BAY", "SEA", ""}[r.IntN(4)])
		b.Columns[2].Missing = append(b.Columns[2].Missing, r.IntN(5) == 0)
		b.Columns[3].Numbers = append(b.Columns[3].Numbers, number())
		result.Values = append(result.Values, r.NormFloat64()*100+100)
	}
	return &model.Prediction{Version: v, Batch: b, Result: result}
}

// countPlainly says in the plainest way what is to be counted of houses.
func countPlainly(n map[string]float64, p *model.Prediction) {
	interval := func(x float64, low, high string, edges ...float64) string {
		switch {
		case x <= edges[0]:
			return "0 (-inf, " + low + "]"
		case len(edges) == 2 && x <= edges[1]:
			return "1 (" + low + ", " + high + "]"
		}
		return fmt.Sprintf("%d (%s, +inf)", len(edges), high)
	}
	for row := range p.Batch.Rows {
		n["drift_rows_total"]++
		n["prediction_bin_total|"+interval(p.Result.Values[row], "100", "100", 100)]++
		switch x := p.Batch.Columns[0].Numbers[row]; {
		case math.IsNaN(x):
			n["feature_missing_total|income"]++
		default:
			if x < 0 || x > 9 {
				n["feature_out_of_range_total|income"]++
			}
			n["feature_bin_total|"+interval(x, "2", "4", 2, 4)+"|income"]++
		}
		switch s := p.Batch.Columns[2].Strings[row]; {
		case p.Batch.Columns[2].Missing[row]:
			n["feature_missing_total|ocean"]++
		case s == "INLAND":
			n["feature_bin_total|INLAND|ocean"]++
		default:
			if s != "BAY" {
				n["feature_unseen_total|ocean"]++
			}
			n["feature_bin_total|(other)|ocean"]++
		}
		switch x := p.Batch.Columns[3].Numbers[row]; {
		case math.IsNaN(x):
			n["feature_missing_total|rooms"]++
		default:
			if x != 1 && x != 2 && x != 3 {
				n["feature_unseen_total|rooms"]++
			}
			n["feature_bin_total|"+interval(x, "1", "2", 1, 2)+"|rooms"]++
		}
	}
}
