package scoring

import (
	"strconv"
	"strings"
)

// A Signature says what a model takes and what it gives.
type Signature struct {
	Named    bool      // the model was trained with feature names
	Features []Feature // the input columns, in order
	Task     Task
	Outputs  int     // values a row of predict: 1, more of several outputs, 0 without predict
	Classes  []Label // of a classifier, in the library's order
	// Targets are the classes of each label of a row, of a classifier that predicts
	// several; Classes is then nil.
	Targets [][]Label
	// Indicator: predict_proba has a column a target, the probability of its second class
	// (labels that are there or not), rather than one a class, target by target.
	Indicator     bool
	Methods       Method // what the model offers
	Probabilities int    // columns of predict_proba; 0 without
	Scores        int    // columns of decision_function; 0 without
	Transformed   int    // columns of transform; 0 without
	// Columns are the names of transform's columns; nil where the library does not tell.
	Columns []string
	Float32 bool // the library returns float32; the values are exact in float64
}

// A Feature is one input column.
type Feature struct {
	Name string // x0, x1, … where the model was trained without names
	Type FeatureType
	// Categories are the values that the encoders of this column know, as
	// text, when only encoders use it; nil otherwise.
	Categories []string
	Optional   bool // a missing value is not refused
	Unused     bool // the model never reads it: it may be absent and may hold anything
	Digits     bool // of type String: to the library an integer, too, is a category, its decimal digits
}

// FeatureType is the type of a feature's values.
type FeatureType uint8

// The types of features.
const (
	Number FeatureType = iota // float64; NaN is missing
	String
)

func (t FeatureType) String() string {
	if t == String {
		return "string"
	}
	return "number"
}

// Task is what a model predicts.
type Task uint8

// The tasks.
const (
	Regression Task = iota
	Classification
	Transformation // transform is all it has
)

func (t Task) String() string {
	switch t {
	case Classification:
		return "classification"
	case Transformation:
		return "transformation"
	}
	return "regression"
}

// Method is a set of the methods of the training library's estimators.
type Method uint8

// The methods.
const (
	Predict Method = 1 << iota
	PredictProba
	DecisionFunction
	Transform
)

// String names the methods: "predict, predict_proba".
func (m Method) String() string {
	var names []string
	for i, name := range []string{"predict", "predict_proba", "decision_function", "transform"} {
		if m&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// LabelKind is the type of a class label.
type LabelKind uint8

// The types of labels.
const (
	IntegerLabel LabelKind = iota
	FloatLabel
	StringLabel
	BoolLabel
)

// A Label is a class of a classifier: an integer, a float, a string or a bool.
type Label struct {
	Kind  LabelKind
	value any
}

// TextLabel is a class that is a string.
func TextLabel(text string) Label { return Label{Kind: StringLabel, value: text} }

// Any returns the label as an int64, float64, string or bool.
func (l Label) Any() any { return l.value }

// String returns the label as text: 3, 0.5, yes, true.
func (l Label) String() string {
	switch v := l.value.(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case string:
		return v
	}
	return ""
}

// Width is how many results methods have for a row, classes among them.
func (s *Signature) Width(want Method) int {
	n := 0
	for _, m := range []struct {
		method Method
		width  int
	}{{Predict, s.Outputs}, {PredictProba, s.Probabilities}, {DecisionFunction, s.Scores}, {Transform, s.Transformed}} {
		if want&m.method != 0 {
			n += m.width
		}
	}
	return n
}

// Default is the method that is meant where none is named: predict, or transform of a model
// without it.
func (s *Signature) Default() Method {
	if s.Methods&Predict == 0 {
		return Transform
	}
	return Predict
}
