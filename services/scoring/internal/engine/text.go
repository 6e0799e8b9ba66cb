package engine

import (
	"math"
	"slices"
	"unicode/utf8"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A text counts the terms of texts.
type text struct {
	model.Text
	place map[string]int32    // of the terms that are counted; nil: by hash
	stop  map[string]struct{} // words that are left out
	words *model.Pattern      // of Matches
}

// A textScratch is what a block keeps for its texts.
type textScratch struct {
	whole []byte // a text in lower case
	plain []byte // without accents
	found model.Found
	clean []byte // its words with a blank between them, or characters
	from  []int  // where in clean each word or character begins
	to    []int  // and ends

	counts []float64 // of terms, by place; all 0 between texts
	places []int32   // that are counted, in no order; some twice
}

func newText(s model.Text) *text {
	t := &text{Text: s, stop: make(map[string]struct{}, len(s.Stop))}
	t.Out = slices.Clone(s.Out)
	if s.Terms != nil {
		t.place = make(map[string]int32, len(s.Terms))
	}
	for i, term := range s.Terms {
		t.place[term] = int32(i)
	}
	for _, w := range s.Stop {
		t.stop[w] = struct{}{}
	}
	if s.Analyzer == model.Matches {
		t.words, _ = model.ParsePattern(s.Pattern) // which was checked
	}
	t.Terms, t.Stop = nil, nil
	return t
}

func (t *text) run(b *Block) error {
	for _, c := range t.Out {
		clear(b.column(c))
	}
	return t.each(b, func(row int, w *textScratch) {
		for _, at := range w.places {
			b.column(t.Out[at])[row] = w.counts[at]
		}
	})
}

// each counts the terms of each text, and hands out the counts while they last.
// Missing texts have none; the first is the error.
func (t *text) each(b *Block, counted func(row int, w *textScratch)) (err error) {
	w := &b.words
	if len(w.counts) < len(t.Out) {
		w.counts = make([]float64, len(t.Out))
	}
	class := b.texts(int32(t.In))
	for row, s := range b.strings[t.In] {
		if class[row] != classOfMissing {
			t.count(w, s)
		} else if err == nil {
			err = b.refuse(row, t.In, "the text is missing, which "+t.By+" refuses")
		}
		counted(row, w)
		for _, at := range w.places {
			w.counts[at] = 0
		}
		w.places = w.places[:0]
	}
	return err
}

// count counts the terms of one text.
func (t *text) count(w *textScratch, s string) {
	if t.Lower {
		w.whole = model.AppendLower(w.whole[:0], s)
	} else {
		w.whole = append(w.whole[:0], s...)
	}
	if t.Accents != model.KeepAccents {
		w.plain = model.StripAccents(w.plain[:0], w.whole, t.Accents)
		w.whole, w.plain = w.plain, w.whole
	}
	w.clean, w.from, w.to = w.clean[:0], w.from[:0], w.to[:0]
	switch t.Analyzer {
	case model.Matches:
		t.words.Each(&w.found, w.whole, func(from, to int) { t.word(w, w.whole[from:to]) })
	case model.Words:
		t.split(w, model.IsWord)
	case model.Runs:
		t.split(w, func(r rune) bool { return !model.IsSpace(r) })
	case model.Characters:
		w.characters()
	case model.WordsBroken:
		t.broken(w)
		return
	}
	for n := t.Min; n <= min(t.Max, len(w.from)); n++ {
		for i := range len(w.from) - n + 1 {
			t.add(w, w.clean[w.from[i]:w.to[i+n-1]])
		}
	}
}

// split finds the words: runs of certain characters.
func (t *text) split(w *textScratch, of func(rune) bool) {
	begin, length := -1, 0
	for i := 0; i <= len(w.whole); {
		n, in := 1, i < len(w.whole)
		if in {
			var r rune
			r, n = utf8.DecodeRune(w.whole[i:])
			in = of(r)
		}
		switch {
		case in && begin < 0:
			begin, length = i, 1
		case in:
			length++
		case begin >= 0:
			if length >= t.Least {
				t.word(w, w.whole[begin:i])
			}
			begin = -1
		}
		i += n
	}
}

// word appends a word, with a blank before it.
func (t *text) word(w *textScratch, word []byte) {
	if _, stop := t.stop[string(word)]; stop {
		return
	}
	if len(w.clean) > 0 {
		w.clean = append(w.clean, ' ')
	}
	w.from = append(w.from, len(w.clean))
	w.clean = append(w.clean, word...)
	w.to = append(w.to, len(w.clean))
}

// characters finds the characters; several white spaces become one blank.
func (w *textScratch) characters() {
	for i := 0; i < len(w.whole); {
		r, n := utf8.DecodeRune(w.whole[i:])
		end := i + n
		if model.IsSpace(r) {
			spaces := 1
			for end < len(w.whole) {
				r, n := utf8.DecodeRune(w.whole[end:])
				if !model.IsSpace(r) {
					break
				}
				end, spaces = end+n, spaces+1
			}
			if spaces > 1 {
				w.character([]byte{' '})
				i = end
				continue
			}
		}
		w.character(w.whole[i:end])
		i = end
	}
}

func (w *textScratch) character(c []byte) {
	w.from = append(w.from, len(w.clean))
	w.clean = append(w.clean, c...)
	w.to = append(w.to, len(w.clean))
}

// broken counts the characters of each word, with a blank on both sides.
func (t *text) broken(w *textScratch) {
	for i := 0; i < len(w.whole); {
		r, n := utf8.DecodeRune(w.whole[i:])
		if model.IsSpace(r) {
			i += n
			continue
		}
		w.clean, w.from, w.to = w.clean[:0], w.from[:0], w.to[:0]
		w.character([]byte{' '})
		for i < len(w.whole) {
			r, n := utf8.DecodeRune(w.whole[i:])
			if model.IsSpace(r) {
				break
			}
			w.character(w.whole[i : i+n])
			i += n
		}
		w.character([]byte{' '})
		for n := t.Min; n <= t.Max; n++ {
			last := max(len(w.from)-n, 0)
			for at := range last + 1 {
				t.add(w, w.clean[w.from[at]:w.to[min(at+n, len(w.to))-1]])
			}
			if last == 0 {
				break // a short word counts once
			}
		}
	}
}

// add counts a term.
func (t *text) add(w *textScratch, term []byte) {
	var at int32
	by := 1.0
	if t.place != nil {
		var ok bool
		if at, ok = t.place[string(term)]; !ok {
			return
		}
	} else {
		h := murmur3(term)
		at = int32(absolute(h) % int64(len(t.Out)))
		if t.Signed && h < 0 {
			by = -1
		}
	}
	if w.counts[at] == 0 {
		w.places = append(w.places, at)
	}
	if t.Binary {
		w.counts[at] = 1
	} else {
		w.counts[at] += by
	}
}

// absolute is |h|, for the least integer, too.
func absolute(h int32) int64 { return max(int64(h), -int64(h)) }

// murmur3 is murmurhash3 of 32 bits, with seed 0.
func murmur3(s []byte) int32 {
	const c1, c2 = 0xcc9e2d51, 0x1b873593
	var h uint32
	n := len(s)
	mix := func(k uint32) uint32 {
		k *= c1
		return (k<<15 | k>>17) * c2
	}
	for ; len(s) >= 4; s = s[4:] {
		h ^= mix(uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24)
		h = (h<<13|h>>19)*5 + 0xe6546b64
	}
	var k uint32
	for i := len(s) - 1; i >= 0; i-- {
		k = k<<8 | uint32(s[i])
	}
	if len(s) > 0 {
		h ^= mix(k)
	}
	h ^= uint32(n)
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	h ^= h >> 16
	return int32(h)
}

type termWeights model.TermWeights

func (s *termWeights) run(b *Block) error {
	for k, c := range s.In {
		out, w := b.column(s.Out[k]), 1.0
		if s.Weights != nil {
			w = s.Weights[k]
		}
		for row, x := range b.column(c) {
			if x != 0 && s.Sublinear {
				x = math.Log(x) + 1
			}
			out[row] = x * w
		}
	}
	return nil
}
