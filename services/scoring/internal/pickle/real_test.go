package pickle

import (
	"archive/zip"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/big"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// archives returns the files that testdata/make.py wrote, by archive and name.
func archives(t testing.TB) map[string]map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.zip")
	if err != nil || len(paths) < 2 {
		t.Fatalf("testdata holds %d archives, %v; want at least 2", len(paths), err)
	}
	all := make(map[string]map[string][]byte)
	for _, path := range paths {
		z, err := zip.OpenReader(path)
		if err != nil {
			t.Fatal(err)
		}
		files := make(map[string][]byte)
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			if files[f.Name], err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(path)] = files
	}
	return all
}

// TestRealFiles reads files of numpy and joblib in every protocol and compares
// each value with what Python sees.
func TestRealFiles(t *testing.T) {
	for archive, files := range archives(t) {
		for _, group := range []string{"values", "arrays"} {
			var want map[string]any
			unmarshal(t, files[group+".json"], &want)
			for protocol := range 6 {
				for _, format := range []string{"pickle", "joblib"} {
					name := fmt.Sprintf("%s-%d.%s", group, protocol, format)
					t.Run(archive+"/"+name, func(t *testing.T) {
						compare(t, files[name], want, group == "arrays" && format == "joblib")
					})
				}
			}
		}
	}
}

func compare(t *testing.T, data []byte, want map[string]any, joblib bool) {
	f, err := Decode(data, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if (f.Format == "joblib") != joblib || f.Compression != "" || len(f.Foreign) > 0 {
		t.Errorf("format %q, compression %q, foreign %v", f.Format, f.Compression, f.Foreign)
	}
	root := f.Root.(*Dict)
	if len(root.Keys) != len(want) {
		t.Errorf("%d entries; want %d", len(root.Keys), len(want))
	}
	for i, key := range root.Keys {
		got, _ := json.Marshal(describe(root.Values[i], nil))
		expected, _ := json.Marshal(want[key.(string)])
		if string(got) != string(expected) {
			t.Errorf("%s:\n got %s\nwant %s", key, got, expected)
		}
	}
}

// TestRealModels reads the same forest in all of joblib's compressions
// and compares its trees with Python's.
func TestRealModels(t *testing.T) {
	for archive, files := range archives(t) {
		var want struct{ Forest, Values, Boosting []any }
		unmarshal(t, files["models.json"], &want)
		for name, data := range files {
			stem, extension, _ := strings.Cut(name, ".")
			if stem != "boosting" && !strings.HasPrefix(stem, "forest") {
				continue
			}
			t.Run(archive+"/"+name, func(t *testing.T) {
				f, err := Decode(data, Limits{})
				if err != nil {
					t.Fatal(err)
				}
				compression := extension
				if extension == "pickle" || extension == "joblib" {
					compression = ""
				}
				if f.Compression != compression {
					t.Errorf("compression %q; want %q", f.Compression, compression)
				}
				if stem == "boosting" {
					nodes := find(f.Root, "_predictors", "nodes")
					check(t, nodes, want.Boosting)
					return
				}
				check(t, find(f.Root, "estimators_", "tree_", "nodes"), want.Forest)
				check(t, find(f.Root, "estimators_", "tree_", "values"), want.Values)
			})
		}
	}
}

func check(t *testing.T, values []Value, want []any) {
	t.Helper()
	var seen []any
	for _, v := range values {
		seen = append(seen, describe(v, nil))
	}
	got, _ := json.Marshal(seen)
	expected, _ := json.Marshal(want)
	if len(want) == 0 || string(got) != string(expected) {
		t.Errorf("got %.2000s\nwant %.2000s", got, expected)
	}
}

// find follows attributes, through whatever lists there are.
func find(v Value, path ...string) []Value {
	switch v := v.(type) {
	case *List:
		var all []Value
		for _, item := range v.Items {
			all = append(all, find(item, path...)...)
		}
		return all
	case *Object:
		if len(path) > 0 {
			if next, ok := v.Attr(path[0]); ok {
				return find(next, path[1:]...)
			}
			return nil
		}
	}
	if len(path) == 0 {
		return []Value{v}
	}
	return nil
}

func unmarshal(t *testing.T, data []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatal(err)
	}
}

type doc = map[string]any

// describe is make.py's function of that name.
func describe(v Value, path []any) any {
	var id any
	switch v := v.(type) {
	case *List:
		id = v
	case *Dict:
		id = v
	}
	if id != nil {
		for i, p := range path {
			if p == id {
				return doc{"cycle": len(path) - i}
			}
		}
	}
	path = append(path, id)
	each := func(items []Value) []any {
		out := []any{}
		for _, item := range items {
			out = append(out, describe(item, path))
		}
		return out
	}
	switch v := v.(type) {
	case int64:
		return doc{"int": fmt.Sprint(v)}
	case *big.Int:
		return doc{"int": v.String()}
	case float64:
		if math.IsNaN(v) {
			return doc{"float": "nan"}
		}
		return doc{"float": fmt.Sprintf("%016x", math.Float64bits(v))}
	case string:
		return doc{"str": v}
	case Bytes:
		return doc{"bytes": hex.EncodeToString(v)}
	case Tuple:
		return doc{"tuple": each(v)}
	case *List:
		return doc{"list": each(v.Items)}
	case *Set:
		return doc{"set": each(v.Items)}
	case *Dict:
		return doc{"dict": pairs(v, path)}
	case *Class:
		return doc{"class": v.String()}
	case *Dtype:
		return doc{"dtype": describeDtype(*v)}
	case *Array:
		return doc{"array": describeDtype(v.Dtype), "shape": v.Shape, "elements": elements(v, path)}
	case *Object:
		if v.Pairs != nil {
			return doc{"pairs": pairs(v.Pairs, path)}
		}
		if v.Class.Name == "scalar" {
			return doc{"object": "scalar"}
		}
		return doc{"object": v.Class.String()}
	}
	return v
}

func pairs(d *Dict, path []any) []any {
	out := []any{}
	for i := range d.Keys {
		out = append(out, []any{describe(d.Keys[i], path), describe(d.Values[i], path)})
	}
	return out
}

func describeDtype(d Dtype) doc {
	out := doc{"kind": string(rune(d.Kind)), "size": d.Size, "big": d.Big}
	if len(d.Fields) > 0 {
		fields := []any{}
		for _, f := range d.Fields {
			fields = append(fields, []any{f.Name, f.Offset, describeDtype(f.Dtype)})
		}
		out["fields"] = fields
	}
	return out
}

func elements(a *Array, path []any) any {
	if len(a.Dtype.Fields) > 0 && !a.Dtype.objects {
		whole, err := a.column()
		if err != nil {
			return err.Error()
		}
		return fieldElements(whole)
	}
	if k := a.Dtype.Kind; k == 'M' || k == 'm' || k == 'c' || k == 'f' && a.Dtype.Size > 8 {
		if _, err := a.Float64s(); err == nil {
			return "an opaque array has numbers"
		}
		return nil
	}
	values, err := a.Values()
	if err != nil {
		return err.Error()
	}
	if err := agree(a, values); err != nil {
		return err.Error()
	}
	out := []any{}
	for _, v := range values {
		out = append(out, describe(v, path))
	}
	return out
}

func fieldElements(c Column) any {
	if len(c.dtype.Fields) > 0 {
		out := doc{}
		for _, f := range c.dtype.Fields {
			field, err := c.Field(f.Name)
			if err != nil {
				return err.Error()
			}
			out[f.Name] = fieldElements(field)
		}
		return out
	}
	out := []any{}
	if c.dtype.Kind == 'f' {
		v, _ := c.Float64s()
		for _, x := range v {
			out = append(out, describe(x, nil))
		}
		return out
	}
	if c.dtype.Kind == 'b' {
		v, _ := c.Bools()
		for _, x := range v {
			out = append(out, x)
		}
		return out
	}
	v, _ := c.Int64s()
	for _, x := range v {
		out = append(out, describe(x, nil))
	}
	return out
}

// agree checks that the typed accessors return what Values does.
func agree(a *Array, values []Value) error {
	ints, _ := a.Int64s()
	floats, floatErr := a.Float64s()
	bools, _ := a.Bools()
	texts, _ := a.Strings()
	for i, v := range values {
		var same bool
		switch v := v.(type) {
		case int64:
			same = a.Dtype.Kind == 'O' || a.Dtype.Kind == 'u' && len(ints) == 0 || ints[i] == v
			same = same && (a.Dtype.Kind == 'O' || floatErr != nil || floats[i] == float64(v))
		case float64:
			same = a.Dtype.Kind == 'O' || math.Float64bits(floats[i]) == math.Float64bits(v)
		case bool:
			same = a.Dtype.Kind == 'O' || bools[i] == v
		case string:
			same = a.Dtype.Kind == 'O' && len(texts) == 0 || texts[i] == v
		default:
			same = true
		}
		if !same {
			return fmt.Errorf("element %d of %s is %v in Values and something else in its own accessor", i, a.Dtype, v)
		}
	}
	return nil
}

// TestShared checks that a value the pickle holds twice is one value here.
func TestShared(t *testing.T) {
	for archive, files := range archives(t) {
		f, err := Decode(files["values-4.pickle"], Limits{})
		if err != nil {
			t.Fatal(archive, err)
		}
		v, _ := f.Root.(*Dict).Get("shared")
		items := v.(*List).Items
		if items[0] != items[1] || !reflect.DeepEqual(items[2], Tuple{items[0]}) || items[2].(Tuple)[0] != items[0] {
			t.Errorf("%s: the same list three times came as %v", archive, items)
		}
	}
}
