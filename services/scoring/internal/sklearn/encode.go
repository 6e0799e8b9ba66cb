package sklearn

import (
	"fmt"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

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
