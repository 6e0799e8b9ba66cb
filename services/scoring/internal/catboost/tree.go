package catboost

import (
	"encoding/binary"
)

// maxSplits bounds the levels of an oblivious tree; CatBoost's has at most 16.
const maxSplits = 30

// readTrees cuts the flat arrays of the core into trees.
func (d *document) readTrees(t table) {
	splits, sizes, leaves := t.integers(treesSplits), t.integers(treesSizes), t.doubles(treesLeaves)
	steps, ids := t.vector(treesSteps, 4), t.integers(treesLeafIDs)
	if t.f.err != nil {
		return
	}
	if d.dimension < 1 || d.dimension > len(leaves)+1 {
		t.f.fail(t.at, "%d scores; there are %d leaf values", d.dimension, len(leaves))
		return
	}
	if len(steps) > 0 {
		a := asymmetric{f: t.f, splits: splits, steps: steps, ids: ids, leaves: leaves, dimension: d.dimension}
		for _, n := range sizes {
			d.trees = append(d.trees, a.tree(int(n)))
			if t.f.err != nil {
				return
			}
		}
		return
	}
	for i, n := range sizes {
		if n < 0 || n > maxSplits || int(n) > len(splits) || d.dimension > len(leaves)>>n {
			t.f.fail(t.at, "tree %d has %d splits; %d splits and %d leaf values are left", i, n, len(splits), len(leaves))
			return
		}
		values := d.dimension << n
		d.oblivious = append(d.oblivious, obliviousTree{splits: splits[:n:n], leaves: leaves[:values:values]})
		splits, leaves = splits[n:], leaves[values:]
	}
}

// An asymmetric cuts trees from the arrays of nodes. A node leads to nodes
// further on, by how many is stored; where that is 0 a row has arrived, at the
// leaf that ids gives the node.
type asymmetric struct {
	f         *flat
	splits    []int32
	steps     []byte
	ids       []int32 // where a node's leaf begins among the values
	leaves    []float64
	dimension int
	first     int // node of the tree
}

func (a *asymmetric) tree(size int) (t asymmetricTree) {
	nodes := min(len(a.splits), len(a.steps)/4, len(a.ids))
	if size < 1 || size > nodes-a.first {
		a.f.fail(0, "a tree of %d nodes; %d are left", size, nodes-a.first)
		return t
	}
	root := a.first
	a.first += size
	type branch struct {
		node int
		from *int32 // what leads there; nil for the root
	}
	// Pointers into left and right stay: they never grow beyond size.
	t.splits, t.left, t.right = make([]int32, 0, size), make([]int32, 0, size), make([]int32, 0, size)
	open := []branch{{node: root}}
	for visited := 0; len(open) > 0; visited++ {
		b := open[len(open)-1]
		open = open[:len(open)-1]
		left, right := int(binary.LittleEndian.Uint16(a.steps[4*b.node:])), int(binary.LittleEndian.Uint16(a.steps[4*b.node+2:]))
		if visited == size || b.node+max(left, right) >= root+size {
			a.f.fail(0, "node %d of a tree of %d leads out of it, or back", b.node-root, size)
			return t
		}
		if left == 0 && right == 0 {
			leaf := a.leaf(&t, b.node)
			if b.from != nil {
				*b.from = leaf
			}
			continue
		}
		at := len(t.splits)
		if b.from != nil {
			*b.from = int32(at) // #nosec G115 -- less than size
		}
		t.splits, t.left, t.right = append(t.splits, a.splits[b.node]), append(t.left, 0), append(t.right, 0)
		for side, step := range [2]int{left, right} {
			child := &t.left[at]
			if side == 1 {
				child = &t.right[at]
			}
			if step == 0 {
				*child = a.leaf(&t, b.node)
			} else {
				open = append(open, branch{b.node + step, child})
			}
		}
	}
	return t
}

// leaf copies the values of a node's leaf, and returns ^ of its number.
func (a *asymmetric) leaf(t *asymmetricTree, node int) int32 {
	at := int(uint32(a.ids[node])) // #nosec G115 -- stored unsigned
	if at > len(a.leaves)-a.dimension {
		a.f.fail(0, "the leaf of node %d begins at value %d of %d", node, at, len(a.leaves))
		return 0
	}
	number := len(t.leaves) / a.dimension
	t.leaves = append(t.leaves, a.leaves[at:at+a.dimension]...)
	return ^int32(number) // #nosec G115 -- less than nodes
}
