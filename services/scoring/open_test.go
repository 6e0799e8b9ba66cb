package scoring_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

// readTest reads a file of testdata.
func readTest(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", path))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// What is no model that this package reads is refused, by name where it is
// known.
func TestOpenRefuses(t *testing.T) {
	forest := readTest(t, "scikit-learn-1.9.1/columns-usual-forest/model.joblib")
	for _, test := range []struct {
		name string
		data string
		want error // of this type
		text string
	}{
		{"nothing", "", &scoring.FormatError{}, "the file is empty"},
		{"a text", "hello, world", &scoring.UnsupportedError{}, "this format is not supported; supported: joblib and pickle"},
		{"a CSV", "longitude,latitude\n1,2\n", &scoring.UnsupportedError{}, "this format is not supported"},
		{"JSON", `{"a": 1}`, &scoring.UnsupportedError{}, "this JSON document"},
		{"a broken skops", "PK\x03\x04....schema.json", &scoring.FormatError{}, "skops: the zip archive"},
		{"Git LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:4d\n", &scoring.UnsupportedError{}, "without the file (git lfs pull brings it)"},
		{"a web page", "<!DOCTYPE html><html>404</html>", &scoring.UnsupportedError{}, "a web page"},
		{"Keras", "PK\x03\x04....metadata.json..model.weights.h5", &scoring.UnsupportedError{}, "a zip archive, of Keras is not supported"},
		{"PyTorch", "PK\x03\x04....archive/data.pkl", &scoring.UnsupportedError{}, "of PyTorch"},
		{"an array", "\x93NUMPY\x01\x00v\x00{}", &scoring.UnsupportedError{}, "an array of numpy"},
		{"a dict", "\x80\x04}(\x8c\x05model\x94N\x8c\x06scaler\x94Nu.", &scoring.UnsupportedError{}, `a dict of "model", "scaler" is not supported; supported: one model, saved itself`},
		{"a tuple", "\x80\x04K\x01\x8c\x01a\x86.", &scoring.UnsupportedError{}, "a tuple of a int, a str is not supported"},
		{"a lambda", "\x80\x04\x8c\x17cloudpickle.cloudpickle\x8c\x0e_make_function\x93.", &scoring.FormatError{}, "a lambda perhaps, which could run code"},
		{"a zip", "PK\x03\x04....", &scoring.UnsupportedError{}, "a zip archive is not supported"},
		{"a truncated CatBoost", "CBM1....", &scoring.FormatError{}, "catboost: at byte 8: the size"},
		{"CatBoost JSON", `{"ctr_data": {}, "oblivious_trees": []}`, &scoring.FormatError{}, "catboost-json: 0 features"},
		{"old XGBoost", "binf....", &scoring.FormatError{}, "ends in its header"},
		{"older XGBoost", "bs64\tAAAA", &scoring.UnsupportedError{}, "before 0.40"},
		{"ONNX without a graph", "\x08\x08\x12\x08skl2onnx", &scoring.FormatError{}, "there is no graph"},
		{"HDF5", "\x89HDF\r\n\x1a\n", &scoring.UnsupportedError{}, "the HDF5 format"},
		{"PMML", "<?xml version='1.0'?>", &scoring.UnsupportedError{}, "PMML"},
		{"a truncated joblib", string(forest[:len(forest)/2]), &scoring.FormatError{}, "pickle: at byte"},
		{"a truncated gzip", "\x1f\x8b\x08", &scoring.FormatError{}, ""},
		{"a pickle of a number", "\x80\x04K\x01.", nil, ""},
		{"os.system", "\x80\x04cos\nsystem\n\x8c\x02id\x85R.", nil, "system"},
		{"builtins.eval", "c__builtin__\neval\n(V1+1\ntR.", nil, "eval"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := scoring.Open(strings.NewReader(test.data), nil)
			if err == nil || !strings.Contains(err.Error(), test.text) {
				t.Fatalf("got %v, want an error with %q", err, test.text)
			}
			if test.want != nil && reflect.TypeOf(err) != reflect.TypeOf(test.want) {
				t.Errorf("got a %T (%v), want a %T", err, err, test.want)
			}
			if !isPublic(err) {
				t.Errorf("got a %T (%v), which callers cannot tell", err, err)
			}
		})
	}
}

// isPublic reports whether an error of Open is one that its comment names.
func isPublic(err error) bool {
	var format *scoring.FormatError
	var unsupported *scoring.UnsupportedError
	var version *scoring.VersionError
	var mismatch *scoring.MismatchError
	return errors.As(err, &format) || errors.As(err, &unsupported) || errors.As(err, &version) || errors.As(err, &mismatch)
}

func TestOpenHoldsLimit(t *testing.T) {
	data := readTest(t, "scikit-learn-1.9.1/columns-usual-forest/model.joblib")
	if _, err := scoring.Open(bytes.NewReader(data), &scoring.Options{MaxBytes: int64(len(data))}); err != nil {
		t.Errorf("a file as large as the limit: %v", err)
	}
	_, err := scoring.Open(bytes.NewReader(data), &scoring.Options{MaxBytes: int64(len(data)) - 1})
	var format *scoring.FormatError
	if !errors.As(err, &format) || !strings.Contains(err.Error(), "larger than the limit") {
		t.Errorf("a file larger than the limit: got %v", err)
	}
}

func TestOpenPassesOnReadErrors(t *testing.T) {
	boom := errors.New("boom")
	if _, err := scoring.Open(iotest.ErrReader(boom), nil); !errors.Is(err, boom) {
		t.Errorf("got %v, want the reader's error", err)
	}
}

// A model of a version that was never tested needs a certificate or a word.
func TestOpenUntestedVersion(t *testing.T) {
	const dir = "scikit-learn-1.9.1/format-joblib-protocol-5/"
	// The version stands in the uncompressed file as a pickled string.
	untested := bytes.ReplaceAll(readTest(t, dir+"model.joblib"), []byte("1.9.1"), []byte("9.9.9"))
	_, err := scoring.Open(bytes.NewReader(untested), nil)
	var version *scoring.VersionError
	if !errors.As(err, &version) {
		t.Fatalf("got %v, want a VersionError", err)
	}
	if version.Library != "scikit-learn" || version.Version != "9.9.9" || !strings.HasPrefix(version.Tested, "1.1.3 to 1.9") {
		t.Errorf("got %+v", version)
	}
	if _, err := scoring.Open(bytes.NewReader(untested), &scoring.Options{AllowUntested: true}); err != nil {
		t.Errorf("allowed: %v", err)
	}
	golden := certificate(t, filepath.Join("testdata", dir, "golden.json"))
	if _, err := scoring.Open(bytes.NewReader(untested), &scoring.Options{Certificate: golden}); err != nil {
		t.Errorf("with a certificate: %v", err)
	}
}

// A certificate that does not match refuses the model, whatever is allowed.
// Here the first prediction differs in its last place.
func TestOpenMismatch(t *testing.T) {
	const dir = "scikit-learn-1.9.1/columns-usual-forest/"
	var golden map[string]any
	if err := json.Unmarshal(readTest(t, dir+"golden.json"), &golden); err != nil {
		t.Fatal(err)
	}
	first := golden["outputs"].(map[string]any)["predict"].([]any)[0].([]any)
	right := first[0].(float64)
	wrong := math.Nextafter(right, math.Inf(1))
	first[0] = wrong
	changed, err := json.Marshal(golden)
	if err != nil {
		t.Fatal(err)
	}
	c, err := scoring.ReadCertificate(bytes.NewReader(changed))
	if err != nil {
		t.Fatal(err)
	}
	_, err = scoring.Open(bytes.NewReader(readTest(t, dir+"model.joblib")), &scoring.Options{AllowUntested: true, Certificate: c})
	var mismatch *scoring.MismatchError
	if !errors.As(err, &mismatch) {
		t.Fatalf("got %v, want a MismatchError", err)
	}
	if mismatch.Row != 0 || mismatch.Output != "predict" || mismatch.Got != fmt.Sprint(right) || mismatch.Want != fmt.Sprint(wrong) {
		t.Errorf("got %+v, want row 0 of predict to be %v instead of %v", mismatch, right, wrong)
	}
}

func FuzzOpen(f *testing.F) {
	for _, path := range []string{
		"testdata/scikit-learn-1.9.1/columns-error/model.joblib",
		"testdata/scikit-learn-1.9.1/tree-one-leaf/model.joblib",
		"testdata/scikit-learn-1.9.1/hist-categories/model.joblib",
		"testdata/scikit-learn-1.9.1/format-pickle-0/model.pkl",
		"testdata/skops-0.16.0/columns-usual/model.skops",
		"testdata/xgboost-3.4.1/booster-dart-json/model.json",
		"testdata/xgboost-3.4.1/booster-dart-ubj/model.ubj",
		"testdata/lightgbm-4.7.0/booster-linear-trees/model.txt",
		"testdata/catboost-1.2.10/ctr-mixed/model.cbm",
		"testdata/catboost-1.2.10/trees-lossguide-three-json/model.json",
		"testdata/catboost-1.2.10/object-poisson/model.joblib",
		"testdata/onnxruntime-1.32.0/forest-classifier-string/model.onnx",
	} {
		if data, err := os.ReadFile(path); err == nil {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := scoring.Open(bytes.NewReader(data), &scoring.Options{MaxBytes: 1 << 20, AllowUntested: true})
		if err != nil {
			if !isPublic(err) {
				t.Errorf("got a %T (%v), which callers cannot tell", err, err)
			}
			return
		}
		// Whatever loads can predict: a row without values is answered or refused.
		b := &scoring.Batch{Rows: 1}
		for _, f := range m.Signature().Features {
			c := scoring.Column{Numbers: []float64{1}}
			if f.Type == scoring.String {
				c = scoring.Column{Strings: []string{"x"}}
			}
			b.Columns = append(b.Columns, c)
		}
		var row *scoring.RowError
		if err := m.Predict(t.Context(), b, m.Signature().Methods, &scoring.Result{}); err != nil && !errors.As(err, &row) {
			t.Errorf("a model that loaded: %v", err)
		}
	})
}

// A model trained on an array has the names that its certificate, or the caller, gives.
func TestNamesOfColumns(t *testing.T) {
	const golden = "testdata/scikit-learn-1.9.1/tree-regressor"
	open := func(names ...string) *scoring.Signature {
		data, err := os.ReadFile(golden + "/model.joblib")
		if err != nil {
			t.Fatal(err)
		}
		m, err := scoring.Open(bytes.NewReader(data), &scoring.Options{Names: names})
		if err != nil {
			t.Fatal(err)
		}
		return m.Signature()
	}
	if s := open("a", "b", "c", "d", "größe"); !s.Named || s.Features[4].Name != "größe" {
		t.Errorf("names were given, but the signature is %+v", s)
	}
	for _, names := range [][]string{nil, {"a"}, {"a", "a", "c", "d", "e"}, {"", "b", "c", "d", "e"}, {"x0", "x1", "x2", "x3", "x4"}} {
		if s := open(names...); s.Named || s.Features[4].Name != "x4" {
			t.Errorf("of %q: the signature is %+v", names, s)
		}
	}
}
