package engine

import (
	"math/bits"
	"math/rand/v2"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// hashText is the hash of every text of a column of strings.
type hashText struct {
	text  int32
	in    int32 // the feature
	out   model.Column
	known []float64 // by class; that of unknown texts is not used
}

func (c *compiler) hash(s model.Hash) op {
	o := &hashText{text: c.source[s.In], in: c.source[s.In], out: s.Out}
	c.byClass(s.In, func(_, instead int32) {
		hash := nan
		if instead >= firstKnown {
			hash = float64(model.HashText(c.vocabularies[o.text].texts[instead-firstKnown]))
		}
		o.known = append(o.known, hash)
	})
	return o
}

func (s *hashText) run(b *Block) error {
	out, texts := b.column(s.out), b.strings[s.in]
	for row, class := range b.texts(s.text) {
		if class == classOfUnknown {
			out[row] = float64(model.HashText(texts[row]))
		} else {
			out[row] = s.known[class]
		}
	}
	return nil
}

// keyed are the columns that a statistic's key is made of.
func keyed(s *model.Statistic) []model.Column {
	columns := slices.Clone(s.Hashes)
	for _, a := range s.Above {
		columns = append(columns, a.In)
	}
	for _, e := range s.Equal {
		columns = append(columns, e.In)
	}
	return columns
}

// statistic looks up values by keys that rows make. At most half of the table
// is used. Where a key's search begins is chosen at random, so that no model
// can be made to collide.
type statistic struct {
	hashes  []model.Column
	above   []model.Above
	equal   []model.Equal
	seed    uint64
	shift   uint8
	table   []counted
	out     []model.Column
	values  []float32 // of an entry, one a column of out; first those of unseen keys
	columns int
}

// A counted is a key and where its values are, counted in entries; 0: none.
type counted struct {
	key uint64
	at  uint32
}

func newStatistic(s *model.Statistic) op {
	size := 4
	for size < 2*len(s.Keys) {
		size *= 2
	}
	o := &statistic{
		hashes: slices.Clone(s.Hashes), above: slices.Clone(s.Above), equal: slices.Clone(s.Equal), out: slices.Clone(s.Out),
		seed: rand.Uint64() | 1, shift: uint8(64 - bits.Len(uint(size-1))), table: make([]counted, size), columns: len(s.Out), // #nosec G404 G115 -- only spreads
	}
	o.values = make([]float32, 0, len(s.Unseen)+len(s.Values))
	o.values = append(append(o.values, s.Unseen...), s.Values...)
	for i, key := range s.Keys {
		at := o.first(key)
		for o.table[at].at != 0 {
			at = (at + 1) & (size - 1)
		}
		o.table[at] = counted{key, uint32(i + 1)} // #nosec G115 -- at most MaxStatistics
	}
	return o
}

func (s *statistic) first(key uint64) int { return int((key * s.seed) >> s.shift) } // #nosec G115 -- less than the table

func (s *statistic) run(b *Block) error {
	for row := range b.rows {
		key := uint64(0)
		for _, c := range s.hashes {
			part := uint64(0)
			if x := b.column(c)[row]; x == x {
				part = uint64(int64(x)) // #nosec G115 -- hashes are signed
			}
			key = model.KeyHash(key, part)
		}
		for i := range s.above {
			a := &s.above[i]
			x := b.column(a.In)[row]
			key = model.KeyHash(key, uint64(one(float32(x) > a.Border || x != x && a.Missing))) // #nosec G115 -- 0 or 1
		}
		for i := range s.equal {
			e := &s.equal[i]
			key = model.KeyHash(key, uint64(one(b.column(e.In)[row] == float64(e.Value)))) // #nosec G115 -- 0 or 1
		}
		values := s.values[s.find(key)*s.columns:][:s.columns]
		for j, c := range s.out {
			b.column(c)[row] = float64(values[j])
		}
	}
	return nil
}

// find returns the entry of a key, 0 for one that is not there.
func (s *statistic) find(key uint64) int {
	for at := s.first(key); ; at = (at + 1) & (len(s.table) - 1) {
		if e := &s.table[at]; e.key == key || e.at == 0 {
			return int(e.at)
		}
	}
}
