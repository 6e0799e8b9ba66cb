package evaluate

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/treehouse-ml/treehouse/services/predict/internal/payloadfile"
)

// Most that is read of labels; they are held in memory.
const (
	maxLabels     = 20_000_000
	maxLabelBytes = 4 << 30
	maxLabelText  = 4096 // of one label or id
)

// A rowName is how a row of a prediction is named.
type rowName struct {
	id  string
	row int
}

// A label is what came true, as text.
type label struct {
	text string
	line int
	used bool
}

type labels struct {
	byRow   map[rowName]*label
	checked map[string]bool // against which classes
}

// readLabels reads the CSV. Columns other than id, row and label are ignored;
// without a column row each label is of row 0.
func readLabels(in io.Reader) (*labels, error) {
	limited := &io.LimitedReader{R: in, N: maxLabelBytes}
	r := csv.NewReader(limited)
	r.ReuseRecord = true
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("it is empty; expected a header with the columns id, label and, of batches, row")
	}
	if err != nil {
		return nil, err
	}
	id, row, text, err := find(header)
	if err != nil {
		return nil, err
	}
	all := &labels{byRow: map[rowName]*label{}, checked: map[string]bool{}}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			if limited.N <= 0 {
				return nil, fmt.Errorf("it has more than %d bytes", int64(maxLabelBytes))
			}
			return all, nil
		}
		if err != nil {
			return nil, err // a csv.ParseError tells the line
		}
		line, _ := r.FieldPos(0)
		if err := all.add(record, id, row, text, line); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
	}
}

// find finds the columns; row is -1 where there is none.
func find(header []string) (id, row, text int, err error) {
	columns := map[string]int{}
	for i, name := range header {
		name = strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")) // as Excel begins a file
		if _, twice := columns[name]; twice && (name == "id" || name == "row" || name == "label") {
			return 0, 0, 0, fmt.Errorf("line 1: the column %s is there twice", name)
		}
		columns[name] = i
	}
	for _, name := range []string{"id", "label"} {
		if _, ok := columns[name]; !ok {
			return 0, 0, 0, fmt.Errorf("line 1: there is no column %s; expected id, label and, of batches, row", name)
		}
	}
	row = -1
	if i, ok := columns["row"]; ok {
		row = i
	}
	return columns["id"], row, columns["label"], nil
}

func (l *labels) add(record []string, id, row, text, line int) error {
	name := rowName{id: strings.Clone(strings.TrimSpace(record[id]))}
	if row >= 0 {
		n, err := strconv.ParseInt(strings.TrimSpace(record[row]), 10, 32)
		if err != nil || n < 0 {
			return fmt.Errorf("row is %q; expected a number of a row, from 0", clip(record[row]))
		}
		name.row = int(n)
	}
	value := strings.TrimSpace(record[text])
	switch before := l.byRow[name]; {
	case name.id == "":
		return errors.New("id is empty; expected a prediction's id")
	case len(name.id) > maxLabelText || len(value) > maxLabelText:
		return fmt.Errorf("id or label is longer than %d bytes", maxLabelText)
	case before != nil:
		return fmt.Errorf("row %d of %s has a label already, in line %d", name.row, clip(name.id), before.line)
	case len(l.byRow) == maxLabels:
		return fmt.Errorf("more than %d labels; evaluate parts of them", maxLabels)
	}
	l.byRow[name] = &label{text: strings.Clone(value), line: line}
	return nil
}

// check holds all labels to what a version predicts: the first bad one of the
// file is the error, whether it is in the log or not.
func (l *labels) check(shape *payloadfile.Shape) error {
	kind := strings.Join(append([]string{shape.Labels}, shape.Classes...), "\x00")
	if l.checked[kind] {
		return nil
	}
	l.checked[kind] = true
	line, first := math.MaxInt, error(nil)
	for _, label := range l.byRow {
		if label.line >= line {
			continue
		}
		if _, err := label.read(shape); err != nil {
			line, first = label.line, err
		}
	}
	return first
}

// truth is a label as a number, or as a class of a shape.
type truth struct {
	number float64
	class  int
}

// read reads the label as what a version predicts.
func (l *label) read(shape *payloadfile.Shape) (truth, error) {
	if !shape.Classifier() {
		v, err := strconv.ParseFloat(l.text, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return truth{}, &LabelError{l.line, fmt.Sprintf("label is %q; expected a finite number", clip(l.text))}
		}
		return truth{number: v}, nil
	}
	if class := slices.Index(shape.Classes, l.text); class >= 0 {
		return truth{class: class}, nil
	}
	if class := slices.Index(shape.Classes, canonical(l.text, shape.Labels)); class >= 0 {
		return truth{class: class}, nil
	}
	return truth{}, &LabelError{l.line, fmt.Sprintf("label is %q; the classes are %s", clip(l.text), strings.Join(shape.Classes[:min(len(shape.Classes), 30)], ", "))}
}

// canonical writes a label as a class of that type is written: 3.0, 1e0 and
// True are what pandas makes of 3, 1 and true.
func canonical(text, kind string) string {
	v, err := strconv.ParseFloat(text, 64)
	switch {
	case kind == "bool" && (strings.EqualFold(text, "true") || err == nil && v == 1):
		return "true"
	case kind == "bool" && (strings.EqualFold(text, "false") || err == nil && v == 0):
		return "false"
	case kind == "integer" && err == nil && v == math.Trunc(v) && math.Abs(v) < 1<<53:
		return strconv.FormatInt(int64(v), 10)
	case kind == "float" && err == nil:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return text
}

// A LabelError is about one label.
type LabelError struct {
	Line    int
	Message string
}

func (e *LabelError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Message) }

// clip keeps a value in an error short.
func clip(s string) string {
	if len(s) > 100 {
		return s[:100] + "…"
	}
	return s
}
