package engine

import (
	"math/bits"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/bitslice"
)

// renumber gives the leaves of a tree numbers that are cheap to select by bit.
//
// On the way up a tree, a bit of the leaf's number costs a selection at every
// split below which it differs. So the leaves below a split should have
// numbers of which as few bits as possible differ: numbers out of one block
// whose size is a power of two. The smaller side of a split gets such a block,
// or a part of one, out of the numbers that are there; the other side gets the
// rest. Of a perfect tree the numbers go from left to right; uneven trees need
// a quarter to a third fewer selections than if theirs did.
func renumber(splits []bitslice.Split, leaves []float64) []float64 {
	if len(splits) == 0 {
		return leaves
	}
	r := renumbering{splits: splits, sizes: make([]int, len(splits)), perfect: make([]bool, len(splits)), numbers: make([]int32, len(splits)+1)}
	r.size(0)
	r.end = 1 << bits.Len(uint(len(splits)))
	r.share(0, firstNumbers(len(splits)+1))
	values := len(leaves) / len(r.numbers)
	out := make([]float64, len(leaves))
	for leaf, number := range r.numbers {
		copy(out[int(number)*values:][:values], leaves[leaf*values:])
	}
	for i := range splits {
		s := &splits[i]
		s.Left, s.Right = r.renumbered(s.Left), r.renumbered(s.Right)
	}
	return out
}

type renumbering struct {
	splits  []bitslice.Split
	sizes   []int   // by split: the leaves below it
	perfect []bool  // by split: whether they are all as deep
	numbers []int32 // by leaf
	end     int     // the power of two above all numbers
}

func (r *renumbering) renumbered(child int32) int32 {
	if child < 0 {
		return ^r.numbers[^child]
	}
	return child
}

func (r *renumbering) size(child int32) int {
	if child < 0 {
		return 1
	}
	s := &r.splits[child]
	left, right := r.size(s.Left), r.size(s.Right)
	r.sizes[child] = left + right
	r.perfect[child] = left == right && (s.Left < 0 || r.perfect[s.Left]) && (s.Right < 0 || r.perfect[s.Right])
	return left + right
}

// inOrder gives numbers from first on to the leaves below a child, from left to
// right, and returns the one after the last.
func (r *renumbering) inOrder(child, first int32) int32 {
	if child < 0 {
		r.numbers[^child] = first
		return first + 1
	}
	return r.inOrder(r.splits[child].Right, r.inOrder(r.splits[child].Left, first))
}

// share gives the numbers in a set to the leaves below a child.
func (r *renumbering) share(child int32, n numbers) {
	if child < 0 {
		r.numbers[^child] = n.least()
		return
	}
	if first := n.least(); r.perfect[child] && n.block(int(first), r.sizes[child]) {
		r.inOrder(child, first) // what follows would come to the same, but takes longer
		return
	}
	s := &r.splits[child]
	left, right := 1, 1
	if s.Left >= 0 {
		left = r.sizes[s.Left]
	}
	if s.Right >= 0 {
		right = r.sizes[s.Right]
	}
	if left <= right {
		some := n.take(left, r.end)
		r.share(s.Left, some)
		r.share(s.Right, n.without(some))
	} else {
		some := n.take(right, r.end)
		r.share(s.Right, some)
		r.share(s.Left, n.without(some))
	}
}

// numbers is a set of numbers below 256.
type numbers [4]uint64

func firstNumbers(count int) (n numbers) {
	return numbers{}.with(0, count, numbers{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)})
}

// with adds what is in m from first on to before end.
func (n numbers) with(first, end int, m numbers) numbers {
	for i := range n {
		n[i] |= m[i] & between(first-64*i, end-64*i)
	}
	return n
}

// between is the bits of a word from first on to before end.
func between(first, end int) uint64 {
	if first >= 64 || end <= 0 {
		return 0
	}
	return ^uint64(0) << max(first, 0) & (^uint64(0) >> (64 - min(end, 64)))
}

func (n numbers) without(m numbers) numbers {
	for i := range n {
		n[i] &^= m[i]
	}
	return n
}

func (n numbers) least() int32 {
	for i, word := range n {
		if word != 0 {
			return int32(64*i + bits.TrailingZeros64(word))
		}
	}
	return 0
}

// block reports whether the set is a block of a size that is a power of two.
func (n *numbers) block(first, size int) bool {
	return first&(size-1) == 0 && n.count(first, first+size) == size
}

// count is how many there are from first on to before end.
func (n *numbers) count(first, end int) (count int) {
	if end-first <= 64 { // blocks that small do not cross words
		return bits.OnesCount64(n[first/64] & between(first%64, first%64+end-first))
	}
	for i, word := range *n {
		count += bits.OnesCount64(word & between(first-64*i, end-64*i))
	}
	return count
}

// take returns some of the numbers: those of the smallest block that has as
// many, or of several such.
func (n *numbers) take(some, end int) (taken numbers) {
	first := 0
	for {
		middle := (first + end) / 2
		low, high := n.count(first, middle), n.count(middle, end)
		switch {
		case low+high == some:
			return taken.with(first, end, *n)
		case low >= some && (high < some || low <= high):
			end = middle
		case high >= some:
			first = middle
		case low >= high: // neither has enough: one is taken whole
			taken, some, first = taken.with(first, middle, *n), some-low, middle
		default:
			taken, some, end = taken.with(middle, end, *n), some-high, middle
		}
	}
}
