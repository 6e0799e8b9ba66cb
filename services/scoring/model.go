package scoring

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine"
)

// A Model is a trained model, ready to predict. It is immutable and safe for
// concurrent use.
type Model struct {
	signature   Signature
	description Description
	predictor   *engine.Predictor
	certainty   certainty
}

// Signature says what the model takes and gives. Callers must not change it.
func (m *Model) Signature() *Signature { return &m.signature }

// Description describes the model for people. Callers must not change it.
func (m *Model) Description() *Description { return &m.description }

// Bytes is how much memory the compiled model keeps.
func (m *Model) Bytes() int64 { return m.predictor.Bytes() }

// Predict computes the methods in want for every row of b into out. An error
// is a [*BatchError] where b does not fit the signature, a [*MethodError], a
// [*RowError] where the original library would have refused a row, or the
// context's; out is then undefined. The context is looked at between blocks of
// rows, and blocks of large batches are shared with idle processors.
func (m *Model) Predict(ctx context.Context, b *Batch, want Method, out *Result) error {
	return m.predict(ctx, b, want, out, nil)
}

// MaxResults is the most results, of all rows and methods, that one call of
// [Model.Predict] computes: what a sparse matrix holds in little is 256 MiB of numbers. A
// single row may have more.
const MaxResults = 1 << 25

// predict is Predict; terms, if not nil, gets what tolerances on sums of
// products are relative to.
func (m *Model) predict(ctx context.Context, b *Batch, want Method, out *Result, terms []float64) error {
	s := &m.signature
	if want&^s.Methods != 0 || want == 0 {
		return &MethodError{Asked: want, Offered: s.Methods}
	}
	if b.Rows == 1 {
		return m.row(ctx, b, want, out, terms)
	}
	if err := s.check(b); err != nil {
		return err
	}
	if width := s.Width(want); width > MaxResults/max(1, b.Rows) {
		return &BatchError{Reason: fmt.Sprintf("%d rows of %d results; at most %d results are computed at once", b.Rows, width, MaxResults)}
	}
	out.resize(s, b.Rows, want)
	return m.run(ctx, b, want, out, terms)
}

// row computes a batch of one row, which it checks and sets in one go: either
// takes as long as a model of a few trees.
func (m *Model) row(ctx context.Context, b *Batch, want Method, out *Result, terms []float64) error {
	s := &m.signature
	var spent spent
	start := out.clock()
	if err := s.checkShape(b); err != nil {
		return err
	}
	block := m.predictor.Get(1)
	defer m.predictor.Put(block)
	row := block.Row()
	for i := range s.Features {
		f, c := &s.Features[i], &b.Columns[i]
		if f.Type == Number && len(c.Numbers) == 1 && c.Strings == nil && c.Missing == nil {
			row[i] = c.Numbers[0] // as nearly all are
			continue
		}
		if reason := f.check(c, 1); reason != "" {
			return &BatchError{Feature: f.Name, Reason: reason}
		}
		m.set(block, i, c, 0, 1)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	out.resize(s, 1, want)
	err := m.compute(block, 1, 0, 1, want, out, terms, start, &spent)
	out.Transforming = spent.share()
	return err
}

// block computes rows lo to hi.
func (m *Model) block(b *Batch, lo, hi int, want Method, out *Result, terms []float64, spent *spent) error {
	start := out.clock()
	block := m.predictor.Get(hi - lo)
	defer m.predictor.Put(block)
	for i := range m.signature.Features {
		m.set(block, i, &b.Columns[i], lo, hi)
	}
	return m.compute(block, b.Rows, lo, hi, want, out, terms, start, spent)
}

// set gives the rows lo to hi of a feature to a block.
func (m *Model) set(block *engine.Block, feature int, c *Column, lo, hi int) {
	switch f := &m.signature.Features[feature]; {
	case f.Unused:
	case f.Type == Number:
		block.SetNumbers(feature, c.Numbers[lo:hi])
	case c.Missing != nil:
		block.SetStrings(feature, c.Strings[lo:hi], c.Missing[lo:hi])
	default:
		block.SetStrings(feature, c.Strings[lo:hi], nil)
	}
}

// compute runs a block that is the rows lo to hi of so many. It adds the time
// since start, if that is to be known, to what was spent.
func (m *Model) compute(block *engine.Block, rows, lo, hi int, want Method, out *Result, terms []float64, start time.Time, spent *spent) error {
	s := &m.signature
	o := engine.Outputs{Timed: out.Timed}
	if want&Predict != 0 {
		if s.Task == Classification {
			o.Classes = out.Classes[lo*s.Outputs : hi*s.Outputs]
		} else {
			o.Values = out.Values[lo*s.Outputs : hi*s.Outputs]
		}
	}
	if want&PredictProba != 0 {
		o.Probabilities = out.Probabilities[lo*s.Probabilities : hi*s.Probabilities]
	}
	if want&DecisionFunction != 0 {
		o.Scores = out.Scores[lo*s.Scores : hi*s.Scores]
	}
	if want&Transform != 0 {
		o.Transformed = out.Transformed[lo*s.Transformed : hi*s.Transformed]
	}
	if terms != nil {
		width := len(terms) / rows
		o.Terms = terms[lo*width : hi*width]
	}
	if err := block.Run(&o); err != nil {
		return s.refusal(err, lo)
	}
	if out.Timed {
		spent.transforming.Add(int64(o.Prepared.Sub(start)))
		spent.estimating.Add(int64(time.Since(o.Prepared)))
	}
	return nil
}

// refusal names the feature of an engine's error in the block from row lo.
func (s *Signature) refusal(err error, lo int) error {
	var refused *engine.RowError
	if !errors.As(err, &refused) {
		return err
	}
	out := &RowError{Row: lo + refused.Row, Reason: refused.Reason}
	if refused.Feature >= 0 {
		out.Feature = s.Features[refused.Feature].Name
	}
	return out
}

// check holds a batch to the signature.
func (s *Signature) check(b *Batch) error {
	if err := s.checkShape(b); err != nil {
		return err
	}
	for i := range s.Features {
		if reason := s.Features[i].check(&b.Columns[i], b.Rows); reason != "" {
			return &BatchError{Feature: s.Features[i].Name, Reason: reason}
		}
	}
	return nil
}

// checkShape holds the number of rows and of columns to it.
func (s *Signature) checkShape(b *Batch) error {
	if b.Rows < 0 {
		return &BatchError{Reason: fmt.Sprintf("%d rows", b.Rows)}
	}
	if len(b.Columns) != len(s.Features) {
		return &BatchError{Reason: fmt.Sprintf("%d columns; the model has %d features", len(b.Columns), len(s.Features))}
	}
	return nil
}

// check returns what is wrong with a column for this feature.
func (f *Feature) check(c *Column, rows int) string {
	switch {
	case f.Unused:
	case f.Type == Number && c.Strings != nil:
		return "strings; the feature is a number"
	case f.Type == String && c.Numbers != nil:
		return "numbers; the feature is a string"
	case len(c.Numbers)+len(c.Strings) != rows:
		return fmt.Sprintf("%d values for %d rows", len(c.Numbers)+len(c.Strings), rows)
	case c.Missing != nil && len(c.Missing) != rows:
		return fmt.Sprintf("%d missing flags for %d rows", len(c.Missing), rows)
	}
	return ""
}

// clock is the time, where it is to be measured.
func (r *Result) clock() time.Time {
	if r.Timed {
		return time.Now()
	}
	return time.Time{}
}

// resize makes room for the wanted results and empties the others.
func (r *Result) resize(s *Signature, rows int, want Method) {
	values, classes, probabilities, scores, transformed := 0, 0, 0, 0, 0
	if want&Predict != 0 {
		if s.Task == Classification {
			classes = rows * s.Outputs
		} else {
			values = rows * s.Outputs
		}
	}
	if want&PredictProba != 0 {
		probabilities = rows * s.Probabilities
	}
	if want&DecisionFunction != 0 {
		scores = rows * s.Scores
	}
	if want&Transform != 0 {
		transformed = rows * s.Transformed
	}
	r.Values = slices.Grow(r.Values[:0], values)[:values]
	r.Classes = slices.Grow(r.Classes[:0], classes)[:classes]
	r.Probabilities = slices.Grow(r.Probabilities[:0], probabilities)[:probabilities]
	r.Scores = slices.Grow(r.Scores[:0], scores)[:scores]
	r.Transformed = slices.Grow(r.Transformed[:0], transformed)[:transformed]
}
