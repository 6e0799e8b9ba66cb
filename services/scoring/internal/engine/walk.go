package engine

import "github.com/treehouse-ml/treehouse/services/scoring/internal/engine/gather"

// interleave is the number of walks that go side by side. A walk waits for
// memory at every node; walks that do not depend on one another wait together.
const interleave = 4

// scoreRows scores few rows: row by row, several trees at a time.
func (t *trees[K]) scoreRows(b *Block, s *treeScratch[K]) {
	stride, width, last := t.stride(), len(t.base), len(t.roots)-1
	for row := range b.rows {
		keys := s.keys[row*stride:][:stride]
		scores := b.scores[row*width:][:width]
		for i := 0; i <= last; i += interleave {
			at := [interleave]int32{t.roots[i], t.roots[min(i+1, last)], t.roots[min(i+2, last)], t.roots[min(i+3, last)]}
			walkTrees(t.nodes, t.layout, keys, &at)
			for j, leaf := range at[:min(interleave, last+1-i)] {
				t.add(scores, i+j, leaf)
			}
		}
	}
}

// scoreTrees scores many rows: tree by tree, so that a tree stays in the
// cache, several rows at a time.
func (t *trees[K]) scoreTrees(b *Block, s *treeScratch[K]) {
	s.places = resize(s.places, t.wholeGroups(b.rows))
	for tree, root := range t.roots {
		t.width.walk(t, s.keys, root, s.places)
		t.addPlaces(b.scores, tree, s.places[:b.rows])
	}
}

// addPlaces adds the values at the leaves' places to the scores of the rows.
func (t *trees[K]) addPlaces(scores []float64, tree int, places []int32) {
	width, k := len(t.base), int(t.scores[tree])
	switch {
	case k < 0:
		for row, place := range places {
			t.add(scores[row*width:][:width], tree, place)
		}
	case t.f32:
		for row, place := range places {
			score := &scores[row*width+k]
			*score = float64(float32(*score) + float32(t.leaves[place]))
		}
	default:
		for row, place := range places {
			scores[row*width+k] += t.leaves[place]
		}
	}
}

// wholeGroups rounds a number of rows up to what a walk takes.
func (t *trees[K]) wholeGroups(rows int) int {
	return (rows + t.width.group - 1) / t.width.group * t.width.group
}

// walkGathered is walkRows by vector instructions.
func walkGathered(t *trees[int32], keys []int32, root int32, places []int32) {
	gather.Walk(&t.nodes[0].key, t.layout.shift, t.layout.mask, keys, t.stride(), root, places)
}

// walkRows walks rows, whole groups of them, from a root to the places of the
// leaves' values.
func walkRows[K key](t *trees[K], keys []K, root int32, places []int32) {
	nodes, l, stride := t.nodes, t.layout, t.stride()
	for row := 0; row < len(places); row += interleave {
		i0, i1, i2, i3 := root, root, root, root
		k0, k1, k2, k3 := keys[row*stride:], keys[(row+1)*stride:], keys[(row+2)*stride:], keys[(row+3)*stride:]
		for {
			n0, n1, n2, n3 := &nodes[i0], &nodes[i1], &nodes[i2], &nodes[i3]
			d0 := l.step(n0, k0[l.view(n0)] > n0.key)
			d1 := l.step(n1, k1[l.view(n1)] > n1.key)
			d2 := l.step(n2, k2[l.view(n2)] > n2.key)
			d3 := l.step(n3, k3[l.view(n3)] > n3.key)
			if d0|d1|d2|d3 == 0 {
				copy(places[row:], []int32{int32(n0.key), int32(n1.key), int32(n2.key), int32(n3.key)})
				break
			}
			i0, i1, i2, i3 = i0+d0, i1+d1, i2+d2, i3+d3
		}
	}
}

// walkTrees walks one row through the trees at the given nodes and replaces
// those by the places of the leaves' values.
func walkTrees[K key](nodes []node[K], l layout[K], keys []K, at *[interleave]int32) {
	i0, i1, i2, i3 := at[0], at[1], at[2], at[3]
	for {
		n0, n1, n2, n3 := &nodes[i0], &nodes[i1], &nodes[i2], &nodes[i3]
		d0 := l.step(n0, keys[l.view(n0)] > n0.key)
		d1 := l.step(n1, keys[l.view(n1)] > n1.key)
		d2 := l.step(n2, keys[l.view(n2)] > n2.key)
		d3 := l.step(n3, keys[l.view(n3)] > n3.key)
		if d0|d1|d2|d3 == 0 {
			*at = [interleave]int32{int32(n0.key), int32(n1.key), int32(n2.key), int32(n3.key)}
			return
		}
		i0, i1, i2, i3 = i0+d0, i1+d1, i2+d2, i3+d3
	}
}

// one is 1 for true, without a branch.
func one(b bool) int32 {
	if b {
		return 1
	}
	return 0
}
