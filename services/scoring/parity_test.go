//go:build parity

package scoring

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestParity replays the certificate of every model below PARITY_DIR. It is a
// program of scripts/parity, which makes the models, rather than a test on its
// own: hence the build tag.
func TestParity(t *testing.T) {
	root := os.Getenv("PARITY_DIR")
	files, err := filepath.Glob(filepath.Join(root, "*", "golden.json"))
	if root == "" || err != nil || len(files) == 0 {
		t.Fatalf("PARITY_DIR is %q; expected a directory of models (%v)", root, err)
	}
	for _, golden := range files {
		dir := filepath.Dir(golden)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			certified, err := replayed(dir)
			if err != nil {
				t.Fatal(err)
			}
			// What parity.py counts: a model that says nothing was not looked at.
			t.Logf("certified %s", certified)
		})
	}
}

// replayed opens a model and replays its certificate. It tells, as JSON, which
// parts of the catalog the model has, the largest relative difference, and the rows
// where another class is as likely.
func replayed(dir string) ([]byte, error) {
	models, err := filepath.Glob(filepath.Join(dir, "model.*"))
	if err != nil {
		return nil, err
	}
	models = slices.DeleteFunc(models, func(f string) bool { return filepath.Ext(f) == ".yaml" })
	file, err := os.Open(models[0])
	if err != nil {
		return nil, err
	}
	defer file.Close()
	golden, err := os.Open(filepath.Join(dir, "golden.json"))
	if err != nil {
		return nil, err
	}
	defer golden.Close()
	m, err := Open(file, nil)
	if err != nil {
		return nil, err
	}
	c, err := ReadCertificate(golden)
	if err != nil {
		return nil, err
	}
	replay, err := m.certify(c)
	if err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		Parts      []string `json:"parts"`
		Difference float64  `json:"difference"`
		Ties       []int    `json:"ties"`
	}{slices.Sorted(maps.Keys(parts(m.Description()))), replay.largest, replay.ties})
}

// TestParityCatalog tells what parity.py must have met at the end.
func TestParityCatalog(t *testing.T) {
	text, err := json.Marshal(catalog())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("catalog %s", text)
}
