package pickle

import (
	"errors"
	"testing"
)

// FuzzDecode reads anything, under limits that also bound what is allocated.
func FuzzDecode(f *testing.F) {
	for _, files := range archives(f) {
		for name, data := range files {
			if len(data) < 6000 && name != "models.json" {
				f.Add(data)
			}
		}
	}
	for _, seed := range []string{
		"cos\nsystem\n(S'true'\ntR.",
		"\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.",
		"(K\x01isklearn.tree._tree\nTree\n.",
		"]\x94h\x00a.",
		"}(V\\u0041\nL5L\nF1.5\nI01\nu.",
		"\x8d\x00\x00\x00\x00\x00\x00\x00\x80a.",
	} {
		f.Add([]byte(seed))
	}
	limits := Limits{MaxBytes: 1 << 20, MaxRatio: 10, MaxOps: 1 << 16, MaxStack: 1 << 12, MaxDepth: 1 << 8, MaxMemo: 1 << 12, MaxMemory: 1 << 20}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, used, err := decodeMeasured(data, limits)
		// What the readers of compressed data need comes on top: up to 8 MiB
		// for the blocks of lz4.
		if used > 32<<20+8*uint64(len(data)) {
			t.Errorf("%d bytes were allocated for %d", used, len(data))
		}
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.What == "" || len(e.Error()) > 1000 {
				t.Errorf("an error without a place or reason, or too long: %.1000v", err)
			}
			return
		}
		visit(file.Root, 10, 1000, t)
	})
}

// visit calls every accessor of the arrays that it meets within a depth and a
// number of items.
func visit(v Value, depth, items int, t *testing.T) {
	if depth == 0 {
		return
	}
	each := func(values []Value) {
		for _, item := range values[:min(len(values), items)] {
			visit(item, depth-1, items/4, t)
		}
	}
	switch v := v.(type) {
	case Tuple:
		each(v)
	case *List:
		each(v.Items)
	case *Dict:
		if len(v.Keys) != len(v.Values) {
			t.Errorf("a dict of %d keys and %d values", len(v.Keys), len(v.Values))
		}
		each(v.Values)
	case *Object:
		visit(v.State, depth-1, items, t)
		each(v.Args)
	case *Array:
		n := v.Len()
		if values, err := v.Values(); err == nil && len(values) != n {
			t.Errorf("%d values of %d", len(values), n)
		}
		if floats, err := v.Float64s(); err == nil && len(floats) != n {
			t.Errorf("%d floats of %d", len(floats), n)
		}
		if ints, err := v.Int64s(); err == nil && len(ints) != n {
			t.Errorf("%d ints of %d", len(ints), n)
		}
		_, _ = v.Strings()
		_, _ = v.Bools()
		for _, f := range v.Dtype.Fields {
			if c, err := v.Field(f.Name); err == nil {
				_, _ = c.Float64s()
				_, _ = c.Int64s()
				_, _ = c.Bools()
				_, _ = c.Strings()
			}
		}
	}
}
