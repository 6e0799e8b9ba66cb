package engine

import (
	"encoding/binary"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// Few rows are scored with categorical splits, too, by codes alone: every test
// of categories that differs from the others is a column of its own, in which
// the code is 1 where a row goes right. The columns of one kind of tests stand
// side by side, so that a row's category selects all their codes at once.

// classTests are the tests of one column of classes.
type classTests struct {
	column int     // of sliced.columns
	first  int     // column of codes of the first test
	count  int     // of tests
	right  []uint8 // class by class, in whole bytes, a bit for every test
}

// bytes is how many there are a class.
func (t *classTests) bytes() int { return (t.count + 7) / 8 }

// write writes the codes of a class, and up to 7 more.
func (t *classTests) write(class uint8, codes []uint8) {
	for i, b := range t.right[int(class)*t.bytes():][:t.bytes()] {
		binary.LittleEndian.PutUint64(codes[8*i:], spread[b])
	}
}

// spread makes a byte of each bit.
var spread = func() (s [256]uint64) {
	for b := range s {
		for bit := range 8 {
			s[b] |= uint64(b>>bit&1) << (8 * bit)
		}
	}
	return s
}()

// A testKey is what makes tests equal: where each class goes.
type testKey struct {
	kind  setKind
	right string
}

// placeTests adds the places of categorical splits to those of the numeric
// ones, whose columns are counted, and counts all. It is not ok where they are
// too many.
func (p *slicer[K]) placeTests(columns int) (all []classTests, count int, ok bool) {
	numbers := map[testKey]int{} // within the kind
	known := map[category]int{}  // as above, by what the nodes name
	tests := map[setKind][]string{}
	total := 0
	p.categorical(func(_, _ int, n *model.Node) {
		key := testKey{kind: kindOf(n, &p.from.Sets[n.Set])}
		named := category{feature: n.Feature, set: n.Set, missingLeft: n.Missing == model.MissingLeft}
		if _, ok := known[named]; ok || columns+total > maxCodedColumns {
			return
		}
		key.right = p.rights(n)
		at, ok := numbers[key]
		if !ok {
			at = len(tests[key.kind])
			numbers[key] = at
			tests[key.kind] = append(tests[key.kind], key.right)
			total++
		}
		known[named] = at
	})
	if columns+total > maxCodedColumns {
		return nil, 0, false
	}
	first := map[setKind]int{}
	for _, kind := range p.kinds {
		t := classTests{column: p.classes[kind].column, first: columns, count: len(tests[kind])}
		first[kind] = columns
		columns += t.count
		t.right = make([]uint8, len(tests[kind][0])*t.bytes())
		for i, right := range tests[kind] {
			for class := range right {
				t.right[class*t.bytes()+i/8] |= right[class] << (i % 8)
			}
		}
		all = append(all, t)
	}
	p.categorical(func(tree, node int, n *model.Node) {
		named := category{feature: n.Feature, set: n.Set, missingLeft: n.Missing == model.MissingLeft}
		p.placed[tree][node] = place((first[kindOf(n, &p.from.Sets[n.Set])] + known[named]) << 8)
	})
	return all, columns, true
}

// categorical calls f with every categorical split.
func (p *slicer[K]) categorical(f func(tree, node int, n *model.Node)) {
	for i := range p.from.Trees {
		for j := range p.from.Trees[i].Nodes {
			if n := &p.from.Trees[i].Nodes[j]; n.Set >= 0 {
				f(i, j, n)
			}
		}
	}
}

// rights is 1 for each class that a categorical split sends right, else 0.
func (p *slicer[K]) rights(n *model.Node) string {
	right := make([]uint8, firstCategory+len(p.classes[kindOf(n, &p.from.Sets[n.Set])].categories))
	way := uint8(one(n.Missing != model.MissingLeft))
	boundaries := p.category(n).Boundaries
	for class := range right {
		if len(boundaries) > 0 && class > int(boundaries[0]) {
			way, boundaries = 1-way, boundaries[1:]
		}
		right[class] = way
	}
	return string(right)
}
