// Package evaluate measures how good the predictions in a payload log were,
// once what came true is known.
package evaluate

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/treehouse-ml/treehouse/services/predict/internal/payload"
	"github.com/treehouse-ml/treehouse/services/predict/internal/payloadfile"
)

// Options are what is evaluated.
type Options struct {
	Log    payload.Source
	Model  string    // empty: the log's only one
	Labels io.Reader // CSV with the columns id, label and, of batches, row
	// Segment is a feature: there is a result for each of its values, besides
	// the one for all.
	Segment string
}

// A Report is the result.
type Report struct {
	Model   string  `json:"model"`
	Task    string  `json:"task"` // regression or classification
	Segment string  `json:"segment,omitempty"`
	Labels  int     `json:"labels"`
	Groups  []Group `json:"groups"` // by version, then by segment, all first

	Matched              int `json:"matched"`               // rows of the log with a label
	UnmatchedLabels      int `json:"unmatched_labels"`      // without a row in the log
	UnmatchedPredictions int `json:"unmatched_predictions"` // without a label
	Failures             int `json:"failures"`              // rows that were not answered
	Duplicates           int `json:"duplicates"`            // rows that the log has again; the first counts
}

// A Group is the result of one version, for all rows or those of a segment. A
// figure that cannot be computed is nil; Note says why.
type Group struct {
	Version int64   `json:"version"`
	Segment *string `json:"segment"` // nil: all
	Rows    int     `json:"rows"`

	RMSE *float64 `json:"rmse,omitempty"`
	MAE  *float64 `json:"mae,omitempty"`

	Accuracy *float64 `json:"accuracy,omitempty"`
	LogLoss  *float64 `json:"log_loss,omitempty"`
	AUC      *float64 `json:"auc,omitempty"`
	Note     string   `json:"note,omitempty"`
}

// maxSegments keeps a feature of many values from being one.
const maxSegments = 100

type key struct {
	version int64
	segment string
	all     bool
}

// A tally adds up the rows of a group.
type tally interface {
	add(shape *payloadfile.Shape, row *payloadfile.Row, label truth)
	group() Group
}

type evaluation struct {
	o        Options
	labels   *labels
	report   Report
	tallies  map[key]tally
	segments map[string]bool
	scores   int // that are held for AUC, of all groups
	feature  int // the segment's, in the shape of the file
	shape    *payloadfile.Shape
}

// Run evaluates. The labels are held in memory, and of classifiers the
// probabilities of the rows that have one; the log is not.
func Run(ctx context.Context, o Options) (*Report, error) {
	all, err := readLabels(o.Labels)
	if err != nil {
		return nil, fmt.Errorf("the labels: %w", err)
	}
	e := &evaluation{o: o, labels: all, tallies: map[key]tally{}, segments: map[string]bool{},
		report: Report{Segment: o.Segment, Labels: len(all.byRow), Groups: []Group{}}}
	if err := payload.Read(ctx, o.Log, o.Model, e.row); err != nil {
		return nil, err
	}
	e.report.UnmatchedLabels = e.report.Labels - e.report.Matched
	for k, t := range e.tallies {
		g := t.group()
		if g.Version = k.version; !k.all {
			g.Segment = &k.segment
		}
		e.report.Groups = append(e.report.Groups, g)
	}
	slices.SortFunc(e.report.Groups, func(a, b Group) int {
		if c := cmp.Compare(a.Version, b.Version); c != 0 || a.Segment == nil || b.Segment == nil {
			return cmp.Or(c, cmp.Compare(defined(a.Segment), defined(b.Segment)))
		}
		return cmp.Compare(*a.Segment, *b.Segment)
	})
	return &e.report, nil
}

func defined(s *string) int {
	if s == nil {
		return 0
	}
	return 1
}

// row takes one row of the log.
func (e *evaluation) row(shape *payloadfile.Shape, row *payloadfile.Row) error {
	if shape != e.shape {
		if err := e.file(shape, row); err != nil {
			return err
		}
	}
	if row.Error != "" {
		e.report.Failures++
		return nil
	}
	label, ok := e.labels.byRow[rowName{row.ID, row.Row}]
	switch {
	case !ok:
		e.report.UnmatchedPredictions++
		return nil
	case label.used:
		e.report.Duplicates++
		return nil
	}
	label.used = true
	truth, err := label.read(shape)
	if err != nil {
		return err
	}
	e.report.Matched++
	e.tally(shape, key{version: row.Version, all: true}).add(shape, row, truth)
	if e.o.Segment == "" {
		return nil
	}
	segment := value(shape.Features[e.feature], row.Features[e.feature])
	if e.segments[segment] = true; len(e.segments) > maxSegments {
		return fmt.Errorf("the feature %s has more than %d values; expected one of few as a segment", e.o.Segment, maxSegments)
	}
	e.tally(shape, key{version: row.Version, segment: segment}).add(shape, row, truth)
	return nil
}

// file begins a file: whether it can be evaluated is known by its first row.
func (e *evaluation) file(shape *payloadfile.Shape, row *payloadfile.Row) error {
	task := "regression"
	if shape.Classifier() {
		task = "classification"
	}
	switch {
	case shape.Transforms:
		return fmt.Errorf("version %d predicts nothing; only predictions can be evaluated", row.Version)
	case shape.Targets != nil:
		return fmt.Errorf("version %d predicts %d labels a row; only one can be evaluated", row.Version, len(shape.Targets))
	case shape.Outputs > 1:
		return fmt.Errorf("version %d predicts %d numbers a row; only one can be evaluated", row.Version, shape.Outputs)
	case e.report.Task != "" && task != e.report.Task:
		return fmt.Errorf("version %d is of a model for %s, versions before it for %s", row.Version, task, e.report.Task)
	}
	e.report.Task, e.report.Model, e.shape = task, row.Model, shape
	if e.o.Segment != "" {
		e.feature = slices.IndexFunc(shape.Features, func(f payloadfile.Feature) bool { return f.Name == e.o.Segment })
		if e.feature < 0 {
			var names []string
			for _, f := range shape.Features {
				names = append(names, f.Name)
			}
			return fmt.Errorf("version %d has no feature %q; its features are %s", row.Version, e.o.Segment, strings.Join(names[:min(len(names), 30)], ", "))
		}
	}
	return e.labels.check(shape)
}

func (e *evaluation) tally(shape *payloadfile.Shape, k key) tally {
	t := e.tallies[k]
	if t == nil {
		t = &residuals{}
		if shape.Classifier() {
			t = &hits{scores: &e.scores}
		}
		e.tallies[k] = t
	}
	return t
}

// value names a feature's value.
func value(f payloadfile.Feature, c payloadfile.Cell) string {
	switch {
	case c.Missing:
		return "(missing)"
	case f.Text:
		return c.Text
	}
	return strconv.FormatFloat(c.Number, 'g', -1, 64)
}
