package scoring

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// Where the vector instructions give wrong numbers, plain code serves; where
// plain code does, too, nothing serves.
func TestFallback(t *testing.T) {
	const dir = "../predict/models/housing/3/"
	data, err := os.ReadFile(dir + "model.joblib")
	if err != nil {
		t.Skip("the housing models are not beside this module")
	}
	golden, err := os.ReadFile(dir + "golden.json")
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := ReadCertificate(bytes.NewReader(golden))
	if err != nil {
		t.Fatal(err)
	}
	ir, err := read(data, defaultMaxBytes)
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := read(data, defaultMaxBytes)
	if err != nil {
		t.Fatal(err)
	}
	ensemble := wrong.Estimator.(*model.Ensemble)
	for i := range ensemble.Trees[0].Leaves {
		ensemble.Trees[0].Leaves[i] *= -2
	}
	m, err := newModel(wrong, engine.Vector) // stands for a processor that adds wrongly
	if err != nil {
		t.Fatal(err)
	}
	if !m.predictor.Accelerated() {
		t.Skip("this processor has no vector instructions that are used")
	}
	served, err := m.certified(ir, certificate)
	if err != nil {
		t.Fatal(err)
	}
	if served.predictor.Accelerated() || served.description.Fallback == "" {
		t.Errorf("accelerated: %v, because %q; want plain code and a reason", served.predictor.Accelerated(), served.description.Fallback)
	}
	var mismatch *MismatchError
	if _, err := m.certified(wrong, certificate); !errors.As(err, &mismatch) {
		t.Errorf("got %v, want the mismatch", err)
	}
}
