package jsonlex

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// String reads a string and returns its UTF-8. The bytes are part of the data
// where they hold no escapes; else they are appended to buf[:0].
func (l *Lexer) String(buf []byte) ([]byte, error) {
	if l.Peek() != '"' || l.pos == len(l.data) {
		return nil, l.Unexpected("a string")
	}
	start := l.pos + 1
	ascii := true
	for i := start; i < len(l.data); i++ {
		switch c := l.data[i]; {
		case c == '"':
			l.pos = i + 1
			text := l.data[start:i]
			if !ascii && !utf8.Valid(text) {
				return nil, &SyntaxError{start, "a string is not valid UTF-8"}
			}
			return text, nil
		case c == '\\':
			return l.unescape(start, i, buf[:0])
		case c < ' ':
			return nil, &SyntaxError{i, fmt.Sprintf("a string holds the control character 0x%02x, which must be escaped", c)}
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return nil, &SyntaxError{len(l.data), "the text ends within a string"}
}

// Key reads an object's key and the colon after it.
func (l *Lexer) Key(buf []byte) ([]byte, error) {
	if l.Peek() != '"' {
		return nil, l.Unexpected("a key, which is a string in double quotes")
	}
	key, err := l.String(buf)
	if err != nil {
		return nil, err
	}
	return key, l.Expect(':', "after a key")
}

// unescape reads the rest of a string that starts at start and whose first
// escape is at i.
func (l *Lexer) unescape(start, i int, out []byte) ([]byte, error) {
	out = append(out, l.data[start:i]...)
	for i < len(l.data) {
		switch c := l.data[i]; {
		case c == '"':
			l.pos = i + 1
			if !utf8.Valid(out) {
				return nil, &SyntaxError{start, "a string is not valid UTF-8"}
			}
			return out, nil
		case c < ' ':
			return nil, &SyntaxError{i, fmt.Sprintf("a string holds the control character 0x%02x, which must be escaped", c)}
		case c != '\\':
			out = append(out, c)
			i++
		default:
			r, n := l.escape(i)
			if n == 0 {
				return nil, &SyntaxError{i, "a string holds an invalid escape"}
			}
			out = utf8.AppendRune(out, r)
			i += n
		}
	}
	return nil, &SyntaxError{len(l.data), "the text ends within a string"}
}

// escape reads the escape at i and returns how long it is, 0 if it is invalid.
func (l *Lexer) escape(i int) (rune, int) {
	if i+1 >= len(l.data) {
		return 0, 0
	}
	switch c := l.data[i+1]; c {
	case '"', '\\', '/':
		return rune(c), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	}
	r, ok := l.hex(i)
	if !ok || !utf16.IsSurrogate(r) {
		return r, count(ok, 6)
	}
	low, ok := l.hex(i + 6)
	r = utf16.DecodeRune(r, low)
	return r, count(ok && r != utf8.RuneError, 12)
}

func count(ok bool, n int) int {
	if ok {
		return n
	}
	return 0
}

// hex reads \uXXXX at i.
func (l *Lexer) hex(i int) (rune, bool) {
	if i+6 > len(l.data) || l.data[i] != '\\' || l.data[i+1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range l.data[i+2 : i+6] {
		switch {
		case isDigit(c):
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
