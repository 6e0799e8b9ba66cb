package lightgbm

import (
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/reference"
)

// stump is a model of one split and one tree of a single leaf, with places to
// break.
const stump = `tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=1
objective=regression
feature_names=a b
feature_infos=[0:1] [0:1]
tree_sizes=200 100

Tree=0
num_leaves=2
num_cat=0
split_feature=1
threshold=0.5
decision_type=2
left_child=-1
right_child=-2
leaf_value=-1 2
is_linear=0
shrinkage=1


Tree=1
num_leaves=1
num_cat=0
leaf_value=10
shrinkage=1


end of trees

pandas_categorical:null
`

func TestStump(t *testing.T) {
	m, err := Read([]byte(stump), Wrapper{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ x, want float64 }{
		{0.5, 9}, {math.Nextafter(0.5, 1), 12}, {math.NaN(), 9}, {math.Inf(1), 12},
	} {
		got, err := reference.Evaluate(m, []model.Scalar{{}, {Number: c.x}})
		if err != nil || got.Scores[0] != c.want {
			t.Errorf("at %v: got %v, %v, want %v", c.x, got, err, c.want)
		}
	}
	if !m.Named || m.Features[1].Name != "b" {
		t.Errorf("got features %+v", m.Features)
	}
}

// TestFlushed: what is not above 1e-35f reaches a tree as 0, so thresholds
// around 0 send all of it one way.
func TestFlushed(t *testing.T) {
	for _, c := range []struct {
		threshold, x string
		left         bool
	}{
		{"0", "1e-36", true}, {"0", "-1e-36", true}, {"0", "2e-35", false}, {"-0", "1e-36", true},
		{"-1e-40", "-1e-36", false}, {"-1e-40", "-2e-35", true}, {"1e-40", "9e-36", true},
		{"1.0000000180025095e-35", "1.0000000180025095e-35", true}, {"-1.0000000180025095e-35", "-1.0000000180025095e-35", false},
	} {
		m, err := Read([]byte(strings.Replace(stump, "threshold=0.5", "threshold="+c.threshold, 1)), Wrapper{})
		if err != nil {
			t.Fatal(err)
		}
		s := &scanner{}
		x, err := s.floats("x", []byte(c.x), nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := reference.Evaluate(m, []model.Scalar{{}, {Number: x[0]}})
		if err != nil || (got.Scores[0] == 9) != c.left {
			t.Errorf("%s <= %s: got %v, %v, want left %v", c.x, c.threshold, got, err, c.left)
		}
	}
}

// TestRefused breaks the stump in every way that must be an error: none may
// become a model that gives other numbers.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"another format", "tree\nversion", "forest\nversion", `not "tree"`},
		{"version", "version=v4", "version=v9", "v9"},
		{"no scores", "num_tree_per_iteration=1\n", "", "num_tree_per_iteration"},
		{"scores", "num_tree_per_iteration=1\n", "num_tree_per_iteration=3\n", "2 trees for 3 scores"},
		{"names", "feature_names=a b", "feature_names=a", "1 feature_names"},
		{"names twice", "feature_names=a b", "feature_names=a a", `named "a"`},
		{"too many features", "max_feature_idx=1", "max_feature_idx=99999999", "0 to"},
		{"objective", "objective=regression", "objective=mystery", "mystery"},
		{"quantile, not read back as written", "objective=regression", "objective=quantile sqrt", "quantile sqrt"},
		{"trees missing", "tree_sizes=200 100", "tree_sizes=200 100 100", "2 trees, but 3"},
		{"no end", "end of trees", "end", "no end"},
		{"child of itself", "left_child=-1", "left_child=0", "reached twice"},
		{"leaf twice", "right_child=-2", "right_child=-1", "leaf 0 is reached twice"},
		{"child out of range", "left_child=-1", "left_child=5", "child 5"},
		{"feature out of range", "split_feature=1", "split_feature=2", "feature 2"},
		{"short array", "split_feature=1", "split_feature=", "arrays of 0 nodes"},
		{"long array", "threshold=0.5", "threshold=0.5 0.6", "arrays of 2 nodes"},
		{"leaves", "leaf_value=-1 2", "leaf_value=-1", "1 leaf values"},
		{"infinite leaf", "leaf_value=-1 2", "leaf_value=-1 inf", "+Inf"},
		{"a leaf beyond float64", "leaf_value=-1 2", "leaf_value=-1 1e999", "1e999"},
		{"NaN threshold", "threshold=0.5", "threshold=nan", "NaN"},
		{"decision", "decision_type=2", "decision_type=12", "decision_type 12"},
		{"category without sets", "decision_type=2", "decision_type=1", "category set 0.5 of 0"},
		{"linear leaves", "is_linear=0", "is_linear=1\nleaf_const=1", "1 constants"},
		{"linear features", "is_linear=0", "is_linear=1\nleaf_const=1 2\nnum_features=0 3\nleaf_features=0\nleaf_coeff=1", "3 features of 1"},
		{"linear feature out of range", "is_linear=0", "is_linear=1\nleaf_const=1 2\nnum_features=0 1\nleaf_features=9\nleaf_coeff=1", "feature 9"},
		{"pandas", "pandas_categorical:null", "pandas_categorical:[", "pandas_categorical"},
		{"pandas columns", "pandas_categorical:null", `pandas_categorical:[["a"]]`, "ordered pandas"},
		{"pandas codes", "feature_infos=[0:1] [0:1]\n", "feature_infos=-1:0:3 [0:1]\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if strings.Count(stump, c.old) != 1 {
				t.Fatalf("%q is not in the model once", c.old)
			}
			text := strings.Replace(stump, c.old, c.new, 1)
			if c.name == "pandas codes" {
				text = strings.Replace(text, "pandas_categorical:null", `pandas_categorical:[["a","b"]]`, 1)
				c.want = "code 3, but 2"
			}
			m, err := Read([]byte(text), Wrapper{})
			var format *model.FormatError
			var unsupported *model.UnsupportedError
			if m != nil || !errors.As(err, &format) && !errors.As(err, &unsupported) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, %v; want an error with %q", m, err, c.want)
			}
		})
	}
}

func TestClassifiers(t *testing.T) {
	labels := []model.Label{{Integer: 0}, {Integer: 1}, {Integer: 2}}
	for _, c := range []struct {
		objective string
		classes   int
		ok        bool
	}{
		{"binary sigmoid:1", 2, true}, {"cross_entropy", 2, true}, {"binary sigmoid:1", 3, false}, {"regression", 2, false}, {"multiclass num_class:1", 2, false},
	} {
		text := strings.Replace(stump, "objective=regression", "objective="+c.objective, 1)
		_, err := Embedded([]byte(text), 0, labels[:c.classes])
		if (err == nil) != c.ok {
			t.Errorf("%s with %d classes: got %v", c.objective, c.classes, err)
		}
	}
}

// TestRounds: a limit counts rounds, not trees; one beyond the model's rounds
// means all, as in LightGBM.
func TestRounds(t *testing.T) {
	data, err := os.ReadFile("testdata/v47-multiclass.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ rounds, trees int }{{0, 9}, {2, 6}, {3, 9}, {99, 9}} {
		m, err := Embedded(data, c.rounds, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(m.Estimator.(*model.Ensemble).Trees); got != c.trees {
			t.Errorf("%d rounds: got %d trees, want %d", c.rounds, got, c.trees)
		}
	}
}

// TestTruncated: no part of a model that ends before its trees do is a model.
func TestTruncated(t *testing.T) {
	data, err := os.ReadFile("testdata/v33-category.txt")
	if err != nil {
		t.Fatal(err)
	}
	end := strings.Index(string(data), "end of trees")
	for n := 0; n < end; n += 1 + end/500 {
		if _, err := Read(data[:n], Wrapper{}); err == nil {
			t.Fatalf("the first %d bytes of %d are a model", n, len(data))
		}
	}
}
