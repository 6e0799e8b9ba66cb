package engine

import (
	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/bitslice"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/gather"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/leafset"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/perfect"
)

// coded is an ensemble for few rows in which codes stand for all tests, those
// of categories, too: row by row, the tops of the trees tell where it leaves
// them, and it walks on from there, or where there are no tops from the roots.
//
// A node is, from the lowest bit on, the distance to its children, a pair of
// nodes further on (0: a leaf), the column, and the code above which a row goes
// right. The column of a leaf is its number, and no code is above its own.
type coded struct {
	reader  reader
	numbers *bitslice.Columns
	classes []slicedColumn // of codes, all of them
	tests   []classTests
	columns int // of codes, with the tests

	top    top             // nil: rows walk from the roots
	walked *perfect.Forest // the top, where many rows can walk down all of a tree side by side
	nodes  []uint32        // nil: all exits are leaves
	first  []int32         // by tree: of its exits' nodes; nil without nodes
	values []int32         // by tree: of its leaves' values, in the order of their numbers
	walk   func(c *coded, s *codedScratch)

	single []float32
	double []float64 // one of the two
	cost   float64   // a row, roughly, in nanoseconds
}

// A top finds the exits of all trees for a row.
type top interface {
	Exits(codes *[leafset.MaxColumns]uint8, exits []uint8)
	Cost() float64
}

const (
	codedColumn = 9
	codedCode   = 24
	codedStep   = 1<<codedColumn - 1
	// maxCodedColumns is what a node can name.
	maxCodedColumns = 1 << (codedCode - codedColumn)
	// leastCodes is how many codes a row has at least: as many as leaves have
	// numbers, and as the tops' registers hold.
	leastCodes = 256
)

// codedScratch is what a row needs on its way through coded trees.
type codedScratch struct {
	x      []float64
	codes  []uint8
	exits  []uint8 // by tree, whole groups of them; 0 where there are no tops
	leaves []uint8 // by tree: the leaf's number
	rows   []uint8 // the codes of some rows that walk side by side
}

// prepare makes a scratch.
func (c *coded) prepare(s *codedScratch) {
	s.x = make([]float64, c.numbers.RowColumns())
	s.codes = make([]uint8, max(leastCodes, c.columns+8)+gather.Beyond) // numbers are coded by eights
	s.exits, s.leaves = make([]uint8, c.room()), make([]uint8, c.room())
}

// room is how many trees there are, in whole groups of all that work on them.
func (c *coded) room() int { return (len(c.values) + gather.Trees - 1) / gather.Trees * gather.Trees }

// scoreCoded scores a block.
func (t *trees[K]) scoreCoded(b *Block, s *codedScratch) {
	if s.codes == nil {
		t.coded.prepare(s)
	}
	if t.coded.walked != nil && b.rows >= perfect.Together {
		t.scoreWalked(b, s)
	} else {
		t.scoreCodedRows(b, s)
	}
}

// scoreCodedRows scores a block row by row.
func (t *trees[K]) scoreCodedRows(b *Block, s *codedScratch) {
	c, width := t.coded, len(t.base)
	for row := range b.rows {
		c.code(b, row, s.x, s.codes)
		if c.top != nil {
			c.top.Exits((*[leafset.MaxColumns]uint8)(s.codes), s.exits)
		}
		leaves := s.exits
		if c.nodes != nil {
			c.walk(c, s)
			leaves = s.leaves
		}
		scores := b.scores[row*width:][:width]
		copy(scores, t.base)
		switch {
		case width > 1:
			for i, leaf := range leaves[:len(c.values)] {
				c.add(scores, int(t.scores[i]), i, int(leaf))
			}
		case c.single != nil:
			scores[0] = float64(sumLeaves(float32(scores[0]), c.single, c.values, leaves))
		default:
			scores[0] = sumLeaves(scores[0], c.double, c.values, leaves)
		}
	}
}

// code writes the codes of a row; x is room for its values.
func (c *coded) code(b *Block, row int, x []float64, codes []uint8) {
	c.numbers.CodeRow(c.reader.read(b, row, x), codes)
	for i := range c.tests {
		t := &c.tests[i]
		column := &c.classes[t.column]
		x := b.values[int(column.from)*b.rows+row]
		if c.reader.input32 {
			x = float64(float32(x))
		}
		t.write(column.categories.class(x), codes[t.first:])
	}
}

// add adds a leaf's values to the scores of one row: score is -1 for all.
func (c *coded) add(scores []float64, score, tree, leaf int) {
	first, last := score, score
	if score < 0 {
		first, last, leaf = 0, len(scores)-1, leaf*len(scores)
	}
	for k := first; k <= last; k++ {
		at := int(c.values[tree]) + leaf + k - first
		if c.single != nil {
			scores[k] = float64(float32(scores[k]) + c.single[at])
		} else {
			scores[k] += c.double[at]
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

// walkCoded goes from the exits to the leaves, several trees at a time.
func walkCoded(c *coded, s *codedScratch) {
	exits, leaves := s.exits[:len(c.first)], s.leaves[:len(c.first)]
	for i := 0; i < len(exits); i += interleave {
		first, exit := c.first[i:][:interleave], exits[i:][:interleave]
		at := [interleave]int32{first[0] + int32(exit[0]), first[1] + int32(exit[1]), first[2] + int32(exit[2]), first[3] + int32(exit[3])}
		walkCodes(c.nodes, s.codes, at, leaves[i:])
	}
}

func walkCodes(nodes []uint32, codes []uint8, at [interleave]int32, leaves []uint8) {
	i0, i1, i2, i3 := at[0], at[1], at[2], at[3]
	for {
		n0, n1, n2, n3 := nodes[i0], nodes[i1], nodes[i2], nodes[i3]
		d0, d1, d2, d3 := stepCode(n0, codes), stepCode(n1, codes), stepCode(n2, codes), stepCode(n3, codes)
		if d0|d1|d2|d3 == 0 {
			copy(leaves, []uint8{uint8(n0 >> codedColumn), uint8(n1 >> codedColumn), uint8(n2 >> codedColumn), uint8(n3 >> codedColumn)})
			return
		}
		i0, i1, i2, i3 = i0+d0, i1+d1, i2+d2, i3+d3
	}
}

// stepCode is how far on a row goes from a node.
func stepCode(n uint32, codes []uint8) int32 {
	return int32(n&codedStep) + one(codes[n>>codedColumn%maxCodedColumns] > uint8(n>>codedCode))
}

// walkGatheredTrees is walkCoded by vector instructions.
func walkGatheredTrees(c *coded, s *codedScratch) {
	gather.WalkTrees(c.nodes, c.first, s.exits, s.codes, s.leaves)
}

// walkInRegisters is walkGatheredTrees where registers hold a row's codes.
func walkInRegisters(c *coded, s *codedScratch) {
	gather.WalkTreesInRegisters(c.nodes, c.first, s.exits, (*[leafset.MaxColumns]uint8)(s.codes), s.leaves)
}
