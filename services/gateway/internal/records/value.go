package records

import "fmt"

// value reads the value of the present row.
func (b *Batch) value(c *column) error {
	var err error
	switch first := b.lex.Peek(); {
	case first == '-' || '0' <= first && first <= '9':
		if !c.start(number, b.rows) {
			return b.mixed(c, number)
		}
		var f float64
		f, err = b.lex.Float64()
		c.numbers = append(c.numbers, f)
	case first == '"':
		if !c.start(text, b.rows) {
			return b.mixed(c, text)
		}
		var s []byte
		s, err = b.lex.String(b.buffer)
		c.strings = append(c.strings, b.intern(s))
	case first == 't' || first == 'f':
		if !c.start(boolean, b.rows) {
			return b.mixed(c, boolean)
		}
		var v bool
		v, err = b.lex.Bool()
		c.booleans = append(c.booleans, v)
	case first == 'n':
		_, err = b.lex.Null()
		c.pad(b.rows + 1)
	default:
		err = b.lex.Unexpected("a number, a string, true, false or null")
	}
	if err != nil {
		return b.fail(b.rows, b.fieldName(c), err)
	}
	c.rows = b.rows + 1
	return nil
}

func (b *Batch) mixed(c *column, got kind) error {
	return &Error{Row: b.rows, Field: b.fieldName(c), Offset: b.offset(),
		What: fmt.Sprintf("%v, but row %d has %v", got, c.decided, c.kind)}
}

// Strings are remembered up to these bounds, some 64 KiB a batch.
const (
	maxInterned       = 1024
	maxInternedLength = 64
)

// intern returns s as a string, of which it allocates one and not one a row.
func (b *Batch) intern(s []byte) string {
	if known, ok := b.seen[string(s)]; ok {
		return known
	}
	v := string(s)
	if len(v) <= maxInternedLength {
		if b.seen == nil || len(b.seen) >= maxInterned {
			b.seen = make(map[string]string)
		}
		b.seen[v] = v
	}
	return v
}
