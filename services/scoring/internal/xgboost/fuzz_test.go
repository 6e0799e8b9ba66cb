package xgboost

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzRead holds the reader to its promise: whatever the bytes, it returns a
// model that can be trusted or an error, and does not panic.
func FuzzRead(f *testing.F) {
	for _, pattern := range []string{"testdata/v32-*.ubj", "testdata/v15-*classifier.json", "testdata/v32-vector*", "testdata/v17-partition.ubj"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	for _, name := range []string{"xgboost-0.90/binary-poisson", "xgboost-1.0.2/binary-dart", "xgboost-1.4.2/binary-linear"} {
		f.Add(legacyFile(f, name))
	}
	f.Add([]byte(`{"learner":{}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _, _ = Importances(data, "gain", 0) // which must not panic either
		m, err := Read(data, Wrapper{})
		if err != nil {
			return
		}
		if err := m.Validate(); err != nil {
			t.Fatalf("read a model that is not valid: %v", err)
		}
	})
}
