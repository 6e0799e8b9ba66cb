package engine

import (
	"math"
	"time"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/bitslice"
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
	classes []int32    // of strings, feature by feature, row by row
	slots   []int32    // of one-hot columns, group by group, row by row
	found   []int32    // classes of the numbers that a step reads
	spare   []int32    // slots of a group without columns
	scores  []float64  // raw scores, row by row
	linked  []float64  // probabilities nobody asked for but a decision needs
	scratch any        // of the estimator

	nested []nestedScratch // of the predictor's
	words  textScratch     // of a step that reads texts, while it runs
	bags   []bagged        // of the predictor's

	spareValues []float64 // of a step, while it runs
	sparePoints []int32
}

func (b *Block) reset(rows int) {
	b.rows = rows
	if n := b.p.columns * rows; cap(b.values) < n+bitslice.Abreast {
		b.values = make([]float64, n+bitslice.Abreast) // a row's codes are found so many at a time
	}
	b.values = b.values[:b.p.columns*rows]
	b.scores = resize(b.scores, b.p.width*rows)
	b.classes = resize(b.classes, b.p.texts*rows)
	b.slots = resize(b.slots, b.p.hot.groups*rows)
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

// Row is where the numbers of a block of one row are set, by feature; what
// features of strings have there is not read.
func (b *Block) Row() []float64 { return b.values[:len(b.strings)] }

// SetStrings sets a feature of strings, one a row; missing may be nil. The
// slices are kept until Put.
func (b *Block) SetStrings(feature int, values []string, missing []bool) {
	b.strings[feature] = values
	v := b.p.vocabularies[feature]
	for i, class := 0, b.texts(int32(feature)); i < len(class); i++ {
		if missing != nil && missing[i] {
			class[i] = classOfMissing
		} else {
			class[i] = v.class(values[i])
		}
	}
}

// texts returns the classes of a feature of strings.
func (b *Block) texts(feature int32) []int32 {
	lo := int(b.p.textOf[feature]) * b.rows
	return b.classes[lo : lo+b.rows : lo+b.rows]
}

// slot returns the slots of a group of one-hot columns.
func (b *Block) slot(group int32) []int32 {
	lo := int(group) * b.rows
	return b.slots[lo : lo+b.rows : lo+b.rows]
}

// Outputs says where results go: slices for as many rows as the block has, or
// nil where a result is not wanted.
type Outputs struct {
	Values        []float64 // of a regression
	Classes       []int32   // of a classification, one a label of a row
	Probabilities []float64
	Scores        []float64
	Transformed   []float64
	// Terms gets Σ|terms| for every raw score that is a sum of products: what a
	// tolerance is relative to. Not written for trees.
	Terms []float64
	// Timed has Run note in Prepared when the steps before the estimator
	// were done.
	Timed    bool
	Prepared time.Time
}

// Run computes the wanted outputs. An error is a *RowError.
func (b *Block) Run(out *Outputs) error {
	for _, op := range b.p.ops {
		if err := op.run(b); err != nil {
			return err
		}
	}
	if out.Timed {
		out.Prepared = time.Now()
	}
	b.p.transformed(b, out.Transformed)
	b.p.estimator.score(b)
	if e, ok := b.p.estimator.(summing); ok && out.Terms != nil {
		e.terms(b, b.p.terms, out.Terms)
	}
	return b.p.output.write(b, out)
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
