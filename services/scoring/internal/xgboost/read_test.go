package xgboost

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/reference"
)

// stump is a model of one split, with places to break.
const stump = `{"learner":{"attributes":{},"feature_names":[],"feature_types":[],
"gradient_booster":{"model":{"gbtree_model_param":{"num_parallel_tree":"1","num_trees":"1"},"tree_info":[0],
"trees":[{"categories":[],"categories_nodes":[],"categories_segments":[],"categories_sizes":[],"default_left":[1,0,0],"id":0,
"left_children":[1,-1,-1],"right_children":[2,-1,-1],"split_conditions":[5E-1,-1E0,2E0],"split_indices":[0,0,0],"split_type":[0,0,0],
"tree_param":{"num_nodes":"3","size_leaf_vector":"1"}}]},"name":"gbtree"},
"learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":"2","num_target":"1"},
"objective":{"name":"reg:squarederror"}},"version":[2,1,4]}`

func TestStump(t *testing.T) {
	m, err := Read([]byte(stump), Wrapper{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ x, want float64 }{
		{0.49999997, -0.5}, {0.5, 2.5}, {math.NaN(), -0.5}, {math.Nextafter(0.5, 0), 2.5}, // the last is 0.5 as a float32
	} {
		got, err := reference.Evaluate(m, []model.Scalar{{Number: c.x}, {}})
		if err != nil || got.Scores[0] != c.want {
			t.Errorf("at %v: got %v, %v, want %v", c.x, got, err, c.want)
		}
	}
	if m.Source.Version != "2.1.4" || m.Named || m.Features[1].Name != "x1" || len(m.Features) != 2 {
		t.Errorf("got version %q and features %+v", m.Source.Version, m.Features)
	}
}

// TestRefused breaks the stump in every way that must be an error: none may
// become a model that gives other numbers.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"cycle", `"left_children":[1,-1,-1],"right_children":[2,-1,-1]`, `"left_children":[0,-1,-1],"right_children":[1,-1,-1]`, "reached twice"},
		{"child out of range", `"left_children":[1`, `"left_children":[7`, "do not follow"},
		{"children out of range", `"left_children":[1,-1,-1],"right_children":[2`, `"left_children":[7,-1,-1],"right_children":[8`, "node 7 of 3"},
		{"children apart", `"right_children":[2`, `"right_children":[0`, "do not follow"},
		{"feature out of range", `"split_indices":[0`, `"split_indices":[2`, "feature 2; there are 2"},
		{"negative feature", `"split_indices":[0`, `"split_indices":[-1`, "feature -1"},
		{"short array", `"default_left":[1,0,0]`, `"default_left":[1,0]`, "differ in length"},
		{"no nodes", `"left_children":[1,-1,-1]`, `"left_children":[]`, "empty"},
		{"NaN threshold", `[5E-1,-1E0`, `[NaN,-1E0`, "NaN"},
		{"infinite leaf", `-1E0,2E0`, `-Infinity,2E0`, "-Inf"},
		{"leaf beyond float32", `-1E0,2E0`, `-1E99,2E0`, "32 bits"},
		{"categories missing", `"split_type":[0`, `"split_type":[1`, "no categories"},
		{"unknown split type", `"split_type":[0`, `"split_type":[2`, "split type 2"},
		{"score out of range", `"tree_info":[0]`, `"tree_info":[1]`, "score 1 of 1"},
		{"tree_info too short", `"tree_info":[0]`, `"tree_info":[]`, "tree_info of 0 trees, of 1"},
		{"leaf vectors", `"size_leaf_vector":"1"`, `"size_leaf_vector":"3"`, "no values"},
		{"dart without weights", `"name":"gbtree"`, `"name":"dart"`, "weights of 0 trees"},
		{"base score", `"5E-1"`, `"NaN"`, "base_score"},
		{"base scores", `"5E-1"`, `"[5E-1,5E-1]"`, "2 values of base_score"},
		{"features", `"num_feature":"2"`, `"num_feature":"99999999999"`, "0 to"},
		{"more features than believable", `"num_feature":"2"`, `"num_feature":"1000000"`, "may have up to 65536"},
		{"names", `"feature_names":[]`, `"feature_names":["a"]`, "1 names of 2"},
		{"names twice", `"feature_names":[]`, `"feature_names":["a","a"]`, `named "a"`},
		{"truncated", `"version":[2,1,4]}`, ``, "ends"},
		{"trailing", `"version":[2,1,4]}`, `"version":[2,1,4]} {`, "after the model"},
		{"type", `"id":0`, `"id":"0"`, "a number is expected"},
		{"id", `"id":0`, `"id":1`, "id 1"},
		{"version", `"version":[2,1,4]`, `"version":[2,1,4,0]`, "4 numbers"},
		{"a configuration", `"model":{"gbtree_model_param"`, `"train":{"gbtree_model_param"`, "save_model the model"},
		{"trees missing", `"num_trees":"1"`, `"num_trees":"2"`, "num_trees is 2, but there are 1 trees"},
		{"no learner", `{"learner"`, `{"student"`, "no learner"},
		{"mismatched brackets", `"feature_types":[]`, `"feature_types":[}`, "where"},
		{"category too large", `"split_type":[0,0,0]`,
			`"split_type":[1,0,0],"categories":[16777216],"categories_nodes":[0],"categories_segments":[0],"categories_sizes":[1]`, "category 16777216"},
		{"category segment", `"categories":[],"categories_nodes":[],"categories_segments":[],"categories_sizes":[]`,
			`"categories":[1],"categories_nodes":[0],"categories_segments":[1],"categories_sizes":[1]`, "categories 1 to 2 of 1"},
		{"names cut by the library", `"gbtree_model_param"`, `"cats":{"enc":[{"offsets":[0,2],"values":[-61,-74]},{"offsets":[],"values":[]}]},"gbtree_model_param"`, "ASCII"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if strings.Count(stump, c.old) != 1 {
				t.Fatalf("%q is not in the model once", c.old)
			}
			m, err := Read([]byte(strings.Replace(stump, c.old, c.new, 1)), Wrapper{})
			var format *model.FormatError
			var unsupported *model.UnsupportedError
			if m != nil || !errors.As(err, &format) && !errors.As(err, &unsupported) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, %v; want an error with %q", m, err, c.want)
			}
		})
	}
}

func TestUnsupported(t *testing.T) {
	one := []model.Label{{Integer: 0}, {Integer: 1}}
	for _, c := range []struct {
		name, old, new string
		w              Wrapper
		want           string
	}{
		{"objective", "reg:squarederror", "reg:mystery", Wrapper{}, "reg:mystery"},
		{"booster", `"name":"gbtree"`, `"name":"gbforest"`, Wrapper{}, "gbforest"},
		{"classifier of a regression", "reg:squarederror", "count:poisson", Wrapper{Embedded: true, Classes: one}, "count:poisson"},
		{"classes", "reg:squarederror", "binary:logistic", Wrapper{Embedded: true, Classes: one[:1]}, "1 classes"},
		{"missing value of the wrapper", `"attributes":{}`, `"attributes":{"scikit_learn":"{\"missing\": -999.0}"}`, Wrapper{}, "-999"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Read([]byte(strings.Replace(stump, c.old, c.new, 1)), c.w)
			var unsupported *model.UnsupportedError
			if !errors.As(err, &unsupported) || !strings.Contains(err.Error(), c.want) || unsupported.Supported == "" {
				t.Errorf("got %v; want it unsupported, with %q", err, c.want)
			}
		})
	}
}

// TestRounds: a limit counts rounds, not trees, and one beyond the model's
// rounds is an error.
func TestRounds(t *testing.T) {
	data, err := os.ReadFile("testdata/v32-multi-softprob.ubj")
	if err != nil {
		t.Fatal(err)
	}
	m, err := Read(data, Wrapper{Embedded: true, Rounds: 2})
	if err != nil {
		t.Fatal(err)
	}
	if got := len(m.Estimator.(*model.Ensemble).Trees); got != 6 {
		t.Errorf("2 rounds of 3 classes: got %d trees, want 6", got)
	}
	if _, err := Read(data, Wrapper{Embedded: true, Rounds: 9}); err == nil {
		t.Error("9 rounds of 3 are no error")
	}
}

// TestLengthsThatLie: a UBJSON length beyond the data is refused before
// anything is allocated.
func TestLengthsThatLie(t *testing.T) {
	data, err := os.ReadFile("testdata/v32-reg-squaredlogerror.ubj")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []uint64{1 << 40, math.MaxInt64, math.MaxUint64} {
		at := strings.Index(string(data), "split_conditions[$d#L") + len("split_conditions[$d#L")
		broken := append([]byte(nil), data...)
		binary.BigEndian.PutUint64(broken[at:], n)
		var format *model.FormatError
		if _, err := Read(broken, Wrapper{}); !errors.As(err, &format) || format.Offset < int64(at) {
			t.Errorf("length %d: got %v, want an error at byte %d or later", n, err, at)
		}
	}
}

// TestTruncated: no prefix of a model is a model.
func TestTruncated(t *testing.T) {
	for _, file := range []string{"testdata/v32-early.ubj", "testdata/v15-early.json"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		data = []byte(strings.TrimRight(string(data), "\n"))
		for n := 0; n < len(data); n += 1 + len(data)/500 {
			if _, err := Read(data[:n], Wrapper{}); err == nil {
				t.Fatalf("%s: the first %d bytes of %d are a model", file, n, len(data))
			}
		}
	}
}

// TestLogf compares with values of glibc's logf, among them such as a
// correctly rounded logarithm does not give.
func TestLogf(t *testing.T) {
	for _, c := range []struct{ x, want float32 }{
		{0.00100024813, -6.90750694}, {0.00100373023, -6.90403223}, {0.00100801338, -6.89977407},
		{1, 0}, {2, 0.693147182}, {1e-45, -103.278931}, {3.4e38, 88.72201},
	} {
		if got := logf(c.x); got != c.want {
			t.Errorf("logf(%v): got %v, want %v", c.x, got, c.want)
		}
	}
}
