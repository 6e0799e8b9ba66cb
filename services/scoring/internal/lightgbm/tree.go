package lightgbm

import (
	"bytes"
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// The bits of decision_type (include/LightGBM/tree.h).
const (
	categoricalBit = 1
	defaultLeftBit = 2
	missingShift   = 2
	missingMask    = 3
)

// A rawTree is one tree as the file holds it. It is reused from tree to tree.
type rawTree struct {
	leaves, categories          int // num_leaves, num_cat
	linear                      bool
	left, right, feature        []int32
	decision                    []int32
	threshold, value, gain      []float64
	boundaries                  []int32
	words                       []uint32 // cat_threshold
	constant, coefficient       []float64
	leafFeatures, leafCounts    []int32
	hasDecision, hasConst, seen bool
	important                   bool // gain is read
}

// read reads the lines of a tree, up to an empty one.
func (t *rawTree) read(s *scanner) error {
	t.leaves, t.categories, t.linear, t.words = 0, 0, false, nil
	t.hasDecision, t.hasConst, t.seen = false, false, false
	for _, a := range []*[]int32{&t.left, &t.right, &t.feature, &t.decision, &t.boundaries, &t.leafFeatures, &t.leafCounts} {
		*a = (*a)[:0]
	}
	for _, a := range []*[]float64{&t.threshold, &t.value, &t.gain, &t.constant, &t.coefficient} {
		*a = (*a)[:0]
	}
	for {
		line, ok := s.next()
		if !ok || len(line) == 0 {
			break
		}
		key, text, found := bytes.Cut(line, []byte("="))
		if !found {
			return s.fail("%.32q within a tree", line)
		}
		if err := t.field(s, string(key), text); err != nil {
			return err
		}
	}
	return t.check(s)
}

func (t *rawTree) field(s *scanner, key string, text []byte) (err error) {
	switch key {
	case "num_leaves":
		t.leaves, err = s.natural(key, text, len(s.data))
	case "num_cat":
		t.seen = true
		t.categories, err = s.natural(key, text, len(s.data))
	case "is_linear":
		t.linear = string(text) != "0"
	case "left_child":
		t.left, err = s.ints(key, text, t.left)
	case "right_child":
		t.right, err = s.ints(key, text, t.right)
	case "split_feature":
		t.feature, err = s.ints(key, text, t.feature)
	case "decision_type":
		t.hasDecision = true
		t.decision, err = s.ints(key, text, t.decision)
	case "threshold":
		t.threshold, err = s.floats(key, text, t.threshold)
	case "split_gain":
		if t.important {
			t.gain, err = s.floats(key, text, t.gain)
		}
	case "leaf_value":
		t.value, err = s.floats(key, text, t.value)
	case "cat_boundaries":
		t.boundaries, err = s.ints(key, text, t.boundaries)
	case "cat_threshold":
		t.words, err = s.bits(key, text)
	case "leaf_const":
		t.hasConst = true
		t.constant, err = s.floats(key, text, t.constant)
	case "num_features":
		t.leafCounts, err = s.ints(key, text, t.leafCounts)
	case "leaf_features":
		t.leafFeatures, err = s.ints(key, text, t.leafFeatures)
	case "leaf_coeff":
		t.coefficient, err = s.floats(key, text, t.coefficient)
	}
	return err
}

// check holds the arrays to their lengths. A tree of one leaf has no nodes.
func (t *rawTree) check(s *scanner) error {
	if t.leaves < 1 || !t.seen {
		return s.fail("a tree without num_leaves or num_cat")
	}
	nodes := t.leaves - 1
	if !t.hasDecision {
		for range nodes {
			t.decision = append(t.decision, 0)
		}
	}
	if nodes == 0 {
		t.left, t.right, t.feature, t.decision, t.threshold = t.left[:0], t.right[:0], t.feature[:0], t.decision[:0], t.threshold[:0]
	}
	for _, n := range []int{len(t.left), len(t.right), len(t.feature), len(t.decision), len(t.threshold)} {
		if n != nodes {
			return s.fail("a tree of %d leaves has arrays of %d nodes", t.leaves, n)
		}
	}
	if len(t.value) != t.leaves {
		return s.fail("a tree of %d leaves has %d leaf values", t.leaves, len(t.value))
	}
	if t.categories > 0 {
		return t.checkCategories(s)
	}
	return nil
}

func (t *rawTree) checkCategories(s *scanner) error {
	if len(t.boundaries) != t.categories+1 || t.boundaries[0] != 0 || int(t.boundaries[t.categories]) != len(t.words) {
		return s.fail("%d category sets have %d boundaries and %d words", t.categories, len(t.boundaries), len(t.words))
	}
	for i := range t.categories {
		if t.boundaries[i] > t.boundaries[i+1] {
			return s.fail("the boundaries of the category sets go back")
		}
	}
	return nil
}

// build makes the tree. Children are numbered in the file as they are in the
// model: a node's index, or the complement of a leaf's.
func (t *rawTree) build(s *scanner, d *document) (model.Tree, error) {
	tree := model.Tree{
		Score:  int32(len(d.trees) % d.perRound), // #nosec G115 -- at most MaxScores
		Nodes:  make([]model.Node, len(t.left)),
		Leaves: append([]float64(nil), t.value...),
	}
	first := len(d.sets)
	for c := range t.categories {
		// In the set → left; everything else, also NaN → right. The cast to
		// int comes before the sign is looked at, and what an int does not
		// hold becomes its least value (CategoricalDecision).
		d.sets = append(d.sets, model.Set{
			Members:     t.words[t.boundaries[c]:t.boundaries[c+1]],
			MembersLeft: true, Others: model.MissingRight, Limit: 1 << 31, TruncateFirst: true,
		})
	}
	for i := range tree.Nodes {
		node := model.Node{Feature: t.feature[i], Left: t.left[i], Right: t.right[i], Set: -1}
		if t.decision[i]&categoricalBit != 0 {
			c := t.threshold[i]
			if !(c >= 0 && c < float64(t.categories)) {
				return tree, s.fail("node %d tests category set %v of %d", i, c, t.categories)
			}
			node.Set = int32(first + int(c)) // #nosec G115 -- bounded by the file's size
			node.Missing = model.MissingRight
		} else {
			var known bool
			if node.Missing, known = missing(t.decision[i]); !known {
				return tree, s.fail("node %d has decision_type %d", i, t.decision[i])
			}
			if node.Threshold = t.threshold[i]; !d.sparse {
				node.Threshold = flushed(node.Threshold)
			}
		}
		tree.Nodes[i] = node
	}
	if t.linear {
		return tree, t.linearLeaves(s, &tree)
	}
	return tree, nil
}

// missing is where a numeric split sends a missing value (NumericalDecision).
func missing(decision int32) (model.Missing, bool) {
	left := decision&defaultLeftBit != 0
	switch decision >> missingShift & missingMask {
	case 0:
		return model.MissingIsZero, true
	case 1:
		if left {
			return model.ZeroMissingLeft, true
		}
		return model.ZeroMissingRight, true
	case 2:
		if left {
			return model.MissingLeft, true
		}
		return model.MissingRight, true
	}
	return 0, false
}

// flushed is the threshold that has the effect of LightGBM's: values with
// |x| ≤ kZeroThreshold reach a tree as 0 (src/c_api.cpp,
// RowPairFunctionFromDenseMatric keeps the others only), so a threshold in
// that range must send all of them the way of 0. Rows of a sparse matrix reach
// it as they are (RowFunctionFromCSR).
func flushed(threshold float64) float64 {
	switch {
	case threshold >= 0 && threshold < model.ZeroThreshold:
		return model.ZeroThreshold
	case threshold < 0 && threshold >= -model.ZeroThreshold:
		return math.Nextafter(-model.ZeroThreshold, math.Inf(-1))
	}
	return threshold
}

// linearLeaves adds the linear models of the leaves.
func (t *rawTree) linearLeaves(s *scanner, tree *model.Tree) error {
	if !t.hasConst {
		t.constant = make([]float64, t.leaves)
	}
	if len(t.leafCounts) == 0 {
		t.leafCounts = make([]int32, t.leaves)
	}
	if len(t.constant) != t.leaves || len(t.leafCounts) != t.leaves || len(t.leafFeatures) != len(t.coefficient) {
		return s.fail("linear leaves: %d constants, %d counts, %d features and %d coefficients of %d leaves",
			len(t.constant), len(t.leafCounts), len(t.leafFeatures), len(t.coefficient), t.leaves)
	}
	features := append([]int32(nil), t.leafFeatures...)
	coefficients := append([]float64(nil), t.coefficient...)
	tree.Linear = make([]model.LinearLeaf, t.leaves)
	for i, n := range t.leafCounts {
		if n < 0 || int(n) > len(features) {
			return s.fail("linear leaf %d has %d features of %d", i, n, len(features))
		}
		tree.Linear[i] = model.LinearLeaf{Const: t.constant[i], Features: features[:n:n], Coef: coefficients[:n:n]}
		features, coefficients = features[n:], coefficients[n:]
	}
	if len(features) > 0 {
		return s.fail("%d features belong to no linear leaf", len(features))
	}
	return nil
}
