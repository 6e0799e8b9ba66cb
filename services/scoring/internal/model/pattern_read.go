package model

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A patternPart is a set of characters, one of which matches, or syntax that means the same here
// and in Python.
type patternPart struct {
	set    runeSet // nil: syntax
	syntax string
}

// A patternReader reads a regular expression of Python's.
type patternReader struct {
	rest          []rune
	fold, newline bool // flags: case does not matter, a dot matches the end of a line
	parts         []patternPart
}

// next takes a character; 0 at the end.
func (r *patternReader) next() rune {
	if len(r.rest) == 0 {
		return 0
	}
	c := r.rest[0]
	r.rest = r.rest[1:]
	return c
}

// take takes a text if it comes next.
func (r *patternReader) take(s string) bool {
	if !strings.HasPrefix(string(r.rest[:min(len(r.rest), len(s))]), s) {
		return false
	}
	r.rest = r.rest[utf8.RuneCountInString(s):]
	return true
}

func (r *patternReader) syntax(s string) { r.parts = append(r.parts, patternPart{syntax: s}) }

func (r *patternReader) set(s runeSet) { r.parts = append(r.parts, patternPart{set: s}) }

func (r *patternReader) read() error {
	if err := r.flags(); err != nil {
		return err
	}
	for len(r.rest) > 0 {
		if err := r.part(); err != nil {
			return err
		}
	}
	return nil
}

// flags reads those that stand in front of all else.
func (r *patternReader) flags() error {
	end := slices.Index(r.rest, ')')
	if end < 3 || r.rest[0] != '(' || r.rest[1] != '?' || strings.Trim(string(r.rest[2:end]), "aiLmsux") != "" {
		return nil
	}
	for _, flag := range r.rest[2:end] {
		switch flag {
		case 'u': // as every pattern of texts
		case 'i':
			r.fold = true
		case 's':
			r.newline = true
		default:
			return fmt.Errorf("the flag %c", flag)
		}
	}
	r.rest = r.rest[end+1:]
	return nil
}

func (r *patternReader) part() error {
	switch c := r.next(); c {
	case '\\':
		return r.escape()
	case '[':
		s, err := r.class()
		r.set(s)
		return err
	case '.':
		all := runeSet{}.not()
		if !r.newline {
			all = runeSet{'\n', '\n'}.not()
		}
		r.set(all)
	case '(':
		return r.group()
	case ')', '|':
		r.syntax(string(c))
	case '*', '+', '?':
		return r.repeated(string(c))
	case '{':
		return r.counted()
	case '^', '$':
		return fmt.Errorf("an anchor, %c", c)
	default:
		s, err := r.one(c, c)
		r.set(s)
		return err
	}
	return nil
}

// one is the set of a range of characters, and where case does not matter of their others.
func (r *patternReader) one(first, last rune) (runeSet, error) {
	s := runeSet{first, last}
	if last < first {
		return s, errors.New("a range from a later character to an earlier one")
	}
	if !r.fold {
		return s, nil
	}
	if last >= utf8.RuneSelf {
		return s, errors.New("letters beyond ASCII where case does not matter")
	}
	for c := first; c <= last; c++ {
		lower := c | 0x20
		if lower < 'a' || lower > 'z' {
			continue
		}
		s = s.and(runeSet{lower, lower}).and(runeSet{lower - 0x20, lower - 0x20})
		for _, other := range map[rune]string{'i': "İı", 's': "ſ", 'k': "\u212a"}[lower] {
			s = s.and(runeSet{other, other})
		}
	}
	return s, nil
}

// escape reads what follows a backslash.
func (r *patternReader) escape() error {
	c := r.next()
	if c == 'b' || c == 'B' {
		r.syntax(`\` + string(c))
		return nil
	}
	if s := known(c); s != nil {
		r.set(s)
		return nil
	}
	c, err := escaped(c)
	if err != nil {
		return err
	}
	s, err := r.one(c, c)
	r.set(s)
	return err
}

// known is the set that an escaped letter stands for, or nil.
func known(c rune) runeSet {
	switch c {
	case 'w':
		return wordRunes()
	case 'W':
		return wordRunes().not()
	case 'd':
		return digitRunes()
	case 'D':
		return digitRunes().not()
	case 's':
		return spaceRunes()
	case 'S':
		return spaceRunes().not()
	}
	return nil
}

// escaped is the character that an escaped one stands for.
func escaped(c rune) (rune, error) {
	if i := strings.IndexRune("tnrfv", c); i >= 0 {
		return rune("\t\n\r\f\v"[i]), nil
	}
	if c == 0 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
		return 0, fmt.Errorf("the escape \\%c", c)
	}
	return c, nil
}

// class reads a set in brackets.
func (r *patternReader) class() (runeSet, error) {
	negated, s := r.take("^"), runeSet{}
	for first := true; ; first = false {
		c := r.next()
		switch {
		case c == 0 && len(r.rest) == 0:
			return nil, errors.New("a set that does not end")
		case c == ']' && !first:
			if negated {
				s = s.not()
			}
			return s, nil
		case c == '\\':
			if len(r.rest) > 0 {
				if k := known(r.rest[0]); k != nil {
					r.next()
					if len(r.rest) > 1 && r.rest[0] == '-' && r.rest[1] != ']' {
						return nil, errors.New("a range from a set")
					}
					s = s.and(k)
					continue
				}
			}
			var err error
			if c, err = escaped(r.next()); err != nil {
				return nil, err
			}
		}
		last := c
		if len(r.rest) > 1 && r.rest[0] == '-' && r.rest[1] != ']' {
			r.next()
			if last = r.next(); last == '\\' {
				var err error
				if last, err = escaped(r.next()); err != nil {
					return nil, err
				}
			}
		}
		one, err := r.one(c, last)
		if err != nil {
			return nil, err
		}
		s = s.and(one)
	}
}

// group reads the beginning of a group.
func (r *patternReader) group() error {
	switch {
	case r.take("?:"):
		r.syntax("(?:")
	case len(r.rest) > 0 && r.rest[0] == '?':
		return errors.New("a group that looks ahead or back, or has flags or a name")
	default:
		r.syntax("(")
	}
	return nil
}

// repeated ends a repetition, which may be lazy.
func (r *patternReader) repeated(s string) error {
	if r.take("?") {
		s += "?"
	}
	if len(r.rest) > 0 && strings.ContainsRune("*+?{", r.rest[0]) {
		return errors.New("a repetition of a repetition")
	}
	r.syntax(s)
	return nil
}

// counted reads a repetition between braces.
func (r *patternReader) counted() error {
	end := slices.Index(r.rest, '}')
	if end < 0 {
		return errors.New("a brace that does not end")
	}
	least, most, both := strings.Cut(string(r.rest[:end]), ",")
	r.rest = r.rest[end+1:]
	if least == "" {
		least = "0"
	}
	low, ok := number(least)
	if ok && both && most != "" {
		var high int
		if high, ok = number(most); high < low {
			ok = false
		}
	}
	if !ok || !both && least == "0" {
		return errors.New("braces that are no repetition of at most three digits")
	}
	if both {
		return r.repeated("{" + least + "," + most + "}")
	}
	return r.repeated("{" + least + "}")
}
