package skops

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzDecode reads anything, under limits that also bound what is allocated.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("../../testdata/skops-*/*/model.skops")
	if err != nil || len(files) == 0 {
		f.Fatalf("no files of skops (%v)", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 20_000 {
			f.Add(data)
		}
	}
	f.Add(of(f, list(number(1, "1"))))
	f.Add(of(f, arrayNode("1.npy"), entry{name: "1.npy", data: npy("{'descr':[('a','<f8'),('','|V8')],'fortran_order':True,'shape':(1,)}", "1234567812345678")}))
	f.Add(of(f, dictOf("int", "1")))
	limits := Limits{MaxBytes: 1 << 20, MaxRatio: 10, MaxEntries: 100, MaxDepth: 100, MaxMemory: 1 << 20}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, used, err := decodeMeasured(data, limits)
		if used > 32<<20+8*uint64(len(data)) {
			t.Errorf("%d bytes were allocated for %d", used, len(data))
		}
		if err != nil {
			checkError(t, err)
			return
		}
		if file.Format != "skops" {
			t.Errorf("the format is %q", file.Format)
		}
	})
}

// FuzzSchema reads any schema, and any array beside it: fuzzing a whole file
// seldom gets past its checksums.
func FuzzSchema(f *testing.F) {
	for _, root := range []string{list(number(1, "1.5")), arrayNode("1.npy"), dictOf("float", "NaN"),
		node("sklearn.tree._tree", "Tree", "TreeNode", `"__reduce__":{"args":{`+node("builtins", "tuple", "TupleNode", `"content":[]`)+`}},"content":`+number(1, "null"))} {
		f.Add([]byte(`{"protocol":2,`+root+`}`), []byte(npy("{'descr':'<f8','fortran_order':False,'shape':(1,)}", "12345678")))
	}
	f.Fuzz(func(t *testing.T, schema, array []byte) {
		data := archiveOf(t, entry{name: "1.npy", data: string(array)}, entry{name: schemaName, data: string(schema)})
		_, used, err := decodeMeasured(data, Limits{MaxBytes: 1 << 20, MaxDepth: 100, MaxMemory: 1 << 20})
		if used > 32<<20+8*uint64(len(data)) {
			t.Errorf("%d bytes were allocated for %d", used, len(data))
		}
		if err != nil {
			checkError(t, err)
		}
	})
}
