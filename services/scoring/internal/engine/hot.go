package engine

import "github.com/treehouse-ml/treehouse/services/scoring/internal/model"

// One-hot columns are hardly ever written: a row has one slot of each group of
// them, the columns of one encoder. Whoever tests such a column for a row looks
// at the row's slot, and whoever needs something of every column fills in what
// stands for 0 and then, for each row, what stands for 1 at its slot.

// A hotColumn is a slot of a group; the group is -1 for other columns.
type hotColumn struct{ group, slot int32 }

// hotColumns are those of a model.
type hotColumns struct {
	of     []hotColumn // by column
	dense  []bool      // by column: it is read as numbers, too, and must be written
	groups int
}

// findHot finds the one-hot columns of a model and those that are written: not
// those which only the numeric splits of trees read. What checks them is
// needless.
func findHot(m *model.Model) hotColumns {
	h := hotColumns{of: make([]hotColumn, m.Columns), dense: make([]bool, m.Columns)}
	for i := range h.of {
		h.of[i] = hotColumn{-1, -1}
	}
	read := func(columns ...model.Column) {
		for _, c := range columns {
			h.dense[c] = true
		}
	}
	for _, s := range m.Steps {
		switch s := s.(type) {
		case model.OneHot:
			read(s.In)
			for slot, c := range s.Out {
				h.of[c] = hotColumn{int32(h.groups), int32(slot)}
			}
			h.groups++
		case model.Require: // of a one-hot column it is needless
		default:
			read(readsOf(s)...)
		}
	}
	read(m.Transformed...)
	switch e := m.Estimator.(type) {
	case *model.Linear:
		read(e.In...)
	case *model.Given:
		read(e.Reads()...)
	case *model.Ensemble:
		for f, raw := range readRaw(e) {
			if raw {
				read(e.In[f])
			}
		}
	}
	return h
}

// readsOf are the columns that a step reads.
func readsOf(s model.Step) []model.Column {
	switch s := s.(type) {
	case model.Require:
		return []model.Column{s.In}
	case model.OneHot:
		return []model.Column{s.In}
	case model.Impute:
		return []model.Column{s.In}
	case model.Indicate:
		return []model.Column{s.In}
	case model.Standardize:
		return []model.Column{s.In}
	case model.Affine:
		return []model.Column{s.In}
	case model.Clip:
		return []model.Column{s.In}
	case model.Apply:
		return []model.Column{s.In}
	case model.Round32:
		return []model.Column{s.In}
	case model.ZeroAsMissing:
		return []model.Column{s.In}
	case model.LowByte:
		return []model.Column{s.In}
	case model.Ordinal:
		return []model.Column{s.In}
	case model.Hash:
		return []model.Column{s.In}
	case *model.Statistic:
		return keyed(s)
	case model.Wide:
		return s.Reads()
	}
	return nil
}

// readRaw tells, by feature, whether a categorical split or a linear leaf of
// an ensemble reads it.
func readRaw(e *model.Ensemble) []bool {
	raw := make([]bool, len(e.In))
	for i := range e.Trees {
		t := &e.Trees[i]
		for j := range t.Nodes {
			if n := &t.Nodes[j]; n.Set >= 0 {
				raw[n.Feature] = true
			}
		}
		for j := range t.Linear {
			for _, f := range t.Linear[j].Features {
				raw[f] = true
			}
		}
	}
	return raw
}

// A stand is what stands for the 1 of a one-hot column at some place.
type stand[T any] struct {
	at    int32
	value T
}

// stands are those of all columns, by group and slot.
type stands[T any] [][][]stand[T]

func (s *stands[T]) add(h hotColumn, at int32, value T) {
	for len(*s) <= int(h.group) {
		*s = append(*s, nil)
	}
	slots := &(*s)[h.group]
	for len(*slots) <= int(h.slot) {
		*slots = append(*slots, nil)
	}
	(*slots)[h.slot] = append((*slots)[h.slot], stand[T]{at, value})
}

// each calls f for every row whose slot of a group something stands for.
func (s stands[T]) each(b *Block, f func(row int, of stand[T])) {
	for group, slots := range s {
		if len(slots) == 0 {
			continue
		}
		for row, slot := range b.slot(int32(group)) {
			if slot < 0 || int(slot) >= len(slots) {
				continue
			}
			for _, of := range slots[slot] {
				f(row, of)
			}
		}
	}
}
