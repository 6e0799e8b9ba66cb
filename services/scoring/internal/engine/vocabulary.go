package engine

import (
	"hash/maphash"
	"strings"
)

// A class is what a step tells apart among the values of a column: the missing
// one, all that are unknown, and each one that is known.
const (
	classOfMissing = iota
	classOfUnknown
	firstKnown
)

// A vocabulary numbers the strings that a model knows in one feature. A string
// is looked up once a row, whatever the number of steps that read it; from
// there on it is its class.
//
// The table is a hash table of which at most a quarter is used, so that a
// lookup is one hash, hardly ever more than one entry, and one comparison of
// strings. The hash is seeded: no model can be made to collide.
type vocabulary struct {
	texts []string // by class, from firstKnown on
	table []entry
}

type entry struct {
	hash  uint32
	class int32 // 0: none, as no entry is the missing value
}

var seed = maphash.MakeSeed()

func newVocabulary(texts []string) *vocabulary {
	v := &vocabulary{texts: make([]string, len(texts))}
	size := 4
	for size < 4*len(texts) {
		size *= 2
	}
	v.table = make([]entry, size)
	for i, text := range texts {
		v.texts[i] = strings.Clone(text)           // not to keep what it is a part of
		hash := uint32(maphash.String(seed, text)) //nolint:gosec // some bits are enough
		at := int(hash) & (size - 1)
		for v.table[at].class != 0 {
			at = (at + 1) & (size - 1)
		}
		v.table[at] = entry{hash, int32(firstKnown + i)}
	}
	return v
}

// class returns the class of a string that is not missing.
func (v *vocabulary) class(text string) int32 {
	hash := uint32(maphash.String(seed, text)) //nolint:gosec // as above
	for at := int(hash); ; at++ {
		e := v.table[at&(len(v.table)-1)]
		if e.class == 0 {
			return classOfUnknown
		}
		if e.hash == hash && v.texts[e.class-firstKnown] == text {
			return e.class
		}
	}
}

// classes is how many there are.
func (v *vocabulary) classes() int { return firstKnown + len(v.texts) }
