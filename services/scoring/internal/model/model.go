// Package model is the in-memory form of a trained model, the only thing that
// readers produce and the engine consumes.
//
// Whatever a library leaves implicit is explicit here: the split operator, the
// width of a comparison, where a missing value goes, the order and type of a
// sum, the base score, the link. A reader knows one format and nothing of
// engines; the engine knows this package and nothing of libraries.
//
// A model is a straight-line program over columns. Columns 0 to
// len(Features)-1 hold the input; each [Step] reads columns that exist and
// defines new ones; the [Estimator] reads columns and yields raw scores; the
// [Output] turns raw scores into what the library's predict, predict_proba and
// decision_function return. Pipelines, column transformers and unions are
// wiring, which a reader resolves into column numbers.
//
// A model is built once, checked by [Model.Validate] and not changed after.
package model

// A Model is a trained model: inputs, the steps that prepare them, the
// estimator, and the output.
type Model struct {
	Source    Source
	Features  []Feature // the input columns, in order
	Named     bool      // the model was trained with feature names
	Steps     []Step    // in order of execution
	Columns   int       // how many columns there are: inputs and all that steps define
	Estimator Estimator
	Output    Output
	// Transformed are the columns that transform yields, of a model that has it: numbers.
	Transformed []Column
	// Names are what the library calls them; nil where it does not tell.
	Names   []string
	Outline []Stage // the steps as their author named them, for people
}

// Source says where a model comes from.
type Source struct {
	Format  string // how it was stored: "joblib", "pickle", "xgboost-json", "xgboost-ubj", "lightgbm-text"
	Library string // the PyPI name of the library that trained the outermost object: "scikit-learn", "xgboost", "lightgbm"
	Version string // of that library, as the file says; empty when the file does not say
	// Embedded are the other libraries whose objects the file holds, by name,
	// with their versions: a booster within a pipeline.
	Embedded map[string]string
}

// A Stage describes one step of the original object: its path in the pipeline
// ("preprocess.categories"), its class, and a short human detail.
type Stage struct {
	Path   string
	Class  string
	Detail string
}

// Kind is the type of a column's values.
type Kind uint8

// A column holds numbers (float64; NaN is missing) or strings.
const (
	Number Kind = iota
	String
)

// A Feature is one input column.
type Feature struct {
	Name string // never empty; x0, x1, … where the model was trained without names
	Kind Kind
	// Categories are the values the encoders of this column know, when every
	// use of it is an encoder; nil otherwise. Informative: the steps decide.
	Categories []Scalar
	// Unused: no step reads the column, as where a ColumnTransformer drops it.
	// It may hold anything and, as the library does not ask for it, be absent
	// where inputs go by name.
	Unused bool
	// Digits: the library knows its strings by their text alone, so that an
	// integer is its decimal digits.
	Digits bool
}

// A Column is the index of a column in a model's table of columns.
type Column int32

// A Scalar is a constant of a column: a number, a string, or missing.
type Scalar struct {
	Kind    Kind
	Missing bool // NaN or None, whatever Kind says
	Number  float64
	String  string
}

// Precision is the width of a floating point type.
type Precision uint8

// The widths there are.
const (
	F64 Precision = iota
	F32
)
