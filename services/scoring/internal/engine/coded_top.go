package engine

import (
	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/leafset"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/perfect"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// chooseTop chooses the tops and finds the exits.
func (k *codedPacker[K]) chooseTop() {
	trees, leaves, most, depth := k.slicer.from.Trees, 0, 0, perfect.MinDepth
	for i := range trees {
		leaves += len(trees[i].Nodes) + 1
		most = max(most, len(trees[i].Nodes)+1)
		depth = max(depth, depthOf(trees[i].Nodes))
	}
	use := k.slicer.use
	deep := depth > perfect.MaxDepth(use)
	depth = min(depth, perfect.MaxDepth(use))
	full := 2*leaves >= len(trees)<<depth // half of the places of perfect trees are taken
	switch {
	case k.columns <= leafset.MaxColumns && full && (!deep || most > leafset.MaxExits):
		k.perfectTop(depth)
	case k.columns <= leafset.MaxColumns && leafset.Pays(use):
		k.exitTop()
	default:
		for i := range trees {
			k.slots[i] = []int32{rootOf(&trees[i])}
		}
	}
}

func rootOf(t *model.Tree) int32 {
	if len(t.Nodes) == 0 {
		return ^0
	}
	return 0
}

// depthOf is the number of levels of nodes.
func depthOf(nodes []model.Node) int {
	depth := 0
	type visit struct{ at, depth int32 }
	open := []visit{{0, 1}}
	for len(open) > 0 {
		v := open[len(open)-1]
		open = open[:len(open)-1]
		if v.at < 0 || int(v.at) >= len(nodes) {
			continue
		}
		depth = max(depth, int(v.depth))
		open = append(open, visit{nodes[v.at].Left, v.depth + 1}, visit{nodes[v.at].Right, v.depth + 1})
	}
	return depth
}

// perfectTop makes perfect tops of a depth.
func (k *codedPacker[K]) perfectTop(depth int) {
	trees := k.slicer.from.Trees
	heaps := make([][]perfect.Node, len(trees))
	for i := range trees {
		heap, slots := make([]perfect.Node, 1<<depth), make([]int32, 1<<depth)
		for j := range slots {
			heap[j], slots[j] = perfect.Node{Code: 255}, noChild
		}
		var fill func(child int32, at, level int)
		fill = func(child int32, at, level int) {
			if child < 0 || level == depth {
				slots[at<<(depth-level)-1<<depth] = child
				return
			}
			n, to := &trees[i].Nodes[child], k.slicer.place(i, child)
			heap[at] = perfect.Node{Column: uint8(to.column()), Code: to.code()}
			fill(n.Left, 2*at, level+1)
			fill(n.Right, 2*at+1, level+1)
		}
		fill(rootOf(&trees[i]), 1, 0)
		heaps[i], k.slots[i] = heap, slots
	}
	forest := perfect.New(heaps, depth, k.slicer.use)
	if k.top = forest; forest.Walks() {
		k.walked = forest
	}
}

// exitTop makes tops of the nodes that come first, level by level.
func (k *codedPacker[K]) exitTop() {
	trees := k.slicer.from.Trees
	nodes := make([][]leafset.Node, len(trees))
	for i := range trees {
		selection := upper(trees[i].Nodes, true)
		within := make([]bool, len(trees[i].Nodes))
		for _, n := range selection {
			within[n] = true
		}
		nodes[i] = make([]leafset.Node, 0, len(selection))
		var exits func(child int32)
		exits = func(child int32) {
			if child < 0 || !within[child] {
				k.slots[i] = append(k.slots[i], child)
				return
			}
			n, to := &trees[i].Nodes[child], k.slicer.place(i, child)
			at, first := len(nodes[i]), len(k.slots[i])
			nodes[i] = append(nodes[i], leafset.Node{Column: uint8(to.column()), Code: to.code()})
			exits(n.Left)
			nodes[i][at].Left = leafset.Span(first, len(k.slots[i]))
			exits(n.Right)
		}
		exits(rootOf(&trees[i]))
	}
	k.top = leafset.New(nodes, k.slicer.use)
}
