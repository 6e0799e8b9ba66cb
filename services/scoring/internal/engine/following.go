package engine

import (
	"math"
	"slices"
	"sort"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A following finds the category that follows an unknown value; see
// model.Ordinal.Next.
type following struct {
	categories []model.Scalar // sorted
	ids        []int32        // of each: its place among the step's categories
}

func newFollowing(s model.Ordinal) *following {
	if !s.Next {
		return nil
	}
	f := &following{}
	for i, c := range s.Categories {
		if !c.Missing {
			f.ids = append(f.ids, int32(i)) // #nosec G115 -- bounded by the size of the model
		}
	}
	slices.SortStableFunc(f.ids, func(a, b int32) int {
		x, y := s.Categories[a], s.Categories[b]
		switch {
		case before(x, y):
			return -1
		case before(y, x):
			return 1
		}
		return 0
	})
	for _, id := range f.ids {
		f.categories = append(f.categories, s.Categories[id])
	}
	return f
}

// find returns the category that follows a value, or -1. texts are the values
// of a column of strings, nil for a column of numbers.
func (f *following) find(texts []string, row int, x float64) int32 {
	v := model.Scalar{Kind: model.Number, Number: x}
	if texts != nil {
		v = model.Scalar{Kind: model.String, String: texts[row]}
	}
	if x != x || texts == nil && x != math.Trunc(x) {
		return -1
	}
	i := sort.Search(len(f.ids), func(i int) bool { return !before(f.categories[i], v) })
	if i == len(f.ids) {
		return -1
	}
	return f.ids[i]
}

// before orders two values of one kind.
func before(a, b model.Scalar) bool {
	if a.Kind == model.Number {
		return a.Number < b.Number
	}
	n := min(len(a.String), len(b.String))
	for i := range n {
		if x, y := int8(a.String[i]), int8(b.String[i]); x != y { // #nosec G115 -- signed on purpose
			return x < y
		}
	}
	return len(a.String) < len(b.String)
}
