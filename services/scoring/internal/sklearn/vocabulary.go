package sklearn

import (
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// A vocabulary is what an encoder knows of one column.
type vocabulary struct {
	categories []model.Scalar // as many as categories_ has, in its order
	kind       kind
	typed      bool // the categories have a numeric dtype: infinity is refused
	// infrequent maps a category to its group; nil without infrequent
	// categories. unknown is the group of the infrequent ones, -1 without.
	groups  []int
	unknown int
}

// vocabularies reads the categories of an encoder, for n columns.
func (o *object) vocabularies(n int) []vocabulary {
	lists := o.list("categories_")
	if o.err == nil && len(lists) != n {
		o.fail("categories for %d columns, but it gets %d", len(lists), n)
	}
	var groups, infrequent []pickle.Value
	if o.flag("_infrequent_enabled", false) {
		groups, infrequent = o.list("_default_to_infrequent_mappings"), o.list("_infrequent_indices")
		if o.err == nil && (len(groups) != n || len(infrequent) != n) {
			o.fail("infrequent categories of %d and %d columns, not %d", len(groups), len(infrequent), n)
		}
	}
	if o.err != nil {
		return nil
	}
	out := make([]vocabulary, n)
	for i, list := range lists {
		v := &out[i]
		v.unknown = -1
		o.categories(i, list, v)
		if groups != nil && groups[i] != nil && infrequent[i] != nil {
			o.infrequent(i, groups[i], infrequent[i], v)
		}
	}
	return out
}

// categories reads the categories of column i.
func (o *object) categories(i int, list pickle.Value, v *vocabulary) {
	a, ok := list.(*pickle.Array)
	if !ok {
		o.fail("categories_[%d] is a %s, not an array", i, typeName(list))
		return
	}
	values, err := o.r.values(a)
	if err != nil {
		o.fail("categories_[%d]: %v", i, err)
		return
	}
	switch a.Dtype.Kind {
	case 'i', 'u', 'f', 'b':
		v.typed = true
	}
	for _, value := range values {
		s, ok := scalar(value)
		if !ok {
			o.fail("categories_[%d] holds a %s", i, typeName(value))
			return
		}
		k := numeric
		if s.Kind == model.String {
			k = text
		}
		if !s.Missing {
			if v.kind != open && v.kind != k {
				o.fail("categories_[%d] holds both strings and numbers", i)
				return
			}
			v.kind = k
		}
		v.categories = append(v.categories, s)
	}
	for j := range v.categories {
		if v.categories[j].Missing && v.kind == text {
			v.categories[j].Kind = model.String
		}
	}
	if v.kind == open && v.typed {
		v.kind = numeric
	}
}

// infrequent reads how the categories of column i are grouped.
func (o *object) infrequent(i int, groups, infrequent pickle.Value, v *vocabulary) {
	g, err := o.r.integersOf(groups)
	rare, err2 := o.r.integersOf(infrequent)
	if err != nil || err2 != nil || len(g) > len(v.categories) || len(rare) == 0 || rare[0] < 0 || rare[0] >= len(g) {
		o.fail("the infrequent categories of column %d do not fit its %d categories", i, len(v.categories))
		return
	}
	for _, group := range g {
		if group < 0 || group >= len(g) {
			o.fail("the infrequent categories of column %d: group %d", i, group)
			return
		}
	}
	v.groups, v.unknown = g, g[rare[0]]
}

// distinct says which category a missing value is. A list may hold both None
// and NaN, which are one thing here; NaN, which comes last, is taken.
func (v *vocabulary) distinct() (keep []int) {
	last := -1
	for i, c := range v.categories {
		if c.Missing {
			last = i
		}
	}
	for i, c := range v.categories {
		if !c.Missing || i == last {
			keep = append(keep, i)
		}
	}
	return keep
}

// take says that an encoder reads a column with this vocabulary.
func (r *reader) take(o *object, c model.Column, v *vocabulary) error {
	if r.inexact[c] {
		return o.refuse("categories among the results of a function", "categories that come from the input, or from exact functions")
	}
	if v.kind != open {
		if err := r.holds(o, c, v.kind, false); err != nil {
			return err
		}
	} else if r.kinds[c] == open { // None among objects: of strings, most likely
		if err := r.holds(o, c, text, false); err != nil {
			return err
		}
	}
	if r.kinds[c] == text {
		for j := range v.categories {
			v.categories[j].Kind = model.String
		}
	}
	if v.typed {
		r.require(o, []model.Column{c}, demand{finite: true})
	}
	return nil
}
