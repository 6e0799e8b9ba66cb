package model

import "slices"

// An Estimator turns columns of numbers into raw scores, Width a row.
type Estimator interface {
	// Width is the number of raw scores a row.
	Width() int
	estimator()
}

// Linear is Intercept[k] + Σ Coef[k][j]·In[j].
type Linear struct {
	In        []Column
	Coef      [][]float64 // [score][feature]
	Intercept []float64   // [score]
	Sum       Precision   // the type of the sum and of the inputs
	// BiasFirst starts the sum at Intercept and goes through the columns in
	// order, skipping missing values (XGBoost's gblinear); otherwise the sum
	// starts at 0 and Intercept is added last (scikit-learn).
	BiasFirst bool
}

// Width implements [Estimator].
func (l *Linear) Width() int { return len(l.Intercept) }
func (*Linear) estimator()   {}

// Given takes results from columns that steps have computed.
type Given struct {
	Scores []Column // the raw scores
	// Probabilities, with [LinkGiven], are one a class.
	Probabilities []Column
	// Votes, with [DecideVotes], are one a class: the first greatest is chosen.
	Votes []Column
	// Chosen, with targets, is one a target: the number of the class that is predicted.
	// Probabilities are then those of the first target, of the second, and so on.
	Chosen []Column
}

// Width implements [Estimator].
func (g *Given) Width() int { return len(g.Scores) }
func (*Given) estimator()   {}

// Reads are all the columns with results.
func (g *Given) Reads() []Column {
	return slices.Concat(g.Scores, g.Probabilities, g.Votes, g.Chosen)
}

// Comparison is the operator of a numeric split; where it holds, a row goes left.
type Comparison uint8

// The comparisons the libraries use.
const (
	LessOrEqual Comparison = iota // x <= threshold: scikit-learn, LightGBM
	Less                          // x < threshold: XGBoost
)

// An Ensemble adds up trees: score[k] = Base[k] + Σ leaf values, tree after
// tree in order, each sum rounded to Sum; then, with Divisor ≠ 0, divided by it;
// then, with Offset, times Scale, rounded, plus Offset[k].
type Ensemble struct {
	In      []Column   // features, in the order that nodes number them
	Input   Precision  // inputs are rounded to it before they are compared
	Compare Comparison // of every numeric split
	Sum     Precision  // type of the running sum
	Base    []float64  // [score], where the sum starts
	Divisor float64    // 0: none
	Scale   float64    // read only with Offset
	Offset  []float64  // [score], nil: none; only where Sum is F64 (CatBoost)
	// BaseOfLogs: the library computes Base with logarithms each time it
	// predicts, and its last bits depend on the processor (numpy's log with
	// AVX-512 and without it differ). Scores then hold only to a tolerance.
	BaseOfLogs bool
	Trees      []Tree
	Sets       []Set // the category sets that nodes refer to
}

// Width implements [Estimator].
func (e *Ensemble) Width() int { return len(e.Base) }
func (*Ensemble) estimator()   {}

// A Tree is a binary tree. Nodes[0] is the root; a tree that is a single leaf
// has no nodes. Every node and leaf is reached exactly once.
type Tree struct {
	Nodes []Node
	// Score is the score that the leaves add to, or -1: then each leaf holds
	// a value for every score.
	Score int32
	// Leaves holds the leaf values, one a leaf, or Width a leaf where Score is
	// -1. Anything a library multiplies leaves by (a learning rate, a DART
	// weight) is already in them, rounded as the library rounds it.
	Leaves []float64
	// Linear, if not nil, has one entry a leaf: a linear model that replaces
	// the leaf's value unless one of its inputs is missing (LightGBM).
	Linear []LinearLeaf
}

// A LinearLeaf is Const + Σ Coef[i]·x[Features[i]], in float64, in order, each
// product rounded before it is added. An x with |x| ≤ ZeroThreshold counts as
// +0, because LightGBM hands its trees no smaller numbers.
type LinearLeaf struct {
	Const    float64
	Features []int32
	Coef     []float64
}

// Missing says where a numeric split sends a missing value.
type Missing uint8

// The rules for missing values.
const (
	MissingRight     Missing = iota // NaN goes right
	MissingLeft                     // NaN goes left
	MissingIsZero                   // NaN is compared as 0 (LightGBM without missing values)
	ZeroMissingRight                // NaN and |x| ≤ ZeroThreshold go right (LightGBM's zero_as_missing)
	ZeroMissingLeft                 // NaN and |x| ≤ ZeroThreshold go left
)

// ZeroThreshold is LightGBM's kZeroThreshold: 1e-35f widened to double.
var ZeroThreshold = float64(float32(1e-35))

// A Node is a split. A child ≥ 0 is a node's index, a child < 0 is the leaf ^child.
type Node struct {
	Feature     int32   // index into Ensemble.In
	Left, Right int32   // children
	Threshold   float64 // numeric splits
	Set         int32   // categorical splits: index into Ensemble.Sets; -1 for a numeric split
	Missing     Missing // of a categorical split only MissingLeft and MissingRight
}

// A Set is what a categorical split tests: the value is truncated towards zero
// to an integer c. NaN follows the node's Missing rule. Where the value is
// negative or bit c is in neither Members nor Known, Others decides; where Members
// has bit c, MembersLeft decides; where only Known has it, it goes the way
// opposite to the members.
type Set struct {
	Members     []uint32 // bit c of word c/32
	Known       []uint32 // nil: every category that is not a member counts as known unless negative or ≥ Limit
	MembersLeft bool
	Others      Missing // MissingLeft or MissingRight
	Limit       float64 // values ≥ Limit are Others; 0: no limit
	// TruncateFirst: the sign is looked at after truncation, so that a value
	// between -1 and 0 is category 0 (LightGBM); otherwise it is negative.
	TruncateFirst bool
}
