package scoring_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

// A refusal names each part that is not read, with its place, and none that is.
func TestEachUnsupportedPartIsNamed(t *testing.T) {
	_, err := open(t, "testdata/scikit-learn-1.9.1/refused-parts/model.joblib", nil)
	var unsupported *scoring.UnsupportedError
	if !errors.As(err, &unsupported) {
		t.Fatalf("got %v", err)
	}
	got := append([]string{unsupported.Part()}, unsupported.Others...)
	want := []string{
		`sklearn.impute._knn.KNNImputer (at "columntransformer.near")`,
		`acme.Winsorizer (at "columntransformer.curve.winsorizer")`,
		`sklearn.preprocessing._polynomial.SplineTransformer (at "columntransformer.curve.splinetransformer")`,
		`FunctionTransformer with func=acme.halve (at "columntransformer.own")`,
		`sklearn.cross_decomposition._pls.PLSRegression (at "plsregression")`,
		`acme.halve`,
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
