package engine

import "github.com/treehouse-ml/treehouse/services/scoring/internal/engine/perfect"

// walkedRows is how many rows go down a tree before the next one does: their
// codes, and the tree, stay in the nearest cache.
const walkedRows = 128

// scoreWalked scores a block tree by tree, several rows at a time, without
// vector instructions.
func (t *trees[K]) scoreWalked(b *Block, s *codedScratch) {
	c, width := t.coded, len(t.base)
	stride := c.columns + 8 // numbers are coded by eights, over the codes of the next row, which come later
	if s.rows == nil {
		s.rows = make([]uint8, walkedRows*stride+max(leastCodes, perfect.MaxColumns))
	}
	var exits [walkedRows]uint8
	for from := 0; from < b.rows; from += walkedRows {
		rows := min(walkedRows, b.rows-from)
		for row := range rows {
			c.code(b, from+row, s.x, s.rows[row*stride:])
			copy(b.scores[(from+row)*width:][:width], t.base)
		}
		whole := (rows + perfect.Together - 1) / perfect.Together * perfect.Together
		for tree := range c.values {
			c.walked.Rows(tree, s.rows, stride, exits[:whole])
			t.addExits(b.scores[from*width:(from+rows)*width], tree, &exits)
		}
	}
}

// addExits adds the values of a tree's leaves, by row, to the scores.
func (t *trees[K]) addExits(scores []float64, tree int, exits *[walkedRows]uint8) {
	c, width, first := t.coded, len(t.base), t.coded.values[tree]
	switch {
	case width > 1:
		for row := range len(scores) / width {
			c.add(scores[row*width:][:width], int(t.scores[tree]), tree, int(exits[row]))
		}
	case c.single != nil:
		values := c.single[first:]
		for row := range scores {
			scores[row] = float64(float32(scores[row]) + values[exits[row]])
		}
	default:
		values := c.double[first:]
		for row := range scores {
			scores[row] += values[exits[row]]
		}
	}
}
