package scoring

import (
	"context"
	"time"
)

// A Batch is rows to score, as columns: one for each feature of the signature,
// in its order.
type Batch struct {
	Rows    int
	Columns []Column

	// Turns, if not nil, is asked between the blocks of rows of a large batch, so
	// that it shares processors with other work.
	Turns Turns
}

// Turns tell a large batch when to go on. A batch of one block, of some hundred
// rows, asks nothing; a block takes about a millisecond at most as a rule.
type Turns interface {
	// Next returns when the next block may be computed, or with the context: then
	// Predict returns its error. The goroutine that called [Model.Predict] calls
	// it, between its blocks.
	Next(ctx context.Context)
	// Helpers is how many other goroutines may compute blocks of this batch now.
	// They call it before each block, at the same time as Next, and leave when they
	// are too many; some are called again after Next.
	Helpers() int
	// Helped is told by each of them how long a block took.
	Helped(took time.Duration)
}

// A Column holds the values of one feature: Numbers for a feature of type
// Number, Strings for one of type String.
type Column struct {
	Numbers []float64 // NaN is missing
	Strings []string
	Missing []bool // which Strings are missing; nil: none
}

// A Result holds what [Model.Predict] computed. Its buffers are reused when
// they are large enough, so that one Result used again and again costs no
// allocation. Slices of methods that were not asked for are empty.
type Result struct {
	Values        []float64 // predict of a regressor: Rows×Outputs, row by row
	Classes       []int32   // predict of a classifier: indices into Signature.Classes; of one of several labels a row Rows×Outputs, into those of each target
	Probabilities []float64 // predict_proba: Rows×Signature.Probabilities
	Scores        []float64 // decision_function: Rows×Signature.Scores
	Transformed   []float64 // transform: Rows×Signature.Transformed

	// Timed has Predict set Transforming: the share of its time, 0 to 1, in
	// which values were made what the estimator reads, that of strings looked up
	// and of the pipeline's steps. It costs three looks at the clock a block.
	Timed        bool
	Transforming float64
}
