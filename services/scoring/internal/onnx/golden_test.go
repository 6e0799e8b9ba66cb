package onnx

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/reference"
)

// golden is what ONNX Runtime answered; see ../../testdata.
type golden struct {
	Rows    [][]any
	Outputs struct {
		Predict []any
		Proba   [][]any `json:"predict_proba"`
	}
}

// Every graph of testdata, evaluated plainly, gives what ONNX Runtime computed. The
// package scoring replays the same with the engine, and row by row.
func TestGoldens(t *testing.T) {
	files, err := filepath.Glob("../../testdata/onnxruntime-*/*/golden.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimPrefix(filepath.Dir(file), "../../testdata/"), func(t *testing.T) {
			m := read(t, filepath.Join(filepath.Dir(file), "model.onnx"))
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var g golden
			if err := json.Unmarshal(data, &g); err != nil {
				t.Fatal(err)
			}
			for i, row := range g.Rows {
				got, err := reference.Evaluate(m, scalars(t, m, row))
				if err != nil {
					t.Fatalf("row %d is refused: %v", i, err)
				}
				if m.Output.Task == model.Regression {
					same(t, i, got.Values, g.Outputs.Predict[i])
					continue
				}
				if want := fmt.Sprint(g.Outputs.Predict[i]); label(&m.Output.Classes[got.Class]) != want {
					t.Errorf("row %d: class %v, want %s", i, m.Output.Classes[got.Class], want)
				}
				if g.Outputs.Proba != nil {
					same(t, i, got.Values, g.Outputs.Proba[i])
				}
			}
		})
	}
}

func read(t *testing.T, file string) *model.Model {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Read(data)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// same compares values with an answer: a number, or a list of them.
func same(t *testing.T, row int, got []float64, answer any) {
	t.Helper()
	want, ok := answer.([]any)
	if !ok {
		want = []any{answer}
	}
	if len(got) != len(want) {
		t.Fatalf("row %d: %d values, want %d", row, len(got), len(want))
	}
	for k, w := range want {
		if w := float(t, w); !(math.Abs(got[k]-w) <= 1e-5+1e-4*math.Abs(w)) && got[k] != w && !(got[k] != got[k] && w != w) {
			t.Errorf("row %d: value %d is %v, want %v", row, k, got[k], w)
		}
	}
}

func label(l *model.Label) string {
	switch l.Kind {
	case model.StringLabel:
		return l.String
	case model.BoolLabel:
		return fmt.Sprint(l.Bool)
	case model.FloatLabel:
		return fmt.Sprint(l.Float)
	}
	return fmt.Sprint(float64(l.Integer)) // as JSON has it
}

func scalars(t *testing.T, m *model.Model, row []any) []model.Scalar {
	t.Helper()
	out := make([]model.Scalar, len(row))
	for i, v := range row {
		out[i] = model.Scalar{Kind: m.Features[i].Kind, Missing: v == nil}
		if text, ok := v.(string); ok && m.Features[i].Kind == model.String {
			out[i].String = text
		} else if v != nil {
			out[i].Number = float(t, v)
		}
	}
	return out
}

func float(t *testing.T, v any) float64 {
	t.Helper()
	switch v := v.(type) {
	case nil:
		return math.NaN()
	case float64:
		return v
	case bool:
		return float64(one(v))
	case string:
		return map[string]float64{"Infinity": math.Inf(1), "-Infinity": math.Inf(-1), "NaN": math.NaN()}[v]
	}
	t.Fatalf("%v is not a number", v)
	return 0
}

// A graph of trees becomes the ensemble that the engine has its fast ways for, not
// steps: so does one inside a pipeline, and one whose label is looked up.
func TestTreesAreLifted(t *testing.T) {
	const newest = "../../testdata/onnxruntime-1.32.0/"
	for _, name := range []string{
		"tree-classifier-string", "forest-regressor", "forest-classifier", "boosting-regressor", "boosting-classifier-three",
		"hist-classifier", "pipeline-forest", "pipeline-boosting", "xgboost", "xgboost-three", "lightgbm-binary", "catboost",
		"catboost-three", "flat-mixed", "flat-three-double", "double-regressor", "mode-mixed",
	} {
		m := read(t, newest+name+"/model.onnx")
		if e, ok := m.Estimator.(*model.Ensemble); !ok || len(e.Trees) == 0 {
			t.Errorf("%s: the estimator is a %T, want trees", name, m.Estimator)
		}
	}
	for name, trees := range map[string]int{"aggregate-max": 6, "aggregate-min-three": 18, "bagging": 3} {
		m, have := read(t, newest+name+"/model.onnx"), 0
		for _, s := range m.Steps {
			if n, ok := s.(model.Nested); ok {
				if e, ok := n.Estimator.(*model.Ensemble); ok {
					have += len(e.Trees)
				}
			}
		}
		if have != trees {
			t.Errorf("%s: %d trees in its steps, want %d", name, have, trees)
		}
	}
}
