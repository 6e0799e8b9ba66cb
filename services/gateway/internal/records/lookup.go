package records

import "fmt"

// smallTable is up to how many columns looking at each beats a map.
const smallTable = 16

// find returns the column of a name, or -1. Records mostly have their fields
// in the same order, so that it looks at next first.
func (b *Batch) find(name []byte, next int) int {
	if next < b.used && b.columns[next].name == string(name) {
		return next
	}
	for i, c := range b.columns[:min(b.used, smallTable)] {
		if c.name == string(name) {
			return i
		}
	}
	if b.used <= smallTable {
		return -1
	}
	if b.index == nil {
		b.index = map[string]int{}
	}
	for b.indexed = max(b.indexed, smallTable); b.indexed < b.used; b.indexed++ {
		b.index[b.columns[b.indexed].name] = b.indexed
	}
	if i, ok := b.index[string(name)]; ok {
		return i
	}
	return -1
}

// add makes a column, from one that an earlier text left where there is one.
func (b *Batch) add(name []byte) (int, error) {
	if b.used >= b.limits.Columns {
		return 0, &Error{Row: b.rows, Offset: b.offset(), TooLarge: true, What: fmt.Sprintf("more than %d fields", b.limits.Columns)}
	}
	if err := b.checkCells(b.used+1, b.rows+1); err != nil {
		return 0, err
	}
	if b.used == len(b.columns) {
		b.columns = append(b.columns, newColumn())
	}
	b.columns[b.used].reset(name)
	b.used++
	return b.used - 1, nil
}

func (b *Batch) checkCells(columns, rows int) error {
	if columns*rows <= b.limits.Cells {
		return nil
	}
	return &Error{Row: b.rows, Offset: b.offset(), TooLarge: true,
		What: fmt.Sprintf("%d rows of %d fields are more than %d values", rows, columns, b.limits.Cells)}
}
