package catboost

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// seeds are small goldens of both formats, one of each kind.
func seeds(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("../../testdata/catboost-*/*/model.*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no goldens (%v)", err)
	}
	all := make(map[string][]byte)
	for _, file := range files {
		if !strings.HasSuffix(file, ".cbm") && !strings.HasSuffix(file, ".json") {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(filepath.Dir(file))] = data
	}
	return all
}

// FuzzRead holds the reader to its promise: whatever the bytes, it returns a
// model that can be trusted or an error, and does not panic.
func FuzzRead(f *testing.F) {
	all := seeds(f)
	for _, name := range []string{"ctr-mixed", "ctr-three", "trees-lossguide-three", "loss-multiclass", "trees-scaled-json", "trees-lossguide-three-json", "category-one-hot"} {
		f.Add(all[name])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Read(data)
		if err != nil {
			return
		}
		if err := m.Validate(); err != nil {
			t.Fatalf("read a model that is not valid: %v", err)
		}
	})
}
