package sklearn

import (
	"fmt"

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
		if err := r.hold(o, c, v.kind); err != nil {
			return err
		}
	} else if r.kinds[c] == open {
		r.kinds[c] = text // None among objects: of strings, most likely
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

// oneHotEncoder makes a column of 0 and 1 for each category, or group of
// infrequent categories, that is not dropped.
func (r *reader) oneHotEncoder(o *object, in matrix) (matrix, error) {
	handle := o.text("handle_unknown")
	vocabularies := o.vocabularies(len(in.cols))
	elem, _ := o.encoded()
	drops := o.drops(len(in.cols))
	sparse := o.sparseOutput()
	if o.err != nil {
		return in, o.err
	}
	grouped := false // unknown values count as infrequent
	switch handle {
	case "error", "ignore":
	case "infrequent_if_exist":
		grouped = true
	case "warn": // before 1.8 it warned of one thing and did the other
		grouped = !r.version.before(1, 8)
	default:
		return in, o.refuse("handle_unknown="+handle, "error, ignore, infrequent_if_exist, warn")
	}
	out := matrix{elem: elem, sparse: sparse}
	for i, c := range in.cols {
		v := &vocabularies[i]
		c = r.unimputed(c, v)
		if err := r.take(o, c, v); err != nil {
			return in, err
		}
		slots, width, err := v.slots(drops[i])
		if err != nil {
			return in, o.wrong("column %d: %v", i, err)
		}
		if !r.spend(width) {
			return in, o.wrong("too many categories")
		}
		cols, err := r.columns(o, width, numeric)
		if err != nil {
			return in, err
		}
		step := model.OneHot{In: c, By: o.by(), Out: cols, UnknownSlot: -1}
		if handle != "error" {
			step.Unknown = model.UnknownValue
		}
		if grouped && v.unknown >= 0 {
			step.UnknownSlot = slot(v.unknown, drops[i])
		}
		for _, j := range v.distinct() {
			step.Categories = append(step.Categories, v.categories[j])
			step.Slots = append(step.Slots, slots[j])
		}
		r.step(step)
		out.cols = append(out.cols, cols...)
	}
	o.detail("%d columns to %d", len(in.cols), len(out.cols))
	return out, o.agree(len(out.cols))
}

// sparseOutput reads the parameter that was called sparse before 1.2.
func (o *object) sparseOutput() bool {
	if _, ok := o.attr("sparse_output"); ok {
		return o.flag("sparse_output", true)
	}
	return o.flag("sparse", true)
}

// agree holds the number of columns to what the encoder noted in training.
func (o *object) agree(n int) error {
	if !o.has("_n_features_outs") {
		return nil
	}
	widths, _ := items(o.value("_n_features_outs"))
	total := 0
	for _, w := range widths {
		x, ok := w.(int64)
		if !ok || x < 0 || x > model.MaxColumns {
			return o.wrong("attribute _n_features_outs holds a %s", typeName(w))
		}
		total += int(x)
	}
	if total != n {
		return o.wrong("%d columns come out where training had %d", n, total)
	}
	return nil
}

// slots gives each category its column among those of one input, -1 for none.
func (v *vocabulary) slots(drop int) (slots []int32, width int, err error) {
	slots = make([]int32, len(v.categories))
	for i := range slots {
		group := i
		if v.groups != nil {
			if i >= len(v.groups) {
				return nil, 0, fmt.Errorf("%d groups for %d categories", len(v.groups), len(v.categories))
			}
			group = v.groups[i]
		}
		width = max(width, group+1)
		slots[i] = slot(group, drop)
	}
	if drop >= width {
		return nil, 0, fmt.Errorf("category %d of %d is dropped", drop, width)
	}
	if drop >= 0 {
		width--
	}
	return slots, width, nil
}

// slot is the column of a group when one group may be dropped.
func slot(group, drop int) int32 {
	switch {
	case group == drop:
		return -1
	case drop >= 0 && group > drop:
		group--
	}
	return int32(group) // #nosec G115 -- less than the number of columns
}

// drops reads which group each column drops, -1 for none.
func (o *object) drops(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = -1
	}
	name := "_drop_idx_after_grouping" // since 1.2; before, drop_idx_ was that
	if _, ok := o.attr(name); !ok {
		name = "drop_idx_"
	}
	if !o.has(name) {
		if o.has("drop") {
			o.fail("attribute %s is missing", name)
		}
		return out
	}
	list, _ := items(o.value(name))
	if len(list) != n {
		o.fail("attribute %s has %d entries for %d columns", name, len(list), n)
		return out
	}
	for i, v := range list {
		if v == nil {
			continue
		}
		d, ok := v.(int64)
		if !ok || d < 0 || d > model.MaxColumns {
			o.fail("attribute %s holds a %s", name, typeName(v))
			return out
		}
		out[i] = int(d)
	}
	return out
}
