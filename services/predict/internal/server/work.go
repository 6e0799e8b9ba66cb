package server

import (
	"math"
	"strconv"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// work is the scratch memory of one request. It comes from a pool, so that a
// usual request allocates no buffers but those of its answer.
type work struct {
	batch  scoring.Batch
	result scoring.Result
	seen   model.Prediction // what observers are shown
	turns  turns            // between its blocks
	filled []bool           // which columns of the batch were given

	// gaps are columns of which every value is missing, made once for all the
	// features that need one: a small request must not fill the memory.
	gaps map[scoring.FeatureType]scoring.Column

	numbers arena[float64]
	strings arena[string]
	bools   arena[bool]
}

// An arena hands out slices of one block of memory.
type arena[T any] struct {
	block []T
	used  int
}

// take returns n zero values.
func (a *arena[T]) take(n int) []T {
	if len(a.block)-a.used < n {
		// The slices that were handed out keep the old block.
		a.block, a.used = make([]T, max(n, 2*len(a.block), 64)), 0
	}
	s := a.block[a.used : a.used+n : a.used+n]
	a.used += n
	clear(s)
	return s
}

// maxPooled is the most elements that scratch memory in the pool may have.
const maxPooled = 1 << 20

// reset forgets the request and reports whether the memory is worth keeping.
func (w *work) reset() bool {
	w.seen, w.turns, w.batch.Turns = model.Prediction{}, turns{}, nil
	clear(w.batch.Columns)
	clear(w.gaps)
	clear(w.strings.block[:w.strings.used]) // their bytes are the request's
	w.numbers.used, w.strings.used, w.bools.used = 0, 0, 0
	return len(w.numbers.block)+len(w.strings.block)+len(w.bools.block)+
		cap(w.result.Values)+cap(w.result.Classes)+cap(w.result.Probabilities)+cap(w.result.Scores)+cap(w.result.Transformed) < maxPooled
}

// disown leaves the result's numbers to the answer.
func (w *work) disown() {
	w.result.Values, w.result.Probabilities, w.result.Scores, w.result.Transformed = nil, nil, nil, nil
}

// begin makes an empty batch.
func (w *work) begin(rows, features int) {
	w.batch.Rows = rows
	if cap(w.batch.Columns) < features {
		w.batch.Columns = make([]scoring.Column, features)
		w.filled = make([]bool, features)
	}
	w.batch.Columns = w.batch.Columns[:features]
	w.filled = w.filled[:features]
	clear(w.batch.Columns)
	clear(w.filled)
}

// claim notes that a column is given.
func (w *work) claim(i int, f *scoring.Feature, given string) error {
	if w.filled[i] {
		if given != f.Name {
			return invalidRequest("column %s is given twice, as %s too", f.Name, given)
		}
		return invalidRequest("column %s is given twice", f.Name)
	}
	w.filled[i] = true
	return nil
}

// find returns the position of the feature called name.
func find(v *model.Version, name string) (int, error) {
	i, ok := v.Inputs.Find(name)
	if !ok {
		name = shorten(name)
		if !v.Model.Signature().Named {
			return 0, invalidFeature(name, "unknown column %q; the model was trained without names, and its features are %s: "+
				"send each row as a list, or by these names", name, v.Inputs.Names())
		}
		return 0, invalidFeature(name, "unknown column %q; the model's features are %s", name, v.Inputs.Names())
	}
	return i, nil
}

// absent fills the columns that were not given: every value is missing, where
// the feature allows that.
func (w *work) absent(s *scoring.Signature) error {
	for i := range s.Features {
		f := &s.Features[i]
		if w.filled[i] {
			continue
		}
		if !f.Optional && !f.Unused {
			return invalidFeature(f.Name, "column %s is not given, and the model needs it", f.Name)
		}
		w.batch.Columns[i] = w.missingColumn(f)
	}
	return nil
}

// missingColumn is a column of which every value is missing.
func (w *work) missingColumn(f *scoring.Feature) scoring.Column {
	column, made := w.gaps[f.Type]
	if made {
		return column
	}
	rows := w.batch.Rows
	if f.Type == scoring.String {
		column = scoring.Column{Strings: w.strings.take(rows), Missing: w.bools.take(rows)}
		for i := range column.Missing {
			column.Missing[i] = true
		}
	} else {
		column = scoring.Column{Numbers: w.numbers.take(rows)}
		for i := range column.Numbers {
			column.Numbers[i] = math.NaN()
		}
	}
	if w.gaps == nil {
		w.gaps = map[scoring.FeatureType]scoring.Column{}
	}
	w.gaps[f.Type] = column
	return column
}

// numberColumn makes a column of numbers, NaN where missing. A feature that the
// model never reads may hold anything.
func (w *work) numberColumn(f *scoring.Feature, values []float64) (scoring.Column, error) {
	if f.Type == scoring.Number || f.Unused {
		return scoring.Column{Numbers: values}, nil
	}
	if f.Digits {
		return w.digitColumn(f, values)
	}
	for row, v := range values {
		if !math.IsNaN(v) {
			return scoring.Column{}, invalidRow(row, f.Name, "expected a string, got the number %v", v)
		}
	}
	return w.missingColumn(f), nil
}

// digitColumn makes strings of integers, NaN where missing, for a library to which
// the two are the same category.
func (w *work) digitColumn(f *scoring.Feature, values []float64) (scoring.Column, error) {
	column := scoring.Column{Strings: w.strings.take(len(values)), Missing: w.bools.take(len(values))}
	for row, v := range values {
		switch {
		case math.IsNaN(v):
			column.Missing[row] = true
		case v != math.Trunc(v):
			return scoring.Column{}, invalidRow(row, f.Name, "expected a string or an integer, got the number %v", v)
		case math.Abs(v) > 1<<53: // its last digits may not be the caller's
			return scoring.Column{}, invalidRow(row, f.Name, "expected a string or an integer up to 2^53, got the number %v; send it as a string", v)
		default:
			column.Strings[row] = strconv.FormatInt(int64(v), 10)
		}
	}
	return column, nil
}

// stringColumn makes a column of strings; missing may be nil.
func (w *work) stringColumn(f *scoring.Feature, values []string, missing []bool) (scoring.Column, error) {
	if f.Type == scoring.String || f.Unused {
		return scoring.Column{Strings: values, Missing: missing}, nil
	}
	for row, v := range values {
		if missing == nil || !missing[row] {
			return scoring.Column{}, invalidRow(row, f.Name, "expected a number, got the string %q", shorten(v))
		}
	}
	return w.missingColumn(f), nil
}

// shorten keeps a caller's value in an error short.
func shorten(s string) string { return clip(s, 100) }
