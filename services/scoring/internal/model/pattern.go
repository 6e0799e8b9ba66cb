package model

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// MaxPattern is how many bytes a [Pattern] may be written in.
const MaxPattern = 512

// A Pattern finds words as re.findall of Python does with a regular expression. What matches in
// the expression are sets of characters, of Unicode as Python has them; each character becomes a
// letter that says which of the sets it is in, and the letters are matched instead. They are
// word characters of ASCII where the characters are of Unicode, so that boundaries of words are
// the same, too.
type Pattern struct {
	matches *regexp.Regexp
	group   int // 1: its group is the word
	from    []rune
	letters []byte // of the characters from from[i] to the next
	ascii   [utf8.RuneSelf]byte
}

// Found is where a [Pattern] keeps what it works on from one text to the next.
type Found struct {
	letters []byte
	at      []int
}

// Each hands out where the words of a text begin and end, in order.
func (p *Pattern) Each(f *Found, s []byte, word func(from, to int)) {
	f.letters, f.at = f.letters[:0], f.at[:0]
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRune(s[i:])
		f.letters, f.at = append(f.letters, p.letter(r)), append(f.at, i)
		i += n
	}
	f.at = append(f.at, len(s))
	for _, m := range p.matches.FindAllSubmatchIndex(f.letters, -1) {
		word(f.at[m[2*p.group]], f.at[m[2*p.group+1]])
	}
}

func (p *Pattern) letter(r rune) byte {
	if r < utf8.RuneSelf {
		return p.ascii[r]
	}
	i, exact := slices.BinarySearch(p.from, r)
	if !exact {
		i--
	}
	return p.letters[i]
}

// ParsePattern reads a regular expression of Python's. One that could match nothing, look around or
// back, or be repeated in more than one way without a character is an error, and so is what means
// something else in other versions.
func ParsePattern(expression string) (*Pattern, error) {
	if len(expression) > MaxPattern {
		return nil, fmt.Errorf("a pattern of %d bytes; at most %d", len(expression), MaxPattern)
	}
	r := &patternReader{rest: []rune(expression)}
	if err := r.read(); err != nil {
		return nil, err
	}
	p := &Pattern{}
	written, err := p.partition(r.parts)
	if err != nil {
		return nil, err
	}
	tree, err := syntax.Parse(written, syntax.Perl)
	if err != nil {
		return nil, err
	}
	if n, err := shortest(tree); n == 0 || err != nil {
		return nil, errors.Join(err, errors.New("it could match nothing"))
	}
	if p.matches, err = regexp.Compile(written); err != nil {
		return nil, err
	}
	switch p.group = p.matches.NumSubexp(); {
	case p.group > 1:
		return nil, errors.New("more than one group")
	case p.group == 1 && !always(tree):
		return nil, errors.New("a group that may take no part")
	}
	return p, nil
}

// shortest is how few characters an expression can match.
func shortest(e *syntax.Regexp) (int, error) {
	least := make([]int, len(e.Sub))
	for i, s := range e.Sub {
		n, err := shortest(s)
		if err != nil {
			return 0, err
		}
		least[i] = n
	}
	switch e.Op {
	case syntax.OpLiteral:
		return len(e.Rune), nil
	case syntax.OpCharClass:
		return 1, nil
	case syntax.OpCapture:
		return least[0], nil
	case syntax.OpStar, syntax.OpPlus, syntax.OpRepeat:
		if least[0] == 0 {
			return 0, errors.New("what can be nothing is repeated")
		}
		return map[syntax.Op]int{syntax.OpPlus: 1, syntax.OpRepeat: e.Min}[e.Op] * least[0], nil
	case syntax.OpConcat:
		n := 0
		for _, l := range least {
			n += l
		}
		return n, nil
	case syntax.OpAlternate:
		return slices.Min(least), nil
	}
	return 0, nil // nothing, a boundary, or what need not be there
}

// always tells whether the one group of an expression takes part in every match, by a character at least.
func always(e *syntax.Regexp) bool {
	parts := []*syntax.Regexp{e}
	if e.Op == syntax.OpConcat {
		parts = e.Sub
	}
	return slices.ContainsFunc(parts, func(s *syntax.Regexp) bool {
		n, _ := shortest(s)
		return s.Op == syntax.OpCapture && n > 0
	})
}

// A runeSet is pairs of a first and a last character, ascending and apart.
type runeSet []rune

// partition says which letter a character becomes, and writes the expression of letters.
func (p *Pattern) partition(parts []patternPart) (string, error) {
	sets := []runeSet{wordRunes()}
	for _, part := range parts {
		if part.set != nil {
			sets = append(sets, part.set)
		}
	}
	if len(sets) > 64 {
		return "", fmt.Errorf("%d sets of characters; at most 63", len(sets)-1)
	}
	for _, s := range sets {
		for i := 0; i < len(s); i += 2 {
			p.from = append(p.from, s[i], s[i+1]+1)
		}
	}
	p.from = append(p.from, 0)
	slices.Sort(p.from)
	p.from = slices.Compact(p.from)
	words := []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
	others := []byte(" !\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~")
	letters, members := make(map[uint64]byte), make([][]byte, len(sets))
	for _, r := range p.from {
		var in uint64
		for k, s := range sets {
			if s.has(r) {
				in |= 1 << k
			}
		}
		letter, known := letters[in]
		if !known {
			from := &others
			if in&1 != 0 {
				from = &words
			}
			if len(*from) == 0 {
				return "", errors.New("too many sets of characters")
			}
			letter, *from = (*from)[0], (*from)[1:]
			letters[in] = letter
			for k := range sets {
				if in>>k&1 != 0 {
					members[k] = append(members[k], letter)
				}
			}
		}
		p.letters = append(p.letters, letter)
	}
	for r := range p.ascii {
		i, exact := slices.BinarySearch(p.from, rune(r))
		if !exact {
			i--
		}
		p.ascii[r] = p.letters[i]
	}
	var out strings.Builder
	k := 0
	for _, part := range parts {
		if part.set == nil {
			out.WriteString(part.syntax)
			continue
		}
		if k++; len(members[k]) == 0 {
			return "", errors.New("a set without characters")
		}
		out.WriteByte('[')
		for _, b := range members[k] {
			fmt.Fprintf(&out, `\x%02x`, b)
		}
		out.WriteByte(']')
	}
	return out.String(), nil
}

func (s runeSet) has(r rune) bool {
	i, exact := slices.BinarySearch(s, r)
	return exact || i%2 == 1
}

// and is what is in either of two sets.
func (s runeSet) and(more runeSet) runeSet {
	type pair struct{ first, last rune }
	var pairs []pair
	for _, of := range []runeSet{s, more} {
		for i := 0; i < len(of); i += 2 {
			pairs = append(pairs, pair{of[i], of[i+1]})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int { return int(a.first - b.first) })
	out := runeSet{}
	for _, p := range pairs {
		if n := len(out); n > 0 && p.first <= out[n-1]+1 {
			out[n-1] = max(out[n-1], p.last)
			continue
		}
		out = append(out, p.first, p.last)
	}
	return out
}

// not is what is not in a set.
func (s runeSet) not() runeSet {
	out, next := runeSet{}, rune(0)
	for i := 0; i < len(s); i += 2 {
		if s[i] > next {
			out = append(out, next, s[i]-1)
		}
		next = s[i+1] + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, next, unicode.MaxRune)
	}
	return out
}

var (
	wordRunes  = sync.OnceValue(func() runeSet { return runesOf(IsWord) })
	spaceRunes = sync.OnceValue(func() runeSet { return runesOf(IsSpace) })
	digitRunes = sync.OnceValue(func() runeSet { return runesOf(unicode.IsDigit) })
)

func runesOf(is func(rune) bool) runeSet {
	s := runeSet{}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		switch n := len(s); {
		case !is(r):
		case n > 0 && s[n-1] == r-1:
			s[n-1] = r
		default:
			s = append(s, r, r)
		}
	}
	return s
}

// number is a number of at most three digits; ok is false of another text.
func number(s string) (n int, ok bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 0 && len(s) <= 3
}
