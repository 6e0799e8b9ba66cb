package model

// A Step computes new columns from existing ones. All arithmetic is float64
// and each operation rounds on its own: no step may be fused with another's
// multiplication.
type Step interface{ step() }

// Require refuses rows that the original library refuses. It defines no column.
type Require struct {
	In        Column
	By        string // the path and class that refuse: "model (RandomForestRegressor)"
	NoMissing bool   // NaN is refused
	Finite    bool   // ±Inf is refused
	F32       bool   // with Finite: what overflows float32 is refused too
}

// Impute replaces missing values: Out = Fill where In equals Missing (NaN
// where Missing.Missing), else In. In and Out have Fill's kind; a Fill that is
// missing itself turns a sentinel into a missing value.
type Impute struct {
	In, Out Column
	Missing Scalar
	Fill    Scalar
}

// Indicate is 1 where In equals Missing, else 0.
type Indicate struct {
	In, Out Column
	Missing Scalar
}

// Standardize is (In - Mean) / Scale: a subtraction, then a division.
type Standardize struct {
	In, Out     Column
	Mean, Scale float64
}

// Affine is In*Scale + Offset, the product rounded before the sum.
type Affine struct {
	In, Out       Column
	Scale, Offset float64
}

// Clip limits In to [Low, High]; NaN stays NaN.
type Clip struct {
	In, Out   Column
	Low, High float64
}

// Func is an elementwise function with numpy's meaning: out of its domain it
// yields NaN or ±Inf.
type Func uint8

// The functions: those that a FunctionTransformer or a target transformer may name,
// and at the end those of layers and other steps.
const (
	Identity Func = iota
	Log
	Log1p
	Log2
	Log10
	Exp
	Expm1
	Exp2
	Sqrt
	Cbrt
	Square
	Abs
	Negative
	Reciprocal
	Sin
	Cos
	Tan
	Tanh
	Arcsinh
	Sinh
	Floor
	Ceil
	Rint
	Sign
	Trunc
	Relu           // x where x > 0, else 0; NaN stays NaN
	Logistic       // 1/(1+exp(-x))
	NormalQuantile // the inverse of the standard normal distribution function
	Erf            // the error function

	lastFunc = Erf
)

// Apply is Func(In), element by element.
type Apply struct {
	In, Out Column
	Func    Func
}

// Round32 rounds In to the nearest float32.
type Round32 struct{ In, Out Column }

// ZeroAsMissing is NaN where In is ±0, else In. It stands where a sparse
// matrix meets XGBoost, which takes what is not stored as missing.
type ZeroAsMissing struct{ In, Out Column }

// LowByte is In converted as x86-64 converts a double to an unsigned byte: the
// low 8 bits of the truncated int32, 0 where it does not fit an int32. NaN
// stays NaN and, unless Wrap, what is below 0 stays. It stands before the
// categorical splits of scikit-learn before 1.4.
type LowByte struct {
	In, Out Column
	Wrap    bool // negative values are converted, too
}

// Unknown says what an encoder does with a value outside its categories.
type Unknown uint8

// What an encoder can do with an unknown value.
const (
	UnknownError Unknown = iota // refuse the row, naming field and value
	UnknownValue                // use the encoder's own answer for unknown values
)

// OneHot spreads In over Out: the column of the matching category is 1, the
// others are 0. Categories[i] belongs to Out[Slots[i]]; several may share one
// (infrequent categories), and -1 means none (a dropped category). For an
// unknown value with UnknownValue, Out[UnknownSlot] is 1, or none if it is -1.
type OneHot struct {
	In          Column
	By          string // path and class, for messages
	Categories  []Scalar
	Slots       []int32
	Out         []Column
	Unknown     Unknown
	UnknownSlot int32
}

// Ordinal replaces a category by its number: Codes[i] where In equals
// Categories[i]. For an unknown value with UnknownValue, UnknownCode. Codes
// may be NaN.
type Ordinal struct {
	In, Out     Column
	By          string
	Categories  []Scalar
	Codes       []float64
	Unknown     Unknown
	UnknownCode float64
	// Next, of a column of strings: an unknown value counts as the category
	// that follows it in the order of bytes, as signed numbers; only one after
	// the last category is unknown (XGBoost 3.1 and 3.2).
	Next bool
}

func (Require) step()       {}
func (Impute) step()        {}
func (Indicate) step()      {}
func (Standardize) step()   {}
func (Affine) step()        {}
func (Clip) step()          {}
func (Apply) step()         {}
func (Round32) step()       {}
func (ZeroAsMissing) step() {}
func (LowByte) step()       {}
func (OneHot) step()        {}
func (Ordinal) step()       {}
