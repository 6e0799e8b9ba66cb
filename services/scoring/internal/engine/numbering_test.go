package engine

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/bitslice"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// Leaves keep their values, every number is given once, and those of a perfect
// tree go from left to right.
func TestRenumber(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, leaves := range []int{1, 2, 3, 31, 64, 65, 200, 256} {
		var tree model.Tree
		grow(r, &tree, leaves, 300, unevenly, r.Float64)
		if got := checkNumbers(t, tree); len(got) != leaves {
			t.Errorf("%d of %d leaves are reached", len(got), leaves)
		}
	}
	var perfect model.Tree
	grow(r, &perfect, 64, 6, evenly, r.Float64)
	if got := checkNumbers(t, perfect); !slices.IsSorted(got) {
		t.Errorf("the leaves of a perfect tree are numbered %d", got)
	}
}

// checkNumbers renumbers a tree and returns the numbers from left to right.
func checkNumbers(t *testing.T, tree model.Tree) (numbers []int32) {
	t.Helper()
	splits := make([]bitslice.Split, len(tree.Nodes))
	for i, n := range tree.Nodes {
		splits[i] = bitslice.Split{Left: n.Left, Right: n.Right}
	}
	leaves := renumber(splits, tree.Leaves)
	var walk func(old, now int32)
	walk = func(old, now int32) {
		if old >= 0 {
			walk(tree.Nodes[old].Left, splits[now].Left)
			walk(tree.Nodes[old].Right, splits[now].Right)
			return
		}
		if leaves[^now] != tree.Leaves[^old] {
			t.Errorf("leaf %d became %d, which has another value", ^old, ^now)
		}
		numbers = append(numbers, ^now)
	}
	if len(splits) == 0 {
		walk(^0, ^0)
	} else {
		walk(0, 0)
	}
	if sorted := slices.Sorted(slices.Values(numbers)); len(slices.Compact(sorted)) != len(numbers) {
		t.Errorf("a number is given twice: %d", numbers)
	}
	return numbers
}
