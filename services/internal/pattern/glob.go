// Package pattern says whom and what a rule of a file is about: names in which
// * stands for any characters, and callers by such names.
package pattern

import (
	"strings"

	"github.com/treehouse-ml/treehouse/services/internal/yamlfile"
)

// MaxName bounds patterns and what they are matched with, in bytes: matching
// takes their product.
const MaxName = 256

// A Glob is a pattern in which * stands for any characters, also none.
type Glob string

// ParseGlob reads a pattern. The error names the line.
func ParseGlob(t *yamlfile.Text) (Glob, error) { return parseGlob(t.Value, t) }

func parseGlob(s string, t *yamlfile.Text) (Glob, error) {
	if s == "" || len(s) > MaxName || strings.ContainsAny(s, " \t\r\n") {
		return "", t.Errorf("a name is %q; expected 1 to %d characters without spaces, in which * stands for any", s, MaxName)
	}
	return Glob(s), nil
}

// Match reports whether the whole of s fits.
func (g Glob) Match(s string) bool {
	pattern := string(g)
	if pattern == s || pattern == "*" { // most are
		return true
	}
	star, resume := -1, 0 // the last * and where in s it ends so far
	p, i := 0, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, i
			p++
		case p < len(pattern) && pattern[p] == s[i]:
			p++
			i++
		case star >= 0: // the * takes one more
			resume++
			p, i = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// Any reports whether a name fits one of the patterns. One that is too long
// fits none.
func Any(globs []Glob, name string) bool {
	if len(name) > MaxName {
		return false
	}
	for _, g := range globs {
		if g.Match(name) {
			return true
		}
	}
	return false
}
