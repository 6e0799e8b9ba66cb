package scoring_test

import (
	"slices"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

// The columns of an ONNX graph are named by its inputs, if there is one a
// column; else by the certificate, and without one by the input and a number.
func TestFeatureNamesOfONNX(t *testing.T) {
	const one, each = "testdata/onnxruntime-1.32.0/forest-regressor/", "testdata/onnxruntime-1.32.0/pipeline-forest/"
	for _, test := range []struct {
		dir       string
		certified bool
		want      []string
	}{
		{one, false, []string{"X_0", "X_1", "X_2", "X_3", "X_4"}},
		{one, true, []string{"x0", "x1", "x2", "x3", "x4"}},
		{each, false, []string{"income", "age", "rooms", "ocean", "state"}},
	} {
		var o scoring.Options
		if test.certified {
			o.Certificate = certificate(t, test.dir+"golden.json")
		}
		m, err := open(t, test.dir+"model.onnx", &o)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range m.Signature().Features {
			got = append(got, f.Name)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: features %v, want %v", test.dir, got, test.want)
		}
	}
}
