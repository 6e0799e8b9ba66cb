package gather

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"
)

const (
	shift = 20
	mask  = 1<<shift - 1
)

// grow adds a random tree of so many leaves to the nodes, at a place of two
// fields, and numbers its leaves; split tells how many go left.
func grow(r *rand.Rand, nodes *[]int32, at, leaves, stride int, leaf *int32, split func(leaves int) int) {
	if leaves == 1 {
		(*nodes)[2*at], (*nodes)[2*at+1] = *leaf, 0
		*leaf++
		return
	}
	pair := len(*nodes) / 2
	*nodes = append(*nodes, 0, 0, 0, 0)
	key := r.Int32N(1000) - 500
	switch r.IntN(20) {
	case 0:
		key = math.MinInt32
	case 1:
		key = math.MaxInt32
	}
	(*nodes)[2*at], (*nodes)[2*at+1] = key, int32(1+r.IntN(stride-1))<<shift|int32(pair-at)
	left := split(leaves)
	grow(r, nodes, pair, left, stride, leaf, split)
	grow(r, nodes, pair+1, leaves-left, stride, leaf, split)
}

// plain walks one row.
func plain(nodes []int32, keys []int32, at int) int32 {
	for {
		key, link := nodes[2*at], nodes[2*at+1]
		distance := int(link & mask)
		if distance == 0 {
			return key
		}
		at += distance
		if keys[link>>shift] > key {
			at++
		}
	}
}

// randomKeys are those of some rows; the first of each is the least.
func randomKeys(r *rand.Rand, rows, stride int) []int32 {
	keys := make([]int32, rows*stride)
	for i := range keys {
		keys[i] = r.Int32N(1000) - 500
		switch r.IntN(20) {
		case 0:
			keys[i] = math.MinInt32
		case 1:
			keys[i] = math.MaxInt32
		}
		if i%stride == 0 {
			keys[i] = math.MinInt32
		}
	}
	return keys
}

// Every row arrives where walking it alone arrives, whatever else its group
// does, from the roots of single leaves and of long branches.
func TestWalk(t *testing.T) {
	if instructions.Best() < instructions.AVX512 {
		t.Skip("this processor does not have AVX-512")
	}
	r := rand.New(rand.NewPCG(1, 2))
	split := func(leaves int) int {
		if r.IntN(3) == 0 {
			return 1 // a long branch
		}
		return 1 + r.IntN(leaves-1)
	}
	for _, leaves := range []int{1, 2, 3, 64, 1000} {
		for _, stride := range []int{2, 3, 31, 1000} {
			for _, rows := range []int{0, Rows, 2 * Rows, 16 * Rows} {
				root, leaf := r.IntN(3), int32(7)
				nodes := make([]int32, 2*(root+1))
				grow(r, &nodes, root, leaves, stride, &leaf, split)
				keys, places := randomKeys(r, rows, stride), make([]int32, rows)
				Walk(&nodes[0], shift, mask, keys, stride, int32(root), places)
				for row, got := range places {
					if want := plain(nodes, keys[row*stride:], root); got != want {
						t.Fatalf("%d leaves, %d keys, row %d of %d: place %d, want %d", leaves, stride, row, rows, got, want)
					}
				}
			}
		}
	}
}

func BenchmarkWalk(b *testing.B) {
	if instructions.Best() < instructions.AVX512 {
		b.Skip("this processor does not have AVX-512")
	}
	for _, leaves := range []int{1000, 10_000} {
		const stride, rows = 31, 512
		r := rand.New(rand.NewPCG(3, 4))
		nodes, leaf := make([]int32, 2), int32(0)
		grow(r, &nodes, 0, leaves, stride, &leaf, func(leaves int) int { return leaves / 2 })
		keys, places := randomKeys(r, rows, stride), make([]int32, rows)
		b.Run(fmt.Sprintf("leaves=%d/avx512", leaves), func(b *testing.B) {
			for b.Loop() {
				Walk(&nodes[0], shift, mask, keys, stride, 0, places)
			}
		})
		b.Run(fmt.Sprintf("leaves=%d/portable", leaves), func(b *testing.B) {
			for b.Loop() {
				for row := range places {
					places[row] = plain(nodes, keys[row*stride:], 0)
				}
			}
		})
	}
}
