package onnx

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzRead holds the reader to its promise: whatever the bytes, it returns a
// model that can be trusted or an error, and does not panic.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("../../testdata/onnxruntime-*/*/model.onnx")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds (%v)", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
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
