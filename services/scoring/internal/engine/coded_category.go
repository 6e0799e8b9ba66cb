package engine

import "github.com/treehouse-ml/treehouse/services/scoring/internal/model"

// Few rows are scored with categorical splits, too, by codes alone: every test
// of categories that differs from the others is a column of its own, in which
// the code is 1 where a row goes right. The columns of one kind of tests stand
// side by side, so that a row's category selects all their codes at once.

// classTests are the tests of one column of classes.
type classTests struct {
	column int     // of sliced.columns
	first  int     // column of codes of the first test
	count  int     // of tests
	right  []uint8 // class by class, a code for every test
}

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
		for class := range tests[kind][0] {
			for _, right := range tests[kind] {
				t.right = append(t.right, right[class])
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
