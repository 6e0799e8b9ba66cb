package scoring_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

// artifact returns the model file of a directory of testdata.
func artifact(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "model.*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f, ".yaml") {
			return f
		}
	}
	t.Fatalf("%s: no model", dir)
	return ""
}

func open(t testing.TB, path string, o *scoring.Options) (*scoring.Model, error) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return scoring.Open(f, o)
}

func certificate(t testing.TB, path string) *scoring.Certificate {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c, err := scoring.ReadCertificate(f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return c
}

// Every model of testdata gives what its library computed, and refuses the
// rows that its library refuses.
func TestGoldens(t *testing.T) {
	goldens, err := filepath.Glob("testdata/*/*/golden.json")
	if err != nil || len(goldens) == 0 {
		t.Fatalf("no goldens (%v)", err)
	}
	for _, golden := range goldens {
		dir := filepath.Dir(golden)
		t.Run(strings.TrimPrefix(dir, "testdata/"), func(t *testing.T) {
			m, err := open(t, artifact(t, dir), nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Certify(certificate(t, golden)); err != nil {
				t.Error(err)
			}
		})
	}
}

// What cannot be read is refused by the name of its class.
func TestRefusedModels(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*/unsupported.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no refused models (%v)", err)
	}
	for _, file := range files {
		dir := filepath.Dir(file)
		t.Run(strings.TrimPrefix(dir, "testdata/"), func(t *testing.T) {
			_, err := open(t, artifact(t, dir), nil)
			var unsupported *scoring.UnsupportedError
			if !errors.As(err, &unsupported) {
				t.Errorf("got %v, want an UnsupportedError", err)
			}
		})
	}
}
