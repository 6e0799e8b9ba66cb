package records

import "fmt"

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
