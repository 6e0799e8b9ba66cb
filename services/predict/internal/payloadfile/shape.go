// Package payloadfile writes and reads the Parquet files of a payload log: what
// models were asked and what they answered, a row for each row of a request.
//
// A file holds rows of one model version. The columns are id, row, time, model,
// version, features (a group, a column for each feature), prediction,
// probabilities (of classifiers, in the order of the classes), error,
// request_id and trace_id. What the columns cannot say, the [Shape], is JSON in
// the file's metadata.
package payloadfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

// layout is the number of this way to lay rows out.
const layout = 1

// metadataKey is under which the file's metadata has its Shape.
const metadataKey = "treehouse.payload"

// A Shape is what the rows of a file have in common.
type Shape struct {
	Format   int       `json:"format"`
	Features []Feature `json:"features"`
	// Outputs is how many numbers a row a regressor predicts; 0 is a classifier.
	Outputs int      `json:"outputs,omitempty"`
	Classes []string `json:"classes,omitempty"` // as text
	Labels  string   `json:"labels,omitempty"`  // the classes' type: integer, float, string, bool
	// Targets are, of a classifier of several labels a row, the classes of each. Outputs
	// is how many, and a prediction is a list of the classes' places in them.
	Targets [][]string `json:"targets,omitempty"`
	// Transforms: the model predicts nothing, and what it makes of rows is not kept.
	Transforms bool `json:"transforms,omitempty"`
	Float32    bool `json:"float32,omitempty"` // the library's numbers are float32
	// Probabilities says that there is a column for them.
	Probabilities bool `json:"probabilities,omitempty"`
}

// A Feature is a column of the group of features.
type Feature struct {
	Name string `json:"name"`
	Text bool   `json:"text,omitempty"` // strings, not numbers
}

var kinds = map[scoring.LabelKind]string{
	scoring.IntegerLabel: "integer", scoring.FloatLabel: "float", scoring.StringLabel: "string", scoring.BoolLabel: "bool",
}

// ShapeOf is the shape of the rows of a model.
func ShapeOf(s *scoring.Signature) *Shape {
	shape := &Shape{Format: layout, Float32: s.Float32, Probabilities: s.Methods&scoring.PredictProba != 0}
	for _, f := range s.Features {
		shape.Features = append(shape.Features, Feature{Name: f.Name, Text: f.Type == scoring.String})
	}
	switch {
	case s.Targets != nil:
		shape.Outputs = s.Outputs
		for _, classes := range s.Targets {
			var names []string
			for _, c := range classes {
				names = append(names, c.String())
			}
			shape.Targets = append(shape.Targets, names)
		}
		return shape
	case s.Task == scoring.Transformation:
		shape.Outputs, shape.Transforms = 1, true
		return shape
	case s.Task == scoring.Regression:
		shape.Outputs = s.Outputs
		return shape
	}
	for _, c := range s.Classes {
		shape.Classes, shape.Labels = append(shape.Classes, c.String()), kinds[c.Kind]
	}
	return shape
}

// Classifier reports whether predictions are classes.
func (s *Shape) Classifier() bool { return s.Outputs == 0 }

// Most of what a file may hold.
const (
	maxMetadata = 16 << 20 // bytes of the Shape
	maxFeatures = 20_000
	maxOutputs  = 10_000 // or classes
)

// readShape reads the metadata.
func readShape(text string) (*Shape, error) {
	if len(text) > maxMetadata {
		return nil, fmt.Errorf("its %s is %d bytes; at most %d are read", metadataKey, len(text), maxMetadata)
	}
	s := &Shape{}
	if err := json.Unmarshal([]byte(text), s); err != nil {
		return nil, fmt.Errorf("its %s cannot be read: %w", metadataKey, err)
	}
	names := map[string]bool{}
	for _, f := range s.Features {
		names[f.Name] = true
	}
	switch {
	case s.Format != layout:
		return nil, fmt.Errorf("it is of format %d; this program reads format %d", s.Format, layout)
	case len(s.Features) == 0 || len(s.Features) > maxFeatures || len(names) != len(s.Features):
		return nil, fmt.Errorf("it has %d features of %d names; expected 1 to %d, and other names", len(s.Features), len(names), maxFeatures)
	case s.Outputs < 0 || s.Outputs > maxOutputs || len(s.Classes) > maxOutputs:
		return nil, fmt.Errorf("it has %d outputs and %d classes; expected at most %d", s.Outputs, len(s.Classes), maxOutputs)
	case s.Targets != nil && len(s.Targets) != s.Outputs:
		return nil, fmt.Errorf("it has %d outputs and %d targets", s.Outputs, len(s.Targets))
	case (s.Outputs == 0) != (len(s.Classes) > 0) || s.Outputs > 0 && s.Probabilities && s.Targets == nil:
		return nil, errors.New("it is neither of a regressor nor of a classifier")
	case s.Classifier() && s.labelNode() == nil:
		return nil, fmt.Errorf("its labels are of the type %q; expected integer, float, string or bool", s.Labels)
	}
	return s, nil
}

func (s *Shape) labelNode() parquet.Node {
	switch s.Labels {
	case "integer":
		return parquet.Int(64)
	case "float":
		return parquet.Leaf(parquet.DoubleType)
	case "string":
		return text()
	case "bool":
		return parquet.Leaf(parquet.BooleanType)
	}
	return nil
}

// text is a column of strings that come again and again.
func text() parquet.Node { return parquet.Encoded(parquet.String(), &parquet.RLEDictionary) }

func numbers() parquet.Node {
	return parquet.Optional(parquet.List(parquet.Leaf(parquet.DoubleType)))
}

// schema is the file's.
func (s *Shape) schema() *parquet.Schema {
	features := parquet.Group{}
	for _, f := range s.Features {
		if f.Text {
			features[f.Name] = parquet.Optional(text())
		} else {
			features[f.Name] = parquet.Optional(parquet.Leaf(parquet.DoubleType))
		}
	}
	root := parquet.Group{
		"id": parquet.String(), "row": parquet.Int(32), "time": parquet.Timestamp(parquet.Microsecond),
		"model": text(), "version": parquet.Int(64), "features": features,
		"error": parquet.Optional(text()), "request_id": parquet.Optional(parquet.String()), "trace_id": parquet.Optional(parquet.String()),
	}
	switch {
	case s.Classifier():
		root["prediction"] = parquet.Optional(s.labelNode())
	case s.Outputs == 1:
		root["prediction"] = parquet.Optional(parquet.Leaf(parquet.DoubleType))
	default:
		root["prediction"] = numbers()
	}
	if s.Probabilities {
		root["probabilities"] = numbers()
	}
	return parquet.NewSchema("treehouse", root)
}

// columns are the positions of a schema's columns; those that it lacks are -1.
type columns struct {
	id, row, time, model, version, prediction, probabilities, failure, requestID, traceID int

	features []int // by feature
}

func (s *Shape) columns(schema *parquet.Schema) columns {
	find := func(path ...string) int {
		if leaf, ok := schema.Lookup(path...); ok {
			return leaf.ColumnIndex
		}
		return -1
	}
	c := columns{
		id: find("id"), row: find("row"), time: find("time"), model: find("model"), version: find("version"),
		prediction: find("prediction"), probabilities: find("probabilities", "list", "element"),
		failure: find("error"), requestID: find("request_id"), traceID: find("trace_id"),
	}
	if s.Outputs > 1 {
		c.prediction = find("prediction", "list", "element")
	}
	for _, f := range s.Features {
		c.features = append(c.features, find("features", f.Name))
	}
	return c
}

// A Row is one row of a request, and what came of it.
type Row struct {
	ID      string // the prediction's
	Row     int    // of the request, counted from 0
	Time    time.Time
	Model   string
	Version int64
	// Features are in the order of the shape's; none where the request's rows
	// could not be read.
	Features      []Cell
	Outputs       []float64 // of a regressor; none without a prediction
	Class         int       // of a classifier, in the order of the shape's; -1 without a prediction
	Probabilities []float64 // none where they were not computed
	Error         string    // empty: it was answered
	RequestID     string
	TraceID       string
}

// A Cell is a feature's value: a number, NaN where it is missing, or text.
type Cell struct {
	Number  float64
	Text    string
	Missing bool
}

// label is a class as a value of its column.
func (s *Shape) label(class int) parquet.Value {
	name := s.Classes[class]
	switch s.Labels {
	case "integer":
		n, _ := strconv.ParseInt(name, 10, 64)
		return parquet.Int64Value(n)
	case "float":
		n, _ := strconv.ParseFloat(name, 64)
		return parquet.DoubleValue(n)
	case "bool":
		return parquet.BooleanValue(name == "true")
	}
	return parquet.ByteArrayValue([]byte(name))
}

// className is the text of a label in its column.
func (s *Shape) className(v parquet.Value) string {
	switch s.Labels {
	case "integer":
		return strconv.FormatInt(v.Int64(), 10)
	case "float":
		return strconv.FormatFloat(v.Double(), 'g', -1, 64)
	case "bool":
		return strconv.FormatBool(v.Boolean())
	}
	return string(v.ByteArray())
}

// missing reports whether there is no number.
func missing(c Cell, text bool) bool { return c.Missing || !text && math.IsNaN(c.Number) }
