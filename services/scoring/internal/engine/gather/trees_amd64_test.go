package gather

import (
	"math/rand/v2"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"
)

// growCoded adds a random tree of so many leaves below the node at a place.
func growCoded(r *rand.Rand, nodes *[]uint32, at, leaves, columns int, leaf *uint32) {
	if leaves == 1 {
		(*nodes)[at] = 255<<24 | *leaf<<9
		*leaf++
		return
	}
	pair := len(*nodes)
	*nodes = append(*nodes, 0, 0)
	(*nodes)[at] = uint32(pair-at) | uint32(r.IntN(columns))<<9 | uint32(r.IntN(255))<<24
	left := 1 + r.IntN(leaves-1)
	growCoded(r, nodes, pair, left, columns, leaf)
	growCoded(r, nodes, pair+1, leaves-left, columns, leaf)
}

func walkCoded(nodes []uint32, codes []uint8, at int) uint8 {
	for {
		n := nodes[at]
		if n&511 == 0 {
			return uint8(n >> 9)
		}
		at += int(n & 511)
		if codes[n>>9&(1<<15-1)] > uint8(n>>24) {
			at++
		}
	}
}

// A row arrives in every tree where walking it alone arrives, from whichever of
// the tree's exits, by codes in memory and in registers.
func TestWalkTrees(t *testing.T) {
	if instructions.Best() < instructions.AVX512VBMI {
		t.Skip("this processor does not have AVX-512 with VBMI")
	}
	r := rand.New(rand.NewPCG(5, 6))
	for _, columns := range []int{1, 30, 128, 1000, 1 << 15} {
		for _, trees := range []int{0, Trees, 4 * Trees} {
			var nodes []uint32
			first, exits := make([]int32, trees), make([]uint8, trees)
			for i := range first {
				slots, leaf := 1+r.IntN(64), uint32(0)
				first[i], exits[i] = int32(len(nodes)), uint8(r.IntN(slots))
				nodes = append(nodes, make([]uint32, slots)...)
				for slot := range slots {
					growCoded(r, &nodes, int(first[i])+slot, 1+r.IntN(4), columns, &leaf)
				}
			}
			codes, got := make([]uint8, max(256, columns)+Beyond), make([]uint8, trees)
			check := func(how string) {
				t.Helper()
				for i := range got {
					if want := walkCoded(nodes, codes, int(first[i])+int(exits[i])); got[i] != want {
						t.Fatalf("%s, %d columns, tree %d of %d: leaf %d, want %d", how, columns, i, trees, got[i], want)
					}
				}
			}
			for range 20 {
				for i := range codes {
					codes[i] = uint8(r.Uint32())
				}
				WalkTrees(nodes, first, exits, codes, got)
				check("in memory")
				if columns <= 128 {
					WalkTreesInRegisters(nodes, first, exits, (*[128]uint8)(codes), got)
					check("in registers")
				}
			}
		}
	}
}
