package engine

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

var nan = math.NaN()

// A Block is some rows on their way through a predictor: set every feature,
// then Run.
type Block struct {
	p       *Predictor
	rows    int
	values  []float64  // the columns, one after another, rows values each
	strings [][]string // the caller's columns of strings, for messages
	scores  []float64  // raw scores, row by row
	linked  []float64  // probabilities nobody asked for but a decision needs
	scratch any        // of the estimator
}

func (b *Block) reset(rows int) {
	b.rows = rows
	b.values = resize(b.values, b.p.columns*rows)
	b.scores = resize(b.scores, b.p.width*rows)
}

// column returns the values of one column.
func (b *Block) column(c model.Column) []float64 {
	lo := int(c) * b.rows
	return b.values[lo : lo+b.rows : lo+b.rows]
}

// SetNumbers sets a feature of numbers, one value a row; NaN is missing.
func (b *Block) SetNumbers(feature int, values []float64) {
	copy(b.column(model.Column(feature)), values)
}

// SetStrings sets a feature of strings, one a row; missing may be nil. The
// slices are kept until Put.
func (b *Block) SetStrings(feature int, values []string, missing []bool) {
	b.strings[feature] = values
	codes := b.column(model.Column(feature))
	v := b.p.vocabularies[feature]
	for i := range codes {
		if missing != nil && missing[i] {
			codes[i] = nan
		} else {
			codes[i] = v.code(values[i])
		}
	}
}

// Outputs says where results go: slices for as many rows as the block has, or
// nil where a result is not wanted.
type Outputs struct {
	Values        []float64 // of a regression
	Classes       []int32   // of a classification
	Probabilities []float64
	Scores        []float64
	// Terms gets Σ|terms| for every raw score of a linear model, what a
	// tolerance on sums of products is relative to. Not written for trees.
	Terms []float64
}

// Run computes the wanted outputs. An error is a *RowError.
func (b *Block) Run(out *Outputs) error {
	for _, op := range b.p.ops {
		if err := op.run(b); err != nil {
			return err
		}
	}
	b.p.estimator.score(b)
	if l, ok := b.p.estimator.(*linear); ok && out.Terms != nil {
		l.terms(b, out.Terms)
	}
	b.p.output.write(b, out)
	return nil
}

// refuse makes the error for a row of this block.
func (b *Block) refuse(row int, in model.Column, reason string) error {
	return &RowError{Row: row, Feature: int(b.p.source[in]), Reason: reason}
}

// resize returns a slice of n elements with undefined content, s if it is
// large enough.
func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
