package server

import (
	"math"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

func checkRows(rows uint64, most int) error {
	switch {
	case rows == 0:
		return invalidRequest("the request has 0 rows; expected at least 1")
	case rows > uint64(most):
		return invalidRequest("the request has %d rows; at most %d are accepted, send them in several requests", rows, most)
	}
	return nil
}

// table makes the batch from columns.
func (w *work) table(v *model.Version, t *predictv1.Table, maxRows int) error {
	sig := v.Model.Signature()
	if err := checkRows(uint64(t.GetRows()), maxRows); err != nil {
		return err
	}
	w.begin(int(t.GetRows()), len(sig.Features))
	named := len(t.GetColumns()) > 0 && t.GetColumns()[0].GetName() != ""
	if !named && len(t.GetColumns()) != len(sig.Features) {
		return invalidFeature("", "the table has %d columns without names; the model has %d features: %s",
			len(t.GetColumns()), len(sig.Features), v.Inputs.Names())
	}
	for i, c := range t.GetColumns() {
		if (c.GetName() != "") != named {
			return invalidRequest("columns[%d] has a name or has none, unlike the first; expected all or none to be named", i)
		}
		if named {
			var err error
			if i, err = find(v, c.GetName()); err != nil {
				return err
			}
		}
		f := &sig.Features[i]
		if err := w.claim(i, f, c.GetName()); err != nil {
			return err
		}
		var err error
		if w.batch.Columns[i], err = w.column(f, c); err != nil {
			return err
		}
	}
	return w.absent(sig)
}

// column makes one column. Numbers and strings stay where the request has
// them.
func (w *work) column(f *scoring.Feature, c *predictv1.Column) (scoring.Column, error) {
	rows := w.batch.Rows
	if err := checkMissing(f, c.GetMissing(), rows); err != nil {
		return scoring.Column{}, err
	}
	switch values := c.GetValues().(type) {
	case *predictv1.Column_Numbers:
		numbers := values.Numbers.GetValues()
		if err := checkLength(f, len(numbers), rows); err != nil {
			return scoring.Column{}, err
		}
		for _, row := range c.GetMissing() {
			numbers[row] = math.NaN()
		}
		return w.numberColumn(f, numbers)

	case *predictv1.Column_Booleans:
		booleans := values.Booleans.GetValues()
		if err := checkLength(f, len(booleans), rows); err != nil {
			return scoring.Column{}, err
		}
		return w.booleanColumn(f, booleans, c.GetMissing())

	case *predictv1.Column_Strings:
		strings := values.Strings.GetValues()
		if err := checkLength(f, len(strings), rows); err != nil {
			return scoring.Column{}, err
		}
		return w.stringColumn(f, strings, w.missing(c.GetMissing()))
	}
	if len(c.GetMissing()) != rows {
		return scoring.Column{}, invalidRequest("column %s has no values, but only %d of %d are missing", f.Name, len(c.GetMissing()), rows)
	}
	return w.missingColumn(f), nil
}

// booleanColumn makes numbers of booleans: 1 and 0.
func (w *work) booleanColumn(f *scoring.Feature, booleans []bool, missing []uint32) (scoring.Column, error) {
	numbers := w.numbers.take(len(booleans))
	for i, b := range booleans {
		if b {
			numbers[i] = 1
		}
	}
	for _, row := range missing {
		numbers[row] = math.NaN()
	}
	if f.Type == scoring.String && !f.Unused && !f.Digits {
		for row, n := range numbers {
			if !math.IsNaN(n) {
				return scoring.Column{}, invalidRow(row, f.Name, "expected a string, got the boolean %v", booleans[row])
			}
		}
	}
	return w.numberColumn(f, numbers)
}

// missing makes flags of row numbers; nil of none.
func (w *work) missing(rows []uint32) []bool {
	if len(rows) == 0 {
		return nil
	}
	flags := w.bools.take(w.batch.Rows)
	for _, row := range rows {
		flags[row] = true
	}
	return flags
}

func checkLength(f *scoring.Feature, got, rows int) error {
	if got != rows {
		return invalidRequest("column %s has %d values; the table has %d rows", f.Name, got, rows)
	}
	return nil
}

func checkMissing(f *scoring.Feature, missing []uint32, rows int) error {
	before := int64(-1)
	for _, row := range missing {
		if int64(row) <= before || int64(row) >= int64(rows) {
			return invalidRequest("column %s: missing lists row %d after row %d; expected ascending numbers below %d", f.Name, row, before, rows)
		}
		before = int64(row)
	}
	return nil
}

// matrix makes the batch from rows of numbers.
func (w *work) matrix(v *model.Version, m *predictv1.Matrix, maxRows int) error {
	sig := v.Model.Signature()
	if err := checkRows(uint64(m.GetRows()), maxRows); err != nil {
		return err
	}
	rows, features := int(m.GetRows()), len(sig.Features)
	if len(m.GetValues()) != rows*features {
		return invalidFeature("", "the matrix has %d values for %d rows; the model has %d features: %s",
			len(m.GetValues()), rows, features, v.Inputs.Names())
	}
	w.begin(rows, features)
	return w.transpose(sig, m.GetValues())
}

// transpose makes columns of row-major values.
func (w *work) transpose(sig *scoring.Signature, values []float64) error {
	rows, features := w.batch.Rows, len(sig.Features)
	for i := range features {
		column := w.numbers.take(rows)
		for row := range column {
			column[row] = values[row*features+i]
		}
		var err error
		if w.batch.Columns[i], err = w.numberColumn(&sig.Features[i], column); err != nil {
			return err
		}
	}
	return nil
}
