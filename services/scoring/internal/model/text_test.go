package model

import (
	"encoding/json"
	"os"
	"testing"
	"unicode/utf8"
)

// Of every character that Python knows, texts take the same for part of a word and for
// white space, and make the same lower case of it. Newer characters may differ from one
// version of Python to the next.
func TestCharactersAsPython(t *testing.T) {
	var python struct {
		Known, Word, Space [][2]rune
		From               string
		Lower              []string
		Sigma              [][2]string
	}
	data, err := os.ReadFile("testdata/unicode.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &python); err != nil {
		t.Fatal(err)
	}
	lower := make(map[rune]string)
	for i, r := range []rune(python.From) {
		lower[r] = python.Lower[i]
	}
	set := func(ranges [][2]rune) map[rune]bool {
		in := make(map[rune]bool)
		for _, r := range ranges {
			for c := r[0]; c <= r[1]; c++ {
				in[c] = true
			}
		}
		return in
	}
	known, word, space := set(python.Known), set(python.Word), set(python.Space)
	if len(known) < 280_000 || len(word) < 130_000 {
		t.Fatalf("%d characters, %d of words", len(known), len(word))
	}
	for r := range rune(utf8.MaxRune + 1) {
		if !known[r] {
			continue
		}
		want, changes := lower[r]
		if !changes {
			want = string(r)
		}
		if IsWord(r) != word[r] || IsSpace(r) != space[r] {
			t.Errorf("%U: word %v, space %v", r, IsWord(r), IsSpace(r))
		}
		if got := string(AppendLower(nil, string(r))); got != want {
			t.Errorf("%U in lower case is %q, want %q", r, got, want)
		}
	}
	for _, s := range python.Sigma {
		if got := string(AppendLower(nil, s[0])); got != s[1] {
			t.Errorf("%q in lower case is %q, want %q", s[0], got, s[1])
		}
	}
}
