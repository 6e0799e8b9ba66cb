package skops

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// parseLiteral reads a Python literal as numpy writes them in headers: dicts
// with keys of str (members), lists and tuples ([]any), str, int, True and
// False.
func parseLiteral(text string) (any, error) {
	p := &literal{rest: text}
	v, err := p.value(maxLiteralDepth)
	if err == nil && strings.Trim(p.rest, " \n") != "" {
		err = fmt.Errorf("%.20q follows", p.rest)
	}
	return v, err
}

const (
	maxLiteralDepth = 32
	maxKeys         = 16 // a header has three
)

type literal struct{ rest string }

// next drops spaces and returns the character that follows; 0 at the end.
func (p *literal) next() byte {
	p.rest = strings.TrimLeft(p.rest, " \n")
	if p.rest == "" {
		return 0
	}
	return p.rest[0]
}

func (p *literal) value(depth int) (any, error) {
	if depth == 0 {
		return nil, errors.New("values are nested too deep")
	}
	switch c := p.next(); {
	case c == '{':
		return p.dict(depth)
	case c == '[', c == '(':
		return p.items(depth, c)
	case c == '\'', c == '"':
		return p.text(c)
	case '0' <= c && c <= '9':
		n := 0
		for n < len(p.rest) && '0' <= p.rest[n] && p.rest[n] <= '9' {
			n++
		}
		digits := p.rest[:n]
		p.rest = strings.TrimPrefix(p.rest[n:], "L") // of Python 2
		v, err := strconv.Atoi(digits)
		if err != nil {
			return nil, fmt.Errorf("%.40q is no integer", digits)
		}
		return v, nil
	}
	for _, word := range []string{"True", "False"} {
		if rest, ok := strings.CutPrefix(p.rest, word); ok {
			p.rest = rest
			return word == "True", nil
		}
	}
	return nil, fmt.Errorf("%.20q is no value", p.rest)
}

// text reads a string without escapes: the names of fields and types have none.
func (p *literal) text(quote byte) (any, error) {
	s, rest, ok := strings.Cut(p.rest[1:], string(quote))
	if !ok || strings.ContainsAny(s, "\\\n") {
		return nil, errors.New("a string does not end, or holds an escape")
	}
	p.rest = rest
	return s, nil
}

func (p *literal) items(depth int, open byte) (any, error) {
	end := byte(']')
	if open == '(' {
		end = ')'
	}
	out := []any{}
	err := p.list(end, func() error {
		v, err := p.value(depth - 1)
		out = append(out, v)
		return err
	})
	return out, err
}

func (p *literal) dict(depth int) (any, error) {
	var out members
	err := p.list('}', func() error {
		if len(out) == maxKeys {
			return fmt.Errorf("a dict of more than %d keys", maxKeys)
		}
		name, err := p.value(depth - 1)
		if err != nil {
			return err
		}
		key, ok := name.(string)
		if _, twice := out.get(key); !ok || twice || p.next() != ':' {
			return errors.New("a dict with a key that is no string, or appears twice")
		}
		p.rest = p.rest[1:]
		v, err := p.value(depth - 1)
		out = append(out, member{key, v})
		return err
	})
	return out, err
}

// list reads what stands between brackets, separated by commas.
func (p *literal) list(end byte, item func() error) error {
	p.rest = p.rest[1:]
	for p.next() != end {
		if err := item(); err != nil {
			return err
		}
		switch p.next() {
		case ',':
			p.rest = p.rest[1:]
		case end:
		default:
			return fmt.Errorf("%.20q where a comma or %q is wanted", p.rest, end)
		}
	}
	p.rest = p.rest[1:]
	return nil
}
