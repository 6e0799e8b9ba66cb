package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/leafset"
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

// Every model, by all instructions and in every way there are, alone or in
// blocks, gives bit for bit what the plain evaluator gives, and refuses the
// rows it refuses.
func TestPredictorEqualsReference(t *testing.T) {
	models := 1000
	if testing.Short() {
		models = 200
	}
	defer func(bits int) { forced, maxLinkBits, keepWalkers = nil, bits, false }(maxLinkBits)
	refused, covered := 0, map[string]int{}
	for seed := range models {
		m, mk := randomModel(rand.New(rand.NewPCG(uint64(seed), 1)), size{})
		if maxLinkBits = 31; seed%5 == 0 {
			maxLinkBits = 0
		}
		keepWalkers = seed%2 == 0
		rows, refusals, want := evaluate(m, mk, 40)
		refused += len(refusals)
		everyWay(t, fmt.Sprint("seed ", seed), m, func(p *Predictor, use Instructions, a approach) {
			covered[fmt.Sprintf("%v, approach %d", use, a)]++
			for _, row := range refusals {
				if _, err := predict(p, m, [][]model.Scalar{row}); err == nil {
					t.Errorf("row %v is not refused", row)
				}
			}
			for _, size := range []int{1, 3, 5, 33} {
				inBlocks(t, p, m, size, rows, want)
			}
		})
	}
	for _, use := range instructions.Available() {
		for a := byRow; a <= bySlice; a++ {
			possible := a != byExit || leafset.Pays(use)
			if kind := fmt.Sprintf("%v, approach %d", use, a); possible && covered[kind] < models/20 {
				t.Errorf("%d of %d models cover %s", covered[kind], models, kind)
			}
		}
	}
	if refused == 0 {
		t.Error("no row is refused")
	}
}

// Large models and blocks of any size give what the plain evaluator gives.
func TestSizes(t *testing.T) {
	for _, test := range []struct {
		size
		rows int
	}{
		{size{1, 1, 1, 0}, 2049},
		{size{300, 20, 63, 0}, 600},
		{size{30, 100, 63, 0}, 1025},
		{size{5, 2000, 15, 0}, 65},
		{size{3, 5, 3000, 0}, 257},
		{size{40, 10, 255, 0}, 513},
		{size{2, 30, 254, 0}, 512},
		{size{2, 40, 60, 400}, 130}, // more sets than registers hold codes
	} {
		seeds := 3
		if testing.Short() {
			seeds = 1
		}
		for seed := range seeds {
			checkSize(t, uint64(seed), test.size, test.rows)
		}
	}
}

// FuzzCompile looks for a model and rows of which some kernel makes other
// numbers than the plain evaluator.
func FuzzCompile(f *testing.F) {
	f.Add(uint64(0), uint16(3), uint16(9), uint16(63), uint16(65))
	f.Add(uint64(1), uint16(60), uint16(1), uint16(256), uint16(513))
	f.Fuzz(func(t *testing.T, seed uint64, features, trees, splits, rows uint16) {
		checkSize(t, seed, size{1 + int(features%300), 1 + int(trees%200), int(splits % 400), 0}, int(rows%1024))
	})
}

func checkSize(t *testing.T, seed uint64, of size, count int) {
	m, mk := randomModel(rand.New(rand.NewPCG(seed, 2)), of)
	rows, _, want := evaluate(m, mk, count)
	everyWay(t, fmt.Sprintf("seed %d, %+v", seed, of), m, func(p *Predictor, _ Instructions, _ approach) {
		for _, n := range []int{1, 32, 63, 64, 65, 511, 512, len(rows)} {
			n = min(n, len(rows))
			inBlocks(t, p, m, p.BlockRows(), rows[:n], want[:n])
		}
	})
}

// everyWay calls f with a predictor by all instructions and in every way.
func everyWay(t *testing.T, name string, m *model.Model, f func(p *Predictor, use Instructions, a approach)) {
	t.Helper()
	defer func() { forced = nil }()
	for _, use := range instructions.Available() {
		p, err := CompileFor(m, use)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, a := range approaches(p) {
			forced = &a
			if f(p, use, a); t.Failed() {
				t.Fatalf("%s: by %v, approach %d", name, use, a)
			}
		}
	}
}

// inBlocks runs rows through a predictor, so many at a time.
func inBlocks(t *testing.T, p *Predictor, m *model.Model, size int, rows [][]model.Scalar, want []reference.Output) {
	t.Helper()
	for lo := 0; lo < len(rows); lo += size {
		hi := min(lo+size, len(rows))
		got, err := predict(p, m, rows[lo:hi])
		if err != nil {
			t.Errorf("rows %d to %d: %v", lo, hi, err)
			return
		}
		for i := range rows[lo:hi] {
			compare(t, m, got, i, want[lo+i])
		}
	}
}

// evaluate draws rows, and tells those that the model refuses from the others,
// with what the plain evaluator makes of them.
func evaluate(m *model.Model, mk *maker, count int) (rows, refused [][]model.Scalar, want []reference.Output) {
	for range count {
		row := mk.row()
		if w, err := reference.Evaluate(m, row); err != nil {
			refused = append(refused, row)
		} else {
			rows, want = append(rows, row), append(want, w)
		}
	}
	return rows, refused, want
}

// approaches are those that a predictor has.
func approaches(p *Predictor) (all []approach) {
	e, ok := p.estimator.(interface{ has(a approach) bool })
	for a := byRow; ok && a <= bySlice; a++ {
		if e.has(a) {
			all = append(all, a)
		}
	}
	if !ok { // a linear model has no choice
		all = []approach{byRow}
	}
	return all
}

func compare(t *testing.T, m *model.Model, got *Outputs, row int, want reference.Output) {
	t.Helper()
	equal := func(what string, got, want []float64) {
		t.Helper()
		got = got[row*len(want):][:len(want)]
		for i := range want {
			if math.Float64bits(got[i]) != math.Float64bits(want[i]) && !(got[i] != got[i] && want[i] != want[i]) {
				t.Errorf("row %d of the block, link %d: %s[%d] = %v, want %v", row, m.Output.Link, what, i, got[i], want[i])
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
		t.Errorf("row %d of the block: class %d, want %d of %v", row, got.Classes[row], want.Class, want.Values)
	}
}
