package scoring

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// A Certificate holds golden rows and what the training library itself
// computed for them: the content of a golden.json.
type Certificate struct {
	Library  string            // that computed the outputs
	Versions map[string]string // of it and of what it used
	Features []string
	rows     [][]any // float64, json.Number of integers, string, bool or nil
	outputs  goldenOutputs
	errors   []goldenError
	columns  []string
}

const (
	goldenFormat    = "treehouse.dev/golden/v1"
	maxGoldenBytes  = 64 << 20
	maxGoldenValues = 4 << 20 // a value takes two bytes of JSON, and fifty in memory
	goldenNaN       = "NaN"
	goldenInfinity  = "Infinity"
	goldenNegative  = "-Infinity"
	goldenErrorName = "error"
)

type goldenFile struct {
	Format   string            `json:"format"`
	Library  string            `json:"library"`
	Versions map[string]string `json:"versions"`
	Features []string          `json:"features"`
	Rows     [][]any           `json:"rows"`
	Outputs  goldenOutputs     `json:"outputs"`
	Errors   []goldenError     `json:"errors"`
	// Columns are the names of what transform yields, where the library has some.
	Columns []string `json:"columns"`
}

// goldenOutputs has one entry a row. An entry of predict is a list of numbers, the label
// of a classifier, or the list of its labels where it predicts several.
type goldenOutputs struct {
	Predict          []any   `json:"predict"`
	PredictProba     [][]any `json:"predict_proba"`
	DecisionFunction []any   `json:"decision_function"`
	Transform        []any   `json:"transform"`
}

// A goldenError is a row that the library refuses.
type goldenError struct {
	Row   []any  `json:"row"`
	Error string `json:"error"`
}

// Rows is the number of golden rows.
func (c *Certificate) Rows() int { return len(c.rows) }

// Methods are the methods whose outputs the certificate holds.
func (c *Certificate) Methods() Method {
	var methods Method
	if len(c.outputs.Predict) > 0 {
		methods |= Predict
	}
	if len(c.outputs.Transform) > 0 {
		methods |= Transform
	}
	if len(c.outputs.PredictProba) > 0 {
		methods |= PredictProba
	}
	if len(c.outputs.DecisionFunction) > 0 {
		methods |= DecisionFunction
	}
	return methods
}

// ReadCertificate reads a golden.json. Errors are [*FormatError] or those of r.
func ReadCertificate(r io.Reader) (*Certificate, error) {
	data, err := readAll(r, maxGoldenBytes)
	if err != nil {
		return nil, err
	}
	if n := bytes.Count(data, []byte(",")) + bytes.Count(data, []byte("[")); n > maxGoldenValues {
		return nil, &FormatError{Format: "golden.json", Offset: -1, What: fmt.Sprintf("more than %d values", maxGoldenValues)}
	}
	var f goldenFile
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&f); err != nil {
		return nil, &FormatError{Format: "golden.json", Offset: d.InputOffset(), What: err.Error()}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, &FormatError{Format: "golden.json", Offset: d.InputOffset(), What: "data after the document"}
	}
	if err := f.check(); err != nil {
		return nil, &FormatError{Format: "golden.json", Offset: -1, What: err.Error()}
	}
	return &Certificate{
		Library: f.Library, Versions: f.Versions, Features: f.Features,
		rows: f.Rows, outputs: f.Outputs, errors: f.Errors, columns: f.Columns,
	}, nil
}

func (f *goldenFile) check() error {
	if f.Format != goldenFormat {
		return fmt.Errorf("format is %q; expected %q", f.Format, goldenFormat)
	}
	if outputs := len(f.Outputs.Predict) + len(f.Outputs.Transform); len(f.Rows) == 0 || outputs == 0 {
		return fmt.Errorf("%d rows and %d outputs of predict or transform; a certificate proves nothing without", len(f.Rows), outputs)
	}
	for i, row := range f.Rows {
		if len(row) != len(f.Features) {
			return fmt.Errorf("row %d has %d values for %d features", i, len(row), len(f.Features))
		}
	}
	for i, e := range f.Errors {
		if len(e.Row) != len(f.Features) {
			return fmt.Errorf("refused row %d has %d values for %d features", i, len(e.Row), len(f.Features))
		}
	}
	for _, o := range []struct {
		name string
		rows int
	}{
		{"predict", len(f.Outputs.Predict)},
		{"predict_proba", len(f.Outputs.PredictProba)},
		{"decision_function", len(f.Outputs.DecisionFunction)},
		{"transform", len(f.Outputs.Transform)},
	} {
		if o.rows != 0 && o.rows != len(f.Rows) {
			return fmt.Errorf("%d outputs of %s for %d rows", o.rows, o.name, len(f.Rows))
		}
	}
	return nil
}

// goldenNumber reads a number, or the text that stands for what JSON has no
// number for.
func goldenNumber(v any) (float64, bool) {
	switch v := v.(type) {
	case json.Number:
		x, err := strconv.ParseFloat(string(v), 64)
		return x, err == nil
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case string:
		switch v {
		case goldenNaN:
			return math.NaN(), true
		case goldenInfinity:
			return math.Inf(1), true
		case goldenNegative:
			return math.Inf(-1), true
		}
	}
	return 0, false
}

// goldenNumbers reads a list of numbers, or one number.
func goldenNumbers(v any) ([]float64, bool) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	out := make([]float64, len(list))
	for i, v := range list {
		if out[i], ok = goldenNumber(v); !ok {
			return nil, false
		}
	}
	return out, true
}

// is reports whether a label is what a golden says.
func (l Label) is(v any) bool {
	switch l := l.value.(type) {
	case string:
		s, ok := v.(string)
		return ok && s == l
	case bool:
		b, ok := v.(bool)
		return ok && b == l
	case int64:
		if n, ok := v.(json.Number); ok {
			if i, err := strconv.ParseInt(string(n), 10, 64); err == nil {
				return i == l
			}
		}
		x, ok := goldenNumber(v)
		return ok && x == float64(l)
	case float64:
		x, ok := goldenNumber(v)
		return ok && x == l
	}
	return false
}
