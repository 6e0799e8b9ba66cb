package onnx

import (
	"cmp"
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// byColumn is an operator of each column by itself, which yields float32s.
func (r *reader) byColumn(n *node, t *tensor, f func(column int, c cell) cell) ([]*tensor, error) {
	if t.rank() == 0 || t.rank() > 2 || t.rank() == 2 && t.rowAxis() > 0 {
		return nil, n.refuse("an input of shape %v", t.dims)
	}
	cells, err := r.numbersOf(n, t)
	if err != nil {
		return nil, err
	}
	out := make([]cell, len(cells))
	for i, c := range cells {
		out[i] = f(i, c)
	}
	return []*tensor{of(t.elem, t.dims, out)}, nil
}

// scaler is Scaler: (x - offset)·scale.
func scaler(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	offset, err1 := n.floats("offset")
	scale, err2 := n.floats("scale")
	if err := cmp.Or(err1, err2); err != nil {
		return nil, err
	}
	t := in[0]
	columns := size(t.dims)
	if len(scale) != len(offset) || len(scale) != 1 && len(scale) != columns {
		return nil, n.fail("%d offsets and %d scales for %d columns", len(offset), len(scale), columns)
	}
	work := float32Elem // in which it computes
	if t.elem == float64Elem {
		work = float64Elem
	}
	out, err := r.byColumn(n, t, func(i int, c cell) cell {
		k := min(i, len(scale)-1)
		if t.elem != work {
			c = r.roundTo(c, work)
		}
		c = r.combine(model.Subtract, work, c, number(float64(offset[k])))
		c = r.combine(model.Multiply, work, c, number(float64(scale[k])))
		return r.roundIf(c, work != float32Elem)
	})
	return retyped(out, float32Elem), err
}

// roundIf rounds a cell to float32.
func (r *reader) roundIf(c cell, do bool) cell {
	if do {
		return r.roundTo(c, float32Elem)
	}
	return c
}

func retyped(out []*tensor, e elem) []*tensor {
	for _, t := range out {
		t.elem = e
	}
	return out
}

// imputer is Imputer.
func imputer(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	floats, err1 := n.floats("imputed_value_floats")
	integers, err2 := n.integers("imputed_value_int64s")
	missing, err3 := n.float("replaced_value_float", 0)
	sentinel, err4 := n.integer("replaced_value_int64", 0)
	if err := cmp.Or(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	t := in[0]
	fill, replaced := widen(floats), float64(missing)
	switch {
	case t.elem == int64Elem && len(integers) > 0:
		fill, replaced = nil, float64(sentinel)
		for _, x := range integers {
			fill = append(fill, float64(x))
		}
	case t.elem != float32Elem || len(floats) == 0:
		return nil, n.refuse("%ss", t.elem)
	}
	columns := size(t.dims)
	if len(fill) == 0 {
		return nil, n.fail("no value to impute")
	}
	return r.byColumn(n, t, func(i int, c cell) cell {
		k := 0
		if len(fill) == columns {
			k = i
		}
		if c.constant() {
			return r.choose(r.is(c, replaced), number(fill[k]), c)
		}
		s := model.Impute{In: c.column, Missing: scalar(replaced), Fill: scalar(fill[k])}
		return r.defined(s, func(c model.Column) model.Step { s.Out = c; return s })
	})
}

// binarizer is Binarizer: 1 above a threshold, else 0.
func binarizer(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	threshold, err := n.float("threshold", 0)
	if err != nil {
		return nil, err
	}
	return r.byColumn(n, in[0], func(_ int, c cell) cell {
		if !c.constant() {
			r.add(model.Require{In: c.column, By: r.by(n), NoMissing: true})
		}
		return r.combine(model.IsLess, boolElem, number(float64(threshold)), c)
	})
}

// oneHot is OneHotEncoder: a column a category. Numbers are truncated first.
func oneHot(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	keys, err1 := n.labels("cats_strings", "cats_int64s")
	zeros, err2 := n.integer("zeros", 1)
	if err := cmp.Or(err1, err2); err != nil {
		return nil, err
	}
	t, err := r.forced(n, in[0])
	if err != nil {
		return nil, err
	}
	count := size(keys.dims)
	if t.constant() || count == 0 || t.isStrings() != keys.isStrings() || t.table != nil && t.isStrings() || size(t.dims)*count > maxElements {
		return nil, n.refuse("%d categories of %ss for %ss of shape %v", count, keys.elem, t.elem, t.dims)
	}
	cells := t.cells
	if !t.isStrings() {
		if cells, err = r.numbersOf(n, t); err != nil {
			return nil, err
		}
	}
	var out []cell
	for _, c := range cells {
		if t.elem.floating() {
			c = r.truncate(c, int64Elem)
		}
		if c.constant() {
			return nil, n.refuse("a constant input")
		}
		s := model.OneHot{In: c.column, By: r.by(n), UnknownSlot: -1}
		if zeros != 0 {
			s.Unknown = model.UnknownValue
		}
		// Of equal categories the last counts.
		slots := map[model.Scalar]int32{}
		scalars := keys.scalars()
		for k, c := range scalars {
			slots[c] = int32(k)
		}
		for k := range count {
			if slots[scalars[k]] == int32(k) {
				s.Categories, s.Slots = append(s.Categories, scalars[k]), append(s.Slots, int32(k))
			}
			s.Out = append(s.Out, r.column())
			out = append(out, at(s.Out[k]))
		}
		r.add(s)
	}
	return []*tensor{of(float32Elem, append(slices.Clone(t.dims), count), out)}, nil
}

// labelEncoder is LabelEncoder: keys and values of one type each.
func labelEncoder(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	keys, _, err := n.mapping("keys", 0)
	if err != nil {
		return nil, err
	}
	values, absent, err := n.mapping("values", -1)
	if err != nil {
		return nil, err
	}
	if keys == nil && n.has("classes_strings") { // version 1: strings and their places
		return r.places(n, in[0])
	}
	if keys == nil || values == nil || size(keys.dims) != size(values.dims) {
		return nil, n.refuse("these keys and values")
	}
	return r.mapped(n, in[0], keys, values, absent)
}

// A fallback is what a key that is not there becomes.
type fallback struct {
	number float64
	text   string
}

// mapping reads the keys or the values of a LabelEncoder, and the default.
func (n *node) mapping(name string, absent int64) (*tensor, fallback, error) {
	none := fallback{text: "_Unused"}
	if t, err := n.tensor(name + "_tensor"); err != nil || t != nil {
		if err != nil {
			return nil, none, err
		}
		d, err := n.tensor("default_tensor")
		switch {
		case err != nil:
			return nil, none, err
		case d != nil && len(d.numbers) == 1:
			none.number = d.numbers[0]
		case d != nil && len(d.texts) == 1:
			none.text = d.texts[0]
		case t.elem == int64Elem:
			none.number = float64(absent)
		}
		return t, none, nil
	}
	texts, err1 := n.strings(name + "_strings")
	integers, err2 := n.integers(name + "_int64s")
	floats, err3 := n.floats(name + "_floats")
	number, err4 := n.integer("default_int64", absent)
	float, err5 := n.float("default_float", float32(math.Copysign(0, -1)))
	text, err6 := n.text("default_string", none.text)
	if err := cmp.Or(err1, err2, err3, err4, err5, err6); err != nil {
		return nil, none, err
	}
	none.text = text
	switch {
	case len(texts) > 0:
		return &tensor{elem: stringElem, dims: []int{len(texts)}, texts: texts}, none, nil
	case len(integers) > 0:
		t := &tensor{elem: int64Elem, dims: []int{len(integers)}}
		for _, x := range integers {
			t.numbers = append(t.numbers, float64(x))
		}
		none.number = float64(number)
		return t, none, nil
	case len(floats) > 0:
		none.number = float64(float)
		return &tensor{elem: float32Elem, dims: []int{len(floats)}, numbers: widen(floats)}, none, nil
	}
	return nil, none, nil
}

// places is LabelEncoder of version 1, from strings to their places.
func (r *reader) places(n *node, t *tensor) ([]*tensor, error) {
	texts, err1 := n.strings("classes_strings")
	absent, err2 := n.integer("default_int64", -1)
	text, err3 := n.text("default_string", "_Unused")
	if err := cmp.Or(err1, err2, err3); err != nil {
		return nil, err
	}
	keys := &tensor{elem: stringElem, dims: []int{len(texts)}, texts: texts}
	index := &tensor{elem: int64Elem, dims: keys.dims}
	for i := range texts {
		index.numbers = append(index.numbers, float64(i))
	}
	if !t.isStrings() {
		return r.mapped(n, t, index, keys, fallback{text: text})
	}
	return r.mapped(n, t, keys, index, fallback{number: float64(absent)})
}

// mapped replaces keys by values, and what is no key by a default.
func (r *reader) mapped(n *node, t, keys, values *tensor, absent fallback) ([]*tensor, error) {
	if keys.elem != t.elem {
		return nil, n.fail("keys of %ss for %ss", keys.elem, t.elem)
	}
	if table := t.taken(); table != nil { // few are known: they are looked up here
		out := &tensor{elem: values.elem, dims: table.dims}
		scalars := keys.scalars()
		for _, s := range table.scalars() {
			at := slices.Index(scalars, s)
			switch {
			case values.isStrings() && at >= 0:
				out.texts = append(out.texts, values.texts[at])
			case values.isStrings():
				out.texts = append(out.texts, absent.text)
			case at >= 0:
				out.numbers = append(out.numbers, values.numbers[at])
			default:
				out.numbers = append(out.numbers, absent.number)
			}
		}
		return []*tensor{t.from(out)}, nil
	}
	if values.isStrings() {
		return r.named(n, t, keys, values, absent)
	}
	cells, err := r.encode(n, t, keys, values.numbers, absent.number)
	if err != nil {
		return nil, err
	}
	return []*tensor{of(values.elem, t.dims, cells)}, nil
}

// named makes strings of numbers: indices into the values and, at the end, the
// default, which must not be met where a label is chosen.
func (r *reader) named(n *node, t, keys, values *tensor, absent fallback) ([]*tensor, error) {
	codes := make([]float64, len(values.texts))
	for i := range codes {
		codes[i] = float64(i)
	}
	cells, err := r.encode(n, t, keys, codes, float64(len(codes)))
	if err != nil {
		return nil, err
	}
	table := &tensor{elem: stringElem, dims: []int{len(codes) + 1}, texts: append(slices.Clone(values.texts), absent.text)}
	return []*tensor{{elem: stringElem, dims: t.dims, cells: cells, table: table}}, nil
}

// categoryMapper is CategoryMapper: strings to integers or back.
func categoryMapper(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	texts, err1 := n.strings("cats_strings")
	integers, err2 := n.integers("cats_int64s")
	absent, err3 := n.integer("default_int64", -1)
	text, err4 := n.text("default_string", "_Unused")
	if err := cmp.Or(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	if len(texts) != len(integers) {
		return nil, n.fail("%d strings and %d integers", len(texts), len(integers))
	}
	keys := &tensor{elem: stringElem, dims: []int{len(texts)}, texts: texts}
	codes := &tensor{elem: int64Elem, dims: keys.dims}
	for _, x := range integers {
		codes.numbers = append(codes.numbers, float64(x))
	}
	if !in[0].isStrings() {
		return r.mapped(n, in[0], codes, keys, fallback{text: text})
	}
	return r.mapped(n, in[0], keys, codes, fallback{number: float64(absent)})
}

// normalizer is Normalizer.
func normalizer(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	norm, err := n.text("norm", "MAX")
	if err != nil {
		return nil, err
	}
	t := in[0]
	if t.of != nil && !t.label && norm == "L1" && t.rank() == 2 {
		of := *t.of
		switch of.link {
		case model.LinkSoftmaxSumF32: // they add up to 1 already, but for rounding
			return in[:1], nil
		case model.LinkLogisticMirrorF32:
			if of.outputs == of.estimator.Width() {
				of.link = model.LinkOneVsRest
				return []*tensor{{elem: float32Elem, dims: t.dims, of: &of}}, nil
			}
		}
	}
	if t.rank() != 2 || t.rowAxis() != 0 || t.dims[1] == 0 {
		return nil, n.refuse("an input of shape %v", t.dims)
	}
	cells, err := r.numbersOf(n, t)
	if err != nil {
		return nil, err
	}
	const f = float32Elem
	for i, c := range cells {
		cells[i] = r.roundTo(c, f)
	}
	var by cell
	squared := make([]cell, len(cells))
	switch norm {
	case "MAX":
		// From the least number on, which no NaN and no -Inf changes.
		by = r.greatest(f, append([]cell{number(-math.MaxFloat32)}, cells...))
	case "L1":
		by = r.absolute(f, cells)
	case "L2":
		for i, c := range cells {
			squared[i] = r.combine(model.Multiply, f, c, c)
		}
		by = r.sum(f, squared)
	default:
		return nil, n.refuse("the norm %s", quote(norm))
	}
	none := r.is(by, 0)
	out := make([]cell, len(cells))
	for i, c := range cells {
		scaled := r.combine(model.Divide, f, c, by)
		if norm == "L2" {
			root := r.apply(model.Sqrt, f, r.combine(model.Divide, f, squared[i], by))
			scaled = r.choose(r.combine(model.IsLess, boolElem, c, number(0)), r.combine(model.Subtract, f, number(0), root), root)
		}
		out[i] = r.choose(none, c, scaled)
	}
	return []*tensor{of(f, t.dims, out)}, nil
}
