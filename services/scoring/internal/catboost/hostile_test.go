package catboost

import (
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

// TestDamaged: cut short anywhere, a file is refused; with bytes changed it is
// refused or read, and nothing panics.
func TestDamaged(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	all := seeds(t)
	for _, name := range []string{"ctr-mixed", "trees-lossguide-three", "trees-lossguide-three-json", "loss-logloss"} {
		data := all[name]
		if len(data) == 0 {
			t.Fatalf("no golden %s", name)
		}
		for n := 0; n < len(data)-2; n += 1 + len(data)/400 {
			if m, err := Read(data[:n:n]); err == nil {
				t.Fatalf("%s: cut to %d of %d bytes it is read: %v", name, n, len(data), m.Outline)
			}
		}
		for range 2000 {
			bad := append([]byte(nil), data...)
			for range 1 + r.IntN(3) {
				bad[r.IntN(len(bad))] = byte(r.Uint32())
			}
			_, _ = Read(bad)
		}
	}
}

// core is a binary file around a flatbuffer.
func core(flatbuffer []byte) []byte {
	return append(binary.LittleEndian.AppendUint32([]byte(magic), uint32(len(flatbuffer))), flatbuffer...)
}

// TestRepeated: a vector of a million references to one table costs an error,
// and not a million tables.
func TestRepeated(t *testing.T) {
	const many, first = 1 << 20, 76
	const end = first + 4*many // where the one table is
	b := make([]byte, end+12)
	put16 := func(at int, values ...uint16) {
		for i, v := range values {
			binary.LittleEndian.PutUint16(b[at+2*i:], v)
		}
	}
	put32 := func(at int, values ...uint32) {
		for i, v := range values {
			binary.LittleEndian.PutUint32(b[at+4*i:], v)
		}
	}
	put32(0, 12)                  // to the core
	put16(4, 8, 12, 4, 8)         // the core's vtable: two fields
	put32(12, 12-4, 24-16, 64-20) // the core: its vtable, the format, the trees
	put32(24, uint32(len(coreVersion)))
	copy(b[28:], coreVersion)
	put16(48, 16, 8, 0, 0, 0, 0, 0, 4) // the trees' vtable: the sixth field
	put32(64, 64-48, 4, many)          // the trees: their vtable, numeric features, and how many there are
	for i := range many {
		put32(first+4*i, uint32(end-first-4*i))
	}
	put32(end, end-4) // a feature with the core's vtable
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Read(core(b))
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "again and again") {
		t.Errorf("got %v", err)
	}
	if spent := after.TotalAlloc - before.TotalAlloc; spent > 40*uint64(len(b)) {
		t.Errorf("%d bytes for a file of %d (%v)", spent, len(b), err)
	}
}

func TestRefused(t *testing.T) {
	tree := `"oblivious_trees":[{"leaf_values":[1,2],"splits":[{"split_index":0}]}]`
	features := `"features_info":{"float_features":[{"feature_index":0,"flat_feature_index":0,"borders":[0.5]}]}`
	for _, c := range []struct{ text, want string }{
		{`{` + features + `,` + tree + `}`, ""},
		{`{"ctr_data":null,` + features + `,` + tree + `,"scale_and_bias":[2,[1]]}`, ""},
		{`{` + features + `,` + tree + `,"scale_and_bias":[2,[1,2]]}`, "2 biases for 1 scores"},
		{`{` + features + `,` + tree + `,"scale_and_bias":2}`, "json"},
		{`{` + features + `,"oblivious_trees":[{"leaf_values":[1,2,3],"splits":[{"split_index":0}]}]}`, "1 splits and 3 leaf values"},
		{`{` + features + `,"oblivious_trees":[{"leaf_values":[1,2],"splits":[{"split_index":1}]}]}`, "split 1; there are 1"},
		{`{` + features + `,"oblivious_trees":[{"leaf_values":[1,2],"splits":[{}]}]}`, "no split_index"},
		{`{` + features + `,"trees":[{"split":{"split_index":0},"left":{"value":1}}]}`, "neither a value nor"},
		{`{` + features + `,"trees":[{"split":{"split_index":0},"left":{"value":1},"right":{"value":[1,2]}}]}`, "2 values"},
		{`{"features_info":{},` + tree + `}`, "0 features"},
		{`{"features_info":{"float_features":[{"flat_feature_index":1000000}]},` + tree + `}`, "numbered up to 1000000"},
		{`{"features_info":{"float_features":[{"flat_feature_index":0},{"flat_feature_index":0}]},` + tree + `}`, "as another has"},
		{`{"features_info":{"text_features":[{}]},` + tree + `}`, "text features is not supported"},
		{`{"features_info":{"ctrs":[{"ctr_type":"Odd"}]},` + tree + `}`, `type "Odd"`},
		{`{"features_info":{"categorical_features":[{}],"ctrs":[{"ctr_type":"Counter","elements":[{"combination_element":"cat_feature_value"}]}]},` + tree + `}`, "has no table"},
		{`{"features_info":`, "unexpected end"},
		{"CBM1\x10\x00\x00\x00", "0 bytes follow"},
		{"CBM1\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "the size"},
		{"CBM1", "within a size"},
	} {
		_, err := Read([]byte(c.text))
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.text, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got %v, want an error with %q", c.text, err, c.want)
		}
	}
}

// TestDecimals: what a float64 holds is read as it is; that other numbers are as
// CatBoost reads them, the goldens of JSON files show.
func TestDecimals(t *testing.T) {
	for _, c := range []struct {
		text string
		want float64
	}{
		{"0", 0}, {"-0.0", 0}, {"12", 12}, {"-3.5", -3.5}, {"1e3", 1000}, {"1E-2", 0.01}, {"[0.25]", 0.25},
		{"1e-400", 0}, {"1e-320", 1e-320},
		{"18446744073709551615", 18446744073709551615}, {"0.30000000000000004", 0.30000000000000004},
	} {
		var d decimals
		if err := d.UnmarshalJSON([]byte(c.text)); err != nil || len(d) != 1 || d[0] != c.want {
			t.Errorf("%s: %v, %v, want %v", c.text, d, err, c.want)
		}
	}
	if err := new(decimals).UnmarshalJSON([]byte(`"x"`)); err == nil {
		t.Error("a text is no number")
	}
}
