package model

// Task is what a model predicts.
type Task uint8

// The tasks.
const (
	Regression     Task = iota // predict yields Width numbers a row
	Classification             // predict yields one of Classes, or one of each of Targets
	Transformation             // there is no predict: transform yields the columns of Model.Transformed
)

// Link is the function from raw scores to the values of predict (regression)
// or to probabilities (classification).
type Link uint8

// The links. x is a raw score; K is the number of scores.
const (
	LinkIdentity        Link = iota // x
	LinkAverage                     // x are probabilities already (forests)
	LinkLogistic                    // 1/(1+exp(-Scale·x)), float64; one score: [1-p, p]
	LinkLogisticF32                 // XGBoost's sigmoid in float32
	LinkSoftmax                     // softmax in float64
	LinkSoftmaxF32                  // XGBoost's softmax: expf, double sum, float division
	LinkOneVsRest                   // logistic a score, then each row divided by its sum
	LinkLogisticEach                // logistic a score, not normalised (LightGBM's multiclassova)
	LinkExp                         // exp(x)
	LinkSignedSquare                // sign(x)·x² (LightGBM's reg_sqrt)
	LinkLog1pExp                    // log1p(exp(x)) (cross_entropy_lambda)
	LinkStep                        // 1 where x > 0, else 0 (binary:hinge)
	LinkArgmax                      // the index of the first greatest score (multi:softmax of a native booster)
	LinkGiven                       // the columns that a [Given] names; of classifiers
	LinkOneVsRestEven               // LinkOneVsRest; 1/K where all are 0
	LinkLogSumExp                   // exp(x - log Σ exp(x)), the logarithm of the greatest taken out of the sum
	LinkHuber                       // (x held to [-1, 1] + 1)/2; several scores divided by their sum, if all are 0 1/K
	LinkSign                        // 1 where x > 0, else -1
	LinkSignNotNegative             // 1 where x >= 0, else -1
	LinkRising                      // the first x; each other the value before plus log(1+exp(x)) and RisingStep, in float32 (XGBoost's expectiles)

	// ONNX Runtime's, in float32.
	LinkMirror            // one score: -x and x
	LinkLogisticMirrorF32 // logistic a score, of negative ones by 1 minus that of -x; one score: of -x and of x
	LinkSoftmaxSumF32     // softmax whose sum is float32, too
	LinkSoftmaxZeroF32    // softmax that leaves scores within 1e-7 of 0 out of the sum and multiplies them by exp(-max)
	LinkProbitF32         // an approximation of √2 times the inverse error function of 2x-1

	lastLink = LinkProbitF32
)

// RisingStep is how far apart the values of [LinkRising] are at least.
const RisingStep = 1e-6

// Decision is how a classifier chooses a class.
type Decision uint8

// The decisions.
const (
	DecideArgmax           Decision = iota // the first greatest probability
	DecideScorePositive                    // one score: class 1 where x > Border
	DecideScoreNotNegative                 // one score: class 1 where x >= 0
	DecideAboveHalf                        // one score: class 1 where p > 0.5
	DecideArgmaxScore                      // the first greatest raw score
	DecideScoreAbove                       // two classes: class 1 where the raw score Output.Score > Output.Border
	DecideVotes                            // the first greatest of a [Given]'s votes

	lastDecision = DecideVotes
)

// Output says how raw scores become what the library returns.
type Output struct {
	Task      Task
	Link      Link
	Scale     float64   // of LinkLogistic and its kin; 1 unless the library says otherwise
	Precision Precision // of the values the library returns
	// Inverse undoes a transformed target: applied in order to each value of a
	// regression after the link.
	Inverse []Inverse

	// Of classifiers.
	Classes  []Label
	Decision Decision
	Border   float64 // of DecideScorePositive and DecideScoreAbove; 0 unless the library says otherwise
	Score    int32   // of DecideScoreAbove
	Probable bool    // the model has predict_proba
	// Targets are the classes of each label of a row, of a classifier that predicts
	// several; Classes is then nil. A [Given] says which columns hold the answers.
	Targets [][]Label
	// Indicator: predict_proba has a column a target, for the second of its two classes,
	// rather than one a class.
	Indicator bool
	// Decisive: the model has decision_function (or a raw margin), which
	// yields the raw scores.
	Decisive bool
}

// A Label is a class: an integer, a float, a string or a bool.
type Label struct {
	Kind    LabelKind
	Integer int64
	Float   float64
	String  string
	Bool    bool
}

// LabelKind is the type of a label.
type LabelKind uint8

// The types of labels.
const (
	IntegerLabel LabelKind = iota
	FloatLabel
	StringLabel
	BoolLabel
)

// Probabilities is how many columns predict_proba has; 0 without one.
func (o *Output) Probabilities() int {
	switch {
	case !o.Probable:
		return 0
	case o.Indicator:
		return len(o.Targets)
	}
	n := len(o.Classes)
	for _, classes := range o.Targets {
		n += len(classes)
	}
	return n
}
