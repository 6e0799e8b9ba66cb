package lightgbm

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzRead holds the reader to its promise: whatever the bytes, it returns a
// model that can be trusted or an error, and does not panic.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/v4*.txt")
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
	f.Add([]byte("tree\nversion=v4\n"))
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
