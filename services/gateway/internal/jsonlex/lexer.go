package jsonlex

import "fmt"

// MaxDepth is how deep the values that [Lexer.Skip] passes over may nest.
const MaxDepth = 64

// A Lexer reads the tokens of a JSON text. Its methods skip the white space
// before a token.
type Lexer struct {
	data []byte
	pos  int
	// AllowNonFinite accepts NaN, Infinity and -Infinity where a value may be:
	// no JSON, but what Python's encoders write for these numbers.
	AllowNonFinite bool
}

// New returns a lexer at the start of data.
func New(data []byte) Lexer { return Lexer{data: data} }

// A SyntaxError says what is wrong with the text at an offset in bytes.
type SyntaxError struct {
	Offset int
	What   string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("at byte %d: %s", e.Offset, e.What)
}

// Offset returns how many bytes were read.
func (l *Lexer) Offset() int { return l.pos }

// Seek continues at an offset that [Lexer.Offset] returned.
func (l *Lexer) Seek(offset int) { l.pos = offset }

// Peek returns the first byte of the next token, or 0 at the end.
func (l *Lexer) Peek() byte {
	for l.pos < len(l.data) {
		switch c := l.data[l.pos]; c {
		case ' ', '\n', '\r', '\t':
			l.pos++
		default:
			return c
		}
	}
	return 0
}

// Accept reads the punctuation c if it is next.
func (l *Lexer) Accept(c byte) bool {
	if l.Peek() == c && l.pos < len(l.data) {
		l.pos++
		return true
	}
	return false
}

// Expect reads the punctuation c; what says in an error where it belongs.
func (l *Lexer) Expect(c byte, what string) error {
	if l.Accept(c) {
		return nil
	}
	return l.Unexpected(fmt.Sprintf("%q %s", c, what))
}

// End fails unless nothing but white space is left.
func (l *Lexer) End() error {
	l.Peek()
	if l.pos == len(l.data) {
		return nil
	}
	return l.Unexpected("the end")
}

// Null reads a null if it is next.
func (l *Lexer) Null() (bool, error) {
	if l.Peek() != 'n' {
		return false, nil
	}
	return true, l.word("null")
}

// Bool reads true or false.
func (l *Lexer) Bool() (bool, error) {
	switch l.Peek() {
	case 't':
		return true, l.word("true")
	case 'f':
		return false, l.word("false")
	}
	return false, l.Unexpected("true or false")
}

func (l *Lexer) word(w string) error {
	if len(l.data)-l.pos < len(w) || string(l.data[l.pos:l.pos+len(w)]) != w {
		return l.Unexpected(w)
	}
	l.pos += len(w)
	return nil
}

// Unexpected returns the error for whatever is next where want was expected.
func (l *Lexer) Unexpected(want string) error {
	c := l.Peek()
	got := describe(c)
	switch {
	case l.pos == len(l.data):
		got = "the text ends"
	case c == 'N' || c == 'I' || c == '-' && l.pos+1 < len(l.data) && l.data[l.pos+1] == 'I':
		got = "NaN and Infinity are not JSON (null stands for a missing value)"
	}
	return &SyntaxError{l.pos, fmt.Sprintf("expected %s; %s", want, got)}
}

func describe(c byte) string {
	switch {
	case c == '{':
		return "found an object"
	case c == '[':
		return "found an array"
	case c == '"':
		return "found a string"
	case c == '-' || '0' <= c && c <= '9':
		return "found a number"
	case c < ' ' || c > '~':
		return fmt.Sprintf("found the byte 0x%02x", c)
	}
	return fmt.Sprintf("found %q", c)
}

// Skip reads a value of any kind and checks its syntax.
func (l *Lexer) Skip() error { return l.skip(MaxDepth) }

func (l *Lexer) skip(depth int) error {
	switch c := l.Peek(); {
	case l.nonFinite() != "":
		l.pos += len(l.nonFinite())
		return nil
	case c == '{' || c == '[':
		if depth == 0 {
			return &SyntaxError{l.pos, fmt.Sprintf("values nest deeper than %d", MaxDepth)}
		}
		return l.skipItems(c == '{', depth-1)
	case c == '"':
		_, err := l.String(nil)
		return err
	case c == 'n':
		return l.word("null")
	case c == 't':
		return l.word("true")
	case c == 'f':
		return l.word("false")
	case c == '-' || '0' <= c && c <= '9':
		_, err := l.Number()
		return err
	}
	return l.Unexpected("a value")
}

func (l *Lexer) skipItems(object bool, depth int) error {
	end, what := byte(']'), "after a value of the array"
	if object {
		end, what = '}', "after a value of the object"
	}
	l.pos++
	for first := true; !l.Accept(end); first = false {
		if !first {
			if err := l.Expect(',', what); err != nil {
				return err
			}
		}
		if object {
			if _, err := l.Key(nil); err != nil {
				return err
			}
		}
		if err := l.skip(depth); err != nil {
			return err
		}
	}
	return nil
}
