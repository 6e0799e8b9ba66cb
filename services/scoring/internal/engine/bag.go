package engine

import (
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// Of the terms that a model counts, a text has few. Where only a linear
// estimator reads what becomes of the counts, they are kept as a list, a bag
// of words, and the columns are never written: a column of 0 adds ±0 to a sum
// that began at 0, which changes nothing.

// A bag step counts the terms of a text, weighs them, and divides them by their
// norm.
type bag struct {
	*text
	weighs    bool
	sublinear bool
	weights   []float64 // nil: 1
	norm      *model.Normalize
	place     int // among the predictor's bags
}

// A worded column is one of a bag's, with its value in a row.
type worded struct {
	at    int32 // place among the bag's columns
	value float64
}

// bagged are the words of a block's rows, in the order of the columns.
type bagged struct {
	words []worded
	ends  []int // by row
}

// row returns the words of a row.
func (b *bagged) row(row int) []worded {
	if row == 0 {
		return b.words[:b.ends[0]]
	}
	return b.words[b.ends[row-1]:b.ends[row]]
}

// A bagSteps says what becomes of a model's steps that make up a bag.
type bagSteps struct {
	bags    []*bag
	of      map[int]*bag // by number of the step that counts
	gone    map[int]bool // steps that a bag does
	columns []bagColumns // of the estimator
}

// bagColumns are neighbouring inputs of the estimator that are a bag.
type bagColumns struct{ from, count, bag int }

// fewTerms is for how many columns a list is not worth it.
const fewTerms = 32

// findBags finds the texts that can be bags.
func findBags(m *model.Model) bagSteps {
	out := bagSteps{of: map[int]*bag{}, gone: map[int]bool{}}
	linear, ok := m.Estimator.(*model.Linear)
	if !ok || linear.BiasFirst {
		return out
	}
	for i, s := range m.Steps {
		t, ok := s.(model.Text)
		if !ok || len(t.Out) < fewTerms {
			continue
		}
		found := bag{place: len(out.bags)}
		gone, columns, ok := found.follow(m, i, t)
		if !ok {
			continue
		}
		from, ok := neighbours(linear, columns)
		if !ok {
			continue
		}
		found.text = newText(t)
		out.bags, out.of[i] = append(out.bags, &found), &found
		for _, g := range gone {
			out.gone[g] = true
		}
		out.columns = append(out.columns, bagColumns{from, len(columns), found.place})
	}
	slices.SortFunc(out.columns, func(a, b bagColumns) int { return a.from - b.from })
	return out
}

// follow finds the steps after a text that a bag can do, and the columns they
// end with. It is not ok if others read any of the columns, or if a 0 or a
// check of them could matter.
func (o *bag) follow(m *model.Model, first int, t model.Text) (gone []int, columns []model.Column, ok bool) {
	columns = t.Out
	own := map[model.Column]bool{}
	for _, c := range columns {
		own[c] = true
	}
	for i := first + 1; i < len(m.Steps); i++ {
		switch s := m.Steps[i].(type) {
		case model.Require: // no value is missing, infinite, or too large for float32
			if own[s.In] {
				gone = append(gone, i)
			}
			continue
		case model.TermWeights:
			if slices.Equal(s.In, columns) {
				if o.weighs || o.norm != nil || s.Sublinear && t.Signed || slices.ContainsFunc(s.Weights, func(w float64) bool { return !(math.Abs(w) < 1e20) }) {
					return nil, nil, false
				}
				o.weighs, o.sublinear, o.weights, columns = true, s.Sublinear, slices.Clone(s.Weights), s.Out
				gone = append(gone, i)
				for _, c := range s.Out {
					own[c] = true
				}
				continue
			}
		case model.Normalize:
			if slices.Equal(s.In, columns) {
				if o.norm != nil {
					return nil, nil, false
				}
				o.norm, columns = &s, s.Out
				gone = append(gone, i)
				for _, c := range s.Out {
					own[c] = true
				}
				continue
			}
		}
		if slices.ContainsFunc(readsOf(m.Steps[i]), func(c model.Column) bool { return own[c] }) {
			return nil, nil, false
		}
	}
	if slices.ContainsFunc(m.Transformed, func(c model.Column) bool { return own[c] }) {
		return nil, nil, false
	}
	for _, c := range columns {
		delete(own, c)
	}
	return gone, columns, !slices.ContainsFunc(m.Estimator.(*model.Linear).In, func(c model.Column) bool { return own[c] })
}

// neighbours finds columns side by side among the inputs of an estimator,
// which reads none of them otherwise, and whose coefficients make 0 of 0.
func neighbours(l *model.Linear, columns []model.Column) (from int, ok bool) {
	from = slices.Index(l.In, columns[0])
	if from < 0 || len(l.In)-from < len(columns) || !slices.Equal(l.In[from:from+len(columns)], columns) {
		return 0, false
	}
	own := map[model.Column]bool{}
	for _, c := range columns {
		own[c] = true
	}
	for j, c := range l.In {
		if own[c] && (j < from || j >= from+len(columns)) {
			return 0, false
		}
	}
	for _, coef := range l.Coef {
		for _, c := range coef[from : from+len(columns)] {
			if !(math.Abs(c) <= math.MaxFloat32) {
				return 0, false
			}
		}
	}
	return from, true
}

func (o *bag) run(b *Block) error {
	to := &b.bags[o.place]
	to.words, to.ends = to.words[:0], to.ends[:0]
	return o.each(b, func(_ int, w *textScratch) {
		begin := len(to.words)
		slices.Sort(w.places)
		w.places = slices.Compact(w.places)
		for _, at := range w.places {
			to.words = append(to.words, worded{at, o.weighed(w.counts[at], at)})
		}
		if o.norm != nil {
			divide(to.words[begin:], o.norm)
		}
		to.ends = append(to.ends, len(to.words))
	})
}

// weighed is what termWeights makes of a count.
func (o *bag) weighed(x float64, at int32) float64 {
	if !o.weighs {
		return x
	}
	if x != 0 && o.sublinear {
		x = math.Log(x) + 1
	}
	if o.weights != nil {
		x *= o.weights[at]
	}
	return x
}

// divide divides the values of a row by their norm.
func divide(words []worded, by *model.Normalize) {
	norm := 0.0
	for _, w := range words {
		norm = addToNorm(norm, w.value, by.Norm)
	}
	norm = endNorm(norm, by)
	for i := range words {
		words[i].value /= norm
	}
}

// write writes the columns, which certificates ask for.
func (b *bagged) write(to *Block, columns []model.Column) {
	for _, c := range columns {
		clear(to.column(c))
	}
	for row := range b.ends {
		for _, w := range b.row(row) {
			to.column(columns[w.at])[row] = w.value
		}
	}
}
