//go:build parity

package scoring_test

import (
	"os"
	"path/filepath"
	"testing"
)

// TestParity replays the certificate of every model below PARITY_DIR. It is a
// program of scripts/parity, which makes the models, rather than a test on its
// own: hence the build tag.
func TestParity(t *testing.T) {
	root := os.Getenv("PARITY_DIR")
	goldens, err := filepath.Glob(filepath.Join(root, "*", "golden.json"))
	if root == "" || err != nil || len(goldens) == 0 {
		t.Fatalf("PARITY_DIR is %q; expected a directory of models (%v)", root, err)
	}
	for _, golden := range goldens {
		dir := filepath.Dir(golden)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m, err := open(t, artifact(t, dir), nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Certify(certificate(t, golden)); err != nil {
				t.Fatal(err)
			}
			// What parity.py counts: a model that says nothing was not looked at.
			t.Log("certified")
		})
	}
}
