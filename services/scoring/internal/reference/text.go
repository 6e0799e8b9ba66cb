package reference

import (
	"math"
	"slices"
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// text runs a step that reads a text.
func text(cols []model.Scalar, s model.Text) error {
	if cols[s.In].Missing {
		return ErrRefused
	}
	doc := cols[s.In].String
	if s.Lower {
		doc = string(model.AppendLower(nil, doc))
	}
	if s.Accents != model.KeepAccents {
		doc = string(model.StripAccents(nil, []byte(doc), s.Accents))
	}
	y := make([]float64, len(s.Out))
	for _, term := range terms(doc, s) {
		at, by := slices.Index(s.Terms, term), 1.0
		if s.Terms == nil {
			h := int64(int32(murmur(term)))
			if h < 0 && s.Signed {
				by = -1
			}
			at = int(max(h, -h) % int64(len(y)))
		}
		if at < 0 {
			continue
		}
		if y[at] += by; s.Binary {
			y[at] = 1
		}
	}
	for k, c := range s.Out {
		cols[c] = Number(y[k])
	}
	return nil
}

func terms(doc string, s model.Text) (out []string) {
	switch s.Analyzer {
	case model.Matches:
		var words []string
		if p, err := model.ParsePattern(s.Pattern); err == nil {
			p.Each(&model.Found{}, []byte(doc), func(from, to int) { words = append(words, doc[from:to]) })
		}
		s.Least = 0
		return ngrams(kept(words, s), " ", s)
	case model.Words:
		return ngrams(kept(strings.FieldsFunc(doc, func(r rune) bool { return !model.IsWord(r) }), s), " ", s)
	case model.Runs:
		return ngrams(kept(strings.FieldsFunc(doc, model.IsSpace), s), " ", s)
	case model.Characters:
		return ngrams(strings.Split(blanks(doc), ""), "", s)
	}
	for _, word := range strings.FieldsFunc(doc, model.IsSpace) {
		letters := strings.Split(" "+word+" ", "")
		for n := s.Min; n <= s.Max; n++ {
			if n >= len(letters) {
				out = append(out, " "+word+" ")
				break
			}
			for i := 0; i+n <= len(letters); i++ {
				out = append(out, strings.Join(letters[i:i+n], ""))
			}
		}
	}
	return out
}

func kept(words []string, s model.Text) (out []string) {
	for _, w := range words {
		if len([]rune(w)) >= s.Least && !slices.Contains(s.Stop, w) {
			out = append(out, w)
		}
	}
	return out
}

func ngrams(of []string, between string, s model.Text) (out []string) {
	for n := s.Min; n <= s.Max; n++ {
		for i := 0; i+n <= len(of); i++ {
			out = append(out, strings.Join(of[i:i+n], between))
		}
	}
	return out
}

// blanks makes one blank of several white spaces.
func blanks(doc string) string {
	var out []rune
	run := 0
	for _, r := range doc {
		if !model.IsSpace(r) {
			run = 0
		} else if run++; run > 1 {
			out[len(out)-1] = ' '
			continue
		}
		out = append(out, r)
	}
	return string(out)
}

// murmur is murmurhash3 of 32 bits with seed 0, written from its description.
func murmur(s string) uint32 {
	rotate := func(x uint32, n int) uint32 { return x<<n | x>>(32-n) }
	h := uint32(0)
	for i := 0; i < len(s); i += 4 {
		k := uint32(0)
		for j := i; j < min(i+4, len(s)); j++ {
			k |= uint32(s[j]) << (8 * (j - i))
		}
		k = rotate(k*0xcc9e2d51, 15) * 0x1b873593
		if h ^= k; i+4 <= len(s) {
			h = rotate(h, 13)*5 + 0xe6546b64
		}
	}
	h ^= uint32(len(s))
	for _, m := range []struct {
		shift  int
		factor uint32
	}{{16, 0x85ebca6b}, {13, 0xc2b2ae35}, {16, 1}} {
		h = (h ^ h>>m.shift) * m.factor
	}
	return h
}

func weighed(x []float64, s model.TermWeights) []float64 {
	for i, v := range x {
		if v != 0 && s.Sublinear {
			v = 1 + math.Log(v)
		}
		if s.Weights != nil {
			v *= s.Weights[i]
		}
		x[i] = v
	}
	return x
}
