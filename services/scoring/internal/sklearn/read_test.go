package sklearn

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

var update = flag.Bool("update", false, "write the descriptions in testdata anew")

// versions of scikit-learn that testdata has files of; see make.py there.
var versions = []string{"1.1.3", "1.9.1"}

// TestRead holds what is made of every model to a description beside it, which
// says column by column and node by node what the original computes.
func TestRead(t *testing.T) {
	for _, path := range files(t) {
		if strings.Contains(path, "refused-") {
			continue
		}
		t.Run(path, func(t *testing.T) {
			m, err := Read(decode(t, path), Boosters{XGBoost: standIn})
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Validate(); err != nil {
				t.Fatal(err)
			}
			got := describe(m)
			name := filepath.Join("testdata", path+".txt")
			if *update {
				if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestReadSource reads what a file says of itself.
func TestReadSource(t *testing.T) {
	m, err := Read(decode(t, "1.9.1/sparse-xgboost"), Boosters{XGBoost: standIn})
	if err != nil {
		t.Fatal(err)
	}
	if s := m.Source; s.Library != "scikit-learn" || s.Version != "1.9.1" || s.Embedded["xgboost"] != "9.9.9" {
		t.Errorf("source %+v", s)
	}
	if m, err = Read(decode(t, "1.9.1/xgboost"), Boosters{XGBoost: standIn}); err != nil {
		t.Fatal(err)
	}
	if s := m.Source; s.Library != "xgboost" || s.Version != "9.9.9" || s.Embedded != nil {
		t.Errorf("source of a wrapper alone %+v", s)
	}
}

// TestReadOutline names the steps as their author did.
func TestReadOutline(t *testing.T) {
	m, err := Read(decode(t, "1.9.1/columns"), Boosters{})
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, s := range m.Outline {
		got[s.Path] = s.Class + ": " + s.Detail
	}
	for path, want := range map[string]string{
		"":                             "Pipeline: ",
		"prepare.number":               "Pipeline: ",
		"prepare.word.onehotencoder":   "OneHotEncoder: 1 columns to 3",
		"prepare.number.simpleimputer": "SimpleImputer: 2 columns to 3",
		"model":                        "LinearRegression: 8 coefficients",
	} {
		if got[path] != want {
			t.Errorf("%s is %q, want %q", path, got[path], want)
		}
	}
}

// TestReadRefuses names what it does not read, and where that is.
func TestReadRefuses(t *testing.T) {
	tests := []struct{ file, class, path string }{
		{"refused-pls", "sklearn.cross_decomposition._pls.PLSRegression", "plsregression"},
		{"refused-spline", "sklearn.preprocessing._polynomial.SplineTransformer", "columntransformer.spline"},
		{"refused-function", "FunctionTransformer with func=__main__.own", "functiontransformer"},
		{"refused-arguments", "FunctionTransformer with kw_args", "functiontransformer"},
		{"refused-float32", "StandardScaler with float32 input", "standardscaler"},
		{"refused-init", "GradientBoostingRegressor with init=sklearn.linear_model._ridge.Ridge", ""},
		{"refused-refit", "GridSearchCV with refit=False, or not fitted", ""},
		{"xgboost", "xgboost.sklearn.XGBClassifier", ""}, // without a reader of boosters
	}
	for _, v := range versions {
		for _, test := range tests {
			t.Run(v+"/"+test.file, func(t *testing.T) {
				_, err := Read(decode(t, v+"/"+test.file), Boosters{})
				var e *model.UnsupportedError
				if !errors.As(err, &e) {
					t.Fatalf("got %v, want an UnsupportedError", err)
				}
				if e.Class != test.class || e.Path != test.path || e.Supported == "" {
					t.Errorf("got %+v", e)
				}
			})
		}
		_, err := Read(decode(t, v+"/refused-unfitted"), Boosters{})
		var e *model.FormatError
		if !errors.As(err, &e) || !strings.Contains(e.What, "n_features_in_ is missing; is the object fitted") {
			t.Errorf("an object that is not fitted: %v", err)
		}
	}
}

// TestReadRefusesRoots looks at files that hold no model at all.
func TestReadRefusesRoots(t *testing.T) {
	for name, root := range map[string]pickle.Value{
		"None":             nil,
		"a number":         int64(3),
		"a list":           &pickle.List{},
		"a class":          &pickle.Class{Module: "sklearn.linear_model", Name: "Ridge"},
		"a strange object": &pickle.Object{Class: &pickle.Class{Module: "own", Name: "Ridge"}},
	} {
		_, err := Read(&pickle.File{Root: root}, Boosters{})
		var e *model.UnsupportedError
		if !errors.As(err, &e) {
			t.Errorf("%s: got %v, want an UnsupportedError", name, err)
		}
	}
}

// TestReadNeedsVersion: what a parameter means depends on the version.
func TestReadNeedsVersion(t *testing.T) {
	f := decode(t, "1.9.1/tree")
	remove(f.Root.(*pickle.Object).State.(*pickle.Dict), "_sklearn_version")
	if _, err := Read(f, Boosters{}); err == nil || !strings.Contains(err.Error(), "_sklearn_version") {
		t.Errorf("got %v", err)
	}
}

// TestPairwise follows numpy.sum to the last bit, where a plain sum does not.
func TestPairwise(t *testing.T) {
	values := make([]float64, 300)
	for i := range values {
		values[i] = 1 / float64(i+1)
	}
	for n, want := range map[int]float64{ // from numpy
		1: 1, 7: 2.5928571428571425, 8: 2.7178571428571425, 19: 3.547739657143682, 129: 5.440899030573669, 300: 6.282663880299504,
	} {
		if got := pairwise(values[:n]); got != want {
			t.Errorf("sum of %d: got %v, want %v", n, got, want)
		}
	}
}

func files(t testing.TB) []string {
	t.Helper()
	var out []string
	for _, v := range versions {
		paths, err := filepath.Glob(filepath.Join("testdata", v, "*.joblib"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no files of %s: %v", v, err)
		}
		for _, p := range paths {
			out = append(out, v+"/"+strings.TrimSuffix(filepath.Base(p), ".joblib"))
		}
	}
	return out
}

func decode(t testing.TB, path string) *pickle.File {
	t.Helper()
	f, err := pickle.Decode(raw(t, path), pickle.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func raw(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(path)+".joblib")) // #nosec G304 -- testdata
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// standIn stands in for the readers of boosters, which have tests of their
// own: a booster of two columns that answers 0.
func standIn(_ []byte, _ int, classes []model.Label) (*model.Model, error) {
	m := &model.Model{
		Source:    model.Source{Library: "xgboost", Version: "9.9.9"},
		Features:  []model.Feature{{Name: "x0"}, {Name: "x1"}},
		Columns:   2,
		Estimator: &model.Ensemble{In: []model.Column{0, 1}, Base: []float64{0}, Input: model.F32, Sum: model.F32},
		Output:    model.Output{Task: model.Regression, Scale: 1, Precision: model.F32},
		Outline:   []model.Stage{{Class: "xgboost.Booster", Detail: "a stand-in"}},
	}
	if classes != nil {
		m.Output = model.Output{
			Task: model.Classification, Classes: classes, Link: model.LinkLogisticF32, Scale: 1,
			Decision: model.DecideAboveHalf, Probable: true, Precision: model.F32,
		}
	}
	return m, nil
}
