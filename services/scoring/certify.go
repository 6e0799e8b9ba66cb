package scoring

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Certify replays a certificate: every method that the model offers must give
// what the training library computed, and what that refused must be refused.
// It returns a [*MismatchError] at the first row that differs, and a
// [*FormatError] where the certificate is not about this model.
func (m *Model) Certify(c *Certificate) error {
	_, err := m.certify(c)
	return err
}

// certify also tells how near the model came.
func (m *Model) certify(c *Certificate) (*replay, error) {
	r, err := m.replay(c)
	if err != nil {
		return nil, err
	}
	if err := r.columns(); err != nil {
		return nil, err
	}
	if err := r.outputs(c.Rows()); err != nil {
		return nil, err
	}
	// One row takes another way through the engine than many.
	if err := r.outputs(1); err != nil {
		return nil, err
	}
	return r, r.refusals()
}

// A replay is a certificate on its way through a model.
type replay struct {
	*Model
	certificate *Certificate
	order       []int   // by feature of the model: the column of the certificate
	largest     float64 // relative difference so far, of those that were allowed
	ties        []int   // rows of another class that is as likely
	overflows   bool    // the row's numbers are finite, but Σ|terms| is not
}

func certificateError(format string, args ...any) error {
	return &FormatError{Format: "golden.json", Offset: -1, What: fmt.Sprintf(format, args...)}
}

// replay matches the certificate's columns with the model's features: by name
// where the model has names, by position otherwise.
func (m *Model) replay(c *Certificate) (*replay, error) {
	s := &m.signature
	if len(c.Features) != len(s.Features) {
		return nil, certificateError("%d features; the model has %d", len(c.Features), len(s.Features))
	}
	r := &replay{Model: m, certificate: c, order: make([]int, len(s.Features))}
	places := make(map[string]int, len(c.Features))
	for i, name := range c.Features {
		places[name] = i
	}
	for i, f := range s.Features {
		r.order[i] = i
		if !s.Named {
			continue
		}
		at, ok := places[f.Name]
		if !ok {
			return nil, certificateError("the model's feature %q is not among the features", f.Name)
		}
		r.order[i] = at
	}
	return r, nil
}

// columns holds the names of what transform yields to those that the library gives, where both are known.
func (r *replay) columns() error {
	got, want := r.signature.Columns, r.certificate.columns
	if got == nil || want == nil || slices.Equal(got, want) {
		return nil
	}
	return &MismatchError{Output: "get_feature_names_out", Got: fmt.Sprintf("%.200q", got), Want: fmt.Sprintf("%.200q", want)}
}

// batch makes a batch of golden rows. A value of a kind that the feature does
// not have is an error: such a row cannot even be asked.
func (r *replay) batch(rows [][]any) (*Batch, error) {
	b := &Batch{Rows: len(rows), Columns: make([]Column, len(r.order))}
	for i, at := range r.order {
		f, c := &r.signature.Features[i], &b.Columns[i]
		if f.Unused {
			continue
		}
		if f.Type == Number {
			c.Numbers = make([]float64, len(rows))
		} else {
			c.Strings, c.Missing = make([]string, len(rows)), make([]bool, len(rows))
		}
		for j, row := range rows {
			if err := c.set(j, row[at]); err != nil {
				return nil, &RowError{Row: j, Feature: f.Name, Reason: err.Error()}
			}
		}
	}
	return b, nil
}

func (c *Column) set(row int, v any) error {
	if v == nil {
		if c.Numbers != nil {
			c.Numbers[row] = math.NaN()
		} else {
			c.Missing[row] = true
		}
		return nil
	}
	if c.Numbers != nil {
		x, ok := goldenNumber(v)
		if !ok {
			return fmt.Errorf("%v is no number", v)
		}
		c.Numbers[row] = x
		return nil
	}
	switch v := v.(type) {
	case string:
		c.Strings[row] = v
	case json.Number:
		c.Strings[row] = v.String()
	case bool:
		c.Strings[row] = strconv.FormatBool(v)
	default:
		return fmt.Errorf("%v is no string", v)
	}
	return nil
}

// outputs compares what every golden row gives, step rows at a time.
func (r *replay) outputs(step int) error {
	b, err := r.batch(r.certificate.rows)
	if err != nil {
		return certificateError("%v", err)
	}
	for first := 0; first < b.Rows; first += step {
		if err := r.part(b.part(first, min(first+step, b.Rows)), first); err != nil {
			return err
		}
	}
	return nil
}

// part is rows lo to hi.
func (b *Batch) part(lo, hi int) *Batch {
	p := &Batch{Rows: hi - lo, Columns: make([]Column, len(b.Columns))}
	for i, c := range b.Columns {
		if c.Numbers != nil {
			p.Columns[i].Numbers = c.Numbers[lo:hi]
		}
		if c.Strings != nil {
			p.Columns[i].Strings, p.Columns[i].Missing = c.Strings[lo:hi], c.Missing[lo:hi]
		}
	}
	return p
}

// part compares a part of the golden rows, from row first on.
func (r *replay) part(b *Batch, first int) error {
	var out Result
	var terms []float64
	if r.certainty.sums {
		terms = make([]float64, b.Rows*r.certainty.width)
	}
	if err := r.predict(context.Background(), b, r.signature.Methods, &out, terms); err != nil {
		mismatch := &MismatchError{Row: first, Output: "predict", Got: "an error (" + err.Error() + ")", Want: "no error"}
		var refused *RowError
		if errors.As(err, &refused) {
			mismatch.Row += refused.Row
		}
		return mismatch
	}
	for i := range b.Rows {
		var all []float64 // Σ|terms| of each score
		if terms != nil {
			all = terms[i*r.certainty.width:][:r.certainty.width]
		}
		if err := r.row(i, first+i, &out, all); err != nil {
			return err
		}
	}
	return nil
}

// row compares row at of a result with a golden row.
func (r *replay) row(at, row int, out *Result, all []float64) error {
	terms := 0.0 // Σ|terms| of the greatest score
	r.overflows = slices.ContainsFunc(all, func(t float64) bool { return math.IsInf(t, 1) }) && finite(r.certificate.rows[row])
	for _, t := range all {
		if t < math.Inf(1) { // else any number would do, or none
			terms = max(terms, t)
		}
	}
	s, golden := &r.signature, &r.certificate.outputs
	switch {
	case s.Methods&Predict == 0:
		if len(golden.Transform) == 0 {
			return certificateError("it holds nothing of transform, which is all that the model has")
		}
	case len(golden.Predict) == 0:
		return certificateError("it holds nothing of predict")
	case s.Targets != nil:
		if err := r.labels(at, row, out); err != nil {
			return err
		}
	case s.Task == Classification:
		if got := s.Classes[out.Classes[at]]; !got.is(golden.Predict[row]) {
			if !r.tied(at, golden.Predict[row], out, terms) {
				return &MismatchError{Row: row, Output: "predict", Got: got.String(), Want: fmt.Sprint(golden.Predict[row])}
			}
			r.ties = append(r.ties, row)
		}
	default:
		got := out.Values[at*s.Outputs:][:s.Outputs]
		if err := r.numbers(row, "predict", got, golden.Predict[row], r.certainty.values, terms); err != nil {
			return err
		}
	}
	if len(golden.PredictProba) > 0 && s.Methods&PredictProba != 0 {
		got := out.Probabilities[at*s.Probabilities:][:s.Probabilities]
		if err := r.numbers(row, "predict_proba", got, any(golden.PredictProba[row]), r.certainty.probabilities, terms); err != nil {
			return err
		}
	}
	if len(golden.DecisionFunction) > 0 && s.Methods&DecisionFunction != 0 {
		got := out.Scores[at*s.Scores:][:s.Scores]
		if err := r.numbers(row, "decision_function", got, golden.DecisionFunction[row], r.certainty.scores, terms); err != nil {
			return err
		}
	}
	if len(golden.Transform) > 0 && s.Methods&Transform != 0 {
		return r.transformed(at, row, out, all)
	}
	return nil
}

// transformed compares what transform makes of row at with a golden row. Of a model that
// does nothing else, the columns are its scores, each with its terms.
func (r *replay) transformed(at, row int, out *Result, terms []float64) error {
	got := out.Transformed[at*r.signature.Transformed:][:r.signature.Transformed]
	want, ok := goldenNumbers(r.certificate.outputs.Transform[row])
	if !ok || len(got) != len(want) {
		return &MismatchError{Row: row, Output: "transform", Got: fmt.Sprintf("%d values", len(got)), Want: fmt.Sprintf("%d values", len(want))}
	}
	for i := range got {
		scale := 0.0
		if i < len(terms) && terms[i] < math.Inf(1) {
			scale = terms[i]
		}
		if !r.certainty.transformed.allows(got[i], want[i], scale) {
			return &MismatchError{
				Row: row, Output: fmt.Sprintf("transform[%d]", i),
				Got: strconv.FormatFloat(got[i], 'g', -1, 64), Want: strconv.FormatFloat(want[i], 'g', -1, 64),
			}
		}
	}
	return nil
}

// labels compares the labels of row at with those of a golden row.
func (r *replay) labels(at, row int, out *Result) error {
	s := &r.signature
	want, ok := r.certificate.outputs.Predict[row].([]any)
	if !ok || len(want) != len(s.Targets) {
		return &MismatchError{Row: row, Output: "predict", Got: fmt.Sprintf("%d labels", len(s.Targets)), Want: fmt.Sprint(r.certificate.outputs.Predict[row])}
	}
	first := 0 // column of the target's probabilities
	for k, classes := range s.Targets {
		chosen := int(out.Classes[at*len(s.Targets)+k])
		if got := classes[chosen]; !got.is(want[k]) && !r.tiedTarget(at, k, first, want[k], out) {
			return &MismatchError{Row: row, Output: fmt.Sprintf("predict[%d]", k), Got: got.String(), Want: fmt.Sprint(want[k])}
		}
		if first += len(classes); s.Indicator {
			first = k + 1
		}
	}
	return nil
}

// tiedTarget is tied for one of several labels, whose probabilities begin at column first.
func (r *replay) tiedTarget(at, target, first int, want any, out *Result) bool {
	s := &r.signature
	classes, t := s.Targets[target], r.certainty.probabilities
	other := slices.IndexFunc(classes, func(l Label) bool { return l.is(want) })
	if other < 0 || s.Methods&PredictProba == 0 {
		return false
	}
	p := out.Probabilities[at*s.Probabilities:][:s.Probabilities]
	if s.Indicator {
		return t.allows(p[first], 0.5, 1)
	}
	return t.allows(p[first+int(out.Classes[at*len(s.Targets)+target])], p[first+other], 1)
}

// tied reports whether the class that a golden says is, by sums of products, as likely as the one
// that was chosen: which of the two is greater in a last bit depends on the order of a sum.
func (r *replay) tied(at int, want any, out *Result, terms float64) bool {
	s, got := &r.signature, int(out.Classes[at])
	other := slices.IndexFunc(s.Classes, func(l Label) bool { return l.is(want) })
	if !r.certainty.sums || other < 0 {
		return false
	}
	if s.Methods&PredictProba != 0 {
		p := out.Probabilities[at*s.Probabilities:][:s.Probabilities]
		return r.certainty.probabilities.allows(p[got], p[other], 1)
	}
	if s.Methods&DecisionFunction == 0 {
		return false
	}
	scores := out.Scores[at*s.Scores:][:s.Scores]
	if len(scores) == 1 {
		return r.certainty.scores.allows(scores[0], 0, terms)
	}
	return len(scores) == len(s.Classes) && r.certainty.scores.allows(scores[got], scores[other], terms)
}

// numbers compares numbers with a golden entry.
func (r *replay) numbers(row int, output string, got []float64, golden any, t tolerance, terms float64) error {
	want, ok := goldenNumbers(golden)
	if !ok {
		return certificateError("row %d: %s is not numbers: %v", row, output, golden)
	}
	if len(got) != len(want) {
		return &MismatchError{Row: row, Output: output, Got: fmt.Sprintf("%d values", len(got)), Want: fmt.Sprint(len(want))}
	}
	for i := range got {
		scale := terms
		if r.certainty.growing && output == "predict" {
			scale = max(1, terms) * max(1, math.Abs(want[i]))
		}
		if r.overflows && huge(got[i]) && huge(want[i]) {
			continue // when a sum overflows, and to what, hangs on its order
		}
		r.largest = max(r.largest, t.difference(got[i], want[i], scale))
		if !t.allows(got[i], want[i], scale) {
			if len(got) > 1 {
				output = fmt.Sprintf("%s[%d]", output, i)
			}
			return &MismatchError{
				Row: row, Output: output,
				Got:  strconv.FormatFloat(got[i], 'g', -1, 64),
				Want: strconv.FormatFloat(want[i], 'g', -1, 64),
			}
		}
	}
	return nil
}

// refusals makes sure that every row which the library refuses is refused.
func (r *replay) refusals() error {
	for i, e := range r.certificate.errors {
		b, err := r.batch([][]any{e.Row})
		if err != nil {
			continue // of a kind that no request can carry
		}
		var out Result
		if err := r.Predict(context.Background(), b, r.signature.Default(), &out); err == nil {
			return &MismatchError{Row: i, Output: goldenErrorName, Got: "a prediction", Want: "refused: " + e.Error}
		}
	}
	return nil
}

// huge reports whether a number is near to the largest of all, or beyond, or none.
func huge(x float64) bool { return !(math.Abs(x) < 1e300) }

// finite reports whether no value of a golden row is infinite.
func finite(row []any) bool {
	return !slices.ContainsFunc(row, func(v any) bool {
		x, ok := goldenNumber(v)
		return ok && math.IsInf(x, 0)
	})
}
