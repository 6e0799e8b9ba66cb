package model

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Hash is the number by which CatBoost knows a text: [HashText] of it, which is
// a whole number and exact in float64. A missing text gives NaN.
type Hash struct{ In, Out Column }

// Statistic looks up what was counted, in training, of the values that several
// columns have together (CatBoost's CTR features). The key is made by
// [KeyHash], from 0 on, of the numbers of the columns Hashes, then of the
// answers (1 or 0) of Above, then of those of Equal. Where Keys has the key at
// i, Out[j] is Values[i*len(Out)+j], else Unseen[j].
type Statistic struct {
	Hashes []Column // of Hash
	Above  []Above
	Equal  []Equal
	Keys   []uint64 // none twice
	Out    []Column
	Values []float32
	Unseen []float32
}

// Above asks whether In, rounded to float32, is above a border; of a missing
// value the answer is Missing.
type Above struct {
	In      Column
	Border  float32
	Missing bool
}

// Equal asks whether In, a column of Hash, is Value.
type Equal struct {
	In    Column
	Value int32
}

func (Hash) step()       {}
func (*Statistic) step() {}

// MaxStatistics is the greatest number of values of a [Statistic].
const MaxStatistics = 1 << 28

func checkHash(t *table, s Hash) error {
	if err := t.read(s.In, String); err != nil {
		return err
	}
	return t.define(s.Out, Number)
}

func checkStatistic(t *table, s *Statistic) error {
	if parts := len(s.Hashes) + len(s.Above) + len(s.Equal); parts == 0 || parts > MaxColumns || len(s.Out) == 0 {
		return fmt.Errorf("%d and %d and %d parts of a key for %d columns", len(s.Hashes), len(s.Above), len(s.Equal), len(s.Out))
	}
	for _, c := range s.Hashes {
		if err := t.read(c, Number); err != nil {
			return err
		}
	}
	for _, a := range s.Above {
		if a.Border != a.Border {
			return errors.New("a border is NaN")
		}
		if err := t.read(a.In, Number); err != nil {
			return err
		}
	}
	for _, e := range s.Equal {
		if err := t.read(e.In, Number); err != nil {
			return err
		}
	}
	if len(s.Unseen) != len(s.Out) || len(s.Keys) > MaxStatistics/len(s.Out) || len(s.Values) != len(s.Keys)*len(s.Out) {
		return fmt.Errorf("%d values, %d of them of unseen keys, for %d keys and %d columns",
			len(s.Values), len(s.Unseen), len(s.Keys), len(s.Out))
	}
	for _, v := range s.Values {
		if math.IsNaN(float64(v)) {
			return errors.New("a value is NaN")
		}
	}
	keys := slices.Clone(s.Keys)
	slices.Sort(keys)
	if len(slices.Compact(keys)) != len(s.Keys) {
		return errors.New("a key is there twice")
	}
	for _, c := range s.Out {
		if err := t.define(c, Number); err != nil {
			return err
		}
	}
	return nil
}
