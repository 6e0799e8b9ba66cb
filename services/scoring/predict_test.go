package scoring_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

const goldens = "testdata/scikit-learn-1.9.1/"

// testModel opens a model of testdata: "columns-error" and "columns-usual-forest"
// take income, age, rooms, garden (numbers), ocean, state (strings).
func testModel(t testing.TB, name string) *scoring.Model {
	t.Helper()
	m, err := open(t, filepath.Join(goldens, name, "model.joblib"), nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// house is a batch of some rows for those two models.
func house(rows int) *scoring.Batch {
	b := &scoring.Batch{Rows: rows}
	for _, x := range []float64{4.32, 26, 2, 1} {
		c := scoring.Column{Numbers: make([]float64, rows)}
		for i := range c.Numbers {
			c.Numbers[i] = x + float64(i%7)
		}
		b.Columns = append(b.Columns, c)
	}
	for _, s := range [][]string{{"INLAND", "ISLAND"}, {"bad", "new", "good"}} {
		c := scoring.Column{Strings: make([]string, rows)}
		for i := range c.Strings {
			c.Strings[i] = s[i%len(s)]
		}
		b.Columns = append(b.Columns, c)
	}
	return b
}

func TestPredictRefuses(t *testing.T) {
	m := testModel(t, "columns-error")
	for _, test := range []struct {
		name  string
		spoil func(*scoring.Batch)
		want  error // nil: anything but
		text  string
	}{
		{"a column too few", func(b *scoring.Batch) { b.Columns = b.Columns[:5] },
			&scoring.BatchError{}, "5 columns; the model has 6 features"},
		{"strings for numbers", func(b *scoring.Batch) { b.Columns[0] = b.Columns[4] },
			&scoring.BatchError{}, "feature income: strings; the feature is a number"},
		{"numbers for strings", func(b *scoring.Batch) { b.Columns[4] = b.Columns[0] },
			&scoring.BatchError{}, "feature ocean: numbers; the feature is a string"},
		{"a short column", func(b *scoring.Batch) { b.Columns[1].Numbers = b.Columns[1].Numbers[:2] },
			&scoring.BatchError{}, "feature age: 2 values for 600 rows"},
		{"an absent column", func(b *scoring.Batch) { b.Columns[1] = scoring.Column{} },
			&scoring.BatchError{}, "feature age: 0 values for 600 rows"},
		{"short missing flags", func(b *scoring.Batch) { b.Columns[5].Missing = []bool{true} },
			&scoring.BatchError{}, "feature state: 1 missing flags for 600 rows"},
		{"negative rows", func(b *scoring.Batch) { b.Rows = -1 },
			&scoring.BatchError{}, "-1 rows"},
		{"an unknown category", func(b *scoring.Batch) { b.Columns[4].Strings[550] = "MOON" },
			&scoring.RowError{}, `row 550, feature ocean: unknown category "MOON"; `},
		{"a long category", func(b *scoring.Batch) { b.Columns[4].Strings[0] = strings.Repeat("é", 1<<20) },
			&scoring.RowError{}, `ééé"…; `},
		{"known categories in the message", func(b *scoring.Batch) { b.Columns[4].Strings[0] = "MOON" },
			&scoring.RowError{}, `expects one of "<1H OCEAN", "INLAND", "ISLAND", "NEAR BAY"`},
		{"a missing string", func(b *scoring.Batch) { b.Columns[5].Missing = make([]bool, 600); b.Columns[5].Missing[3] = true },
			&scoring.RowError{}, "row 3, feature state: a value is missing"},
		{"an infinite number", func(b *scoring.Batch) { b.Columns[2].Numbers[599] = math.Inf(1) },
			&scoring.RowError{}, "row 599, feature rooms: the value is infinite"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := house(600)
			test.spoil(b)
			var out scoring.Result
			err := m.Predict(context.Background(), b, scoring.Predict, &out)
			if err == nil || reflect.TypeOf(err) != reflect.TypeOf(test.want) || !strings.Contains(err.Error(), test.text) {
				t.Errorf("got %T %v, want %T with %q", err, err, test.want, test.text)
			}
		})
	}
}

func TestPredictMethods(t *testing.T) {
	m := testModel(t, "columns-error")
	for _, want := range []scoring.Method{0, scoring.PredictProba, scoring.Predict | scoring.DecisionFunction} {
		err := m.Predict(context.Background(), house(1), want, &scoring.Result{})
		var method *scoring.MethodError
		if !errors.As(err, &method) {
			t.Errorf("%v of a regressor: got %v, want a MethodError", want, err)
		}
	}
}

// One result may serve models and batches of all kinds, one after another.
func TestResultIsReused(t *testing.T) {
	var out scoring.Result
	classifier := testModel(t, "columns-logistic")
	s := classifier.Signature()
	if err := classifier.Predict(context.Background(), house(3), s.Methods, &out); err != nil {
		t.Fatal(err)
	}
	if len(out.Classes) != 3 || len(out.Probabilities) != 3*len(s.Classes) || len(out.Scores) != 3*s.Scores || len(out.Values) != 0 {
		t.Errorf("a classifier's result: %+v", out)
	}
	regressor := testModel(t, "columns-error")
	if err := regressor.Predict(context.Background(), house(2), scoring.Predict, &out); err != nil {
		t.Fatal(err)
	}
	if len(out.Classes) != 0 || len(out.Probabilities) != 0 || len(out.Scores) != 0 || len(out.Values) != 2 {
		t.Errorf("a regressor's result: %+v", out)
	}
	if err := regressor.Predict(context.Background(), house(0), scoring.Predict, &out); err != nil || len(out.Values) != 0 {
		t.Errorf("no rows: %v, %v", out.Values, err)
	}
}

func TestPredictStopsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := testModel(t, "columns-error").Predict(ctx, house(600), scoring.Predict, &scoring.Result{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// A row's answer does not depend on the batch it is in, nor on who else asks.
func TestPredictConcurrently(t *testing.T) {
	m := testModel(t, "columns-usual-forest")
	const rows = 700
	var want scoring.Result
	if err := m.Predict(context.Background(), house(rows), scoring.Predict, &want); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for _, size := range []int{1, 2, 3, 5, 64, 255, 256, 257, rows} {
		wait.Go(func() {
			all, out := house(rows), scoring.Result{}
			for lo := 0; lo < rows; lo += size {
				hi := min(lo+size, rows)
				part := &scoring.Batch{Rows: hi - lo}
				for _, c := range all.Columns {
					if c.Numbers != nil {
						part.Columns = append(part.Columns, scoring.Column{Numbers: c.Numbers[lo:hi]})
					} else {
						part.Columns = append(part.Columns, scoring.Column{Strings: c.Strings[lo:hi]})
					}
				}
				if err := m.Predict(context.Background(), part, scoring.Predict, &out); err != nil {
					t.Error(err)
					return
				}
				if !reflect.DeepEqual(out.Values, want.Values[lo:hi]) {
					t.Errorf("rows %d to %d differ from the whole batch", lo, hi)
					return
				}
			}
		})
	}
	wait.Wait()
}

// In the steady state a prediction allocates nothing.
func TestPredictAllocatesNothing(t *testing.T) {
	if scoring.RaceDetector {
		t.Skip("under the race detector, pools forget at random")
	}
	for _, name := range []string{"columns-usual-forest", "columns-error", "columns-logistic", "hist-pipeline"} {
		m := testModel(t, name)
		for _, rows := range []int{1, 3, 256, 1000} {
			b := house(rows)
			var out scoring.Result
			predict := func() {
				if err := m.Predict(context.Background(), b, m.Signature().Methods, &out); err != nil {
					t.Fatal(err)
				}
			}
			predict()
			if n := testing.AllocsPerRun(100, predict); n != 0 {
				t.Errorf("%s, %d rows: %v allocations", name, rows, n)
			}
		}
	}
}

// Real models allocate nothing either, but for a goroutine or two that help
// with a large batch.
func TestPredictAllocatesLittle(t *testing.T) {
	if scoring.RaceDetector {
		t.Skip("under the race detector, pools forget at random")
	}
	for name, dir := range housing {
		m, err := open(t, filepath.Join(dir, "model.joblib"), nil)
		if err != nil {
			t.Skip("the housing models are not beside this module")
		}
		for rows, most := range map[int]float64{1: 0, 100: 0, 512: 0, 1000: 4} {
			b := housingBatch(rows)
			var out scoring.Result
			predict := func() {
				if err := m.Predict(context.Background(), b, m.Signature().Methods, &out); err != nil {
					t.Fatal(err)
				}
			}
			predict()
			if n := testing.AllocsPerRun(100, predict); n > most {
				t.Errorf("%s, %d rows: %v allocations, want at most %v", name, rows, n, most)
			}
		}
	}
}

func TestSignature(t *testing.T) {
	s := testModel(t, "columns-error").Signature()
	if !s.Named || s.Task != scoring.Regression || s.Outputs != 1 || s.Methods != scoring.Predict || s.Float32 {
		t.Errorf("got %+v", s)
	}
	want := []scoring.Feature{
		{Name: "income", Optional: true},
		{Name: "age", Optional: true},
		{Name: "rooms", Optional: true},
		{Name: "garden", Optional: true, Unused: true}, // dropped by the column transformer
		// Their encoder refuses what it does not know, and it does not know a missing value.
		{Name: "ocean", Type: scoring.String, Categories: []string{"<1H OCEAN", "INLAND", "ISLAND", "NEAR BAY"}},
		{Name: "state", Type: scoring.String, Categories: []string{"bad", "good", "new"}},
	}
	if !reflect.DeepEqual(s.Features, want) {
		t.Errorf("features: got %+v, want %+v", s.Features, want)
	}

	s = testModel(t, "logistic-three-string").Signature()
	if s.Task != scoring.Classification || len(s.Classes) != 3 || s.Scores != 3 ||
		s.Methods != scoring.Predict|scoring.PredictProba|scoring.DecisionFunction {
		t.Errorf("got %+v", s)
	}
	for _, f := range s.Features {
		if f.Optional {
			t.Errorf("feature %s is optional, but a logistic regression refuses NaN", f.Name)
		}
	}
}

func TestLabels(t *testing.T) {
	for name, want := range map[string]any{
		"logistic-int": int64(0), "logistic-float": 0.5, "logistic-bool": false, "logistic-string": "no",
	} {
		got := testModel(t, name).Signature().Classes[0]
		if reflect.TypeOf(got.Any()) != reflect.TypeOf(want) || got.String() == "" {
			t.Errorf("%s: the first class is %T %v, want a %T", name, got.Any(), got, want)
		}
	}
}

func TestDescription(t *testing.T) {
	d := testModel(t, "columns-usual-forest").Description()
	if d.Format != "joblib" || d.Library != "scikit-learn" || d.Version != "1.9.1" || d.Estimator != "trees" ||
		d.Trees == 0 || d.MaxDepth == 0 || d.Leaves <= d.Trees || len(d.Stages) < 3 {
		t.Errorf("got %+v", d)
	}
}

// Any reader will do, whether it tells its size or not.
func TestOpenFromAnyReader(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(goldens, "columns-error", "model.joblib"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := scoring.Open(bytes.NewReader(data), nil); err != nil {
		t.Error(err)
	}
	if _, err := scoring.Open(io.MultiReader(bytes.NewReader(data)), nil); err != nil {
		t.Error(err)
	}
}
