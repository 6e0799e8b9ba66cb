package onnx

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// A key is a node's place in an ensemble.
type key struct{ tree, node int32 }

func compareKeys(a, b key) int {
	return cmp.Or(cmp.Compare(a.tree, b.tree), cmp.Compare(a.node, b.node))
}

// weights are what all leaves add, in the order of their keys, those of a leaf as
// the file has them.
type weights struct {
	keys []key
	all  []weight
	next int // where the last search ended: leaves mostly follow each other
}

// of finds the weights of a leaf, none where it has none.
func (w *weights) of(k key) span {
	from := w.next
	if from >= len(w.keys) || w.keys[from] != k || from > 0 && w.keys[from-1] == k {
		from = sort.Search(len(w.keys), func(i int) bool { return compareKeys(w.keys[i], k) >= 0 })
	}
	to := from
	for to < len(w.keys) && w.keys[to] == k {
		to++
	}
	w.next = to
	return span{int32(from), int32(to)}
}

// parseWeights reads what each leaf adds.
func (g *grove) parseWeights(kind string) (*weights, error) {
	n := g.node
	tree, err1 := n.ids(kind + "_treeids")
	id, err2 := n.ids(kind + "_nodeids")
	target, err3 := n.ids(kind + "_ids")
	value, err4 := n.list(kind + "_weights")
	if err := cmp.Or(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	if len(id) != len(tree) || len(target) != len(tree) || value.len() != len(tree) || len(tree) > math.MaxInt32 {
		return nil, n.fail("its weights have attributes of %d, %d, %d and %d entries", len(tree), len(id), len(target), value.len())
	}
	at := func(i int) key { return key{tree[i], id[i]} }
	order := func(i int) int { return i }
	if !sort.SliceIsSorted(tree, func(i, j int) bool { return compareKeys(at(i), at(j)) < 0 }) {
		sorted := make([]int32, len(tree))
		for i := range sorted {
			sorted[i] = int32(i)
		}
		slices.SortStableFunc(sorted, func(i, j int32) int { return compareKeys(at(int(i)), at(int(j))) })
		order = func(i int) int { return int(sorted[i]) }
	}
	w := &weights{keys: make([]key, len(tree)), all: make([]weight, len(tree))}
	for k := range w.all {
		i := order(k)
		if int(target[i]) >= g.targets {
			return nil, n.fail("a weight is for target %d; there are %d", target[i], g.targets)
		}
		w.keys[k], w.all[k] = at(i), weight{target[i], value.at(i)}
	}
	return w, nil
}

// usesTargets returns which targets have weights, whether any weight is
// negative, and whether every target gets a weight of every row.
func (g *grove) usesTargets() (used []bool, negative, always bool) {
	used, all := make([]bool, g.targets), make([]bool, g.targets)
	times := make([]int, g.targets)
	for i := range g.trees {
		t := &g.trees[i]
		clear(times)
		for _, leaf := range t.leaves {
			for _, w := range leaf {
				used[w.target], negative = true, negative || w.value < 0
				times[w.target]++
			}
		}
		for k, n := range times {
			all[k] = all[k] || n >= len(t.spans)
		}
	}
	return used, negative, !slices.Contains(all, false)
}

// places are the child numbers of a tree's nodes by their ids, which are mostly
// those from 0 on.
type places struct {
	near []int32 // absent where nothing is there
	far  map[int32]int32
}

const absent = math.MinInt32

func (p *places) clear(nodes int) {
	p.near = slices.Grow(p.near[:0], nodes)[:nodes]
	for i := range p.near {
		p.near[i] = absent
	}
	p.far = nil
}

// set reports whether nothing was there.
func (p *places) set(id, child int32) bool {
	if _, ok := p.of(id); ok {
		return false
	}
	if int(id) < len(p.near) {
		p.near[id] = child
		return true
	}
	if p.far == nil {
		p.far = map[int32]int32{}
	}
	p.far[id] = child
	return true
}

func (p *places) of(id int32) (int32, bool) {
	if int(id) < len(p.near) {
		return p.near[id], p.near[id] != absent
	}
	child, ok := p.far[id]
	return child, ok
}
