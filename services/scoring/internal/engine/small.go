package engine

import (
	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/leafset"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// small is what few rows need of an ensemble of small trees beyond their tops,
// where codes stand for all thresholds: nodes of 4 bytes below the exits, and
// the leaves' values in the precision of the sum. Nothing is left for the
// walkers to do then, and their larger nodes are not kept.
//
// A node is, from the lowest bit on, the distance to its children as in node
// (0: a leaf), the column, the code above which a row goes right, and the
// leaf's number. No code is above that of a leaf.
type small struct {
	nodes  []uint32
	exits  []int32 // by exit: the node; nil where all exits are leaves, by number
	first  []int32 // by tree: of its values, which go from left to right
	single []float32
	double []float64 // one of the two
}

const (
	smallColumn = 9
	smallCode   = 16
	smallLeaf   = 24
	smallStep   = 1<<smallColumn - 1
)

// keepWalkers makes tests keep the walkers of all ensembles.
var keepWalkers = false

func newSmall[K key](e *model.Ensemble, t *trees[K], o *tops, p *slicer[K], selection [][]int32) *small {
	s := &small{first: make([]int32, len(e.Trees))}
	values, nodes, exits := 0, 0, 0
	for i := range e.Trees {
		tree := &e.Trees[i]
		values += len(tree.Leaves)
		exits += len(selection[i]) + 1
		nodes += len(selection[i]) + 1 + 2*(len(tree.Nodes)-len(selection[i]))
	}
	if t.f32 {
		s.single = make([]float32, 0, values)
	} else {
		s.double = make([]float64, 0, values)
	}
	if !o.whole {
		s.nodes, s.exits = make([]uint32, 0, nodes), make([]int32, 0, exits)
	}
	for i := range e.Trees {
		s.first[i] = int32(len(s.single) + len(s.double))
		g := smaller[K]{small: s, slicer: p, index: i, tree: &e.Trees[i], values: 1, within: make([]bool, len(e.Trees[i].Nodes))}
		if g.tree.Score < 0 {
			g.values = len(e.Base)
		}
		for _, n := range selection[i] {
			g.within[n] = true
		}
		root := int32(0)
		if len(g.tree.Nodes) == 0 {
			root = ^root
		}
		g.top(root)
	}
	return s
}

// A smaller goes through one tree, from left to right.
type smaller[K key] struct {
	*small
	slicer *slicer[K]
	index  int
	tree   *model.Tree
	values int // a leaf
	within []bool
	leaves uint32
}

// top finds the exits below a child.
func (g *smaller[K]) top(child int32) {
	switch {
	case child >= 0 && g.within[child]:
		g.top(g.tree.Nodes[child].Left)
		g.top(g.tree.Nodes[child].Right)
	case g.small.nodes == nil && child < 0:
		g.leaf(child)
	default:
		at := len(g.small.nodes)
		g.exits = append(g.exits, int32(at))
		g.nodes = append(g.nodes, 0)
		g.below(child, at)
	}
}

// below writes the subtree of a child, whose own place is there already.
func (g *smaller[K]) below(child int32, at int) {
	if child < 0 {
		g.nodes[at] = 255<<smallCode | g.leaf(child)<<smallLeaf
		return
	}
	n := &g.tree.Nodes[child]
	pair := len(g.nodes)
	g.nodes = append(g.nodes, 0, 0)
	to := g.slicer.place(g.index, child)
	g.nodes[at] = uint32(pair-at) | uint32(to.column())<<smallColumn | uint32(to.code())<<smallCode
	g.below(n.Left, pair)
	g.below(n.Right, pair+1)
}

// leaf adds a leaf's values and returns its number.
func (g *smaller[K]) leaf(child int32) uint32 {
	for _, v := range g.tree.Leaves[int(^child)*g.values:][:g.values] {
		if g.single != nil {
			g.single = append(g.single, float32(v))
		} else {
			g.double = append(g.double, v)
		}
	}
	g.leaves++
	return g.leaves - 1
}

// scoreSmall adds up the leaves of one row.
func (t *trees[K]) scoreSmall(s *topScratch, scores []float64) {
	o := t.tops.small
	exits := s.exits[:len(o.first)]
	if o.exits != nil {
		exits = t.tops.walkSmall(s)
	}
	switch {
	case len(scores) > 1:
		for i, leaf := range exits {
			t.addSmall(scores, i, int(leaf))
		}
	case t.f32:
		scores[0] = float64(sumLeaves(float32(scores[0]), o.single, o.first, exits))
	default:
		scores[0] = sumLeaves(scores[0], o.double, o.first, exits)
	}
}

func (t *trees[K]) addSmall(scores []float64, tree, leaf int) {
	o, k := t.tops.small, int(t.scores[tree])
	first, last := k, k
	if k < 0 {
		first, last, leaf = 0, len(scores)-1, leaf*len(scores)
	}
	for k := first; k <= last; k++ {
		at := int(o.first[tree]) + leaf + k - first
		if t.f32 {
			scores[k] = float64(float32(scores[k]) + o.single[at])
		} else {
			scores[k] += o.double[at]
		}
	}
}

// sumLeaves adds one leaf's value a tree.
func sumLeaves[T float32 | float64](sum T, values []T, first []int32, leaves []uint8) T {
	leaves = leaves[:len(first)]
	for i, f := range first {
		sum += values[f+int32(leaves[i])]
	}
	return sum
}

// walkSmall goes from the exits to the leaves, several trees at a time, and
// returns the leaves' numbers.
func (o *tops) walkSmall(s *topScratch) []uint8 {
	s.leaves = resize(s.leaves, len(o.first)+interleave)
	for i := 0; i < len(o.first); i += interleave {
		var at [interleave]int32
		for j := range at {
			tree := min(i+j, len(o.first)-1)
			at[j] = o.small.exits[o.first[tree]+int32(s.exits[tree])]
		}
		walkCodes(o.small.nodes, &s.codes, at, s.leaves[i:])
	}
	return s.leaves[:len(o.first)]
}

func walkCodes(nodes []uint32, codes *[leafset.MaxColumns]uint8, at [interleave]int32, leaves []uint8) {
	i0, i1, i2, i3 := at[0], at[1], at[2], at[3]
	for {
		n0, n1, n2, n3 := nodes[i0], nodes[i1], nodes[i2], nodes[i3]
		d0, d1, d2, d3 := stepCode(n0, codes), stepCode(n1, codes), stepCode(n2, codes), stepCode(n3, codes)
		if d0|d1|d2|d3 == 0 {
			copy(leaves, []uint8{uint8(n0 >> smallLeaf), uint8(n1 >> smallLeaf), uint8(n2 >> smallLeaf), uint8(n3 >> smallLeaf)})
			return
		}
		i0, i1, i2, i3 = i0+d0, i1+d1, i2+d2, i3+d3
	}
}

// stepCode is how far on a row goes from a node.
func stepCode(n uint32, codes *[leafset.MaxColumns]uint8) int32 {
	return int32(n&smallStep) + one(codes[n>>smallColumn%leafset.MaxColumns] > uint8(n>>smallCode))
}
