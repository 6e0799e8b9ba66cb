package pickle

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

// newest is the archive of the newest versions.
const newest = "numpy-2.4.6-joblib-1.6.0.zip"

// small are limits under which a test of a limit is quick.
func small() Limits {
	return Limits{MaxBytes: 1 << 20, MaxRatio: 10, MaxOps: 20_000, MaxStack: 1000, MaxDepth: 100, MaxMemo: 500, MaxMemory: 1 << 20}
}

// decodeMeasured decodes and returns how many bytes were allocated meanwhile.
func decodeMeasured(data []byte, l Limits) (f *File, used uint64, err error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err = Decode(data, l)
	runtime.ReadMemStats(&after)
	return f, after.TotalAlloc - before.TotalAlloc, err
}

// TestBudget holds pickles that would grow without end to the limits.
func TestBudget(t *testing.T) {
	repeat := strings.Repeat
	tests := []struct{ name, pickle, what string }{
		{"opcodes", repeat("N0", 20_000) + "N.", "20000 opcodes"},
		{"values on the stack", repeat("N", 1001) + ".", "1000 values on the stack"},
		{"DUP", "N" + repeat("2", 1001) + ".", "1000 values on the stack"},
		{"marks", repeat("(", 101) + ".", "100 open marks"},
		{"memo", "N" + repeat("\x94", 501) + ".", "500 memo entries"},
		{"sparse memo", "N" + sparsePuts(501) + ".", "500 memo entries"},
		{"dropped lists", repeat("]0", 9_999) + "N.", ""},
		{"dropped objects", "csklearn.a\nB\n" + repeat("2)\x810", 4_000) + ".", ""},
		{"a list copied again and again", "cbuiltins\nlist\n0](" + repeat("N", 900) + "e\x850cbuiltins\nlist\n](" + repeat("N", 900) + "e\x85\x940" +
			repeat("cbuiltins\nlist\nh\x00R0", 900) + "N.", "bytes of memory"},
		{"a str encoded again and again", "V" + repeat("a", 9_000) + "\nVlatin1\n\x86\x940" + repeat("c_codecs\nencode\nh\x00R0", 900) + "N.", "bytes of memory"},
		{"a dict copied again and again", "}(" + manyKeys + "u\x85\x940" + repeat("ccollections\nOrderedDict\nh\x00R0", 900) + "N.", "bytes of memory"},
		{"foreign globals", manyForeign(3000) + "N.", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			limits := small()
			f, used, err := decodeMeasured([]byte(tt.pickle), limits)
			if used > 8<<20 {
				t.Errorf("%d bytes were allocated under a limit of %d", used, limits.MaxMemory)
			}
			if tt.what == "" {
				if err != nil && !strings.Contains(err.Error(), "bytes of memory") {
					t.Fatal(err)
				}
				if f != nil && len(f.Foreign) > maxForeign {
					t.Errorf("%d foreign globals are listed", len(f.Foreign))
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.what) {
				t.Errorf("got %v; want …%s…", err, tt.what)
			}
		})
	}
}

func sparsePuts(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "p%d\n", 1000+i*1000)
	}
	return b.String()
}

func manyForeign(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "cacme\nThing%d\n0", i)
	}
	return b.String()
}

// TestNumPy tells numpy's generation by the names of its modules.
func TestNumPy(t *testing.T) {
	for file, want := range map[string]int{
		"cnumpy.core.multiarray\n_reconstruct\n.":     1,
		"cnumpy._core.multiarray\n_reconstruct\n.":    2,
		"cnumpy\nndarray\n.":                          0,
		"cmycompany.numpy.core.multiarray\nscalar\n.": 0,
		"(cnumpy.core.multiarray\nscalar\ncnumpy._core.multiarray\nscalar\ncnumpy.core.multiarray\nscalar\nt.": -1,
	} {
		if f, err := Decode([]byte(file), Limits{}); err != nil || f.NumPy != want {
			t.Errorf("%q: %+v, %v; want %d", file, f, err, want)
		}
	}
}

// TestForeign lists what is not of the known libraries, with its place, and
// keeps it as inert as the rest.
func TestForeign(t *testing.T) {
	f, err := Decode([]byte("(c__main__\nThing\n)\x81}bcmycompany.ml.steps\nclean\nc__main__\nThing\ncsklearn.a\nB\nl."), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range f.Foreign {
		got = append(got, fmt.Sprintf("%s at %d", c, c.Offset))
	}
	if want := "__main__.Thing at 1, mycompany.ml.steps.clean at 21"; strings.Join(got, ", ") != want {
		t.Errorf("got %s; want %s", strings.Join(got, ", "), want)
	}
	if f.Calls {
		t.Error("an instance and names were taken for calls")
	}
	if called, err := Decode([]byte("cmycompany.ml.steps\nclean\n)R."), Limits{}); err != nil || !called.Calls {
		t.Errorf("a call was not told: %v", err)
	}
	if o, ok := f.Root.(*List).Items[0].(*Object); !ok || o.Class.Name != "Thing" || o.State == nil {
		t.Errorf("the instance came as %v", f.Root.(*List).Items[0])
	}
}

// TestLaughs reads 60 levels of tuples that hold the level below twice. As
// nodes are shared it takes no room; written out it would be 2^60 values, so
// errors that quote a value must not write it out.
func TestLaughs(t *testing.T) {
	laughs := ")" + strings.Repeat("2\x86", 60)
	start := time.Now()
	f, used, err := decodeMeasured([]byte(laughs+"."), small())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := f.Root.(Tuple); !ok || used > 1<<20 {
		t.Errorf("%T in %d bytes", f.Root, used)
	}
	for _, p := range []string{
		"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tC\x01btR(K\x01" + laughs + "cnumpy\ndtype\nVi8\n\x85R\x89C\x00tb.",
		"}" + laughs + "Ns" + laughs + "Ns.",
		laughs + ")R.",
		"cnumpy\ndtype\n" + laughs + "R.",
		"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(Vsubclass\ncnumpy\nndarray\nVdtype\ncnumpy\ndtype\nVi8\n\x85RVorder\n" + laughs + "ub.",
	} {
		if _, err := Decode([]byte(p), small()); err != nil && len(err.Error()) > 200 {
			t.Errorf("an error of %d bytes: %.200s…", len(err.Error()), err)
		}
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestDeep nests lists, cycles within cycles and records to a depth at which
// recursion would hurt.
func TestDeep(t *testing.T) {
	const depth = 1 << 20
	for name, p := range map[string]string{
		"lists":  strings.Repeat("]", depth) + strings.Repeat("a", depth-1) + ".",
		"cycles": strings.Repeat("]\x94", depth) + "h\x00a" + strings.Repeat("a", depth-1) + ".",
		"tuples": "N" + strings.Repeat("\x85", depth) + ".",
	} {
		if _, err := Decode([]byte(p), Limits{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	record := "cnumpy\ndtype\nVi8\n\x85R"
	for range 20 {
		record = "cnumpy\ndtype\nVV8\n\x85R(K\x03V|\nNVa\n\x85}Va\n" + record + "K\x00\x86sK\x08K\x01K\x00tb"
	}
	if _, err := Decode([]byte(record+"."), Limits{}); err == nil || !strings.Contains(err.Error(), "nested 17 deep") {
		t.Errorf("records within records: %v", err)
	}
}

// step is from one byte to the next that is damaged: -short looks at some only.
func step() int {
	if testing.Short() {
		return 7
	}
	return 1
}

// TestTruncated cuts real files at every byte. All but the whole is an error
// that says where.
func TestTruncated(t *testing.T) {
	files := archives(t)[newest]
	for _, name := range []string{"forest-2.pickle", "forest-5.pickle", "forest.joblib", "boosting.joblib", "values-0.pickle", "values-4.pickle",
		"forest.zlib", "forest.gzip", "forest.bz2", "forest.xz", "forest.lzma", "forest.lz4"} {
		data := files[name]
		for n := 0; n < len(data); n += step() {
			f, err := Decode(data[:n:n], Limits{MaxBytes: 1 << 18})
			var e *Error
			if !errors.As(err, &e) || f != nil {
				t.Fatalf("%s cut at %d of %d: %v", name, n, len(data), err)
			}
		}
		if _, err := Decode(append(data[:len(data):len(data)], 0), Limits{}); err == nil || len(data) == 0 {
			t.Errorf("%s: a byte after the end went unnoticed", name)
		}
	}
}

// TestFlipped damages real files at every byte. Those with a checksum never
// read as something else; the others (joblib's lz4 among them) end without a
// panic, in a value or an error.
func TestFlipped(t *testing.T) {
	files := archives(t)[newest]
	for _, name := range []string{"forest-5.pickle", "boosting.joblib", "forest.xz", "forest.gzip", "forest.lz4"} {
		data := bytes.Clone(files[name])
		for i := 0; i < len(data); i += step() {
			data[i] ^= 0x81
			f, err := Decode(data, Limits{MaxBytes: 1 << 18, MaxMemory: 4 << 20})
			checked := name == "forest.xz" || name == "forest.gzip" && i >= 10 // after the header
			if err == nil && checked {
				t.Errorf("%s: damage at byte %d of %d went unnoticed", name, i, len(data))
			}
			if err == nil && f.Root == nil {
				t.Errorf("%s: byte %d: neither a value nor an error", name, i)
			}
			data[i] ^= 0x81
		}
	}
}

// TestBombs decompresses what expands a thousandfold: it stops at the limits.
func TestBombs(t *testing.T) {
	zeros := make([]byte, 32<<20)
	compress := map[string]func(*bytes.Buffer) error{
		"zlib": func(b *bytes.Buffer) error {
			w := zlib.NewWriter(b)
			_, err := w.Write(zeros)
			return errors.Join(err, w.Close())
		},
		"gzip": func(b *bytes.Buffer) error {
			w := gzip.NewWriter(b)
			_, err := w.Write(zeros)
			return errors.Join(err, w.Close())
		},
		"lz4": func(b *bytes.Buffer) error {
			w := lz4.NewWriter(b)
			_, err := w.Write(zeros)
			return errors.Join(err, w.Close())
		},
		"xz": func(b *bytes.Buffer) error {
			w, err := xz.WriterConfig{DictCap: 1 << 16}.NewWriter(b)
			if err != nil {
				return err
			}
			_, err = w.Write(zeros[:4<<20])
			return errors.Join(err, w.Close())
		},
		"lzma": func(b *bytes.Buffer) error {
			w, err := lzma.WriterConfig{DictCap: 1 << 23}.NewWriter(b)
			if err != nil {
				return err
			}
			_, err = w.Write(zeros[:4<<20])
			return errors.Join(err, w.Close())
		},
	}
	for name, write := range compress {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			_, used, err := decodeMeasured(b.Bytes(), small())
			if err == nil || !strings.Contains(err.Error(), "expands to more than 1048576 bytes") {
				t.Errorf("got %v", err)
			}
			if used > 32<<20 {
				t.Errorf("%d bytes were allocated", used)
			}
		})
	}
}

// TestRatio checks how far a file may expand.
func TestRatio(t *testing.T) {
	limits := DefaultLimits()
	for n, want := range map[int]int64{
		0:       64 << 20,
		1 << 20: 64<<20 + 256<<20,
		1 << 30: 2 << 30, // MaxBytes
	} {
		if got := limits.most(n); got != want {
			t.Errorf("%d bytes may become %d; want %d", n, got, want)
		}
	}
}

// TestDictionaries asks for dictionaries of gigabytes.
func TestDictionaries(t *testing.T) {
	lzmaFile := append([]byte{0x5d, 0, 0, 0, 0x80}, bytes.Repeat([]byte{0xff}, 8)...)
	lzmaFile = append(lzmaFile, make([]byte, 20)...)

	header := []byte{2, 0, lzma2Filter, 1, 40, 0, 0, 0} // a block whose dictionary has 4 GiB
	xzFile := []byte("\xfd7zXZ\x00\x00\x00")
	xzFile = binary.LittleEndian.AppendUint32(xzFile, crc32.ChecksumIEEE(xzFile[6:8]))
	xzFile = append(xzFile, header...)
	xzFile = binary.LittleEndian.AppendUint32(xzFile, crc32.ChecksumIEEE(header))

	for name, data := range map[string][]byte{"lzma": lzmaFile, "xz": xzFile} {
		_, used, err := decodeMeasured(data, Limits{})
		if err == nil || !strings.Contains(err.Error(), "the dictionary has") || used > 1<<20 {
			t.Errorf("%s: %v, %d bytes allocated", name, err, used)
		}
	}
}

// TestNestedPickle hides a hostile global in the pickle of an object array.
func TestNestedPickle(t *testing.T) {
	wrapper := "cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(Vsubclass\ncnumpy\nndarray\nVdtype\ncnumpy\ndtype\nVO\n\x85R" +
		"Vorder\nVC\nVshape\nK\x01\x85ub"
	nested := func(item string) string {
		return "\x80\x02cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tC\x01btR(K\x01K\x01\x85cnumpy\ndtype\nVO\n\x85R\x89](" + item + "etb."
	}
	for _, tt := range []struct{ name, pickle, what string }{
		{"a value", nested("K\x05"), ""},
		{"os.system", nested("cos\nsystem\n"), "os.system"},
		{"a memo entry of the pickle around", nested("h\x00"), "memo entry 0"},
		{"another wrapper", wrapper + nested("K\x05"), "within the pickle of an array's objects"},
		{"nothing", "", "0 values"},
		{"a list", "]", "holds list"},
		{"two elements", nested("K\x05K\x06"), "want 1"},
	} {
		f, err := Decode([]byte("Nq\x000"+wrapper+tt.pickle+"."), Limits{})
		if tt.what == "" {
			if err != nil || f.Root.(*Array).Objects[0] != int64(5) || f.Format != "joblib" {
				t.Errorf("%s: %v", tt.name, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), tt.what) {
			t.Errorf("%s: got %v; want …%s…", tt.name, err, tt.what)
		}
	}
}
