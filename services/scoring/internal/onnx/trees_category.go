package onnx

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// Splits by equality become categorical ones: an encoder numbers the values
// that some split of the feature asks for, so that 1.5 is not the category 1.
type coding struct {
	feature int32     // the place of the codes among the inputs
	values  []float64 // sorted
	asked   int       // how many splits ask for one or some
}

// A coded names a coding: those of a feature as it is, and cut to whole numbers.
type coded struct {
	feature int32
	whole   bool
}

// coded is the coding that a split by equality asks.
func (s *split) coded() coded { return coded{s.feature, s.whole} }

// wholeSet reports whether the runtime cuts a value before it looks for it in a set
// (ONNX Runtime 1.32): it does unless all of the set is in 0 to 30. Of other numbers
// than integers it knows no sets.
func (n *node) wholeSet(members []float64) (bool, error) {
	whole := false
	for _, v := range members {
		if v != math.Trunc(v) || math.Abs(v) > 1<<30 {
			return false, n.refuse("a set that holds %v", v)
		}
		whole = whole || v < 0 || v > 30
	}
	return whole, nil
}

// maxSetBits bounds what a small file can ask for: sets of as many bits as there
// are categories, one a split.
const maxSetBits = 1 << 28

// categories makes the codes of all features that are compared by equality.
func (g *grove) categories(r *reader, e *model.Ensemble) (map[coded]*coding, error) {
	codes := map[coded]*coding{}
	for _, t := range g.trees {
		for i := range t.splits {
			s := &t.splits[i]
			if int(s.feature) >= g.features {
				return nil, g.node.fail("a node reads feature %d; there are %d", s.feature, g.features)
			}
			if s.mode < modeEqual {
				continue
			}
			c := codes[s.coded()]
			if c == nil {
				c = &coding{}
				codes[s.coded()] = c
			}
			c.asked++
			c.values = append(c.values, g.asked(s)...)
		}
	}
	for _, key := range sortedKeys(codes) {
		c := codes[key]
		for i, v := range c.values {
			if math.IsNaN(v) {
				return nil, g.node.fail("a node asks for equality with NaN")
			}
			c.values[i] = v + 0 // -0 is 0
		}
		slices.Sort(c.values)
		c.values = slices.Compact(c.values)
		if len(c.values)*c.asked > maxSetBits {
			return nil, g.node.refuse("%d categories in %d splits", len(c.values), c.asked)
		}
		step := model.Ordinal{
			In: e.In[key.feature], By: r.by(g.node), Unknown: model.UnknownValue, UnknownCode: -1,
			Categories: []model.Scalar{{Missing: true}}, Codes: []float64{math.NaN()},
		}
		if e.Input == model.F32 {
			step.In = r.round(step.In)
		}
		if key.whole {
			x := at(step.In)
			step.In = r.choose(r.is(x, math.NaN()), x, r.truncate(x, int32Elem)).column
		}
		step.Out = r.column()
		for i, v := range c.values {
			step.Categories = append(step.Categories, model.Scalar{Number: v})
			step.Codes = append(step.Codes, float64(i))
		}
		r.add(step)
		c.feature = int32(len(e.In))
		e.In = append(e.In, step.Out)
	}
	return codes, nil
}

// asked are the values that a split by equality asks for.
func (g *grove) asked(s *split) []float64 {
	if s.mode == modeMember {
		return g.sets[s.set]
	}
	return []float64{s.value}
}

// set adds the codes of values that a split asks for to the ensemble's sets, and
// returns their place.
func (c *coding) set(e *model.Ensemble, values []float64) int32 {
	set := model.Set{MembersLeft: true, Others: model.MissingRight}
	for _, v := range values {
		i, _ := slices.BinarySearch(c.values, v)
		if i >= len(set.Members)*32 {
			set.Members = append(set.Members, make([]uint32, i/32+1-len(set.Members))...)
		}
		set.Members[i/32] |= 1 << (i % 32)
	}
	e.Sets = append(e.Sets, set)
	return int32(len(e.Sets) - 1)
}

func sortedKeys[V any](m map[coded]V) []coded {
	return slices.SortedFunc(maps.Keys(m), func(a, b coded) int {
		return cmp.Or(cmp.Compare(a.feature, b.feature), cmp.Compare(one(a.whole), one(b.whole)))
	})
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}
