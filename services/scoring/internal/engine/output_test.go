package engine

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/reference"
)

// Classes that are asked for alone are those that come with probabilities,
// which some decisions do without.
func TestClassesAlone(t *testing.T) {
	decisions := map[model.Decision]int{}
	for seed := range 300 {
		m, mk := randomModel(rand.New(rand.NewPCG(uint64(seed), 9)), size{})
		if m.Output.Task != model.Classification {
			continue
		}
		decisions[m.Output.Decision]++
		p, err := Compile(m)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			rows := [][]model.Scalar{mk.row()}
			if _, err := reference.Evaluate(m, rows[0]); err != nil {
				continue
			}
			all, err := predict(p, m, rows)
			if err != nil {
				t.Fatal(err)
			}
			b := p.Get(1)
			for i, f := range m.Features {
				if x := rows[0][i]; f.Kind == model.String {
					b.SetStrings(i, []string{x.String}, []bool{x.Missing})
				} else {
					b.SetNumbers(i, []float64{reference.Float(x)})
				}
			}
			alone := Outputs{Classes: make([]int32, 1)}
			if err := b.Run(&alone); err != nil {
				t.Fatal(err)
			}
			p.Put(b)
			if !slices.Equal(alone.Classes, all.Classes) {
				t.Errorf("seed %d: class %d alone, %d with probabilities", seed, alone.Classes[0], all.Classes[0])
			}
		}
	}
	for d := model.DecideArgmax; d <= model.DecideArgmaxScore; d++ {
		if decisions[d] == 0 {
			t.Errorf("no model decides by %d", d)
		}
	}
}
