package perfect

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"
)

func randomTrees(r *rand.Rand, count, depth, columns int) [][]Node {
	trees := make([][]Node, count)
	for i := range trees {
		trees[i] = make([]Node, 1<<depth)
		for j := range trees[i] {
			trees[i][j] = Node{uint8(r.IntN(columns)), uint8(r.IntN(256))}
		}
	}
	return trees
}

func walk(tree []Node, codes *[MaxColumns]uint8) int {
	at := 1
	for at < len(tree) {
		n := tree[at]
		if at *= 2; codes[n.Column] > n.Code {
			at++
		}
	}
	return at - len(tree)
}

// Every row leaves every tree where walking down the tree leaves it, by all
// instructions that there are.
func TestExits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for depth := MinDepth; depth <= maxWalked; depth++ {
		for _, columns := range []int{1, 30, 64, 65, MaxColumns} {
			for _, count := range []int{1, 7, 8, 9, 63, 64, 65, 200} {
				trees := randomTrees(r, count, depth, columns)
				for _, use := range instructions.Available() {
					if depth > MaxDepth(use) {
						continue
					}
					f := New(trees, depth, use)
					got := make([]uint8, f.Len())
					for range 20 {
						var codes [MaxColumns]uint8
						for i := range codes {
							codes[i] = uint8(r.Uint32())
						}
						f.Exits(&codes, got)
						for i, tree := range trees {
							if want := walk(tree, &codes); int(got[i]) != want {
								t.Fatalf("%v, depth %d, %d columns, tree %d of %d: exit %d, want %d", use, depth, columns, i, count, got[i], want)
							}
						}
					}
				}
			}
		}
	}
}

// Rows that walk down a tree side by side leave it where each by itself does,
// whatever their stride.
func TestRows(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for depth := MinDepth; depth <= maxWalked; depth++ {
		trees := randomTrees(r, 9, depth, MaxColumns)
		f := New(trees, depth, instructions.Portable)
		for _, stride := range []int{8, 64, MaxColumns, 300} {
			for _, rows := range []int{Together, 3 * Together} {
				codes := make([]uint8, rows*stride+MaxColumns)
				for i := range codes {
					codes[i] = uint8(r.Uint32())
				}
				got := make([]uint8, rows)
				for i, tree := range trees {
					f.Rows(i, codes, stride, got)
					for row := range rows {
						if want := walk(tree, (*[MaxColumns]uint8)(codes[row*stride:])); int(got[row]) != want {
							t.Fatalf("depth %d, stride %d, tree %d, row %d: exit %d, want %d", depth, stride, i, row, got[row], want)
						}
					}
				}
			}
		}
	}
}

func BenchmarkExits(b *testing.B) {
	for _, c := range []struct{ trees, depth, columns int }{{100, 6, 30}, {100, 6, 100}, {100, 4, 30}, {1000, 6, 30}} {
		trees := randomTrees(rand.New(rand.NewPCG(3, 4)), c.trees, c.depth, c.columns)
		for _, use := range instructions.Available() {
			f := New(trees, c.depth, use)
			exits := make([]uint8, f.Len())
			var codes [MaxColumns]uint8
			b.Run(fmt.Sprintf("trees=%d/depth=%d/columns=%d/%v", c.trees, c.depth, c.columns, use), func(b *testing.B) {
				for b.Loop() {
					codes[b.N%c.columns]++
					f.Exits(&codes, exits)
				}
			})
		}
	}
}
