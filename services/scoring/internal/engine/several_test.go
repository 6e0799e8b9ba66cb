package engine

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/reference"
)

// Several labels a row, and columns that are only transformed, are what the plain evaluator
// gives, whatever was computed before them.
func TestSeveralEqualReference(t *testing.T) {
	transformed, chosen := 0, map[int]int{}
	for seed := range 400 {
		m, mk := randomModel(rand.New(rand.NewPCG(uint64(seed), 21)), size{})
		mk.several(seed%3 == 0)
		if err := m.Validate(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		p, err := Compile(m)
		if err != nil {
			t.Fatal(err)
		}
		rows, _, want := evaluate(m, mk, 30)
		width, targets := m.Output.Probabilities(), len(m.Output.Targets)
		for _, size := range []int{1, 7} {
			for lo := 0; lo < len(rows); lo += size {
				hi := min(lo+size, len(rows))
				out := &Outputs{
					Classes: make([]int32, (hi-lo)*targets), Probabilities: make([]float64, (hi-lo)*width),
					Transformed: make([]float64, (hi-lo)*len(m.Transformed)),
				}
				if err := run(p, m, rows[lo:hi], out); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				for i, w := range want[lo:hi] {
					if got := out.Transformed[i*len(m.Transformed):][:len(m.Transformed)]; !equalNumbers(got, w.Transformed) {
						t.Errorf("seed %d: transformed into %v, want %v", seed, got, w.Transformed)
					}
					transformed += len(w.Transformed)
					for k, class := range w.Classes {
						if got := out.Classes[i*targets+k]; got != int32(class) {
							t.Errorf("seed %d: label %d is %d, want %d", seed, k, got, class)
						}
						chosen[class]++
					}
					if got := out.Probabilities[i*width:][:width]; targets > 0 && !equalNumbers(got, w.Values) {
						t.Errorf("seed %d: probabilities %v, want %v", seed, got, w.Values)
					}
				}
			}
		}
	}
	if transformed == 0 || len(chosen) < 3 {
		t.Errorf("%d numbers are transformed, classes %v chosen", transformed, chosen)
	}
}

// several has the model predict several labels a row, or nothing: then it transforms.
func (r *maker) several(nothing bool) {
	for range 1 + r.IntN(4) {
		r.m.Transformed = append(r.m.Transformed, pick(r, r.numbers...))
	}
	if nothing {
		r.m.Estimator = &model.Given{Scores: r.m.Transformed}
		r.m.Output = model.Output{Task: model.Transformation}
		return
	}
	g := &model.Given{}
	r.m.Output = model.Output{Task: model.Classification, Probable: true, Indicator: r.IntN(2) == 0}
	for range 1 + r.IntN(3) {
		n := 1 + r.IntN(3)
		if r.m.Output.Indicator {
			n = 2
		}
		var classes []model.Label
		var in []model.Column
		for i := range n {
			classes, in = append(classes, model.Label{Integer: int64(i)}), append(in, pick(r, r.numbers...))
		}
		step := model.Greatest{In: in, Out: r.column()}
		r.m.Steps = append(r.m.Steps, step)
		g.Chosen = append(g.Chosen, step.Out)
		if r.m.Output.Indicator {
			in = in[1:]
		}
		g.Probabilities = append(g.Probabilities, in...)
		r.m.Output.Targets = append(r.m.Output.Targets, classes)
	}
	r.m.Estimator = g
}

func run(p *Predictor, m *model.Model, rows [][]model.Scalar, out *Outputs) error {
	b := p.Get(len(rows))
	defer p.Put(b)
	for i, f := range m.Features {
		var numbers []float64
		var texts []string
		var missing []bool
		for _, row := range rows {
			numbers, texts, missing = append(numbers, reference.Float(row[i])), append(texts, row[i].String), append(missing, row[i].Missing)
		}
		if f.Kind == model.String {
			b.SetStrings(i, texts, missing)
		} else {
			b.SetNumbers(i, numbers)
		}
	}
	return b.Run(out)
}

func equalNumbers(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return x == y || x != x && y != y })
}
