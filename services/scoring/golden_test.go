package scoring_test

import (
	"encoding/json"
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
			c := certificate(t, golden)
			if err := m.Certify(c); err != nil {
				t.Error(err)
			}
			if lacks := c.Methods() &^ m.Signature().Methods &^ notOffered(dir); lacks != 0 {
				t.Errorf("the model lacks %v", lacks)
			}
		})
	}
}

// notOffered are methods of the library that models here do without:
// LightGBM's raw score of a random forest is the sum of its trees, which is
// not what its predict averages.
func notOffered(dir string) scoring.Method {
	if strings.Contains(dir, "/lightgbm-") && strings.Contains(dir, "/booster-forest") {
		return scoring.DecisionFunction
	}
	return 0
}

// What cannot be read is refused, with the text that stands in
// unsupported.json.
func TestRefusedModels(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*/unsupported.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no refused models (%v)", err)
	}
	for _, file := range files {
		dir := filepath.Dir(file)
		t.Run(strings.TrimPrefix(dir, "testdata/"), func(t *testing.T) {
			var want struct{ Refused string }
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(text, &want); err != nil || want.Refused == "" {
				t.Fatalf("%s: %q, %v", file, want.Refused, err)
			}
			if _, err := open(t, artifact(t, dir), nil); err == nil || !strings.Contains(err.Error(), want.Refused) {
				t.Errorf("got %v, want an error with %q", err, want.Refused)
			}
		})
	}
}

// The tested range of every library begins and ends with a version that
// testdata has goldens of.
func TestTestedVersions(t *testing.T) {
	for _, tested := range scoring.TestedVersions() {
		for _, version := range []string{tested.First, tested.Last} {
			if found, _ := filepath.Glob("testdata/" + tested.Library + "-" + version + "/*/golden.json"); len(found) == 0 {
				t.Errorf("%s %s counts as tested, but there are no goldens", tested.Library, version)
			}
		}
	}
}
