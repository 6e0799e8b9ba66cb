package engine

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/reference"
)

// Random models of texts, some with steps that a bag cannot do or that read its
// columns, give bit for bit what the plain evaluator gives.
func TestBags(t *testing.T) {
	bags, plain := 0, 0
	for seed := range 300 {
		r := &maker{Rand: rand.New(rand.NewPCG(uint64(seed), 5)), m: &model.Model{}}
		r.bagModel()
		p, err := Compile(r.m)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		bags += p.bags
		plain += int(one(p.bags == 0))
		if p.bags > 0 && len(r.m.Transformed) > 0 {
			t.Errorf("seed %d: columns that transform yields are not written", seed)
		}
		var rows [][]model.Scalar
		var want []reference.Output
		for range 12 {
			row := r.bagRow()
			out, err := reference.Evaluate(r.m, row)
			if err != nil { // a text is missing
				if _, err := predict(p, r.m, [][]model.Scalar{row}); err == nil {
					t.Errorf("seed %d: row %v is not refused", seed, row)
				}
				continue
			}
			rows, want = append(rows, row), append(want, out)
		}
		for _, size := range []int{1, 2, 5} {
			inBlocks(t, p, r.m, size, rows, want)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if bags < 200 || plain < 30 {
		t.Errorf("%d bags, %d models without: this test does not show much", bags, plain)
	}
}

// bagModel makes a model of one or two texts and two numbers.
func (r *maker) bagModel() {
	texts := 1 + r.IntN(2)
	for i := range texts {
		r.m.Features = append(r.m.Features, model.Feature{Name: fmt.Sprint("text", i), Kind: model.String})
	}
	for i := range 2 {
		r.m.Features = append(r.m.Features, model.Feature{Name: fmt.Sprint("x", i)})
	}
	r.m.Columns = len(r.m.Features)
	in := []model.Column{model.Column(texts)}
	add := func(s model.Step) { r.m.Steps = append(r.m.Steps, s) }
	for i := range texts {
		in = append(in, r.bagSteps(model.Column(i), add)...)
	}
	in = append(in, model.Column(texts+1))
	for _, c := range in {
		add(model.Require{In: c, By: "a test", NoMissing: true, Finite: true, F32: r.IntN(2) == 0})
	}
	width, single := 1+r.IntN(3), pick(r, model.F64, model.F64, model.F32)
	if r.IntN(12) == 0 {
		in[1], in[2] = in[2], in[1]
	}
	r.m.Estimator = &model.Linear{In: in, Coef: r.table(width, len(in), single), Intercept: r.table(1, width, single)[0], Sum: single, BiasFirst: r.IntN(12) == 0}
	r.output(width)
	if r.IntN(8) == 0 {
		r.m.Transformed = in
	}
}

// bagSteps adds a text, weights and a norm, or some of them, and returns the
// columns at the end.
func (r *maker) bagSteps(text model.Column, add func(model.Step)) []model.Column {
	s := model.Text{In: text, By: "a test", Lower: true, Least: 1, Min: 1, Max: 1 + r.IntN(2), Binary: r.IntN(3) == 0, Out: r.many(fewTerms + r.IntN(40))}
	if r.IntN(2) == 0 {
		s.Signed = r.IntN(2) == 0
	} else {
		for i := range s.Out {
			s.Terms = append(s.Terms, bagWord(i))
		}
	}
	add(s)
	columns := s.Out
	next := func() []model.Column {
		if r.IntN(12) == 0 {
			add(model.Affine{In: columns[0], Out: r.column(), Scale: 2})
		}
		return r.many(len(s.Out))
	}
	if r.IntN(3) > 0 {
		w := model.TermWeights{In: columns, Out: next(), Sublinear: r.IntN(3) == 0}
		if r.IntN(3) > 0 {
			w.Weights = r.table(1, len(columns), model.F64)[0]
		}
		add(w)
		columns = w.Out
	}
	if r.IntN(3) > 0 {
		n := model.Normalize{In: columns, Out: next(), Norm: model.Norm(r.IntN(3)), Least: pick(r, 1e-15, 1.5)}
		add(n)
		columns = n.Out
	}
	return columns
}

func bagWord(i int) string { return string(rune('a'+i%26)) + string(rune('a'+i/26)) }

func (r *maker) bagRow() []model.Scalar {
	var row []model.Scalar
	for _, f := range r.m.Features {
		if f.Kind != model.String {
			row = append(row, reference.Number(r.NormFloat64()))
			continue
		}
		var words []string
		for range r.IntN(20) {
			words = append(words, bagWord(r.IntN(80)))
		}
		row = append(row, model.Scalar{Kind: model.String, String: strings.Join(words, " "), Missing: r.IntN(30) == 0})
	}
	return row
}

// Texts cost no allocation once a block has been used.
func TestBagsAllocateNothing(t *testing.T) {
	var p *Predictor
	r := &maker{Rand: rand.New(rand.NewPCG(1, 5))}
	for p == nil || p.bags == 0 {
		r.m = &model.Model{}
		r.bagModel()
		var err error
		if p, err = Compile(r.m); err != nil {
			t.Fatal(err)
		}
	}
	b, scores := p.Get(1), make([]float64, p.width)
	defer p.Put(b)
	texts := []string{"aa ba ca aa zb"}
	n := testing.AllocsPerRun(100, func() {
		for i, f := range r.m.Features {
			if f.Kind == model.String {
				b.SetStrings(i, texts, nil)
			}
		}
		if err := b.Run(&Outputs{Scores: scores}); err != nil {
			t.Fatal(err)
		}
	})
	if n > 0 {
		t.Errorf("%v allocations", n)
	}
}
