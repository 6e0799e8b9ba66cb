package engine

import (
	"math"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A split that tells nothing but missing values from others, as LightGBM makes
// them, keeps no ensemble from being sliced.
func TestInfiniteThresholds(t *testing.T) {
	tree := model.Tree{
		Nodes: []model.Node{
			{Threshold: math.Inf(1), Set: -1, Missing: model.MissingRight, Left: 1, Right: ^2},
			{Threshold: 0.5, Set: -1, Missing: model.MissingRight, Left: ^0, Right: ^1},
		},
		Leaves: []float64{1, 2, 3},
	}
	m := &model.Model{
		Features: []model.Feature{{Name: "x"}}, Columns: 1,
		Estimator: &model.Ensemble{In: []model.Column{0}, Base: []float64{0}, Trees: []model.Tree{tree}},
	}
	p, err := CompileFor(m, Vector)
	if err != nil {
		t.Fatal(err)
	}
	if e := p.estimator.(*trees[int64]); Vector > Portable && e.sliced == nil {
		t.Error("it is not sliced")
	}
	x := []float64{0, 0.5, 1, math.Inf(1), math.Inf(-1), -7, math.NaN()}
	want := []float64{1, 1, 2, 2, 1, 1, 3}
	defer func() { forced = nil }()
	for _, a := range []approach{byRow, byTree, byExit, byCode, bySlice} {
		forced = &a
		b := p.Get(len(x))
		b.SetNumbers(0, x)
		out := Outputs{Values: make([]float64, len(x))}
		if err := b.Run(&out); err != nil {
			t.Fatal(err)
		}
		p.Put(b)
		for i := range x {
			if out.Values[i] != want[i] {
				t.Errorf("approach %d: %v gives %v, want %v", a, x[i], out.Values[i], want[i])
			}
		}
	}
}
