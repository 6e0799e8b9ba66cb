package skops

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"runtime"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// An entry of an archive that a test makes.
type entry struct {
	name   string
	data   string
	method uint16
}

func archiveOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: e.method}
		if e.method == zip.Store { // without a data descriptor, as Python writes it
			h.CRC32 = crc32.ChecksumIEEE([]byte(e.data))
			h.CompressedSize64, h.UncompressedSize64 = uint64(len(e.data)), uint64(len(e.data))
			f, err := w.CreateRaw(h)
			if err == nil {
				_, err = f.Write([]byte(e.data))
			}
			if err != nil {
				t.Fatal(err)
			}
			continue
		}
		f, err := w.CreateHeader(h)
		if err == nil {
			_, err = f.Write([]byte(e.data))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// of is a file of a root node with the given members.
func of(t testing.TB, root string, entries ...entry) []byte {
	t.Helper()
	return archiveOf(t, append(entries, entry{name: schemaName, data: `{"protocol":2,` + root + `}`})...)
}

// node writes a node; rest are its further members.
func node(module, class, loader, rest string) string {
	return fmt.Sprintf(`"__module__":%q,"__class__":%q,"__loader__":%q,%s`, module, class, loader, rest)
}

func list(content string) string {
	return node("builtins", "list", "ListNode", `"content":[`+content+`]`)
}

func number(id int, content string) string {
	return "{" + node("builtins", "str", "JsonNode", fmt.Sprintf(`"content":%q,"__id__":%d`, content, id)) + "}"
}

// npy is an array file with the given header and elements.
func npy(header, data string) string {
	size := binary.LittleEndian.AppendUint16(nil, uint16(len(header))) //nolint:gosec // short
	return npyMagic + "\x01\x00" + string(size) + header + data
}

func arrayNode(file string) string {
	return node("numpy", "ndarray", "NdArrayNode", fmt.Sprintf(`"type":"numpy","file":%q`, file))
}

// Whatever a hostile file does, it is refused with the reason.
func TestHostile(t *testing.T) {
	plain := of(t, list(number(1, "1")))
	if _, err := Decode(plain, Limits{}); err != nil {
		t.Fatalf("the file that others are made of: %v", err)
	}
	directory := bytes.Index(plain, []byte("PK\x01\x02"))
	change := func(at int, b byte) []byte {
		out := bytes.Clone(plain)
		out[at] = b
		return out
	}
	tests := []struct {
		name string
		data []byte
		what string
	}{
		// The archive.
		{"truncated", plain[:len(plain)-1], "does not end with its directory"},
		{"trailing bytes", append(bytes.Clone(plain), 0), "does not end with its directory"},
		{"a wrong checksum", change(localHeaderSize+len(schemaName)+3, 'X'), "checksum"},
		{"a name that differs in the directory", change(localHeaderSize, 'z'), "its header and the archive's directory differ"},
		{"a method that differs in the directory", change(8, 8), "its header and the archive's directory differ"},
		{"encrypted", change(directory+8, 1), "encrypted"},
		{"an unknown method", change(directory+10, 12), "method 12"},
		{"a size that lies", change(directory+20, 1), "its sizes differ"},
		{"a name with a path", of(t, list(""), entry{name: "../a.npy"}), "plain file names"},
		{"a name with a drive", of(t, list(""), entry{name: `c:a.npy`}), "plain file names"},
		{"two entries of a name", of(t, list(""), entry{name: "a"}, entry{name: "a"}), "two entries"},
		{"too many entries", of(t, list(""), many(60)...), "62 entries; at most 50"},
		{"a bomb", of(t, list(""), entry{"a.bin", strings.Repeat("\x00", 8<<20), zip.Deflate}), "times its size"},
		{"too large together", of(t, list(""), entry{name: "a", data: strings.Repeat("x", 9<<20)}, entry{name: "b", data: strings.Repeat("x", 9<<20)}), "decompresses to more than"},
		{"entries that overlap", overlapping(t), "overlap"},
		{"no schema", archiveOf(t, entry{name: "a"}), `no entry "schema.json"`},

		// The schema.
		{"no JSON", archiveOf(t, entry{name: schemaName, data: "{]"}), "schema.json, at byte"},
		{"no object", archiveOf(t, entry{name: schemaName, data: "[]"}), "no JSON object"},
		{"cut off", archiveOf(t, entry{name: schemaName, data: `{"a":[`}), "unexpected EOF"},
		{"trailing JSON", archiveOf(t, entry{name: schemaName, data: `{} {}`}), "something follows"},
		{"no UTF-8", archiveOf(t, entry{name: schemaName, data: "{\"\xff\":1}"}), "not UTF-8"},
		{"half a surrogate pair", of(t, `"a":"\ud800"`), "no character"},
		{"a name twice", of(t, `"a":1,"a":2`), `"a" appears twice`},
		{"a name twice among many", of(t, names(40)+`,"n7":2`), `"n7" appears twice`},
		{"deep JSON", of(t, `"a":`+strings.Repeat("[", 200)+strings.Repeat("]", 200)), "nested too deep"},
		{"deep nodes", of(t, deep(60)), "nested too deep"},
		{"large JSON", of(t, `"a":[`+strings.Repeat("[],", 500_000)+`1]`), "bytes of memory"},

		// The protocol.
		{"no protocol", archiveOf(t, entry{name: schemaName, data: "{" + list("") + "}"}), "by which protocol"},
		{"a negative protocol", archiveOf(t, entry{name: schemaName, data: `{"protocol":-1}`}), "want a number from 0 to 2"},
		{"a protocol that is no number", archiveOf(t, entry{name: schemaName, data: `{"protocol":true}`}), "by which protocol"},
		{"a newer protocol", archiveOf(t, entry{name: schemaName, data: `{"protocol":3}`}), "protocol 3 of skops is not supported"},

		// Nodes.
		{"an unknown loader", of(t, node("sklearn", "A", "EvilNode", `"content":1`)), `"EvilNode" of sklearn.A is not supported`},
		{"a bound method", of(t, node("sklearn.base", "A", "MethodNode", `"content":{"func":"f"}`)), `"MethodNode"`},
		{"a node that is no object", of(t, list("1")), "no JSON object"},
		{"an object that holds itself", of(t, list("{"+list("")+`,"__id__":7}`)+`,"__id__":7`), "holds itself"},
		{"a reference to nothing", of(t, node("", "", "CachedNode", `"__id__":9`)), "does not come before it"},
		{"two objects of an id", of(t, list(number(5, "1")+","+number(5, "2"))), "same id and differ"},
		{"two classes of an id", of(t, list(number(5, "1")+",{"+list("")+`,"__id__":5}`)), "same id and differ"},
		{"an id that is no number", of(t, list("")+`,"__id__":"x"`), "__id__"},
		{"a state that is a tuple of nothing", of(t, node("sklearn.tree._tree", "Tree", "TreeNode", `"content":{}`)), "no __reduce__"},
		{"an integer without end", of(t, list(number(1, strings.Repeat("9", 1000)))), "1000 digits"},
		{"a scalar that is a list", of(t, list(number(1, "[1]"))), "no JSON scalar"},
		{"a hexadecimal number", of(t, list(number(1, "0x1.8p3"))), "no JSON number"},
		{"fewer key types than keys", of(t, node("builtins", "dict", "DictNode", `"content":{"a":`+number(1, "1")+`},"key_types":{`+list("")+`}`)), "one type for each key"},
		{"a key that is no number", of(t, dictOf("int", "a")), `"a" is no JSON scalar`},
		{"a key of a class", of(t, dictOf("slice", "a")), "of type builtins.slice"},

		// Names: what the file says of itself counts for nothing.
		{"os.system", of(t, node("os", "system", "FunctionNode", `"a":1`)), "os.system, which could run code"},
		{"eval", of(t, node("builtins", "eval", "TypeNode", `"a":1`)), "builtins.eval, which could run code"},
		{"a class that runs code", of(t, node("subprocess", "Popen", "ConstructorFromReduceNode", `"content":{`+node("builtins", "tuple", "TupleNode", `"content":[]`)+`}`)), "subprocess.Popen"},
		{"a tree of another class", of(t, node("os", "system", "TreeNode", `"content":{}`)), "os.system"},
		{"methodcaller", of(t, node("operator", "methodcaller", "OperatorFuncNode", `"attrs":1`)), "operator.methodcaller"},
		{"an attribute of a class", of(t, node("sklearn", "A.b", "TypeNode", `"a":1`)), "not a plain name"},
		{"a module that is none", of(t, node("sklearn.;", "A", "TypeNode", `"a":1`)), "not a module's name"},
		{"a name without end", of(t, node("sklearn", strings.Repeat("A", 300), "TypeNode", `"a":1`)), "at most 256"},
		{"a dangerous part of an opaque object", of(t, node("numpy.ma", "MaskedArray", "MaskedArrayNode", `"content":{"data":{`+node("os", "system", "TypeNode", `"a":1`)+`}}`)), "os.system"},
		{"a function of protocol 0", archiveOf(t, entry{name: schemaName, data: `{"protocol":0,` + node("builtins", "function", "FunctionNode", `"content":{"module_path":"os","function":"system"}}`)}), "os.system"},

		// Arrays.
		{"an array without a file", of(t, arrayNode("1.npy")), `no entry "1.npy"`},
		{"an array of another type", of(t, node("numpy", "ndarray", "NdArrayNode", `"type":"pickle"`)), "want numpy or json"},
		{"an array of a subclass", of(t, node("sklearn", "A", "NdArrayNode", `"type":"numpy","file":"1.npy"`), entry{name: "1.npy", data: npy("{'descr':'<f8','fortran_order':False,'shape':()}", "12345678")}), "only plain arrays"},
		{"no array file", of(t, arrayNode("1.npy"), entry{name: "1.npy", data: "PK"}), "no .npy file"},
		{"a header that lies", of(t, arrayNode("1.npy"), entry{name: "1.npy", data: npyMagic + "\x01\x00\xff\xff{}"}), "claims 65535 bytes"},
		{"a header of gigabytes", of(t, arrayNode("1.npy"), entry{name: "1.npy", data: npyMagic + "\x02\x00\xff\xff\xff\xff{}"}), "claims 4294967295 bytes"},
		{"a header that calls", header(t, "{'descr':'<f8','fortran_order':False,'shape':f()}"), "is no value"},
		{"a header without end", header(t, "{'descr':"+strings.Repeat("[", 100)), "nested too deep"},
		{"a header of many keys", header(t, "{"+keys(100)), "more than 16 keys"},
		{"a shape that overflows", header(t, "{'descr':'<f8','fortran_order':False,'shape':(4294967296,4294967296)}"), "does not fit"},
		{"a shape of more than there is", header(t, "{'descr':'<f8','fortran_order':False,'shape':(3,)}"), "want 24"},
		{"a shape that overflows int", header(t, "{'descr':'<f8','fortran_order':False,'shape':(99999999999999999999,)}"), "no integer"},
		{"objects", header(t, "{'descr':'|O','fortran_order':False,'shape':(2,)}"), "objects are read from raw bytes"},
		{"records of objects", header(t, "{'descr':[('a','|O')],'fortran_order':False,'shape':(2,)}"), "objects are read from raw bytes"},
		{"a field twice", header(t, "{'descr':[('a','<f8'),('a','<f8')],'fortran_order':False,'shape':(1,)}"), "two fields"},
		{"a record without end", header(t, "{'descr':[('a','<f8',(999999,999999))],'fortran_order':False,'shape':(1,)}"), "more than 1048576 bytes"},
		{"an object array of another shape", of(t, node("numpy", "ndarray", "NdArrayNode", `"type":"json","content":[`+number(1, "1")+`],"shape":{`+node("builtins", "tuple", "TupleNode", `"content":[`+number(2, "2")+`]`)+`}`)), "has 1 elements; want 2"},
		{"an object array that is ragged", of(t, node("numpy", "ndarray", "NdArrayNode", `"type":"json","content":[`+number(1, "1")+`],"shape":{`+node("builtins", "tuple", "TupleNode", `"content":[`+number(3, "1")+","+number(2, "2")+`]`)+`}`)), "do not fit its shape"},
	}
	limits := Limits{MaxBytes: 16 << 20, MaxRatio: 100, MaxEntries: 50, MaxDepth: 100, MaxMemory: 1 << 20}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, used, err := decodeMeasured(test.data, limits)
			if err == nil || !strings.Contains(err.Error(), test.what) {
				t.Fatalf("got %v, want an error with %q", err, test.what)
			}
			checkError(t, err)
			if used > 32<<20 {
				t.Errorf("%d bytes were allocated", used)
			}
		})
	}
}

// Lists that hold lists by id stay a graph: what they would unfold to costs
// nothing.
func TestSharedListsStayShared(t *testing.T) {
	inner := "{" + list("") + `,"__id__":100}`
	for i := range 30 {
		id := fmt.Sprintf(`{"__module__":"","__class__":"","__loader__":"CachedNode","__id__":%d}`, 100+i)
		inner = "{" + list(inner+strings.Repeat(","+id, 9)) + fmt.Sprintf(`,"__id__":%d}`, 101+i)
	}
	f, used, err := decodeMeasured(of(t, list(inner)), Limits{})
	if err != nil || used > 4<<20 {
		t.Fatalf("%d bytes were allocated; %v", used, err)
	}
	outer := f.Root.(*pickle.List).Items[0].(*pickle.List)
	if len(outer.Items) != 10 || outer.Items[0] != outer.Items[9] {
		t.Error("the items are not the same list")
	}
}

// An array that nodes share is inflated once.
func TestSharedEntriesAreReadOnce(t *testing.T) {
	data := npy("{'descr':'|u1','fortran_order':False,'shape':(1048576,)}", strings.Repeat("\x00\x01\x02\x03", 1<<18))
	f, used, err := decodeMeasured(of(t, list(strings.Repeat("{"+arrayNode("1.npy")+"},", 200)+"{"+arrayNode("1.npy")+"}"),
		entry{"1.npy", data, zip.Deflate}), Limits{MaxRatio: 1000})
	if err != nil || used > 16<<20 {
		t.Fatalf("%d bytes were allocated; %v", used, err)
	}
	if items := f.Root.(*pickle.List).Items; items[0] != items[200] {
		t.Error("the arrays differ")
	}
}

func header(t *testing.T, text string) []byte {
	t.Helper()
	return of(t, arrayNode("1.npy"), entry{name: "1.npy", data: npy(text, "1234567812345678")})
}

func dictOf(kind, name string) string {
	return node("builtins", "dict", "DictNode", `"content":{"`+name+`":`+number(1, "1")+`},"key_types":{`+
		list("{"+node("builtins", kind, "TypeNode", `"a":1`)+"}")+`}`)
}

func many(n int) []entry {
	out := make([]entry, n+1)
	for i := range out {
		out[i].name = fmt.Sprintf("%d.npy", i)
	}
	return out
}

func names(n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf(`"n%d":1`, i)
	}
	return strings.Join(out, ",")
}

func keys(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, "'%d':1,", i)
	}
	return out.String()
}

func deep(n int) string {
	out := list("")
	for range n {
		out = list("{" + out + "}")
	}
	return out
}

// overlapping is an archive whose second entry lies within the first.
func overlapping(t *testing.T) []byte {
	t.Helper()
	inner := archiveOf(t, entry{name: "b", data: "12345"})
	local := string(inner[:bytes.Index(inner, []byte("PK\x01\x02"))])
	data := of(t, list(""), entry{name: "b", data: "12345"}, entry{name: "a", data: local})
	// The directory's entry of b points to the one within a.
	at := bytes.Index(data, []byte("PK\x01\x02"))
	start := bytes.LastIndex(data[:at], []byte(local))
	binary.LittleEndian.PutUint32(data[at+42:], uint32(start)) //nolint:gosec // short
	return data
}

// decodeMeasured decodes and returns how many bytes were allocated meanwhile.
func decodeMeasured(data []byte, l Limits) (f *pickle.File, used uint64, err error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err = Decode(data, l)
	runtime.ReadMemStats(&after)
	return f, after.TotalAlloc - before.TotalAlloc, err
}

// checkError holds an error to what Decode promises.
func checkError(t *testing.T, err error) {
	t.Helper()
	var format *model.FormatError
	var unsupported *model.UnsupportedError
	if !errors.As(err, &format) && !errors.As(err, &unsupported) {
		t.Errorf("got a %T", err)
	}
	if len(err.Error()) > 1000 {
		t.Errorf("an error of %d bytes", len(err.Error()))
	}
}
