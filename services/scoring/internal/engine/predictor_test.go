package engine

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/bitslice"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/reference"
)

// predict runs rows through a predictor as one block.
func predict(p *Predictor, m *model.Model, rows [][]model.Scalar) (*Outputs, error) {
	b := p.Get(len(rows))
	defer p.Put(b)
	for i, f := range m.Features {
		numbers := make([]float64, len(rows))
		texts := make([]string, len(rows))
		missing := make([]bool, len(rows))
		for j, row := range rows {
			numbers[j], texts[j], missing[j] = reference.Float(row[i]), row[i].String, row[i].Missing
		}
		if f.Kind == model.String {
			b.SetStrings(i, texts, missing)
		} else {
			b.SetNumbers(i, numbers)
		}
	}
	linked := p.output.linked
	out := &Outputs{Scores: make([]float64, len(rows)*p.width)}
	if m.Output.Task == model.Regression {
		out.Values = make([]float64, len(rows)*linked)
	} else {
		out.Probabilities, out.Classes = make([]float64, len(rows)*linked), make([]int32, len(rows))
	}
	return out, b.Run(out)
}

// Every model, every kernel, alone or in blocks, gives bit for bit what the
// plain evaluator gives, and refuses the rows it refuses.
func TestPredictorEqualsReference(t *testing.T) {
	models := 1000
	if testing.Short() {
		models = 300
	}
	defer func(bits int) { forced, maxLinkBits = nil, bits }(maxLinkBits)
	refusals, general, plain, sliced, categories := 0, 0, 0, 0, 0
	for seed := range models {
		m, mk := randomModel(rand.New(rand.NewPCG(uint64(seed), 1)))
		if maxLinkBits = 31; seed%5 == 0 {
			maxLinkBits = 0
		}
		p, err := Compile(m)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		switch e := p.estimator.(type) {
		case *trees[int32]:
			general, plain, sliced, categories = general+b2i(!e.plain()), plain+b2i(e.plain()), sliced+b2i(e.sliced != nil), categories+b2i(e.sliced != nil && !e.plain())
		case *trees[int64]:
			general, plain, sliced, categories = general+b2i(!e.plain()), plain+b2i(e.plain()), sliced+b2i(e.sliced != nil), categories+b2i(e.sliced != nil && !e.plain())
		}
		var rows [][]model.Scalar
		var want []reference.Output
		for range 40 {
			row := mk.row()
			w, err := reference.Evaluate(m, row)
			forced = nil // the approach that it chooses
			if _, got := predict(p, m, [][]model.Scalar{row}); (got != nil) != (err != nil) {
				t.Fatalf("seed %d: row %v: got error %v, want %v", seed, row, got, err)
			}
			if err != nil {
				refusals++
				continue
			}
			rows, want = append(rows, row), append(want, w)
		}
		for _, a := range []approach{byRow, byTree, byExit, bySlice} {
			forced = &a
			for _, size := range []int{1, 3, 4, 5, 33} {
				for lo := 0; lo < len(rows); lo += size {
					hi := min(lo+size, len(rows))
					got, err := predict(p, m, rows[lo:hi])
					if err != nil {
						t.Fatalf("seed %d: %v", seed, err)
					}
					for i := range rows[lo:hi] {
						compare(t, seed, m, got, i, want[lo+i])
					}
				}
			}
		}
		if t.Failed() {
			return
		}
	}
	if refusals == 0 || general == 0 || plain == 0 || bitslice.Available && (sliced == 0 || categories == 0) {
		t.Errorf("the random models do not cover refusals (%d), general (%d), plain (%d) and sliced trees (%d), with categories (%d)", refusals, general, plain, sliced, categories)
	}
}

func b2i(b bool) int { return int(one(b)) }

func compare(t *testing.T, seed int, m *model.Model, got *Outputs, row int, want reference.Output) {
	t.Helper()
	equal := func(what string, got, want []float64) {
		t.Helper()
		got = got[row*len(want):][:len(want)]
		for i := range want {
			if math.Float64bits(got[i]) != math.Float64bits(want[i]) && !(got[i] != got[i] && want[i] != want[i]) {
				t.Errorf("seed %d, row %d, link %d: %s[%d] = %v, want %v", seed, row, m.Output.Link, what, i, got[i], want[i])
			}
		}
	}
	equal("scores", got.Scores, want.Scores)
	if m.Output.Task == model.Regression {
		equal("values", got.Values, want.Values)
		return
	}
	equal("probabilities", got.Probabilities, want.Values)
	if got.Classes[row] != int32(want.Class) {
		t.Errorf("seed %d, row %d: class %d, want %d of %v", seed, row, got.Classes[row], want.Class, want.Values)
	}
}
