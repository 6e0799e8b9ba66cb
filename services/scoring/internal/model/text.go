package model

import (
	"errors"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Analyzer is how a text becomes terms.
type Analyzer uint8

// The analyzers.
const (
	Words       Analyzer = iota // runs of word characters, see [IsWord]
	Runs                        // runs of what is no white space
	Characters                  // characters; several white spaces count as one blank
	WordsBroken                 // characters of words between white space, with a blank on both sides
	Matches                     // what Pattern finds

	lastAnalyzer = Matches
)

// Accents is what becomes of accents, and of what else Unicode's compatible decomposition takes apart.
type Accents uint8

// What can become of them.
const (
	KeepAccents Accents = iota
	ASCIIOnly           // of what is taken apart only ASCII stays
	NoAccents           // combining characters go; a text of ASCII alone stays as it is

	lastAccents = NoAccents
)

// Limits of texts.
const (
	MaxNgram = 32
	MaxTerms = 1 << 18
)

// Text counts the terms of a text, an input column of strings. A term is Min to Max
// neighbouring words, with a blank between them, or characters. Words shorter than Least
// characters and those among Stop are left out before. Missing texts are refused.
type Text struct {
	In       Column
	By       string // who refuses
	Out      []Column
	Analyzer Analyzer
	Lower    bool    // as [AppendLower] has it
	Accents  Accents // after that
	Least    int
	Pattern  string // of Matches; see [ParsePattern]
	Min, Max int
	Stop     []string
	// Terms are those that are counted, one a column; nil: every term, in the column
	// that its hash names, murmurhash3 of 32 bits and seed 0, absolute, modulo the columns.
	Terms []string
	// Signed: a term whose hash is negative counts -1.
	Signed bool
	Binary bool // 1 for a term that is there, however often
}

func (Text) step() {}

// Reads implements [Wide].
func (s Text) Reads() []Column { return []Column{s.In} }

// Defines implements [Wide].
func (s Text) Defines() []Column { return s.Out }

func (s Text) check() error {
	switch {
	case s.Analyzer > lastAnalyzer:
		return fmt.Errorf("unknown analyzer %d", s.Analyzer)
	case s.Accents > lastAccents:
		return fmt.Errorf("unknown accents %d", s.Accents)
	case s.Min < 1 || s.Max < s.Min || s.Max > MaxNgram:
		return fmt.Errorf("terms of %d to %d; at least 1 and at most %d", s.Min, s.Max, MaxNgram)
	case len(s.Out) == 0 || len(s.Out) > MaxTerms:
		return fmt.Errorf("%d columns; at least 1 and at most %d", len(s.Out), MaxTerms)
	case s.Terms != nil && (len(s.Terms) != len(s.Out) || s.Signed):
		return fmt.Errorf("%d terms for %d columns", len(s.Terms), len(s.Out))
	}
	if s.Analyzer == Matches {
		if _, err := ParsePattern(s.Pattern); err != nil {
			return fmt.Errorf("the pattern %q: %w", s.Pattern, err)
		}
	}
	seen := make(map[string]bool, len(s.Terms))
	for _, t := range s.Terms {
		if seen[t] {
			return fmt.Errorf("term %q is there twice", t)
		}
		seen[t] = true
	}
	return nil
}

// checkText checks a step that reads a text.
func checkText(t *table, s *Text) error {
	if err := s.check(); err != nil {
		return err
	}
	if err := t.read(s.In, String); err != nil {
		return err
	}
	if int(s.In) >= len(t.features) {
		return errors.New("it reads a column that is no input")
	}
	for _, c := range s.Out {
		if err := t.define(c, Number); err != nil {
			return err
		}
	}
	return nil
}

// TermWeights weighs counts of terms: those that are not 0 become, with Sublinear, 1 + log;
// then they are multiplied by Weights.
type TermWeights struct {
	In, Out   []Column
	Sublinear bool
	Weights   []float64 // nil: 1
}

func (TermWeights) step() {}

// Reads implements [Wide].
func (s TermWeights) Reads() []Column { return s.In }

// Defines implements [Wide].
func (s TermWeights) Defines() []Column { return s.Out }

func (s TermWeights) check() error {
	if s.Weights != nil && len(s.Weights) != len(s.In) {
		return fmt.Errorf("%d weights for %d inputs", len(s.Weights), len(s.In))
	}
	return errors.Join(samePlaces(s.In, s.Out), allFinite("weight", s.Weights))
}

// IsWord tells whether Python's regular expressions take a character as one of a word.
func IsWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }

// IsSpace tells whether Python takes a character as white space.
func IsSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// AppendLower appends a text in lower case as Python has it: İ becomes two characters,
// and Σ at the end of a word ς.
func AppendLower(to []byte, s string) []byte {
	for i, r := range s {
		switch {
		case r < utf8.RuneSelf:
			if 'A' <= r && r <= 'Z' {
				r += 'a' - 'A'
			}
			to = append(to, byte(r))
		case r == 'İ':
			to = append(to, "i\u0307"...)
		case r == 'Σ' && finalSigma(s, i):
			to = append(to, "ς"...)
		default:
			to = utf8.AppendRune(to, unicode.ToLower(r))
		}
	}
	return to
}

// StripAccents appends a text without its accents. For one of ASCII it allocates nothing.
func StripAccents(to, s []byte, how Accents) []byte {
	if slices.IndexFunc(s, func(b byte) bool { return b >= utf8.RuneSelf }) < 0 {
		return append(to, s...)
	}
	return stripAccents(to, s, how)
}

func stripAccents(to, s []byte, how Accents) []byte {
	var room [64]byte // the normal form of a character
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			to = append(to, s[i])
			i++
			continue
		}
		_, n := utf8.DecodeRune(s[i:])
		apart := norm.NFKD.Append(room[:0], s[i:i+n]...)
		i += n
		for len(apart) > 0 {
			r, n := utf8.DecodeRune(apart)
			if keep := r < utf8.RuneSelf; keep || how == NoAccents && norm.NFKD.Properties(apart).CCC() == 0 {
				to = append(to, apart[:n]...)
			}
			apart = apart[n:]
		}
	}
	return to
}

// finalSigma tells whether a letter with case stands before the Σ at s[i], and none after
// it; what Unicode ignores for that does not count.
func finalSigma(s string, i int) bool {
	before := false
	for rest := s[:i]; len(rest) > 0; {
		r, n := utf8.DecodeLastRuneInString(rest)
		rest = rest[:len(rest)-n]
		if !caseIgnorable(r) {
			before = cased(r)
			break
		}
	}
	if !before {
		return false
	}
	for _, r := range s[i+len("Σ"):] {
		if !caseIgnorable(r) {
			return !cased(r)
		}
	}
	return true
}

func cased(r rune) bool {
	return unicode.In(r, unicode.Lu, unicode.Ll, unicode.Lt, unicode.Other_Uppercase, unicode.Other_Lowercase)
}

// caseIgnorable is Unicode's Case_Ignorable.
func caseIgnorable(r rune) bool {
	switch r {
	case '\'', '.', ':', 0xb7, 0x387, 0x55f, 0x5f4, 0x2018, 0x2019, 0x2024, 0x2027, 0xfe13, 0xfe52, 0xfe55, 0xff07, 0xff0e, 0xff1a:
		return true
	}
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk)
}
