package perfect

import (
	"math/bits"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"
)

const (
	// MinDepth is the least depth of trees: eight of them fill a vector.
	MinDepth = 3
	// MaxColumns is the greatest number of columns: a row's codes stay in
	// registers.
	MaxColumns = 128
)

// MaxDepth is the greatest depth: one tree fills a vector, or, walked, has as
// many exits as a byte counts.
func MaxDepth(use instructions.Set) int {
	if inRegisters(use) {
		return maxAsked
	}
	return maxWalked
}

const maxAsked = 6

// A Node asks whether codes[Column] > Code: yes goes right. No code is above
// 255, so that Node{Code: 255} goes left.
type Node struct{ Column, Code uint8 }

// A Forest is a compiled set of trees. It is immutable.
type Forest struct {
	use   instructions.Set
	depth int
	trees int      // with those that fill up the last group
	wide  bool     // more columns than a register holds
	nodes []uint8  // for registers
	heaps []uint16 // for walking, instead
}

// A group is the trees that go down side by side. A vector is 64 nodes, their
// columns and then their codes.
const (
	groupTrees  = 8
	vectorNodes = 64
	vectorSize  = 2 * vectorNodes
)

// New compiles trees of a depth: each is 1<<depth nodes in the order of a heap,
// of which the first does not count.
func New(trees [][]Node, depth int, use instructions.Set) *Forest {
	f := &Forest{use: use, depth: depth, trees: (len(trees) + groupTrees - 1) / groupTrees * groupTrees}
	if inRegisters(use) {
		f.nodes = make([]uint8, f.trees<<depth*2)
	} else {
		f.heaps = make([]uint16, f.trees<<depth+heapSize)
	}
	for i := range f.trees << depth {
		tree, node := i>>depth, i&(1<<depth-1)
		n := Node{Code: 255}
		if tree < len(trees) {
			n = trees[tree][node]
		}
		if f.Walks() {
			f.heaps[i] = uint16(n.Code)<<8 | uint16(n.Column)
			continue
		}
		vector, at := f.nodes[i/vectorNodes*vectorSize:][:vectorSize], i%vectorNodes
		if f.bySevens() {
			at = seventh(node)
		}
		vector[at], vector[vectorNodes+at] = n.Column, n.Code
		f.wide = f.wide || n.Column >= 64
	}
	return f
}

// bySevens reports whether the answers of a tree stand in sevens, three levels
// each, and not in the order of a heap.
func (f *Forest) bySevens() bool { return f.use >= instructions.AVX512VBMI && f.depth == maxAsked }

// seventh is the place by sevens of a node of a heap; the one that does not
// count is last.
func seventh(node int) int {
	level := bits.Len(uint(node)) - 1
	switch {
	case level < 0:
		return vectorNodes - 1
	case level < 3:
		return node - 1
	}
	below := level - 3
	return 7*(node>>below-7) + 1<<below + node&(1<<below-1) - 1
}

// Exits writes the exit of every tree for a row, counted from the left, and of
// the trees that fill up the last group. It is safe for concurrent use.
func (f *Forest) Exits(codes *[MaxColumns]uint8, exits []uint8) {
	if f.Walks() {
		f.walkTrees(codes, exits)
	} else {
		f.ask(codes, exits)
	}
}

// Len is the number of exits that Exits writes: those of the trees, and of
// trees that fill up the last group.
func (f *Forest) Len() int { return f.trees }

// Cost estimates what Exits takes, in nanoseconds as measured on one server
// processor.
func (f *Forest) Cost() float64 {
	if f.Walks() {
		return 1.3 * float64(f.trees*f.depth)
	}
	return 1.2 * float64(len(f.nodes)/vectorSize+f.trees/groupTrees)
}
