package xgboost

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// maxSetWords limits the memory of all category sets, 64 MiB: one category
// close to 2^24 makes a set of 2 MiB out of a few bytes.
const maxSetWords = 1 << 24

// A rawTree is one tree as the file holds it: an array a property, one entry a
// node. It is reused from tree to tree.
type rawTree struct {
	id, vector           int
	important            bool
	left, right, feature []int32
	condition            []float32 // threshold of a split, value of a leaf
	defaultLeft          []int32
	splitType            []int32 // 0 numeric, 1 categorical; empty before 1.3
	leafWeights          []float32
	baseWeights          []float32
	gain                 []float32 // loss_changes, where importances are asked for

	categories, catNodes, catStarts, catSizes []int32

	catOf   []int32 // node → index into catNodes, -1 for none
	visited []bool
	open    []branch
}

// A branch is a node that waits to be visited, and where its number goes.
type branch struct {
	node, parent int32 // parent is a node of the result, -1 for the root
	right        bool
}

func (b *booster) readTrees(s source) error {
	t := rawTree{important: b.important != nil}
	return s.array(func() error {
		if err := t.read(s); err != nil {
			return err
		}
		if t.id != len(b.trees) {
			return s.fail("tree %d has the id %d", len(b.trees), t.id)
		}
		return b.add(s, &t)
	})
}

// add builds a tree and appends it.
func (b *booster) add(s reporter, t *rawTree) error {
	tree, err := t.build(s, b)
	if err != nil {
		return err
	}
	b.trees = append(b.trees, tree)
	b.vector = append(b.vector, t.vector)
	return nil
}

// read reads the properties that decide predictions; statistics are skipped.
func (t *rawTree) read(s source) error {
	t.id, t.vector = -1, 1
	for _, a := range []*[]int32{&t.left, &t.right, &t.feature, &t.defaultLeft, &t.splitType,
		&t.categories, &t.catNodes, &t.catStarts, &t.catSizes} {
		*a = (*a)[:0]
	}
	t.condition, t.leafWeights, t.baseWeights = t.condition[:0], t.leafWeights[:0], t.baseWeights[:0]
	weights := -1 // where base_weights are: their use is known only at the end
	err := fields(s, func(key string) (used bool, err error) {
		switch key {
		case "id":
			var id int64
			id, err = s.integer()
			t.id = int(narrow(id))
		case "left_children":
			t.left, err = s.ints(t.left)
		case "right_children":
			t.right, err = s.ints(t.right)
		case "split_indices":
			t.feature, err = s.ints(t.feature)
		case "split_conditions":
			t.condition, err = s.floats(t.condition)
		case "default_left":
			t.defaultLeft, err = s.ints(t.defaultLeft)
		case "split_type":
			t.splitType, err = s.ints(t.splitType)
		case "categories":
			t.categories, err = s.ints(t.categories)
		case "categories_nodes":
			t.catNodes, err = s.ints(t.catNodes)
		case "categories_segments":
			t.catStarts, err = s.ints(t.catStarts)
		case "categories_sizes":
			t.catSizes, err = s.ints(t.catSizes)
		case "leaf_weights":
			t.leafWeights, err = s.floats(t.leafWeights)
		case "loss_changes":
			if t.important {
				t.gain, err = s.floats(t.gain[:0])
			} else {
				return false, nil
			}
		case "base_weights":
			weights = s.at()
			return false, nil
		case "tree_param":
			err = fields(s, func(key string) (used bool, err error) {
				if key == "size_leaf_vector" {
					t.vector, err = decimal(s, model.MaxScores)
					t.vector = max(1, t.vector) // 0 before 2.0
					return true, err
				}
				return false, nil
			})
		default:
			return false, nil
		}
		return true, err
	})
	if err == nil && t.vector > 1 && len(t.leafWeights) == 0 && weights >= 0 {
		// Before 3.1 a vector leaf's values are its base weights.
		end := s.at()
		s.seek(weights)
		t.baseWeights, err = s.floats(t.baseWeights)
		s.seek(end)
	}
	return err
}

// build turns the arrays into a tree. It starts at the root and meets every
// node once; nodes that XGBoost has pruned stay in the arrays, unreachable.
func (t *rawTree) build(s reporter, b *booster) (tree model.Tree, err error) {
	n := len(t.left)
	if n == 0 || len(t.right) != n || len(t.feature) != n || len(t.condition) != n || len(t.defaultLeft) != n ||
		len(t.splitType) != 0 && len(t.splitType) != n {
		return tree, s.fail("tree %d: the arrays of its nodes are empty or differ in length", len(b.trees))
	}
	if err := t.indexCategories(s, n); err != nil {
		return tree, err
	}
	t.visited = sized(t.visited, n)[:n]
	clear(t.visited)
	splits := 0
	for _, l := range t.left {
		if l != -1 {
			splits++
		}
	}
	tree.Nodes = make([]model.Node, 0, splits)
	tree.Leaves = make([]float64, 0, (splits+1)*t.vector)
	leaves := int32(0)
	t.open = append(t.open[:0], branch{node: 0, parent: -1})
	for len(t.open) > 0 {
		at := t.open[len(t.open)-1]
		t.open = t.open[:len(t.open)-1]
		i := at.node
		if i < 0 || int(i) >= n {
			return tree, s.fail("tree %d: node %d of %d", len(b.trees), i, n)
		}
		if t.visited[i] {
			return tree, s.fail("tree %d: node %d is reached twice", len(b.trees), i)
		}
		t.visited[i] = true
		var child int32
		if t.left[i] == -1 {
			child = ^leaves
			leaves++
			if tree.Leaves, err = t.leaf(s, i, tree.Leaves); err != nil {
				return tree, err
			}
		} else {
			child = int32(len(tree.Nodes)) // #nosec G115 -- at most as many as int32 indices reach
			node, err := t.split(s, b, i)
			if err != nil {
				return tree, err
			}
			if err := b.important.add(s, t, i); err != nil {
				return tree, err
			}
			tree.Nodes = append(tree.Nodes, node)
			t.open = append(t.open, branch{t.right[i], child, true}, branch{t.left[i], child, false})
		}
		switch {
		case at.parent < 0:
		case at.right:
			tree.Nodes[at.parent].Right = child
		default:
			tree.Nodes[at.parent].Left = child
		}
	}
	return tree, nil
}

// leaf appends the values of the leaf at node i.
func (t *rawTree) leaf(s reporter, i int32, to []float64) ([]float64, error) {
	if t.vector == 1 {
		return append(to, float64(t.condition[i])), nil
	}
	values, at := t.baseWeights, int(i)
	if len(t.leafWeights) > 0 {
		// From 3.1 on the right child of a leaf is its number among the leaves
		// (src/tree/multi_target_tree_model.cc, SetLeaves).
		values, at = t.leafWeights, int(t.right[i])
	}
	if at < 0 || (at+1)*t.vector > len(values) {
		return to, s.fail("the leaf at node %d has no values", i)
	}
	for _, v := range values[at*t.vector : (at+1)*t.vector] {
		to = append(to, float64(v))
	}
	return to, nil
}

func (t *rawTree) split(s reporter, b *booster, i int32) (model.Node, error) {
	node := model.Node{Feature: t.feature[i], Set: -1, Missing: model.MissingRight}
	if t.defaultLeft[i] != 0 {
		node.Missing = model.MissingLeft
	}
	if node.Feature < 0 {
		return node, s.fail("node %d splits on feature %d", i, node.Feature)
	}
	// XGBoost goes to LeftChild()+1 (src/predictor/predict_fn.h), whatever the
	// file says about the right child.
	if int64(t.right[i]) != int64(t.left[i])+1 {
		return node, s.fail("node %d has children %d and %d, which do not follow each other", i, t.left[i], t.right[i])
	}
	if len(t.splitType) == 0 || t.splitType[i] == 0 {
		if math.IsNaN(float64(t.condition[i])) {
			return node, s.fail("the threshold of node %d is NaN", i)
		}
		node.Threshold = float64(t.condition[i])
		return node, nil
	}
	if t.splitType[i] != 1 || len(t.catOf) == 0 || t.catOf[i] < 0 {
		return node, s.fail("node %d has split type %d and no categories", i, t.splitType[i])
	}
	c := t.catOf[i]
	set, err := t.set(s, t.categories[t.catStarts[c]:][:t.catSizes[c]])
	if err != nil {
		return node, err
	}
	if b.setWords += len(set.Members); b.setWords > maxSetWords {
		return node, s.fail("the category sets take more than %d bytes", maxSetWords*4)
	}
	node.Set = int32(len(b.sets)) // #nosec G115 -- bounded by maxSetWords
	b.sets = append(b.sets, set)
	return node, nil
}

// indexCategories checks the segments of categorical splits and notes which
// node each belongs to.
func (t *rawTree) indexCategories(s reporter, nodes int) error {
	t.catOf = t.catOf[:0]
	if len(t.catNodes) == 0 {
		return nil
	}
	if len(t.catStarts) != len(t.catNodes) || len(t.catSizes) != len(t.catNodes) {
		return s.fail("%d nodes, %d segments and %d sizes of categories", len(t.catNodes), len(t.catStarts), len(t.catSizes))
	}
	t.catOf = sized(t.catOf, nodes)[:nodes]
	for i := range t.catOf {
		t.catOf[i] = -1
	}
	for c, node := range t.catNodes {
		start, size := int64(t.catStarts[c]), int64(t.catSizes[c])
		if start < 0 || size < 1 || start+size > int64(len(t.categories)) {
			return s.fail("categories %d to %d of %d", start, start+size, len(t.categories))
		}
		if node < 0 || int(node) >= nodes || t.catOf[node] != -1 {
			return s.fail("categories of node %d, of %d nodes", node, nodes)
		}
		t.catOf[node] = int32(c) // #nosec G115 -- less than the number of nodes
	}
	return nil
}

// set makes the set of a categorical split: its members go right, everything
// else goes left, also negative numbers and those from 2^24 on
// (src/common/categorical.h, Decision).
func (t *rawTree) set(s reporter, members []int32) (model.Set, error) {
	last := int32(0)
	for _, c := range members {
		if c < 0 || c >= model.MaxCategory {
			return model.Set{}, s.fail("category %d; categories go from 0 to %d", c, model.MaxCategory-1)
		}
		last = max(last, c)
	}
	set := model.Set{Members: make([]uint32, last/32+1), Others: model.MissingLeft, Limit: model.MaxCategory}
	for _, c := range members {
		set.Members[c/32] |= 1 << (c % 32)
	}
	return set, nil
}
