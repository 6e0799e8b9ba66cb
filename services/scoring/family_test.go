package scoring_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

// Whatever class of scikit-learn a model is of, a prediction allocates nothing in the steady
// state. The goldens of classes, one a class and more, are those with a capital letter; beside
// them are those of transformed targets.
func TestClassesAllocateNothing(t *testing.T) {
	if scoring.RaceDetector {
		t.Skip("under the race detector, pools forget at random")
	}
	dirs, err := filepath.Glob("testdata/scikit-learn-1.9.1/[A-Z]*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no models of classes (%v)", err)
	}
	targets, err := filepath.Glob("testdata/scikit-learn-1.9.1/target-*")
	if err != nil || len(targets) == 0 {
		t.Fatalf("no models of transformed targets (%v)", err)
	}
	for _, dir := range append(dirs, targets...) {
		switch filepath.Base(dir) {
		case "CountVectorizer-group", "CountVectorizer-sets", "CountVectorizer-accents", "TfidfVectorizer-ascii":
			continue // their token_pattern is matched by regexp, which allocates for each word
		}
		m, err := open(t, artifact(t, dir), nil)
		if err != nil {
			t.Fatalf("%s: %v", dir, err)
		}
		for _, rows := range []int{1, 100} {
			b := &scoring.Batch{Rows: rows, Columns: make([]scoring.Column, len(m.Signature().Features))}
			for i, f := range m.Signature().Features {
				if f.Type == scoring.String {
					b.Columns[i].Strings = slices.Repeat([]string{"good"}, rows)
					continue
				}
				for row := range rows {
					b.Columns[i].Numbers = append(b.Columns[i].Numbers, 1+float64(i+row%3)/8)
				}
			}
			var out scoring.Result
			predict := func() {
				if err := m.Predict(context.Background(), b, m.Signature().Methods, &out); err != nil {
					t.Fatalf("%s: %v", dir, err)
				}
			}
			predict()
			if n := testing.AllocsPerRun(20, predict); n != 0 {
				t.Errorf("%s, %d rows: %v allocations", dir, rows, n)
			}
		}
	}
}
