package cache

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

// missing is the length of a string that is missing.
const missing = math.MaxUint32

// appendRow appends all that a model reads of a row: the bits of numbers, so
// that 0 and -0 or two kinds of NaN are two rows, and strings with their
// lengths, so that no two rows have the same key.
func (c *cached) appendRow(key []byte, b *scoring.Batch, row int) []byte {
	for _, f := range c.reads {
		column := &b.Columns[f]
		switch {
		case column.Strings == nil:
			key = binary.LittleEndian.AppendUint64(key, math.Float64bits(column.Numbers[row]))
		case column.Missing != nil && column.Missing[row]:
			key = binary.LittleEndian.AppendUint32(key, missing)
		default:
			s := column.Strings[row]
			key = append(binary.LittleEndian.AppendUint32(key, uint32(len(s))), s...)
		}
	}
	return key
}

// fits reports whether a batch is one that the model would not refuse as a
// whole. Which it would, and why, is the model's to say.
func (c *cached) fits(b *scoring.Batch, want scoring.Method) bool {
	if want == 0 || want&^c.signature.Methods != 0 || b.Rows < 1 || len(b.Columns) != len(c.signature.Features) {
		return false
	}
	for _, f := range c.reads {
		column := &b.Columns[f]
		if c.signature.Features[f].Type == scoring.Number {
			if len(column.Numbers) != b.Rows || column.Strings != nil || column.Missing != nil {
				return false
			}
			continue
		}
		if len(column.Strings) != b.Rows || column.Numbers != nil || column.Missing != nil && len(column.Missing) != b.Rows {
			return false
		}
	}
	return true
}

// widths are how many numbers a row of a result has.
type widths struct{ values, classes, probabilities, scores, transformed int }

func widthsOf(s *scoring.Signature, want scoring.Method) (w widths) {
	if want&scoring.Predict != 0 {
		if s.Task == scoring.Classification {
			w.classes = s.Outputs
		} else {
			w.values = s.Outputs
		}
	}
	if want&scoring.PredictProba != 0 {
		w.probabilities = s.Probabilities
	}
	if want&scoring.DecisionFunction != 0 {
		w.scores = s.Scores
	}
	if want&scoring.Transform != 0 {
		w.transformed = s.Transformed
	}
	return w
}

// resize makes room for the results of so many rows, and empties the others.
func (w *widths) resize(out *scoring.Result, rows int) {
	out.Values = slices.Grow(out.Values[:0], w.values*rows)[:w.values*rows]
	out.Classes = slices.Grow(out.Classes[:0], w.classes*rows)[:w.classes*rows]
	out.Probabilities = slices.Grow(out.Probabilities[:0], w.probabilities*rows)[:w.probabilities*rows]
	out.Scores = slices.Grow(out.Scores[:0], w.scores*rows)[:w.scores*rows]
	out.Transformed = slices.Grow(out.Transformed[:0], w.transformed*rows)[:w.transformed*rows]
}

// numbers are those of a row of a result, by output.
func (w *widths) numbers(r *scoring.Result, row int) [4][]float64 {
	return [4][]float64{
		r.Values[row*w.values:][:w.values], r.Probabilities[row*w.probabilities:][:w.probabilities],
		r.Scores[row*w.scores:][:w.scores], r.Transformed[row*w.transformed:][:w.transformed],
	}
}

// read sets a row of a result to a value that append made.
func (w *widths) read(value []byte, out *scoring.Result, row int) {
	for _, to := range w.numbers(out, row) {
		for i := range to {
			to[i] = math.Float64frombits(binary.LittleEndian.Uint64(value))
			value = value[8:]
		}
	}
	for i := range w.classes {
		out.Classes[row*w.classes+i] = int32(binary.LittleEndian.Uint32(value[4*i:]))
	}
}

// append appends a row of a result.
func (w *widths) append(value []byte, from *scoring.Result, row int) []byte {
	for _, of := range w.numbers(from, row) {
		for _, x := range of {
			value = binary.LittleEndian.AppendUint64(value, math.Float64bits(x))
		}
	}
	for _, class := range from.Classes[row*w.classes:][:w.classes] {
		value = binary.LittleEndian.AppendUint32(value, uint32(class))
	}
	return value
}
