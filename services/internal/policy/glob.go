package policy

import "strings"

// maxName bounds what is matched, and patterns, in bytes: matching takes their
// product.
const maxName = 256

// A glob is a pattern in which * stands for any characters, also none.
type glob string

// match reports whether the whole of s fits.
func (g glob) match(s string) bool {
	pattern := string(g)
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
