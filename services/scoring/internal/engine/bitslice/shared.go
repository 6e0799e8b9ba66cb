package bitslice

import "slices"

// shared are the comparisons of which splits with several boundaries are made,
// those of a column side by side, in rising order. They are made once a block.
type shared struct {
	nodes []uint32       // column<<8 | code
	slots map[uint32]int // of a node; nil once trees are compiled
	first map[int32]int  // by column: the slot of its first; nil as well
	// asked are the splits with one boundary of the tree that is compiled, and
	// the slots of their masks; nil as well.
	asked map[uint32]uint16
}

func newShared(trees []Tree) *shared {
	s := &shared{slots: map[uint32]int{}, first: map[int32]int{}, asked: map[uint32]uint16{}}
	for i := range trees {
		for _, split := range trees[i].Splits {
			if len(split.Boundaries) < 2 {
				continue
			}
			for _, b := range split.Boundaries {
				s.slots[node(split.Column, b)] = 0
			}
		}
	}
	for n := range s.slots {
		s.nodes = append(s.nodes, n)
	}
	slices.Sort(s.nodes)
	for i, n := range s.nodes {
		slot, column := firstShared+slotWords*i, int32(n>>8)
		s.slots[n] = slot
		if _, ok := s.first[column]; !ok {
			s.first[column] = slot
		}
	}
	return s
}

// end is the first slot after them.
func (s *shared) end() int { return firstShared + slotWords*len(s.nodes) }

// A parity is a split with several boundaries: a row goes right where its code is
// above an odd number of them. It is the first slot of the column and how many
// terms there are; a term is a slot, counted from there.
type parity [2]uint16

func (s *shared) parity(split *Split, terms []uint8) (parity, []uint8) {
	first := s.first[split.Column]
	for _, b := range split.Boundaries {
		terms = append(terms, uint8((s.slots[node(split.Column, b)]-first)/slotWords))
	}
	return parity{uint16(first), uint16(len(split.Boundaries))}, terms
}
