package pickle

import "fmt"

// put stores the topmost value in the memo. Picklers number entries one after
// another, so these live in a slice; only odd indices need the map.
func (m *machine) put(index uint64) error {
	v, err := m.top()
	if err != nil {
		return err
	}
	if index < uint64(len(m.memo)) {
		m.memo[index] = v
		return nil
	}
	if _, ok := m.sparse[index]; ok && index != uint64(len(m.memo)) {
		m.sparse[index] = v
		return nil
	}
	if m.budget.memo++; m.budget.memo > m.budget.limits.MaxMemo {
		return fmt.Errorf("more than %d memo entries", m.budget.limits.MaxMemo)
	}
	if index == uint64(len(m.memo)) {
		delete(m.sparse, index)
		m.memo = append(m.memo, v)
		return nil
	}
	if m.sparse == nil {
		m.sparse = make(map[uint64]Value)
	}
	m.sparse[index] = v
	return nil
}

// memoize stores the topmost value under the next index: how many entries
// there are.
func (m *machine) memoize() error {
	return m.put(uint64(len(m.memo) + len(m.sparse)))
}

// get pushes a memo entry.
func (m *machine) get(index uint64) error {
	if index < uint64(len(m.memo)) {
		return m.again(m.memo[index])
	}
	if v, ok := m.sparse[index]; ok {
		return m.again(v)
	}
	return fmt.Errorf("memo entry %d does not exist", index)
}
