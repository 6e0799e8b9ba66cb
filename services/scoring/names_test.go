package scoring_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// What a transformer's columns are called is told wherever the library tells it.
func TestColumnNames(t *testing.T) {
	dirs, err := filepath.Glob("testdata/*/*transform*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no transformers (%v)", err)
	}
	named := 0
	for _, dir := range dirs {
		text, err := os.ReadFile(filepath.Join(dir, "golden.json"))
		if err != nil {
			continue // it is refused
		}
		var golden struct{ Columns []string }
		if err := json.Unmarshal(text, &golden); err != nil {
			t.Fatalf("%s: %v", dir, err)
		}
		m, err := open(t, artifact(t, dir), nil)
		if err != nil {
			t.Fatalf("%s: %v", dir, err)
		}
		if got := m.Signature().Columns; !slices.Equal(got, golden.Columns) {
			t.Errorf("%s: columns %q, want %q", dir, got, golden.Columns)
		}
		named += len(golden.Columns)
	}
	if named == 0 {
		t.Error("no column has a name")
	}
}
