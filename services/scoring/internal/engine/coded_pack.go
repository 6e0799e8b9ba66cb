package engine

import (
	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/gather"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/leafset"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// newCoded returns nil where nodes cannot name all columns or their children.
// It shares the columns of t.sliced, which p made.
func newCoded[K key](p *slicer[K], t *trees[K], hot []hotColumn, steps float64) *coded {
	s, e := t.sliced, p.from
	c := &coded{numbers: s.numbers, classes: s.columns, walk: walkCoded}
	c.reader = newReader(s.columns[:s.numbers.Len()], hot, s.input32)
	var ok bool
	if c.tests, c.columns, ok = p.placeTests(s.numbers.Len()); !ok {
		return nil
	}
	k := codedPacker[K]{coded: c, slicer: p, width: len(e.Base), slots: make([][]int32, len(e.Trees))}
	k.chooseTop()
	whole := true
	for i := range k.slots {
		for _, child := range k.slots[i] {
			whole = whole && child < 0
		}
	}
	k.reserve(e, whole)
	for i := range e.Trees {
		k.tree, k.index, k.leaves = &e.Trees[i], i, 0
		c.values = append(c.values, int32(len(c.single)+len(c.double)))
		if whole {
			for _, child := range k.slots[i] {
				k.leaf(child)
			}
		} else if !k.below(k.slots[i]) {
			return nil
		}
	}
	c.estimate(p.use, steps)
	if whole {
		return c
	}
	c.walked = nil                // rows walk on by themselves
	for len(c.first) < c.room() { // trees that fill up walk along
		c.first = append(c.first, c.first[len(e.Trees)-1])
	}
	return c
}

// estimate sets the cost of a row; steps is how many nodes it passes.
func (c *coded) estimate(use Instructions, steps float64) {
	trees := float64(len(c.values))
	c.cost = 100 + 3*float64(len(c.reader.from)) + 0.05*float64(c.columns) + 1.5*trees
	if c.top != nil {
		c.cost += c.top.Cost()
		steps = max(2*trees, steps-6*trees)
	}
	switch {
	case c.nodes == nil:
	case gather.Pays(use) && use >= instructions.AVX512VBMI && c.columns <= leafset.MaxColumns:
		c.walk = walkInRegisters
		c.cost += steps
	case gather.Pays(use):
		c.walk = walkGatheredTrees
		c.cost += 2 * steps
	default:
		c.cost += 3.5 * steps
	}
}

// A codedPacker lays out an ensemble.
type codedPacker[K key] struct {
	*coded
	slicer *slicer[K]
	width  int       // scores
	slots  [][]int32 // by tree: what its exits are, as children; 0 is none, but where it is the root alone

	tree   *model.Tree
	index  int
	leaves uint32 // of the tree, so far
}

// reserve makes room for nodes and values.
func (k *codedPacker[K]) reserve(e *model.Ensemble, whole bool) {
	values, nodes := 0, 0
	for i := range e.Trees {
		tree := &e.Trees[i]
		leaf := len(tree.Leaves) / (len(tree.Nodes) + 1) // its values
		nodes += len(k.slots[i]) + 2*len(tree.Nodes)
		if values += len(tree.Leaves); whole {
			values += (len(k.slots[i]) - len(tree.Nodes) - 1) * leaf
		}
	}
	if e.Sum == model.F32 {
		k.single = make([]float32, 0, values)
	} else {
		k.double = make([]float64, 0, values)
	}
	k.values = make([]int32, 0, len(e.Trees))
	if !whole {
		k.nodes, k.first = make([]uint32, 0, nodes), make([]int32, 0, len(e.Trees)+gather.Trees)
	}
}

// below lays out what is below the exits of a tree: their nodes first. It is
// not ok where a distance is too large.
func (k *codedPacker[K]) below(slots []int32) bool {
	first := len(k.nodes)
	k.first = append(k.first, int32(first))
	for range slots {
		k.nodes = append(k.nodes, 0)
	}
	for i, child := range slots {
		if !k.subtree(child, first+i) {
			return false
		}
	}
	return true
}

// subtree writes the subtree of a child, whose own place is there already.
func (k *codedPacker[K]) subtree(child int32, at int) bool {
	switch {
	case child == noChild:
		k.nodes[at] = 255 << codedCode // rows of trees that fill up come by
		return true
	case child < 0:
		k.nodes[at] = 255<<codedCode | k.leaf(child)<<codedColumn
		return true
	}
	n := &k.tree.Nodes[child]
	pair := len(k.nodes)
	if pair-at > codedStep {
		return false
	}
	k.nodes = append(k.nodes, 0, 0)
	to := k.slicer.place(k.index, child)
	k.nodes[at] = uint32(pair-at) | uint32(to.column())<<codedColumn | uint32(to.code())<<codedCode
	return k.subtree(n.Left, pair) && k.subtree(n.Right, pair+1)
}

// noChild is an exit that no row takes.
const noChild = -1 << 31

// leaf adds a leaf's values and returns its number.
func (k *codedPacker[K]) leaf(child int32) uint32 {
	count := 1
	if k.tree.Score < 0 {
		count = k.width
	}
	for i := range count {
		v := 0.0
		if child != noChild {
			v = k.tree.Leaves[int(^child)*count+i]
		}
		if k.slicer.from.Sum == model.F32 {
			k.single = append(k.single, float32(v))
		} else {
			k.double = append(k.double, v)
		}
	}
	k.leaves++
	return k.leaves - 1
}
