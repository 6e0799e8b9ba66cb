package pickle

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// TestAccessorErrors asks arrays for what they cannot give without changing
// it. Files of numpy in real_test.go show what they can.
func TestAccessorErrors(t *testing.T) {
	little := binary.LittleEndian
	i8 := func(n int64) *Array {
		return &Array{Dtype: Dtype{Kind: 'i', Size: 8}, Shape: []int{1}, Data: little.AppendUint64(nil, uint64(n))}
	}
	u8 := func(n uint64) *Array {
		return &Array{Dtype: Dtype{Kind: 'u', Size: 8}, Shape: []int{1}, Data: little.AppendUint64(nil, n)}
	}
	f8 := &Array{Dtype: Dtype{Kind: 'f', Size: 8}, Shape: []int{1}, Data: little.AppendUint64(nil, math.Float64bits(1.5))}
	text := func(code uint32) *Array {
		return &Array{Dtype: Dtype{Kind: 'U', Size: 4}, Shape: []int{1}, Data: little.AppendUint32(nil, code)}
	}
	raw := &Array{Dtype: Dtype{Kind: 'S', Size: 2}, Shape: []int{1}, Data: []byte("ab")}
	objects := &Array{Dtype: Dtype{Kind: 'O', Size: 8, objects: true}, Shape: []int{2}, Objects: []Value{"a", int64(1)}}
	record := &Array{Dtype: Dtype{Kind: 'V', Size: 1, Fields: []Field{{Name: "a", Dtype: Dtype{Kind: 'u', Size: 1}}}}, Shape: []int{1}, Data: []byte{1}}

	floats := func(a *Array) error { _, err := a.Float64s(); return err }
	ints := func(a *Array) error { _, err := a.Int64s(); return err }
	bools := func(a *Array) error { _, err := a.Bools(); return err }
	texts := func(a *Array) error { _, err := a.Strings(); return err }
	field := func(a *Array) error { _, err := a.Field("b"); return err }
	for _, tt := range []struct {
		name string
		err  error
		want string // empty: no error
	}{
		{"2^53 as a float", floats(i8(1 << 53)), ""},
		{"2^53+1 as a float", floats(i8(1<<53 + 1)), "does not fit into a float64"},
		{"-2^53-1 as a float", floats(i8(-(1 << 53) - 1)), "does not fit into a float64"},
		{"2^64-1 as a float", floats(u8(math.MaxUint64)), "does not fit into a float64"},
		{"2^63-1 as an int", ints(u8(math.MaxInt64)), ""},
		{"2^63 as an int", ints(u8(1 << 63)), "9223372036854775808, does not fit"},
		{"a float as an int", ints(f8), "<f8 holds no integers"},
		{"an int as a bool", bools(i8(1)), "<i8 holds no bools"},
		{"text as a float", floats(text('a')), "<U1 holds no numbers"},
		{"a number as text", texts(f8), "<f8 holds no text"},
		{"bytes as text", texts(raw), "<S2 holds no text"},
		{"half of a surrogate", texts(text(0xd800)), "0xd800 is not a character"},
		{"beyond Unicode", texts(text(0x110000)), "0x110000 is not a character"},
		{"objects as floats", floats(objects), "no raw elements"},
		{"objects as text", texts(objects), "element 1 of an object array is int"},
		{"records as floats", floats(record), "records (a) holds no numbers"},
		{"another field", field(record), `records (a) has no field "b"`},
		{"a field of no record", field(f8), `<f8 has no field "b"`},
		{"data that does not fit", floats(&Array{Dtype: Dtype{Kind: 'f', Size: 8}, Shape: []int{2}, Data: make([]byte, 8)}), "has 8 bytes"},
	} {
		if tt.want == "" && tt.err != nil || tt.want != "" && (tt.err == nil || !strings.Contains(tt.err.Error(), tt.want)) {
			t.Errorf("%s: got %v; want %q", tt.name, tt.err, tt.want)
		}
	}
	if !record.HasField("a") || record.HasField("b") {
		t.Error("HasField is wrong about a record of the field a")
	}
}

// TestHalf checks every float16 against the formula of IEEE 754.
func TestHalf(t *testing.T) {
	for n := range uint32(1 << 16) {
		sign, exponent, fraction := n>>15, n>>10&0x1f, n&0x3ff
		want := math.Pow(2, float64(exponent)-15) * (1 + float64(fraction)/1024)
		switch exponent {
		case 0:
			want = math.Pow(2, -14) * float64(fraction) / 1024
		case 0x1f:
			want = math.Inf(1)
			if fraction != 0 {
				want = math.NaN()
			}
		}
		if sign == 1 {
			want = -want
		}
		if got := half(uint16(n)); math.Float64bits(got) != math.Float64bits(want) && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Fatalf("float16 %04x is %v; want %v", n, got, want)
		}
	}
}

// TestRowMajor brings Fortran-ordered elements into C order.
func TestRowMajor(t *testing.T) {
	// Storage holds 10*row + column, column after column.
	got := rowMajor([]int{2, 3}, true, []int{0, 10, 1, 11, 2, 12})
	if want := []int{0, 1, 2, 10, 11, 12}; !slices.Equal(got, want) {
		t.Errorf("got %v; want %v", got, want)
	}
}

// forestBytes makes a joblib file the size of a large random forest: trees of
// records and values, 20 MB.
func forestBytes(b *testing.B) []byte {
	b.Helper()
	names := []string{"left_child", "right_child", "feature", "threshold", "impurity", "n_node_samples", "weighted_n_node_samples"}
	var dtype strings.Builder
	dtype.WriteString("cnumpy\ndtype\nVV56\n\x85R(K\x03V|\nN(")
	for _, n := range names {
		fmt.Fprintf(&dtype, "V%s\n", n)
	}
	dtype.WriteString("t}")
	for i, n := range names {
		kind := "i8"
		if strings.HasSuffix(n, "threshold") || strings.HasSuffix(n, "impurity") || strings.HasPrefix(n, "weighted") {
			kind = "f8"
		}
		fmt.Fprintf(&dtype, "V%s\ncnumpy\ndtype\nV%s\n\x85RK%c\x86s", n, kind, 8*i)
	}
	dtype.WriteString("K8K\x01K\x10tb")
	const trees, nodes = 100, 3600
	out := []byte("](")
	for range trees {
		out = append(out, "cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(Vsubclass\ncnumpy\nndarray\nVdtype\n"...)
		out = append(out, dtype.String()...)
		out = append(out, "Vorder\nVC\nVshape\nM"...)
		out = binary.LittleEndian.AppendUint16(out, nodes)
		out = append(out, "\x85ub"...)
		out = append(out, make([]byte, 56*nodes)...)
	}
	return append(out, "e."...)
}

func BenchmarkDecode(b *testing.B) {
	data := forestBytes(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(data, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTrees reads what a forest needs of its trees, after Decode.
func BenchmarkTrees(b *testing.B) {
	data := forestBytes(b)
	f, err := Decode(data, Limits{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		for _, tree := range f.Root.(*List).Items {
			for _, name := range []string{"left_child", "right_child", "feature"} {
				c, err := tree.(*Array).Field(name)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := c.Int64s(); err != nil {
					b.Fatal(err)
				}
			}
			c, err := tree.(*Array).Field("threshold")
			if err != nil {
				b.Fatal(err)
			}
			if _, err := c.Float64s(); err != nil {
				b.Fatal(err)
			}
		}
	}
}
