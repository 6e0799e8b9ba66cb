package payloadfile

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/parquet-go/parquet-go"
)

// MaxBytes is the greatest size of a file that is read.
const MaxBytes = 1 << 30

// Read reads a file of that size and calls each with the shape and every row,
// in order, until one returns an error. The row is overwritten by the next.
// What is no file of a payload log, or a damaged one, is an error that says
// so.
func Read(file io.ReaderAt, size int64, each func(*Shape, *Row) error) (err error) {
	// What a damaged file makes the decoder do is not for it to decide.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it is damaged: %v", p)
		}
	}()
	if size > MaxBytes {
		return fmt.Errorf("it is %d bytes; at most %d are read", size, MaxBytes)
	}
	if err := checkFooter(file, size); err != nil {
		return err
	}
	f, err := parquet.OpenFile(file, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return fmt.Errorf("it is not a Parquet file, or a damaged one: %w", err)
	}
	text, ok := f.Lookup(metadataKey)
	if !ok {
		return errors.New("it is a Parquet file, but not of a payload log")
	}
	shape, err := readShape(text)
	if err != nil {
		return err
	}
	schema := shape.schema()
	if !parquet.EqualNodes(f.Schema(), schema) {
		return errors.New("its columns are not those that its metadata tells of")
	}
	if err := checkPages(file, size, f.Metadata()); err != nil {
		return err
	}
	r := newReader(shape, schema)
	for i, group := range f.RowGroups() {
		if err := r.group(group, each); err != nil {
			return fmt.Errorf("row group %d: %w", i, err)
		}
	}
	return nil
}

type reader struct {
	shape    *Shape
	columns  columns
	feature  map[int]int // by column
	classes  map[string]int
	row      Row
	features []Cell
	buffer   []parquet.Row
}

func newReader(shape *Shape, schema *parquet.Schema) *reader {
	r := &reader{shape: shape, columns: shape.columns(schema), feature: map[int]int{}, classes: map[string]int{},
		features: make([]Cell, len(shape.Features)), buffer: make([]parquet.Row, batchRows)}
	for i, column := range r.columns.features {
		r.feature[column] = i
	}
	for i, name := range shape.Classes {
		r.classes[name] = i
	}
	return r
}

func (r *reader) group(group parquet.RowGroup, each func(*Shape, *Row) error) error {
	rows := group.Rows()
	defer rows.Close()
	for at := 0; ; {
		n, err := rows.ReadRows(r.buffer)
		for _, values := range r.buffer[:n] {
			if err := r.read(values); err != nil {
				return fmt.Errorf("row %d: %w", at, err)
			}
			if err := each(r.shape, &r.row); err != nil {
				return err
			}
			at++
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("it is damaged at row %d: %w", at, err)
		}
		if n == 0 {
			return fmt.Errorf("it is damaged at row %d: nothing follows", at)
		}
	}
}

// read makes the row of its values.
func (r *reader) read(values parquet.Row) error {
	c := &r.columns
	r.row = Row{Class: -1, Features: r.features, Outputs: r.row.Outputs[:0], Probabilities: r.row.Probabilities[:0]}
	for _, v := range values {
		column := v.Column()
		if i, ok := r.feature[column]; ok {
			r.features[i] = r.cell(v, i)
			continue
		}
		if v.IsNull() {
			continue
		}
		switch column {
		case c.id:
			r.row.ID = string(v.ByteArray())
		case c.row:
			r.row.Row = int(v.Int32())
		case c.time:
			r.row.Time = time.UnixMicro(v.Int64()).UTC()
		case c.model:
			r.row.Model = string(v.ByteArray())
		case c.version:
			r.row.Version = v.Int64()
		case c.failure:
			r.row.Error = string(v.ByteArray())
		case c.requestID:
			r.row.RequestID = string(v.ByteArray())
		case c.traceID:
			r.row.TraceID = string(v.ByteArray())
		case c.probabilities:
			r.row.Probabilities = append(r.row.Probabilities, v.Double())
		case c.prediction:
			if !r.shape.Classifier() {
				r.row.Outputs = append(r.row.Outputs, v.Double())
				continue
			}
			name := r.shape.className(v)
			class, known := r.classes[name]
			if !known {
				return fmt.Errorf("the prediction %q is not one of the classes", name)
			}
			r.row.Class = class
		}
	}
	return r.check()
}

func (r *reader) cell(v parquet.Value, feature int) Cell {
	switch {
	case v.IsNull():
		return Cell{Missing: true}
	case r.shape.Features[feature].Text:
		return Cell{Text: string(v.ByteArray())}
	}
	return Cell{Number: v.Double()}
}

// check holds a row to the shape.
func (r *reader) check() error {
	switch n := len(r.row.Outputs); {
	case r.row.ID == "" || r.row.Row < 0:
		return errors.New("it has no id, or a negative number")
	case n != 0 && n != r.shape.Outputs:
		return fmt.Errorf("it has %d outputs; expected %d", n, r.shape.Outputs)
	}
	if n := len(r.row.Probabilities); n != 0 && n != len(r.shape.Classes) && r.shape.Targets == nil {
		return fmt.Errorf("it has %d probabilities; expected %d", n, len(r.shape.Classes))
	}
	return nil
}
