package model

import (
	"slices"
	"strings"
	"testing"
)

// Patterns find what re.findall of Python 3.11 finds.
func TestPattern(t *testing.T) {
	tests := []struct{ pattern, text, want string }{
		{`[a-zA-Z]{3,}`, "ab abc Über abcd's", "abc|ber|abcd"},
		{`(?u)\b[a-z]+\b`, "naïve cafe x1 ça a", "cafe|a"},
		{`\b\w+\b|\S`, "d'or 東京! ½", "d|'|or|東京|!|½"},
		{`[^\W\d_]+`, "a_b ٣٤ x²y", "a|b|x²y"},
		{`[]a-]+`, "a]-b[", "a]-"},
		{`[^]a]`, "]ab", "b"},
		{`\d{2,3}?`, "1234٥", "12|34"},
		{`(?:a|ab)(c)`, "abc ac", "c|c"},
		{`a|ab`, "abab", "a|a"},
		{`(?i)k[s-z]`, "\u212aſ ks KZ", "\u212aſ|ks|KZ"},
		{`.\.`, "a.\n.b.", "a.|b."},
		{`(?s).\.`, "a.\n.", "a.|\n."},
		{`\w\B\w`, "abc d", "ab"},
		{`a{,2}b`, "aaab b", "aab|b"},
		{`[\t\x20]`, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.pattern, func(t *testing.T) {
			p, err := ParsePattern(tt.pattern)
			if tt.pattern == `[\t\x20]` {
				if err == nil {
					t.Fatal("an escape that is not read was")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			p.Each(&Found{}, []byte(tt.text), func(from, to int) { got = append(got, tt.text[from:to]) })
			if want := strings.Split(tt.want, "|"); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// What could mean something else is refused.
func TestPatternRefused(t *testing.T) {
	for _, pattern := range []string{
		``, `a*`, `\b`, `a?|b`, `(?=a)b`, `(?<!a)b`, `(a)\1`, `(a)(b)`, `(a)|b`, `(a)?b`, `(?a)\w`, `(?x)a b`, `^a`, `a$`, `a++`, `a**`, `(a*)*b`,
		`a{1001}`, `a{`, `[a`, `[z-a]`, `\`, `[\`, `\Z`, `(?P<n>a)`, `a{2}{3}`, `(?i)é`, `)`, `(`, strings.Repeat("a", MaxPattern+1), `[^\w\W]`,
	} {
		if _, err := ParsePattern(pattern); err == nil {
			t.Errorf("%.40q is read", pattern)
		}
	}
}

// Whatever the pattern and the text are, what is found stands in the text, in order.
func FuzzPattern(f *testing.F) {
	f.Add(`\b\w\w+\b`, "a naïve text")
	f.Add(`(?i)[^\W\d_]{2,}?|\S(x)`, "東京 \xff")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		p, err := ParsePattern(pattern)
		if err != nil {
			return
		}
		end := 0
		p.Each(&Found{}, []byte(text), func(from, to int) {
			if from < end || to < from || to > len(text) {
				t.Fatalf("%d to %d after %d", from, to, end)
			}
			end = to
		})
	})
}
