package records

import (
	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/gateway/internal/jsonlex"
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
