package leafset

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"
)

const (
	// MaxExits is the greatest number of exits of a tree.
	MaxExits = 64
	// MaxColumns is the greatest number of columns: a row's codes stay in
	// registers.
	MaxColumns = 128
)

// A Node takes the exits in Left away where codes[Column] > Code.
type Node struct {
	Column, Code uint8
	Left         uint64 // exits below the left child; exit i is bit 63-i
}

// Span is the set of the exits from first to before end.
func Span(first, end int) uint64 { return ^uint64(0) >> first &^ (^uint64(0) >> 1 >> (end - 1)) }

// A Forest is a compiled set of trees. It is immutable.
type Forest struct {
	use    instructions.Set
	trees  int
	wide   bool     // more columns than a register holds
	counts []uint16 // chunks, by group
	chunks []uint8
}

// A chunk has 8 nodes of each of the group's 8 trees, node by node.
const (
	groupTrees = 8
	chunkNodes = 8
	chunkCodes = 64
	chunkSets  = 128
	chunkSize  = chunkSets + 8*groupTrees*chunkNodes
)

// New compiles trees, given as their nodes in any order, fewer than MaxExits.
func New(trees [][]Node, use instructions.Set) *Forest {
	f := &Forest{use: use, trees: len(trees)}
	chunks := 0
	for group := range slices.Chunk(trees, groupTrees) {
		most := 0
		for _, nodes := range group {
			most = max(most, len(nodes))
		}
		count := (most + chunkNodes - 1) / chunkNodes
		f.counts = append(f.counts, uint16(count))
		chunks += count
	}
	f.chunks = make([]uint8, chunks*chunkSize)
	free := f.chunks
	for i, count := range f.counts {
		f.fill(free, int(count), trees[i*groupTrees:min((i+1)*groupTrees, len(trees))])
		free = free[int(count)*chunkSize:]
	}
	return f
}

func (f *Forest) fill(chunks []uint8, count int, group [][]Node) {
	for c := range count {
		chunk := chunks[c*chunkSize:][:chunkSize]
		for row := range chunkNodes {
			for lane := range groupTrees {
				n := Node{Code: 255} // which no code is above
				if at := c*chunkNodes + row; lane < len(group) && at < len(group[lane]) {
					n = group[lane][at]
				}
				i := row*groupTrees + lane
				chunk[i], chunk[chunkCodes+i] = n.Column, n.Code
				binary.LittleEndian.PutUint64(chunk[chunkSets+8*i:], ^n.Left)
				f.wide = f.wide || n.Column >= 64
			}
		}
	}
}

// Len is the number of exits that Exits writes: those of the trees, and of
// trees that fill up the last group.
func (f *Forest) Len() int { return groupTrees * len(f.counts) }

// exitsPortable is Exits in Go.
func (f *Forest) exitsPortable(codes *[MaxColumns]uint8, exits []uint8) {
	chunks := f.chunks
	for g, count := range f.counts {
		sets := [groupTrees]uint64{}
		for lane := range sets {
			sets[lane] = ^uint64(0)
		}
		for range count {
			for i := range groupTrees * chunkNodes {
				if codes[chunks[i]] > chunks[chunkCodes+i] {
					sets[i%groupTrees] &= binary.LittleEndian.Uint64(chunks[chunkSets+8*i:])
				}
			}
			chunks = chunks[chunkSize:]
		}
		for lane, set := range sets {
			exits[g*groupTrees+lane] = uint8(bits.LeadingZeros64(set))
		}
	}
}
