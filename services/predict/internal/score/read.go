package score

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// A reader makes batches of a CSV file.
type reader struct {
	csv    *csv.Reader
	header []string
	sig    *scoring.Signature
	source []int // for each feature, the column it comes from; -1 for none
	batch  scoring.Batch

	first int   // number of the batch's first row
	next  int   // line on which the next record should begin
	lines []int // of the batch's rows
}

func newReader(r io.Reader, sig *scoring.Signature, warn func(string)) (*reader, error) {
	buffered := bufio.NewReaderSize(r, 1<<16)
	if mark, err := buffered.Peek(3); err == nil && string(mark) == "\uFEFF" {
		_, _ = buffered.Discard(3) // as spreadsheets write it
	}
	c := csv.NewReader(buffered)
	c.ReuseRecord = true
	first, err := c.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the input is empty; expected a header")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the header: %w", err)
	}
	in := &reader{csv: c, sig: sig, first: 1, next: 2}
	in.header = append(in.header, first...) // the record's memory is used again
	if warn == nil {
		warn = func(string) {}
	}
	if sig.Named {
		err = in.byName(warn)
	} else {
		err = in.byPosition(warn)
	}
	if err != nil {
		return nil, err
	}
	in.batch.Columns = make([]scoring.Column, len(sig.Features))
	return in, nil
}

func (in *reader) byName(warn func(string)) error {
	names := model.NewInputs(in.sig)
	in.source = make([]int, len(in.sig.Features))
	for i := range in.source {
		in.source[i] = -1
	}
	var extra, absent []string
	for column, name := range in.header {
		i, ok := names.Find(name)
		switch {
		case !ok:
			extra = append(extra, strconv.Quote(name))
		case in.source[i] >= 0:
			return fmt.Errorf("the header has %s twice", in.sig.Features[i].Name)
		default:
			in.source[i] = column
		}
	}
	for i, f := range in.sig.Features {
		if in.source[i] < 0 && !f.Unused {
			absent = append(absent, strconv.Quote(f.Name))
		}
	}
	// Also where the model takes missing values: a column under another name
	// would be left out of every prediction, and nobody would notice.
	if len(absent) > 0 {
		return fmt.Errorf("the header lacks %s; the model's features are %s; a column of empty cells says that all are missing",
			strings.Join(absent, ", "), names.Names())
	}
	if len(extra) > 0 {
		warn("columns that the model does not know, ignored: " + strings.Join(extra, ", "))
	}
	return nil
}

func (in *reader) byPosition(warn func(string)) error {
	n := len(in.sig.Features)
	if len(in.header) < n {
		return fmt.Errorf("the header has %d columns; the model, which has no names, takes %d by position", len(in.header), n)
	}
	for i := range n {
		in.source = append(in.source, i)
	}
	if len(in.header) > n {
		warn(fmt.Sprintf("the model, which has no names, takes the first %d columns; ignored: %s", n, strings.Join(in.header[n:], ", ")))
	}
	return nil
}

// block reads up to n rows; io.EOF after the last.
func (in *reader) block(n int) (*scoring.Batch, error) {
	in.first += in.batch.Rows
	in.batch.Rows, in.lines = 0, in.lines[:0]
	for i := range in.batch.Columns {
		c := &in.batch.Columns[i]
		c.Numbers, c.Strings, c.Missing = c.Numbers[:0], c.Strings[:0], c.Missing[:0]
	}
	for in.batch.Rows < n {
		record, err := in.csv.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, in.syntax(err)
		}
		if err := in.noBlankLine(record); err != nil {
			return nil, err
		}
		if err := in.row(record); err != nil {
			return nil, err
		}
		in.batch.Rows++
	}
	if in.batch.Rows == 0 {
		return nil, io.EOF
	}
	return &in.batch, nil
}

// noBlankLine refuses a blank line where it could be a row of one missing
// value: encoding/csv skips it, and the output would lack a row.
func (in *reader) noBlankLine(record []string) error {
	line, _ := in.csv.FieldPos(0)
	in.lines = append(in.lines, line)
	expected := in.next
	in.next = line + 1
	for _, cell := range record {
		in.next += strings.Count(cell, "\n")
	}
	if len(in.header) == 1 && line > expected {
		return fmt.Errorf("line %d is blank; write \"\" for a missing value", expected)
	}
	return nil
}

// row adds a record to the batch.
func (in *reader) row(record []string) error {
	for i := range in.sig.Features {
		f, c := &in.sig.Features[i], &in.batch.Columns[i]
		cell := ""
		if in.source[i] >= 0 {
			cell = record[in.source[i]]
		}
		switch {
		case f.Unused && f.Type == scoring.Number:
			c.Numbers = append(c.Numbers, math.NaN()) // it may hold anything
		case f.Type == scoring.Number:
			v, err := number(cell)
			if err != nil {
				return fmt.Errorf("%s, column %s: %w", in.place(in.batch.Rows), f.Name, err)
			}
			c.Numbers = append(c.Numbers, v)
		default:
			if !utf8.ValidString(cell) {
				return fmt.Errorf("%s, column %s: the text is not UTF-8", in.place(in.batch.Rows), f.Name)
			}
			c.Strings = append(c.Strings, cell)
			c.Missing = append(c.Missing, cell == "")
		}
	}
	return nil
}

// number reads a cell. An empty one is missing; booleans are 1 and 0.
func number(cell string) (float64, error) {
	s := strings.TrimSpace(cell)
	switch s {
	case "":
		return math.NaN(), nil
	case "true", "True", "TRUE":
		return 1, nil
	case "false", "False", "FALSE":
		return 0, nil
	}
	// Go reads 0x10 and 1_000, which mean something else elsewhere.
	v, err := strconv.ParseFloat(s, 64)
	if errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf("%q is too large", s)
	}
	if err != nil || strings.ContainsAny(s, "xX_") {
		return 0, fmt.Errorf("%q is not a number; an empty cell is missing", cell)
	}
	return v, nil
}

// place names a row of the batch.
func (in *reader) place(row int) string {
	return fmt.Sprintf("row %d (line %d)", in.first+row, in.lines[row])
}

// locate names the file's row in an error about the batch's.
func (in *reader) locate(err error) error {
	var row *scoring.RowError
	if !errors.As(err, &row) || row.Row < 0 || row.Row >= len(in.lines) {
		return err
	}
	if row.Feature == "" {
		return fmt.Errorf("%s: %s", in.place(row.Row), row.Reason)
	}
	return fmt.Errorf("%s, column %s: %s", in.place(row.Row), row.Feature, row.Reason)
}

// syntax explains an error of encoding/csv.
func (in *reader) syntax(err error) error {
	var p *csv.ParseError
	if errors.As(err, &p) && errors.Is(p.Err, csv.ErrFieldCount) {
		return fmt.Errorf("row %d (line %d) has another number of cells than the header, which has %d", in.first+in.batch.Rows, p.Line, len(in.header))
	}
	return fmt.Errorf("reading row %d: %w", in.first+in.batch.Rows, err)
}
