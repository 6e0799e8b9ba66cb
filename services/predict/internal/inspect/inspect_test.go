package inspect

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

const goldens = "../../../scoring/testdata/scikit-learn-1.9.1/"

func TestText(t *testing.T) {
	tests := []struct {
		path string
		want []string
	}{
		{"../../models/housing/1", []string{
			"library      scikit-learn ", "trees        100, of depth ", "measured     rmse ", "task         regression, 1 float64 a row",
			"rows of the library's own outputs replayed, every one the same",
			"reference    distributions of 9 inputs and the prediction in ",
			"ocean_proximity     string  may be missing; <1H OCEAN, INLAND,", "inputs                9, by name",
		}},
		{"../../models/housing/3/model.joblib", []string{", xgboost ", "1 float32 a row", "certificate  none", "reference    none"}},
		{goldens + "logistic-three-string", []string{
			"task         classification, 3 classes: high, low, mid", "methods      predict, predict_proba, decision_function",
			"estimator    linear", "5, by position, because the model was trained without names",
		}},
		{goldens + "forest-wide", []string{"… and "}},
		{goldens + "several-extra-tree", []string{"task         classification, 2 labels a row: no, yes | blue, green, red", "methods      predict, predict_proba"}},
		{goldens + "transform-PCA", []string{"task         transformation, 2 columns", "methods      transform"}},
	}
	for _, tt := range tests {
		r, err := Inspect(tt.path)
		if err != nil {
			t.Errorf("%s: %v", tt.path, err)
			continue
		}
		var out strings.Builder
		if err := r.Text(&out); err != nil {
			t.Fatal(err)
		}
		for _, want := range tt.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s lacks %q:\n%s", tt.path, want, out.String())
			}
		}
	}
}

func TestRefused(t *testing.T) {
	_, err := Inspect(goldens + "refused-pls/model.joblib")
	var unsupported *scoring.UnsupportedError
	if !errors.As(err, &unsupported) || !strings.Contains(err.Error(), "PLSRegression") {
		t.Errorf("Inspect of an unsupported model = %v", err)
	}
	_, err = Inspect(goldens + "refused-parts/model.joblib")
	var refusal *Refusal
	var out strings.Builder
	if !errors.As(err, &refusal) || refusal.Text(&out) != nil {
		t.Fatalf("Inspect of a model with several unsupported parts = %v", err)
	}
	for _, part := range []string{"KNNImputer", "acme.Winsorizer", "SplineTransformer", "acme.halve", "PLSRegression"} {
		if !strings.Contains(out.String(), part) || !strings.Contains(err.Error(), part) {
			t.Errorf("the refusal lacks %s:\n%s%v", part, out.String(), err)
		}
	}
	if _, err := Inspect(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no model file") {
		t.Errorf("Inspect of an empty directory = %v", err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../models/housing/2")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "golden.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Inspect(dir); err == nil || !strings.Contains(err.Error(), "golden.json") {
		t.Errorf("Inspect with a damaged certificate = %v", err)
	}
	if _, err := Model(dir, false); err == nil || !strings.Contains(err.Error(), "golden.json") {
		t.Errorf("Model with a damaged certificate = %v", err)
	}
}
