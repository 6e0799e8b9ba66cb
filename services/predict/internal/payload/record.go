package payload

import (
	"math"
	"time"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/predict/internal/payloadfile"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// A record is a copy of a prediction. Its memory is used again.
type record struct {
	time                   time.Time
	version                *model.Version
	id, requestID, traceID string
	failure                string
	rows                   int
	read                   bool // the request's rows could be read
	size                   int64

	// numbers are the columns of numbers, one after the other, then values and
	// probabilities; lengths are those of the texts, column by column, -1 where
	// one is missing, and texts their bytes.
	numbers  []float64
	lengths  []int32
	texts    []byte
	classes  []int32
	outputs  int // numbers of predict, at the end of numbers before the
	probable int // probabilities
}

// recordBytes is what a record takes besides what it copies.
const recordBytes = 320

// maxFailure is the most bytes of an error that are logged.
const maxFailure = 1024

// maxKept is how much memory a record may keep for the next prediction: what
// it keeps counts as buffered, however little of it is used.
const maxKept = 8 << 10

// rowsOf is how many rows of a log a prediction is.
func rowsOf(p *model.Prediction) int {
	if p.Batch == nil {
		return 1
	}
	return p.Batch.Rows
}

// sizeOf is how many bytes a record of a prediction takes.
func sizeOf(p *model.Prediction) int64 {
	size := int64(recordBytes)
	if p.Err != nil {
		size += maxFailure
	}
	if p.Batch != nil {
		features := p.Version.Model.Signature().Features
		for i := range p.Batch.Columns {
			if features[i].Type == scoring.Number {
				size += 8 * int64(p.Batch.Rows)
				continue
			}
			size += 4 * int64(p.Batch.Rows)
			for _, s := range p.Batch.Columns[i].Strings {
				size += int64(len(s))
			}
		}
	}
	if p.Result != nil {
		values, classes, probabilities := results(p)
		size += int64(8*(len(values)+len(probabilities)) + 4*len(classes))
	}
	return size
}

// results are those that there are.
func results(p *model.Prediction) (values []float64, classes []int32, probabilities []float64) {
	if p.Computed&scoring.Predict != 0 {
		values, classes = p.Result.Values, p.Result.Classes
	}
	if p.Computed&scoring.PredictProba != 0 {
		probabilities = p.Result.Probabilities
	}
	return values, classes, probabilities
}

// fill copies a prediction.
func (r *record) fill(p *model.Prediction) {
	r.version, r.id, r.requestID = p.Version, p.ID, p.RequestID
	r.rows, r.read = rowsOf(p), p.Batch != nil
	if p.Err != nil {
		if r.failure = p.Err.Error(); len(r.failure) > maxFailure {
			r.failure = r.failure[:maxFailure]
		}
	}
	if p.Batch != nil {
		features := p.Version.Model.Signature().Features
		for i := range p.Batch.Columns {
			r.column(features[i].Type, &p.Batch.Columns[i])
		}
	}
	if p.Result != nil {
		values, classes, probabilities := results(p)
		several := p.Version.Model.Signature().Targets != nil
		if r.outputs, r.probable = len(values), len(probabilities); several {
			r.outputs = len(classes)
		}
		r.numbers = append(r.numbers, values...)
		for _, class := range classes {
			if several { // a list of numbers, as of a regressor of several outputs
				r.numbers = append(r.numbers, float64(class))
			} else {
				r.classes = append(r.classes, class)
			}
		}
		r.numbers = append(r.numbers, probabilities...)
	}
}

// column copies one. A feature that the model never reads may hold values of
// another type, which are missing to the log.
func (r *record) column(t scoring.FeatureType, c *scoring.Column) {
	if t == scoring.Number {
		if len(c.Numbers) == r.rows {
			r.numbers = append(r.numbers, c.Numbers...)
			return
		}
		for range r.rows {
			r.numbers = append(r.numbers, math.NaN())
		}
		return
	}
	for i := range r.rows {
		if len(c.Strings) != r.rows || c.Missing != nil && c.Missing[i] {
			r.lengths = append(r.lengths, -1)
			continue
		}
		r.lengths = append(r.lengths, int32(len(c.Strings[i]))) // less than a message
		r.texts = append(r.texts, c.Strings[i]...)
	}
}

// reset forgets the prediction and reports whether the memory is worth
// keeping.
func (r *record) reset() bool {
	*r = record{numbers: r.numbers[:0], lengths: r.lengths[:0], texts: r.texts[:0], classes: r.classes[:0]}
	return r.footprint() <= maxKept
}

// footprint is how much memory the record takes.
func (r *record) footprint() int64 {
	return int64(recordBytes + 8*cap(r.numbers) + 4*cap(r.lengths) + cap(r.texts) + 4*cap(r.classes) + len(r.failure))
}

// encode writes the record's rows. row is scratch memory.
func (r *record) encode(w *payloadfile.Writer, shape *payloadfile.Shape, row *payloadfile.Row) error {
	row.ID, row.Time = r.id, r.time
	row.Error, row.RequestID, row.TraceID = r.failure, r.requestID, r.traceID
	values := r.numbers[len(r.numbers)-r.outputs-r.probable:]
	probabilities := values[r.outputs:]
	starts := r.starts(shape)
	for i := range r.rows {
		row.Row, row.Features = i, row.Features[:0]
		if r.read {
			row.Features = r.cells(row.Features, shape, starts, i)
		}
		row.Outputs, row.Class, row.Probabilities = nil, -1, nil
		if r.outputs > 0 {
			row.Outputs = values[i*shape.Outputs : (i+1)*shape.Outputs]
		}
		if len(r.classes) > 0 {
			row.Class = int(r.classes[i])
		}
		if n := r.probable / max(1, r.rows); r.probable > 0 {
			row.Probabilities = probabilities[i*n : (i+1)*n]
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	return nil
}

// starts are where the texts of each column of strings begin.
func (r *record) starts(shape *payloadfile.Shape) []int {
	var starts []int
	at, n := 0, 0
	for _, f := range shape.Features {
		if !r.read || !f.Text {
			continue
		}
		starts = append(starts, at)
		for _, length := range r.lengths[n : n+r.rows] {
			at += int(max(length, 0))
		}
		n += r.rows
	}
	return starts
}

// cells are the values of row i. Rows are asked for in order: starts moves on.
func (r *record) cells(to []payloadfile.Cell, shape *payloadfile.Shape, starts []int, i int) []payloadfile.Cell {
	numbers, texts := 0, 0
	for _, f := range shape.Features {
		if !f.Text {
			to = append(to, payloadfile.Cell{Number: r.numbers[numbers*r.rows+i]})
			numbers++
			continue
		}
		length := int(r.lengths[texts*r.rows+i])
		if length < 0 {
			to = append(to, payloadfile.Cell{Missing: true})
		} else {
			to = append(to, payloadfile.Cell{Text: string(r.texts[starts[texts] : starts[texts]+length])})
			starts[texts] += length
		}
		texts++
	}
	return to
}
