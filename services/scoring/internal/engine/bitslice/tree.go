package bitslice

import (
	"math/bits"
	"slices"
)

const (
	// MaxLeaves is the greatest number of leaves of a tree: a leaf's number is
	// a byte.
	MaxLeaves = 256
	// MaxColumns is the greatest number of columns of codes.
	MaxColumns = 1 << 16
)

// A Split sends a row right where an odd number of its boundaries lie below
// the row's code in the column, else left: one boundary for numbers, several
// for sets of categories, in rising order. A child ≥ 0 is a split's index, a
// child < 0 is the leaf ^child.
type Split struct {
	Column      int32
	Boundaries  []uint8
	Left, Right int32
}

// A slot holds one bit a row. A slot's number counts words of 64 bits.
const slotWords = Rows / 64

// The first two slots are constants, the next ones are shared by all trees,
// then come the masks of a tree's splits, and the rest hold what was selected
// on the way.
const (
	zeros       = 0 * slotWords
	ones        = 1 * slotWords
	firstShared = 2 * slotWords
)

// A mux is a selection of slots, {left, right, selector, to}: to becomes right
// where the selector is set, else left.
type mux [4]uint16

// A program computes the leaf of every row of a block. A split that a tree has
// several times is answered once: of an oblivious tree, whose levels are one
// split each, the answers are the bits of the leaf's number, and nothing is
// selected.
type program struct {
	nodes    []uint32 // column<<8 | code, of the splits with one boundary
	parities []parity // of those with several
	terms    []uint8
	muxes    []mux     // in order
	planes   [8]uint16 // slots of the bits of the leaf's number
	bits     int       // how many there are
	slots    int       // how many are needed, in words
}

// node is a comparison as the assembly takes it.
func node(column int32, boundary uint8) uint32 { return uint32(column)<<8 | uint32(boundary) }

// compile makes the program of a tree. Splits[0] is the root; without splits
// the tree is a single leaf. Leaves are numbered as the caller has them.
func compile(splits []Split, shared *shared) program {
	c := compiler{splits: splits, bits: bits.Len(uint(len(splits))), masks: make([]uint16, len(splits))}
	p := program{bits: max(1, c.bits), nodes: make([]uint32, 0, len(splits))}
	c.muxes = make([]mux, 0, 2*len(splits))
	c.next = shared.end()
	for i := range splits {
		if s := &splits[i]; len(s.Boundaries) == 1 {
			n := node(s.Column, s.Boundaries[0])
			mask, asked := shared.asked[n]
			if !asked {
				mask = uint16(c.next)
				shared.asked[n] = mask
				p.nodes = append(p.nodes, n)
				c.next += slotWords
			}
			c.masks[i] = mask
		}
	}
	clear(shared.asked)
	for i := range splits {
		if s := &splits[i]; len(s.Boundaries) > 1 {
			var of parity
			of, p.terms = shared.parity(s, p.terms)
			p.parities = append(p.parities, of)
			c.masks[i] = uint16(c.next)
			c.next += slotWords
		}
	}
	c.temporary = c.next
	root := int32(0)
	if len(splits) == 0 {
		root = ^root
	}
	p.planes = c.leaf(root)
	p.muxes, p.slots = c.muxes, c.next
	return p
}

type compiler struct {
	splits []Split
	masks  []uint16 // of the splits
	bits   int
	muxes  []mux
	// Slots from temporary on are used again, so that they are few and stay in
	// the cache.
	temporary, next int
	free            []uint16
}

// leaf returns the slots that hold the bits of the leaf's number below a
// child, of every row as if it came by there.
func (c *compiler) leaf(child int32) (planes [8]uint16) {
	if child < 0 {
		for i := range planes {
			if ^child>>i&1 == 1 {
				planes[i] = ones
			}
		}
		return planes
	}
	s := &c.splits[child]
	if len(s.Boundaries) == 0 {
		return c.leaf(s.Left)
	}
	left, right := c.leaf(s.Left), c.leaf(s.Right)
	mask := c.masks[child]
	for i := range c.bits {
		planes[i] = c.mux(left[i], right[i], mask)
	}
	for i := range c.bits {
		c.release(left[i], planes)
		c.release(right[i], planes)
	}
	return planes
}

// mux returns the slot of selector ? right : left.
func (c *compiler) mux(left, right, selector uint16) uint16 {
	switch {
	case left == right: // constants, or the answers of a level that is one split
		return left
	case left == zeros && right == ones:
		return selector
	}
	return c.emit(left, right, selector)
}

func (c *compiler) emit(left, right, selector uint16) uint16 {
	to := c.take()
	c.muxes = append(c.muxes, mux{left, right, selector, to})
	return to
}

func (c *compiler) take() uint16 {
	if n := len(c.free); n > 0 {
		slot := c.free[n-1]
		c.free = c.free[:n-1]
		return slot
	}
	slot := uint16(c.next)
	c.next += slotWords
	return slot
}

// release gives a slot back unless it is still one of the planes.
func (c *compiler) release(slot uint16, planes [8]uint16) {
	if int(slot) >= c.temporary && !slices.Contains(planes[:], slot) && !slices.Contains(c.free, slot) {
		c.free = append(c.free, slot)
	}
}
