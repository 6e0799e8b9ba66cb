package scoring_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// A model that is loaded keeps neither its file nor what was read from it.
func TestModelKeepsLittle(t *testing.T) {
	path := filepath.Join(housing["forest"], "model.joblib")
	info, err := os.Stat(path)
	if err != nil {
		t.Skip("the housing models are not beside this module")
	}
	heap := func() int64 {
		var s runtime.MemStats
		runtime.GC()
		runtime.GC() // sync.Pools let go at the second
		runtime.ReadMemStats(&s)
		return int64(s.HeapAlloc)
	}
	before := heap()
	m, err := open(t, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	kept := heap() - before
	d := m.Description()
	// 12 bytes a node or leaf, 8 a leaf's value, and the rest.
	if limit := int64(d.Leaves)*(2*12+8) + 256<<10; kept > limit {
		t.Errorf("%d bytes are kept, want at most %d; the file has %d", kept, limit, info.Size())
	}
	runtime.KeepAlive(m)
}
