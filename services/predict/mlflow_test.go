package main

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The model directories of testdata/mlflow, by MLflow 1, 2 and 3, predict what
// its python_function predicts.
func TestMLflow(t *testing.T) {
	cases, err := filepath.Glob("testdata/mlflow/*/expected.json")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no goldens (%v)", err)
	}
	for _, golden := range cases {
		dir := filepath.Dir(golden)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var want []any
			data, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(data, &want); err != nil {
				t.Fatal(err)
			}
			code, out, stderr := command("", "score", "--model", filepath.Join(dir, "model"), "--input", filepath.Join(dir, "rows.csv"))
			if code != 0 {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			got, err := csv.NewReader(strings.NewReader(out)).ReadAll()
			if err != nil || len(got) != len(want)+1 {
				t.Fatalf("%d lines, want %d (%v)", len(got), len(want)+1, err)
			}
			for i, w := range want {
				if cell := got[i+1][0]; !near(cell, w) {
					t.Errorf("row %d: got %s, want %v", i, cell, w)
				}
			}
			code, out, stderr = command("", "inspect", filepath.Join(dir, "model"))
			if code != 0 || !strings.Contains(out, "income") {
				t.Errorf("inspect: exit code %d, %s%s", code, out, stderr)
			}
		})
	}
}

// near reports whether a cell is what was wanted: sums of products to 1e-9.
func near(cell string, want any) bool {
	x, ok := want.(float64)
	if !ok {
		return cell == want
	}
	got, err := strconv.ParseFloat(cell, 64)
	return err == nil && math.Abs(got-x) <= 1e-9*math.Max(1, math.Abs(x))
}

// A signature that is not the model's refuses it.
func TestMLflowOfOtherColumns(t *testing.T) {
	for _, c := range []struct{ golden, old, instead, want string }{
		{"3.17.2-sklearn", `"name": "income"`, `"name": "salary"`, `does not have the column "income"`},
		{"3.17.2-sklearn", `{"type": "double", "name": "income"`, `{"type": "string", "name": "income"`, `says that "income" is no number`},
		{"3.17.2-sklearn-unnamed", `{"type": "double", "name": "rooms", "required": true}, `, "", "has 1 columns, but the model 2"},
		{"3.17.2-sklearn", "pickled_model: model.pkl", "pickled_model: ../model.pkl", "expected the name of a file beside MLmodel"},
		{"3.17.2-sklearn", "pickled_model: model.pkl", "pickled_model: other.pkl", `names the file "other.pkl", which is not beside it`},
		{"3.17.2-xgboost", "  xgboost:", "  mleap:", `no flavor of it is supported: ["mleap"]; supported: sklearn`},
	} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata/mlflow", c.golden, "model"))); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "MLmodel")
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		// A long signature is folded onto several lines.
		text := regexp.MustCompile(`\n {4}(["{t])`).ReplaceAllString(string(data), " $1")
		changed := strings.Replace(text, c.old, c.instead, 1)
		if changed == text {
			t.Fatalf("%s: no %s in %s", c.golden, c.old, text)
		}
		data = []byte(changed)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if code, _, stderr := command("", "inspect", dir); code == 0 || !strings.Contains(stderr, c.want) {
			t.Errorf("%s for %s: exit code %d, %s; want %q", c.instead, c.old, code, stderr, c.want)
		}
	}
}
