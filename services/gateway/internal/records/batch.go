package records

import (
	"fmt"

	"github.com/treehouse-ml/treehouse/services/gateway/internal/jsonlex"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

// Limits bound what one text may turn into.
type Limits struct {
	Rows    int
	Columns int
	// Cells is rows times columns. Records that each have a field of their own
	// make a table far larger than their text.
	Cells int
}

// DefaultLimits returns the limits of a gateway that is not told otherwise.
func DefaultLimits() Limits {
	return Limits{Rows: 100_000, Columns: 16_384, Cells: 4 << 20}
}

// A Batch is the rows of one text. The zero value is ready; it is used again
// and again to save its buffers. It is not safe for concurrent use.
type Batch struct {
	// Single tells that the text was one record and not a list.
	Single bool

	limits  Limits
	lex     jsonlex.Lexer
	rows    int
	shape   shape
	columns []*column // those below used are of this text
	used    int
	index   map[string]int // by name, of the first indexed columns
	indexed int
	seen    map[string]string // strings of earlier texts, so that a category is allocated once
	buffer  []byte            // unescaped strings
	table   predictv1.Table
	message []*predictv1.Column
}

// A shape is what every row of a list is.
type shape byte

const (
	unknown shape = 0
	record  shape = '{'
	array   shape = '['
)

func (s shape) String() string {
	if s == record {
		return "an object"
	}
	return "an array"
}

// Decode reads the body of /predict: one record, or a list of records or of
// arrays. A batch that failed holds nothing of use.
func (b *Batch) Decode(text []byte, limits Limits) error {
	b.reset(text, limits)
	switch b.lex.Peek() {
	case '{':
		b.Single = true
		if err := b.row(); err != nil {
			return err
		}
	case '[':
		if err := b.list(); err != nil {
			return err
		}
	default:
		return b.fail(-1, "", b.lex.Unexpected("a record, or a list of records"))
	}
	return b.finish()
}

// DecodeInstances reads the body of a V1 request: an object whose "instances"
// are a list as in Decode. Its other members are ignored, as V1's servers do.
func (b *Batch) DecodeInstances(text []byte, limits Limits) error {
	b.reset(text, limits)
	if err := b.lex.Expect('{', `to start a request such as {"instances": […]}`); err != nil {
		return b.fail(-1, "", err)
	}
	found := false
	for first := true; !b.lex.Accept('}'); first = false {
		if !first {
			if err := b.lex.Expect(',', "after a member of the request"); err != nil {
				return b.fail(-1, "", err)
			}
		}
		start := b.offset()
		key, err := b.key()
		switch {
		case err != nil:
			return b.fail(-1, "", err)
		case string(key) != "instances":
			if err := b.lex.Skip(); err != nil {
				return b.fail(-1, "", err)
			}
			continue
		case found:
			return &Error{Row: -1, Offset: start, What: `"instances" is there twice`}
		case b.lex.Peek() != '[':
			return b.fail(-1, "", b.lex.Unexpected(`a list as "instances"`))
		}
		found = true
		if err := b.list(); err != nil {
			return err
		}
	}
	if !found {
		return &Error{Row: -1, Offset: b.offset(), What: `the request has no "instances"`}
	}
	return b.finish()
}

// Rows returns how many rows the text had.
func (b *Batch) Rows() int { return b.rows }

// Table returns the rows as predict takes them. It and all it points to are
// the batch's, valid until the next Decode.
func (b *Batch) Table() *predictv1.Table {
	b.message = b.message[:0]
	for _, c := range b.columns[:b.used] {
		b.message = append(b.message, c.fill())
	}
	b.table.Rows = uint32(b.rows) // at most Limits.Rows
	b.table.Columns = b.message
	return &b.table
}

// Oversized tells that the batch holds so much memory that it is better left
// to the garbage collector than kept for the next text.
func (b *Batch) Oversized() bool {
	const most = 1 << 16
	cells := 0
	for _, c := range b.columns {
		cells += cap(c.numbers) + 2*cap(c.strings) + cap(c.booleans)/8 + cap(c.missing)/2 + 32
	}
	return cells > most
}

func (b *Batch) reset(text []byte, limits Limits) {
	b.Single, b.limits, b.lex = false, limits, jsonlex.New(text)
	b.rows, b.shape, b.used, b.indexed = 0, unknown, 0, 0
	clear(b.index)
}

func (b *Batch) finish() error {
	if err := b.lex.End(); err != nil {
		return b.fail(-1, "", err)
	}
	if b.rows == 0 {
		return &Error{Row: -1, Offset: b.offset(), What: "the list is empty: expected at least one row"}
	}
	for _, c := range b.columns[:b.used] {
		c.pad(b.rows)
	}
	return nil
}

func (b *Batch) list() error {
	b.lex.Accept('[')
	for first := true; !b.lex.Accept(']'); first = false {
		if !first {
			if err := b.lex.Expect(',', "after a row of the list"); err != nil {
				return b.fail(-1, "", err)
			}
		}
		if b.rows >= b.limits.Rows {
			return &Error{Row: -1, Offset: b.offset(), TooLarge: true, What: fmt.Sprintf("more than %d rows", b.limits.Rows)}
		}
		if err := b.row(); err != nil {
			return err
		}
	}
	return nil
}

// row reads a row of either shape; all rows have the first one's.
func (b *Batch) row() error {
	s := shape(b.lex.Peek())
	switch {
	case s != record && s != array:
		return b.fail(b.rows, "", b.lex.Unexpected("an object of values by field name, or an array of values"))
	case b.shape == unknown:
		b.shape = s
	case s != b.shape:
		return &Error{Row: b.rows, Offset: b.offset(), What: fmt.Sprintf("%v, but row 0 is %v", s, b.shape)}
	}
	if err := b.checkCells(b.used, b.rows+1); err != nil {
		return err
	}
	var err error
	if s == record {
		err = b.record()
	} else {
		err = b.array()
	}
	b.rows++
	return err
}

func (b *Batch) record() error {
	b.lex.Accept('{')
	next := 0
	for first := true; !b.lex.Accept('}'); first = false {
		if !first {
			if err := b.lex.Expect(',', "after a value of the record"); err != nil {
				return b.fail(b.rows, "", err)
			}
		}
		start := b.offset()
		key, err := b.key()
		if err != nil {
			return b.fail(b.rows, "", err)
		}
		if len(key) == 0 { // predict takes columns without a name by position
			return &Error{Row: b.rows, Offset: start, What: "a field has an empty name"}
		}
		i := b.find(key, next)
		if i < 0 {
			if i, err = b.add(key); err != nil {
				return err
			}
		}
		c := b.columns[i]
		if c.rows > b.rows {
			return &Error{Row: b.rows, Field: c.name, Offset: start, What: "the field is there twice"}
		}
		if err := b.value(c); err != nil {
			return err
		}
		next = i + 1
	}
	return nil
}

func (b *Batch) array() error {
	b.lex.Accept('[')
	n := 0
	for ; !b.lex.Accept(']'); n++ {
		if n > 0 {
			if err := b.lex.Expect(',', "after a value of the row"); err != nil {
				return b.fail(b.rows, "", err)
			}
		}
		switch {
		case n < b.used:
		case b.rows > 0:
			return &Error{Row: b.rows, Offset: b.offset(), What: fmt.Sprintf("more values than row 0, which has %d", b.used)}
		default:
			if _, err := b.add(nil); err != nil {
				return err
			}
		}
		if err := b.value(b.columns[n]); err != nil {
			return err
		}
	}
	if n != b.used {
		return &Error{Row: b.rows, Offset: b.offset(), What: fmt.Sprintf("%d values, but row 0 has %d", n, b.used)}
	}
	return nil
}

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

// offset is where the next token starts.
func (b *Batch) offset() int {
	b.lex.Peek()
	return b.lex.Offset()
}

// key reads a field's name. It is valid until the next string is read.
func (b *Batch) key() ([]byte, error) {
	if b.buffer == nil {
		b.buffer = make([]byte, 0, 256)
	}
	return b.lex.Key(b.buffer)
}
