package drift

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// A feature counts one column.
type feature struct {
	name   string
	column int

	missingShare float64
	ranged       bool // there is a range to be out of
	min, max     float64
	strings      map[string]bool  // the categories that are known; nil: any may be
	numbers      map[float64]bool // likewise, of a column of numbers

	missing, unseen, outOfRange atomic.Uint64
	bins                        *bins // nil: off
}

// newFeature makes the counters of a feature; nil if the model never reads it.
func newFeature(v *model.Version, ref *store.FeatureReference) (*feature, error) {
	sig := v.Model.Signature()
	column := slices.IndexFunc(sig.Features, func(f scoring.Feature) bool { return f.Name == ref.Name })
	if column < 0 {
		return nil, fmt.Errorf("the reference has a feature %q; the model has %s", ref.Name, v.Inputs.Names())
	}
	s := &sig.Features[column]
	if s.Unused {
		return nil, nil
	}
	if (s.Type == scoring.String) != (ref.Categories != nil) && len(ref.Shares) > 0 {
		return nil, fmt.Errorf("the reference of feature %q is not that of a %v, as the model takes it", ref.Name, s.Type)
	}
	f := &feature{name: ref.Name, column: column, missingShare: ref.Missing}
	if s.Type == scoring.String {
		f.strings = knownStrings(v.Manifest, s)
		return f, nil
	}
	if f.numbers = knownNumbers(s); f.numbers == nil && ref.Min != nil {
		f.ranged, f.min, f.max = true, *ref.Min, *ref.Max
	}
	return f, nil
}

// knownStrings are the categories that the model's encoders have, and those of
// the rows that it was saved with.
func knownStrings(m *store.Manifest, s *scoring.Feature) map[string]bool {
	var known map[string]bool
	add := func(category string) {
		if known == nil {
			known = map[string]bool{}
		}
		known[category] = true
	}
	for _, c := range s.Categories {
		add(c)
	}
	for i := range m.Features {
		if m.Features[i].Name != s.Name {
			continue
		}
		for _, c := range m.Features[i].Categories {
			if text, ok := c.(string); ok {
				add(text)
			}
		}
	}
	return known
}

func knownNumbers(s *scoring.Feature) map[float64]bool {
	if s.Categories == nil {
		return nil
	}
	known := map[float64]bool{}
	for _, c := range s.Categories {
		x, err := strconv.ParseFloat(c, 64)
		if err != nil {
			return nil // not only numbers
		}
		known[x] = true
	}
	return known
}

func (f *feature) knows() bool { return f.strings != nil || f.numbers != nil }

// series is the number of series without those of the bins.
func (f *feature) series() int {
	n := 2 // missing, and its share in the reference
	if f.knows() {
		n++
	}
	if f.ranged {
		n++
	}
	return n
}

// count counts rows of a column, each 1<<shift times.
func (f *feature) count(c *scoring.Column, rows []int32, shift uint) {
	if c.Strings != nil {
		f.countStrings(c, rows, shift)
		return
	}
	var missing, unseen, outOfRange uint64
	for _, row := range rows {
		switch x := c.Numbers[row]; {
		case math.IsNaN(x):
			missing++
		case f.ranged && (x < f.min || x > f.max):
			outOfRange++
		case f.numbers != nil && !f.numbers[x]:
			unseen++
		}
	}
	add(&f.missing, missing, shift)
	add(&f.unseen, unseen, shift)
	add(&f.outOfRange, outOfRange, shift)
	if f.bins != nil {
		f.bins.countNumbers(c.Numbers, rows, shift)
	}
}

func (f *feature) countStrings(c *scoring.Column, rows []int32, shift uint) {
	var missing, unseen uint64
	for _, row := range rows {
		switch {
		case c.Missing != nil && c.Missing[row]:
			missing++
		case f.strings != nil && !f.strings[c.Strings[row]]:
			unseen++
		}
	}
	add(&f.missing, missing, shift)
	add(&f.unseen, unseen, shift)
	if f.bins != nil {
		f.bins.countStrings(c, rows, shift)
	}
}

// add spares the memory of counters to which nothing is added.
func add(counter *atomic.Uint64, n uint64, shift uint) {
	if n != 0 {
		counter.Add(n << shift)
	}
}
