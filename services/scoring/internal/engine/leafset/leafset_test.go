package leafset

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"
)

// A tree is a random one; leaves have no children.
type tree struct {
	column, code uint8
	left, right  *tree
	exit         int
}

// grow makes a tree with the exits from first to before end, and its nodes.
func grow(r *rand.Rand, first, end, columns int, nodes *[]Node) *tree {
	if end-first == 1 {
		return &tree{exit: first}
	}
	middle := first + 1 + r.IntN(end-first-1)
	t := &tree{column: uint8(r.IntN(columns)), code: uint8(r.IntN(256))}
	*nodes = append(*nodes, Node{t.column, t.code, Span(first, middle)})
	t.left, t.right = grow(r, first, middle, columns, nodes), grow(r, middle, end, columns, nodes)
	return t
}

func (t *tree) walk(codes *[MaxColumns]uint8) int {
	for t.left != nil {
		if codes[t.column] > t.code {
			t = t.right
		} else {
			t = t.left
		}
	}
	return t.exit
}

// Every row leaves every tree where walking down the tree leaves it, by all
// instructions that there are.
func TestExits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, columns := range []int{1, 30, 64, 65, MaxColumns} {
		for _, count := range []int{1, 2, 7, 8, 9, 50} {
			var trees []*tree
			var nodes [][]Node
			for range count {
				var n []Node
				trees = append(trees, grow(r, 0, 1+r.IntN(MaxExits), columns, &n))
				r.Shuffle(len(n), func(i, j int) { n[i], n[j] = n[j], n[i] })
				nodes = append(nodes, n)
			}
			for _, use := range instructions.Available() {
				f := New(nodes, use)
				got := make([]uint8, f.Len())
				for range 100 {
					var codes [MaxColumns]uint8
					for i := range codes {
						codes[i] = uint8(r.Uint32())
					}
					f.Exits(&codes, got)
					for i, tree := range trees {
						if want := tree.walk(&codes); int(got[i]) != want {
							t.Fatalf("%v, %d columns, tree %d: exit %d, want %d", use, columns, i, got[i], want)
						}
					}
				}
			}
		}
	}
}

func TestSpan(t *testing.T) {
	for _, c := range []struct {
		first, end int
		want       uint64
	}{{0, 1, 1 << 63}, {63, 64, 1}, {0, 64, ^uint64(0)}, {1, 3, 3 << 61}} {
		if got := Span(c.first, c.end); got != c.want {
			t.Errorf("Span(%d, %d) = %b, want %b", c.first, c.end, got, c.want)
		}
	}
}

func BenchmarkExits(b *testing.B) {
	for _, c := range []struct{ trees, exits, columns int }{{100, 64, 30}, {100, 64, 100}, {500, 31, 30}, {1000, 64, 30}} {
		r := rand.New(rand.NewPCG(3, 4))
		var trees [][]Node
		for range c.trees {
			var n []Node
			grow(r, 0, c.exits, c.columns, &n)
			trees = append(trees, n)
		}
		for _, use := range instructions.Available() {
			f := New(trees, use)
			exits := make([]uint8, f.Len())
			var codes [MaxColumns]uint8
			b.Run(fmt.Sprintf("trees=%d/exits=%d/columns=%d/%v", c.trees, c.exits, c.columns, use), func(b *testing.B) {
				for b.Loop() {
					codes[b.N%c.columns]++
					f.Exits(&codes, exits)
				}
			})
		}
	}
}
