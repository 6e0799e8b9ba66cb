package xgboost

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/reference"
)

// A golden is what testdata/make.py writes beside a model: rows, and what
// XGBoost returns for them.
type golden struct {
	Model    string
	Embedded bool
	Classes  []any
	Rows     [][]any
	Errors   [][]any // rows that XGBoost refuses
	Scores   [][]any // raw margins
}

// TestGoldens holds the raw scores of real models of several versions to
// XGBoost's own, bit for bit.
func TestGoldens(t *testing.T) {
	folder := "testdata"
	if other := os.Getenv("XGBOOST_GOLDENS"); other != "" {
		folder = other // where "make.py DIR COUNT SEED" has written random models
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.golden.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no goldens in %s: %v", folder, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".golden.json"), func(t *testing.T) {
			var g golden
			decode(t, file, &g)
			m := open(t, filepath.Join(folder, g.Model), &g)
			for i, row := range g.Rows {
				got, err := reference.Evaluate(m, scalars(t, m, row))
				if err != nil {
					t.Fatalf("row %d %v is refused: %v", i, row, err)
				}
				for k, want := range g.Scores[i] {
					if want := number(t, want); got.Scores[k] != want && !(math.IsNaN(got.Scores[k]) && math.IsNaN(want)) {
						t.Errorf("row %d %v, score %d: got %v, want %v", i, row, k, got.Scores[k], want)
					}
				}
			}
			for _, row := range g.Errors {
				if got, err := reference.Evaluate(m, scalars(t, m, row)); err == nil {
					t.Errorf("row %v: got %v, but XGBoost refuses it", row, got)
				}
			}
		})
	}
}

func open(t *testing.T, file string, g *golden) *model.Model {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !Sniff(data[:min(len(data), 64)]) {
		t.Errorf("Sniff does not know %s", file)
	}
	w := Wrapper{Embedded: g.Embedded}
	for i := range g.Classes {
		w.Classes = append(w.Classes, model.Label{Kind: model.IntegerLabel, Integer: int64(i)})
	}
	if !g.Embedded {
		w = Wrapper{} // a file tells by itself
	}
	m, err := Read(data, w)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(m.Output.Classes); got != len(g.Classes) {
		t.Errorf("got %d classes, want %d", got, len(g.Classes))
	}
	return m
}

func decode(t *testing.T, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// scalars turns a row of JSON into values of the model's columns.
func scalars(t *testing.T, m *model.Model, row []any) []model.Scalar {
	t.Helper()
	out := make([]model.Scalar, len(row))
	for i, v := range row {
		switch text, isText := v.(string); {
		case v == nil:
			out[i] = model.Scalar{Kind: m.Features[i].Kind, Missing: true}
		case isText && m.Features[i].Kind == model.String:
			out[i] = model.Scalar{Kind: model.String, String: text}
		default:
			out[i] = model.Scalar{Kind: model.Number, Number: number(t, v)}
		}
	}
	return out
}

func number(t *testing.T, v any) float64 {
	t.Helper()
	switch v {
	case nil:
		return math.NaN()
	case "Infinity":
		return math.Inf(1)
	case "-Infinity":
		return math.Inf(-1)
	}
	x, ok := v.(float64)
	if !ok {
		t.Fatalf("%v is not a number", v)
	}
	return x
}
