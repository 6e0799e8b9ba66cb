package payloadfile

import (
	"cmp"
	"encoding/json"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// batchRows are handed to the encoder at once.
const batchRows = 256

// A Writer writes one file.
type Writer struct {
	shape   *Shape
	file    *parquet.GenericWriter[any]
	columns columns
	order   []int           // the features by column
	labels  []parquet.Value // by class
	rows    []parquet.Row
}

// NewWriter begins a file of rows of that shape.
func NewWriter(out io.Writer, shape *Shape) (*Writer, error) {
	text, err := json.Marshal(shape)
	if err != nil {
		return nil, err
	}
	schema := shape.schema()
	w := &Writer{
		shape: shape, columns: shape.columns(schema), rows: make([]parquet.Row, 0, batchRows),
		file: parquet.NewGenericWriter[any](out, schema, parquet.Compression(&parquet.Snappy), parquet.KeyValueMetadata(metadataKey, string(text)),
			parquet.CreatedBy("treehouse", "", "")),
	}
	for i := range shape.Features {
		w.order = append(w.order, i)
	}
	slices.SortFunc(w.order, func(a, b int) int { return cmp.Compare(w.columns.features[a], w.columns.features[b]) })
	for class := range shape.Classes {
		w.labels = append(w.labels, shape.label(class))
	}
	return w, nil
}

// Write adds a row. It keeps nothing of it but its strings.
func (w *Writer) Write(r *Row) error {
	if len(w.rows) == cap(w.rows) {
		if err := w.flush(); err != nil {
			return err
		}
	}
	n := len(w.rows)
	w.rows = w.rows[:n+1]
	w.rows[n] = w.append(w.rows[n][:0], r)
	return nil
}

// append appends a row's values in the order of the columns, which are sorted
// by name.
func (w *Writer) append(to parquet.Row, r *Row) parquet.Row {
	c := &w.columns
	to = append(to, optionalText(r.Error, c.failure))
	for _, i := range w.order {
		value := parquet.NullValue()
		defined := 0
		if len(r.Features) > 0 && !missing(r.Features[i], w.shape.Features[i].Text) {
			defined = 1
			if w.shape.Features[i].Text {
				value = parquet.ByteArrayValue([]byte(r.Features[i].Text))
			} else {
				value = parquet.DoubleValue(r.Features[i].Number)
			}
		}
		to = append(to, value.Level(0, defined, c.features[i]))
	}
	to = append(to, parquet.ByteArrayValue([]byte(r.ID)).Level(0, 0, c.id), parquet.ByteArrayValue([]byte(r.Model)).Level(0, 0, c.model))
	switch {
	case w.shape.Classifier() && r.Class >= 0:
		to = append(to, w.labels[r.Class].Level(0, 1, c.prediction))
	case w.shape.Outputs == 1 && len(r.Outputs) == 1:
		to = append(to, parquet.DoubleValue(r.Outputs[0]).Level(0, 1, c.prediction))
	case w.shape.Outputs > 1:
		to = appendList(to, r.Outputs, c.prediction)
	default:
		to = append(to, parquet.NullValue().Level(0, 0, c.prediction))
	}
	if w.shape.Probabilities {
		to = appendList(to, r.Probabilities, c.probabilities)
	}
	return append(to, optionalText(r.RequestID, c.requestID),
		parquet.Int32Value(int32(r.Row)).Level(0, 0, c.row), // of at most 2^30 a request
		parquet.Int64Value(r.Time.UnixMicro()).Level(0, 0, c.time),
		optionalText(r.TraceID, c.traceID),
		parquet.Int64Value(r.Version).Level(0, 0, c.version))
}

func optionalText(s string, column int) parquet.Value {
	if s == "" {
		return parquet.NullValue().Level(0, 0, column)
	}
	return parquet.ByteArrayValue([]byte(s)).Level(0, 1, column)
}

// appendList appends a list; none is null.
func appendList(to parquet.Row, values []float64, column int) parquet.Row {
	if len(values) == 0 {
		return append(to, parquet.NullValue().Level(0, 0, column))
	}
	for i, v := range values {
		to = append(to, parquet.DoubleValue(v).Level(min(i, 1), 2, column))
	}
	return to
}

func (w *Writer) flush() error {
	_, err := w.file.WriteRows(w.rows)
	w.rows = w.rows[:0]
	return err
}

// Close ends the file.
func (w *Writer) Close() error {
	if err := w.flush(); err != nil {
		return err
	}
	return w.file.Close()
}
