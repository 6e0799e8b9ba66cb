package records

import (
	"errors"
	"fmt"
	"strings"

	"github.com/treehouse-ml/treehouse/services/gateway/internal/jsonlex"
)

// An Error says where a text is not a list of rows, and what is wrong there.
type Error struct {
	Row      int    // counted from 0; -1 where the error is not about one
	Field    string // a name, or "value 3" of a row without names; empty where the error is not about one
	Offset   int    // in bytes
	What     string
	TooLarge bool // a limit was exceeded
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.Row >= 0 {
		fmt.Fprintf(&b, "row %d, ", e.Row)
	}
	if e.Field != "" {
		fmt.Fprintf(&b, "field %s, ", e.Field)
	}
	fmt.Fprintf(&b, "at byte %d: %s", e.Offset, e.What)
	return b.String()
}

// fail adds to an error of the lexer what was being read.
func (b *Batch) fail(row int, field string, err error) error {
	var syntax *jsonlex.SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	return &Error{Row: row, Field: field, Offset: syntax.Offset, What: syntax.What}
}

// fieldName names a column for people.
func (b *Batch) fieldName(c *column) string {
	if b.shape == record {
		return c.name
	}
	for i, other := range b.columns[:b.used] {
		if c == other {
			return fmt.Sprintf("value %d", i)
		}
	}
	return ""
}
