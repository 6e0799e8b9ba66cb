package engine

import (
	"cmp"
	"slices"
	"sort"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A following finds the category that follows an unknown string; see
// model.Ordinal.Next.
type following struct {
	texts []string // the categories, sorted
	ids   []int32  // of each: its place among the step's categories
}

func newFollowing(s model.Ordinal) *following {
	if !s.Next {
		return nil
	}
	f := &following{}
	for i, c := range s.Categories {
		if !c.Missing && c.Kind == model.String {
			f.ids = append(f.ids, int32(i))
		}
	}
	slices.SortStableFunc(f.ids, func(a, b int32) int {
		return compareSigned(s.Categories[a].String, s.Categories[b].String)
	})
	for _, id := range f.ids {
		f.texts = append(f.texts, s.Categories[id].String)
	}
	return f
}

// find returns the category that follows a string, or -1.
func (f *following) find(text string) int32 {
	i := sort.Search(len(f.ids), func(i int) bool { return compareSigned(f.texts[i], text) >= 0 })
	if i == len(f.ids) {
		return -1
	}
	return f.ids[i]
}

// compareSigned compares strings by their bytes as signed numbers.
func compareSigned(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return cmp.Compare(int8(a[i]), int8(b[i]))
		}
	}
	return cmp.Compare(len(a), len(b))
}
