package store

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestParseMLmodel(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       *MLmodel
		err        string
	}{
		{"sklearn", "flavors:\n  sklearn: {pickled_model: model.pkl, serialization_format: cloudpickle}\n  python_function: {}\n", &MLmodel{Flavor: "sklearn", Artifact: "model.pkl"}, ""},
		{"a signature", `{flavors: {catboost: {data: model.cb}}, signature: {inputs: '[{"name": "a", "type": "long"}, {"name": "b", "type": "string"}]'}}`,
			&MLmodel{Flavor: "catboost", Artifact: "model.cb", Columns: []Column{{"a", false}, {"b", true}}}, ""},
		{"a date", `{flavors: {sklearn: {pickled_model: m}}, signature: {inputs: '[{"name": "a", "type": "datetime"}]'}}`,
			&MLmodel{Flavor: "sklearn", Artifact: "m", Columns: []Column{{"a", true}}}, ""},
		{"columns without names", `{flavors: {onnx: {data: model.onnx}}, signature: {inputs: '[{"type": "double"}]'}}`, &MLmodel{Flavor: "onnx", Artifact: "model.onnx"}, ""},
		{"a tensor", `{flavors: {xgboost: {data: m.ubj}}, signature: {inputs: '[{"type": "tensor", "tensor-spec": {"shape": [-1, 2]}}]'}}`, &MLmodel{Flavor: "xgboost", Artifact: "m.ubj"}, ""},
		{"code", "flavors: {python_function: {loader_module: mlflow.pyfunc.model, python_model: python_model.pkl}}", nil, `only a python_function (loader "mlflow.pyfunc.model")`},
		{"another flavor", "flavors: {pytorch: {}, python_function: {}}", nil, `no flavor of it is supported: ["pytorch"]`},
		{"nothing", "a: b", nil, "it has no flavors"},
		{"no YAML", "flavors: [", nil, "MLmodel: yaml"},
		{"a path out", "flavors: {lightgbm: {data: ../../etc/passwd}}", nil, "expected the name of a file beside MLmodel"},
		{"an absolute path", "flavors: {lightgbm: {data: /etc/passwd}}", nil, "expected the name of a file beside MLmodel"},
		{"no file", "flavors: {lightgbm: {data: [1]}}", nil, `flavors.lightgbm.data is ""`},
		{"itself", "flavors: {lightgbm: {data: MLmodel}}", nil, "expected the name of a file beside MLmodel"},
		{"another format", "flavors: {sklearn: {pickled_model: m, serialization_format: dill}}", nil, `serialization_format is "dill"`},
		{"an odd type", `{flavors: {catboost: {data: m}}, signature: {inputs: '[{"name": "a", "type": "object"}]'}}`, nil, `type "object"`},
		{"a name twice", `{flavors: {catboost: {data: m}}, signature: {inputs: '[{"name": "a", "type": "long"}, {"name": "a", "type": "long"}]'}}`, nil, `two inputs are named "a"`},
		{"no JSON", `{flavors: {catboost: {data: m}}, signature: {inputs: '['}}`, nil, "signature: inputs"},
	} {
		got, err := ParseMLmodel([]byte(c.text))
		switch {
		case c.err == "" && (err != nil || !reflect.DeepEqual(got, c.want)):
			t.Errorf("%s: got %+v, %v, want %+v", c.name, got, err, c.want)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%s: got %v, want an error with %q", c.name, err, c.err)
		}
	}
}

// A directory with an MLmodel is a version: of the file it names, whatever lies
// beside it, and a changed MLmodel is a changed version.
func TestMLflowDirectory(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "churn", "3")
	write := func(name, content string) {
		t.Helper()
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("MLmodel", "flavors: {xgboost: {data: booster.xgb}}")
	write("booster.xgb", "trees")
	write("input_example.json", "{}")
	write("model.pkl", "another")
	digests := func() Digests {
		t.Helper()
		listing, err := Directory(root).Scan(t.Context(), nil)
		if err != nil || len(listing.Versions) != 1 {
			t.Fatalf("got %+v, %v", listing, err)
		}
		files, err := Directory(root).Open(t.Context(), listing.Versions[0], 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		defer files.Close()
		if files.Name != "booster.xgb" {
			t.Errorf("the artifact is %s", files.Name)
		}
		d, err := files.Digests()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	before := digests()
	write("MLmodel", "flavors: {xgboost: {data: booster.xgb}} # changed")
	if after := digests(); after == before || after.SHA256 != before.SHA256 {
		t.Errorf("got %v after %v", after, before)
	}
	if !IsModel(dir) {
		t.Error("the directory alone is no model")
	}
}

// FuzzParseMLmodel: whatever the bytes, an error or the name of a file that stays
// in the directory.
func FuzzParseMLmodel(f *testing.F) {
	files, err := filepath.Glob("../../testdata/mlflow/*/model/MLmodel")
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
		m, err := ParseMLmodel(data)
		if err != nil {
			return
		}
		if m.Artifact != filepath.Base(m.Artifact) || strings.HasPrefix(m.Artifact, ".") {
			t.Errorf("the artifact is %q", m.Artifact)
		}
	})
}
