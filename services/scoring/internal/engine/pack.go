package engine

import (
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A packer builds the nodes of an ensemble.
type packer[K key] struct {
	trees *trees[K]
	from  *model.Ensemble

	viewOf     []int32 // by feature and missing rule: index of the view + 1; 0 for none
	categoryOf map[category]int32
	open       []branch

	nodes, values int  // of all trees
	linear        bool // some leaf is
}

// A branch is a node or leaf of the model and the place it goes to.
type branch struct{ from, to int32 }

const missingRules = int(model.ZeroMissingLeft) + 1

// count finds all views and category tests: tests are numbered after the last
// view. It counts nodes and values.
func (p *packer[K]) count() {
	p.viewOf = make([]int32, len(p.from.In)*missingRules)
	p.categoryOf = make(map[category]int32)
	for i := range p.from.Trees {
		tree := &p.from.Trees[i]
		p.trees.scores[i] = tree.Score
		p.nodes += 2*len(tree.Nodes) + 1
		p.values += len(tree.Leaves)
		p.linear = p.linear || tree.Linear != nil
		for j := range tree.Nodes {
			if n := &tree.Nodes[j]; n.Set < 0 {
				p.view(n)
			} else {
				p.category(n)
			}
		}
	}
	if p.linear {
		p.trees.linear = make([]linearLeaf, p.values)
	}
}

// pack lays out all trees.
func (p *packer[K]) pack() {
	t := p.trees
	t.roots = make([]int32, len(p.from.Trees))
	t.nodes = make([]node[K], 0, p.nodes)
	t.leaves = make([]float64, 0, p.values)
	for i := range p.from.Trees {
		p.tree(i)
	}
	if t.plain() {
		return
	}
	p.renumber()
	for i := range p.from.Sets {
		t.sets = append(t.sets, newSet(&p.from.Sets[i]))
	}
}

// view returns the number of the view that a numeric split reads, from 1.
func (p *packer[K]) view(n *model.Node) int32 {
	at := &p.viewOf[int(n.Feature)*missingRules+int(n.Missing)]
	if *at == 0 {
		p.trees.views = append(p.trees.views, view{p.from.In[n.Feature], n.Missing})
		*at = int32(len(p.trees.views))
	}
	return *at
}

// category returns the number of the test that a categorical split makes,
// counted on from the views.
func (p *packer[K]) category(n *model.Node) int32 {
	c := category{feature: n.Feature, set: n.Set, missingLeft: n.Missing == model.MissingLeft}
	i, ok := p.categoryOf[c]
	if !ok {
		i = int32(len(p.trees.categories))
		p.categoryOf[c] = i
		p.trees.categories = append(p.trees.categories, c)
	}
	return i + int32(p.trees.stride())
}

func (p *packer[K]) link(view, distance int32) K { return K(view)<<p.trees.layout.shift | K(distance) }

func (p *packer[K]) tree(i int) {
	t, tree := p.trees, &p.from.Trees[i]
	first := int32(len(t.leaves))
	t.roots[i] = int32(len(t.nodes))
	t.leaves = append(t.leaves, tree.Leaves...)
	for i := range tree.Linear {
		t.linear[int(first)+i] = newLinearLeaf(&tree.Linear[i])
	}
	values := int32(1) // a leaf
	if tree.Score < 0 {
		values = int32(len(t.base))
	}
	root := int32(0)
	if len(tree.Nodes) == 0 {
		root = ^root
	}
	t.nodes = append(t.nodes, node[K]{})
	p.open = append(p.open[:0], branch{root, t.roots[i]})
	for len(p.open) > 0 {
		b := p.open[len(p.open)-1]
		p.open = p.open[:len(p.open)-1]
		if b.from < 0 {
			t.nodes[b.to] = node[K]{key: K(first + ^b.from*values)}
			continue
		}
		from := &tree.Nodes[b.from]
		pair := int32(len(t.nodes))
		t.nodes = append(t.nodes, node[K]{}, node[K]{})
		if from.Set < 0 {
			t.nodes[b.to] = node[K]{t.width.threshold(from.Threshold, p.from.Compare), p.link(p.view(from), pair-b.to)}
		} else {
			t.nodes[b.to] = node[K]{0, p.link(p.category(from), pair-b.to)}
		}
		p.open = append(p.open, branch{from.Right, pair + 1}, branch{from.Left, pair})
	}
}

// standIn finds what stands for one-hot columns.
func (t *trees[K]) standIn(hot []hotColumn) {
	t.template = make([]K, t.stride())
	t.template[0] = t.width.least
	for i := range t.views {
		v := &t.views[i]
		h := hot[v.column]
		if h.group < 0 {
			t.dense = append(t.dense, int32(i))
			continue
		}
		var keys [2]K
		t.width.keys(v, []float64{0, 1}, keys[:], 1)
		t.template[1+i] = keys[0]
		t.ones.add(h, int32(1+i), keys[1])
	}
}

// renumber makes category tests and linear leaves number only the columns that
// they read.
func (p *packer[K]) renumber() {
	t := p.trees
	numbers := make([]int32, len(p.from.In))
	for f, raw := range readRaw(p.from) {
		if numbers[f] = int32(len(t.in)); raw {
			t.in = append(t.in, p.from.In[f])
		}
	}
	for i := range t.categories {
		t.categories[i].feature = numbers[t.categories[i].feature]
	}
	for i := range t.linear {
		for j, f := range t.linear[i].features {
			t.linear[i].features[j] = numbers[f]
		}
	}
}

// newSet copies a set.
func newSet(s *model.Set) set {
	out := asSet(s)
	out.members, out.known = slices.Clone(s.Members), slices.Clone(s.Known)
	return out
}

// asSet shares a set's words with the model.
func asSet(s *model.Set) set {
	return set{
		members: s.Members, known: s.Known, onlyKnown: s.Known != nil,
		membersLeft: s.MembersLeft, othersLeft: s.Others == model.MissingLeft, limit: s.Limit, truncateFirst: s.TruncateFirst,
	}
}
