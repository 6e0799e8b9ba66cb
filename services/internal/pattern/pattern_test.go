package pattern

import "testing"

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"a", "a", true}, {"a", "", false}, {"a", "ab", false}, {"", "", true}, {"*", "", true}, {"**", "x", true},
		{"a*", "a", true}, {"a*c", "abcbc", true}, {"a*c", "abcb", false}, {"*a*a*", "aa", true}, {"*a*a*", "a", false},
		{"a?c", "abc", false}, {"[ab]", "a", false}, {"*.de", "x.de", true}, {"*", "a/b:c", true},
	} {
		if got := Glob(c.pattern).Match(c.s); got != c.want {
			t.Errorf("%q on %q: %v", c.pattern, c.s, got)
		}
	}
}
