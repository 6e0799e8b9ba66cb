package onnx

import (
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

// maxSetBits bounds what a small file can ask for: sets of as many bits as there
// are categories, one a split.
const maxSetBits = 1 << 28

// categories makes the codes of all features that are compared by equality.
func (g *grove) categories(r *reader, e *model.Ensemble) (map[int32]*coding, error) {
	codes := map[int32]*coding{}
	for _, t := range g.trees {
		for i := range t.splits {
			s := &t.splits[i]
			if int(s.feature) >= g.features {
				return nil, g.node.fail("a node reads feature %d; there are %d", s.feature, g.features)
			}
			if s.mode < modeEqual {
				continue
			}
			c := codes[s.feature]
			if c == nil {
				c = &coding{}
				codes[s.feature] = c
			}
			c.asked++
			if s.mode == modeMember {
				c.values = append(c.values, s.members...)
			} else {
				c.values = append(c.values, s.value)
			}
		}
	}
	for _, f := range sortedKeys(codes) {
		c := codes[f]
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
			In: e.In[f], Out: r.column(), By: r.by(g.node), Unknown: model.UnknownValue, UnknownCode: -1,
			Categories: []model.Scalar{{Missing: true}}, Codes: []float64{math.NaN()},
		}
		if e.Input == model.F32 {
			step.In = r.round(step.In)
		}
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

// set adds the codes of the values that a split asks for to the ensemble's sets,
// and returns their place.
func (c *coding) set(e *model.Ensemble, s *split) int32 {
	values := s.members
	if s.mode != modeMember {
		values = []float64{s.value}
	}
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

func sortedKeys[V any](m map[int32]V) []int32 {
	keys := make([]int32, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
