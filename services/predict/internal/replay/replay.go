// Package replay asks a candidate model what a payload log's models were asked,
// and tells how its answers differ.
package replay

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/treehouse-ml/treehouse/services/predict/internal/payload"
	"github.com/treehouse-ml/treehouse/services/predict/internal/payloadfile"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// Options are what is replayed.
type Options struct {
	Log       payload.Source
	Model     string // whose rows; empty: the log's only one
	Candidate *scoring.Model
	// Tolerance is the greatest difference that is none: of a regressor's
	// numbers, relative to the logged one where Relative is set, or of a
	// classifier's probabilities.
	Tolerance float64
	Relative  bool
}

// A Report is the result. Differences are the candidate's answer less the
// logged one; of probabilities the greatest of a row's.
type Report struct {
	Model    string  `json:"model"`
	Task     string  `json:"task"`
	Versions []int64 `json:"versions"` // that the log's answers are of
	Rows     int     `json:"rows"`     // that were compared
	Failures int     `json:"failures"` // rows that were not answered then
	Refused  int     `json:"refused"`  // rows that the candidate refuses
	// Refusals are the first few of them.
	Refusals []Refusal `json:"refusals"`
	// Missing are features of the candidate that the log does not have, and
	// Ignored those of the log that the candidate does not take.
	Missing []string `json:"missing_features"`
	Ignored []string `json:"ignored_features"`

	Differences *Differences `json:"differences,omitempty"` // of numbers, or of probabilities
	Beyond      int          `json:"beyond_tolerance"`      // rows whose number, or class and probabilities, differ by more
	Tolerance   float64      `json:"tolerance"`
	Relative    bool         `json:"relative"`

	Changed int      `json:"changed_classes"`
	Changes []Change `json:"changes,omitempty"` // the most frequent first
}

// Differences are how large they are, without their signs, but Mean.
type Differences struct {
	Rows int     `json:"rows"`
	Mean float64 `json:"mean"` // with its sign; of a regressor
	P50  float64 `json:"p50"`  // quantiles are within 1 %
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

// A Refusal is a row that the candidate refuses.
type Refusal struct {
	ID    string `json:"id"`
	Row   int    `json:"row"`
	Error string `json:"error"`
}

// A Change is a class that became another.
type Change struct {
	From string `json:"from"`
	To   string `json:"to"`
	Rows int    `json:"rows"`
}

const (
	batchRows   = 512
	maxRefusals = 10
	maxChanges  = 1000 // pairs of classes that are counted
)

// Run replays. It holds a few hundred rows at a time, however long the log is.
func Run(ctx context.Context, o Options) (*Report, error) {
	sig := o.Candidate.Signature()
	r := &run{ctx: ctx, o: o, want: scoring.Predict | sig.Methods&scoring.PredictProba, changes: map[[2]string]int{},
		report: Report{Task: sig.Task.String(), Refusals: []Refusal{}, Missing: []string{}, Ignored: []string{}, Tolerance: o.Tolerance, Relative: o.Relative}}
	if sig.Outputs != 1 || sig.Targets != nil {
		return nil, fmt.Errorf("the candidate predicts %d numbers a row; only one can be compared", sig.Outputs)
	}
	if err := payload.Read(ctx, o.Log, o.Model, r.row); err != nil {
		return nil, err
	}
	if err := r.flush(); err != nil {
		return nil, err
	}
	return r.finish(), nil
}

type run struct {
	ctx     context.Context //nolint:containedctx // of the one call to Run
	o       Options
	want    scoring.Method
	report  Report
	shape   *payloadfile.Shape
	mapping mapping
	rows    []logged
	batch   scoring.Batch
	result  scoring.Result
	sketch  sketch
	mean    float64 // the sum of differences
	changes map[[2]string]int
}

// logged is what was answered to a row of the batch.
type logged struct {
	id            string
	row           int
	number        float64
	class         int
	probabilities []float64
}

// row takes one row of the log.
func (r *run) row(shape *payloadfile.Shape, row *payloadfile.Row) error {
	if shape != r.shape {
		if err := r.file(shape, row); err != nil {
			return err
		}
	}
	if row.Error != "" {
		r.report.Failures++
		return nil
	}
	l := logged{id: row.ID, row: row.Row, class: row.Class, probabilities: slices.Clone(row.Probabilities)}
	if !shape.Classifier() {
		l.number = row.Outputs[0]
	}
	r.rows = append(r.rows, l)
	r.mapping.add(&r.batch, row)
	if len(r.rows) == batchRows {
		return r.flush()
	}
	return nil
}

// file begins a file.
func (r *run) file(shape *payloadfile.Shape, row *payloadfile.Row) error {
	if err := r.flush(); err != nil {
		return err
	}
	sig := r.o.Candidate.Signature()
	switch {
	case shape.Classifier() != (sig.Task == scoring.Classification):
		return fmt.Errorf("the candidate is a model for %s, version %d in the log is not", sig.Task, row.Version)
	case shape.Transforms:
		return fmt.Errorf("version %d predicts nothing; only predictions can be compared", row.Version)
	case shape.Targets != nil:
		return fmt.Errorf("version %d predicts %d labels a row; only one can be compared", row.Version, len(shape.Targets))
	case shape.Outputs > 1:
		return fmt.Errorf("version %d predicts %d numbers a row; only one can be compared", row.Version, shape.Outputs)
	}
	var err error
	if r.mapping, err = newMapping(sig, shape); err != nil {
		return err
	}
	r.shape, r.report.Model = shape, row.Model
	r.report.Missing = union(r.report.Missing, r.mapping.absent)
	r.report.Ignored = union(r.report.Ignored, r.mapping.ignored)
	if !slices.Contains(r.report.Versions, row.Version) {
		r.report.Versions = append(r.report.Versions, row.Version)
	}
	return nil
}

func union(all, more []string) []string {
	for _, s := range more {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

// flush has the candidate answer what is collected.
func (r *run) flush() error {
	if len(r.rows) == 0 {
		return nil
	}
	err := r.predict(0, len(r.rows))
	r.rows = r.rows[:0]
	r.batch = scoring.Batch{}
	return err
}

// predict answers rows lo to hi, around those that the candidate refuses.
func (r *run) predict(lo, hi int) error {
	if lo == hi {
		return nil
	}
	part := scoring.Batch{Rows: hi - lo}
	for i := range r.batch.Columns {
		c := &r.batch.Columns[i]
		if c.Numbers != nil {
			part.Columns = append(part.Columns, scoring.Column{Numbers: c.Numbers[lo:hi]})
		} else {
			part.Columns = append(part.Columns, scoring.Column{Strings: c.Strings[lo:hi], Missing: c.Missing[lo:hi]})
		}
	}
	err := r.o.Candidate.Predict(r.ctx, &part, r.want, &r.result)
	var refused *scoring.RowError
	if errors.As(err, &refused) && refused.Row >= 0 && refused.Row < part.Rows {
		at := lo + refused.Row
		r.refuse(&r.rows[at], refused)
		if err := r.predict(lo, at); err != nil {
			return err
		}
		return r.predict(at+1, hi)
	}
	if err != nil {
		return fmt.Errorf("the candidate: %w", err)
	}
	for i := range part.Rows {
		r.compare(&r.rows[lo+i], i)
	}
	return nil
}

func (r *run) refuse(l *logged, err *scoring.RowError) {
	r.report.Refused++
	if len(r.report.Refusals) < maxRefusals {
		r.report.Refusals = append(r.report.Refusals, Refusal{l.id, l.row, strings.TrimPrefix(fmt.Sprintf("feature %s: %s", err.Feature, err.Reason), "feature : ")})
	}
}

// compare compares an answer with row i of the result.
func (r *run) compare(l *logged, i int) {
	r.report.Rows++
	if !r.shape.Classifier() {
		d := r.result.Values[i] - l.number
		if r.result.Values[i] == l.number || math.IsNaN(r.result.Values[i]) && math.IsNaN(l.number) {
			d = 0 // infinite ones, too
		}
		r.mean += d
		r.difference(math.Abs(d), r.allowed(l.number))
		return
	}
	from, to := r.shape.Classes[l.class], r.o.Candidate.Signature().Classes[r.result.Classes[i]].String()
	changed := from != to
	if changed {
		r.report.Changed++
		if pair := [2]string{from, to}; r.changes[pair] > 0 || len(r.changes) < maxChanges {
			r.changes[pair]++
		}
	}
	if k := len(r.mapping.classes); k > 0 && len(l.probabilities) == k {
		greatest := 0.0
		for class, p := range l.probabilities {
			greatest = max(greatest, math.Abs(r.result.Probabilities[i*k+r.mapping.classes[class]]-p))
		}
		before := r.report.Beyond
		r.difference(greatest, r.o.Tolerance)
		changed = changed && r.report.Beyond == before
	}
	if changed {
		r.report.Beyond++
	}
}

func (r *run) allowed(logged float64) float64 {
	if r.o.Relative {
		return r.o.Tolerance * math.Abs(logged)
	}
	return r.o.Tolerance
}

// difference counts one. What is not finite is beyond every tolerance.
func (r *run) difference(d, allowed float64) {
	if !(d <= allowed) {
		r.report.Beyond++
	}
	if math.IsNaN(d) {
		d = math.Inf(1)
	}
	if math.IsInf(d, 1) {
		d = math.MaxFloat64
	}
	r.sketch.add(d)
}

func (r *run) finish() *Report {
	if s := &r.sketch; s.n > 0 {
		r.report.Differences = &Differences{Rows: s.n, P50: s.quantile(0.5), P90: s.quantile(0.9), P99: s.quantile(0.99), P999: s.quantile(0.999), Max: s.max}
		if mean := r.mean / float64(s.n); !math.IsNaN(mean) && !math.IsInf(mean, 0) {
			r.report.Differences.Mean = mean
		}
	}
	for pair, rows := range r.changes {
		r.report.Changes = append(r.report.Changes, Change{pair[0], pair[1], rows})
	}
	slices.SortFunc(r.report.Changes, func(a, b Change) int {
		if a.Rows != b.Rows {
			return b.Rows - a.Rows
		}
		return slices.Compare([]string{a.From, a.To}, []string{b.From, b.To})
	})
	slices.Sort(r.report.Versions)
	return &r.report
}
