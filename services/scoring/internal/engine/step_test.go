package engine

import (
	"math"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// Comparing keys is comparing numbers, for both operators, on both sides of
// every threshold.
func TestThreshold32(t *testing.T) {
	special := []float64{0, math.Copysign(0, -1), 1, -1, 0.1, -0.1, 1e-300, -1e-300, 1e300, -1e300, math.Inf(1), math.Inf(-1),
		math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, 16777217}
	for _, threshold := range special {
		for _, x := range special {
			for _, f := range []float32{float32(x), math.Nextafter32(float32(x), 1e38), math.Nextafter32(float32(x), -1e38)} {
				if got, want := key32(f) <= threshold32(threshold, model.LessOrEqual), float64(f) <= threshold; got != want {
					t.Errorf("%v <= %v: %v, want %v", f, threshold, got, want)
				}
				if got, want := key32(f) <= threshold32(threshold, model.Less), float64(f) < threshold; got != want {
					t.Errorf("%v < %v: %v, want %v", f, threshold, got, want)
				}
			}
		}
	}
}

// A message names what the row holds, and not thousands of categories.
func TestUnknownCategory(t *testing.T) {
	var many []model.Scalar
	var slots []int32
	for i := range 1000 {
		many, slots = append(many, model.Scalar{Number: float64(i)}), append(slots, -1)
	}
	m := &model.Model{
		Features: []model.Feature{{Name: "id"}, {Name: "name", Kind: model.String}},
		Columns:  3,
		Steps: []model.Step{
			model.OneHot{In: 0, By: "hot", Categories: many, Slots: slots, UnknownSlot: -1},
			model.Ordinal{In: 1, Out: 2, By: "ordinal", Categories: []model.Scalar{{Missing: true}}, Codes: []float64{1}},
		},
		Estimator: &model.Ensemble{In: []model.Column{2}, Base: []float64{0}},
	}
	p, err := Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		id      float64
		name    string
		missing bool
		want    string
	}{
		{5, "", true, ""},
		{math.Copysign(0, -1), "", true, ""},
		{-1, "", true, "row 0, feature 0: unknown category -1; hot expects one of 0, 1, 2"},
		{1.5, "", true, "… (1000 in all)"},
		{nan, "", true, "a value is missing; hot expects"},
		{5, "x", false, `row 0, feature 1: unknown category "x"; ordinal expects one of a missing value`},
	} {
		b := p.Get(1)
		b.SetNumbers(0, []float64{test.id})
		b.SetStrings(1, []string{test.name}, []bool{test.missing})
		err := b.Run(&Outputs{Values: make([]float64, 1)})
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%v, %q: got %v, want %q", test.id, test.name, err, test.want)
		}
		p.Put(b)
	}
	if got := p.Refusals(); !got[0] || got[1] {
		t.Errorf("missing values are refused for %v, want only the first feature", got)
	}
}

// A model with very many columns works in small blocks.
func TestBlockRows(t *testing.T) {
	m := &model.Model{Columns: 1 << 18, Estimator: &model.Ensemble{Base: []float64{7}}}
	m.Features = []model.Feature{{Name: "x"}}
	for i := 1; i < m.Columns; i++ {
		m.Steps = append(m.Steps, model.Round32{In: model.Column(i - 1), Out: model.Column(i)})
	}
	p, err := Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.BlockRows(); got != 1 {
		t.Errorf("blocks of %d rows, want 1", got)
	}
}
