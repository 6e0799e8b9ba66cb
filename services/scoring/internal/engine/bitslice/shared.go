package bitslice

// shared are the comparisons of which splits with several boundaries are made,
// each with its complement in the slot after it. They are made once a block.
type shared struct {
	nodes []uint32          // column<<8 | code
	slots map[uint32]uint16 // of a node; nil once trees are compiled
	muxes []mux             // that make the complements
}

func newShared(trees []Tree) *shared {
	s := &shared{slots: map[uint32]uint16{}}
	for i := range trees {
		for _, split := range trees[i].Splits {
			if len(split.Boundaries) < 2 {
				continue
			}
			for _, b := range split.Boundaries {
				s.add(node(split.Column, b))
			}
		}
	}
	return s
}

func (s *shared) add(n uint32) {
	if _, ok := s.slots[n]; ok {
		return
	}
	slot := uint16(s.end())
	s.slots[n] = slot
	s.nodes = append(s.nodes, n)
	s.muxes = append(s.muxes, mux{ones, zeros, slot, slot + slotWords})
}

// end is the first slot after them.
func (s *shared) end() int { return firstShared + 2*slotWords*len(s.nodes) }

// above is the slot of the rows whose code is above a boundary.
func (s *shared) above(column int32, boundary uint8) uint16 { return s.slots[node(column, boundary)] }
