package sklearn

import (
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// A key is what dictionaries hold under one name: a number, in a column of its own, or
// strings, each of which that training saw has one.
type key struct {
	name   string
	number int // its column; -1 of strings
	values []model.Scalar
	slots  []int32 // columns of the values
}

// keys are those that a DictVectorizer knows, in the order of their columns. What it calls
// name=value is a string; a name that holds the separator itself cannot be told from one.
func (o *object) keys() []key {
	separator := o.text("separator")
	names := o.list("feature_names_")
	vocabulary, ok := o.value("vocabulary_").(*pickle.Dict)
	if o.err == nil && (!ok || separator == "" || len(names) == 0 || len(names) > model.MaxColumns || len(vocabulary.Keys) != len(names)) {
		o.fail("attribute feature_names_ has %d names, separated by %q; vocabulary_ should have as many", len(names), separator)
	}
	if o.err != nil || !o.r.spend(len(names)) {
		return nil
	}
	var keys []key
	places := make(map[string]int)
	for i, v := range names {
		name, ok := v.(string)
		if !ok {
			o.fail("attribute feature_names_ holds a %s", typeName(v))
			return nil
		}
		if at, _ := vocabulary.Get(name); at != int64(i) {
			o.fail("attribute vocabulary_ has %q at another place than feature_names_", name)
			return nil
		}
		name, value, isText := strings.Cut(name, separator)
		at, known := places[name]
		if !known {
			at = len(keys)
			places[name], keys = at, append(keys, key{name: name, number: -1})
		}
		k := &keys[at]
		if known && (k.number >= 0 || !isText) {
			o.err = o.refuse("both numbers and strings under the name "+name, "one type a name")
			return nil
		}
		if !isText {
			k.number = i
			continue
		}
		k.values = append(k.values, model.Scalar{Kind: model.String, String: value})
		k.slots = append(k.slots, int32(i)) // #nosec G115 -- bounded by MaxColumns
	}
	return keys
}

// dictVectorizer makes a column of each number and of each string that training saw under a
// name. What is not there is 0, and so is a string that it does not know.
func (r *reader) dictVectorizer(o *object, in matrix) (matrix, error) {
	keys := o.keys()
	if o.err == nil && len(keys) != len(in.cols) {
		o.fail("%d names for %d columns", len(keys), len(in.cols))
	}
	elem, dtype := o.encoded()
	sparse := o.flag("sparse", true)
	if o.err != nil {
		return in, o.err
	}
	width := 0
	for _, k := range keys {
		width += max(1, len(k.values))
	}
	out, err := r.columns(o, width, numeric)
	if err != nil {
		return in, err
	}
	for i, k := range keys {
		if k.number >= 0 {
			if err := r.hold(o, in.cols[i], numeric); err != nil {
				return in, err
			}
			if dtype.Kind != 'f' {
				return in, o.refuse("numbers, and a dtype of integers", "dtype=float64, float32")
			}
			from := in.cols[i]
			if elem == single {
				rounded, err := r.columns(o, 1, numeric)
				if err != nil {
					return in, err
				}
				r.step(model.Round32{In: from, Out: rounded[0]})
				from = rounded[0]
			}
			r.step(model.Impute{In: from, Out: out[k.number], Missing: model.Scalar{Missing: true}})
			continue
		}
		if err := r.hold(o, in.cols[i], text); err != nil {
			return in, err
		}
		step := model.OneHot{In: in.cols[i], By: o.by(), Categories: k.values, Unknown: model.UnknownValue, UnknownSlot: -1}
		for j, c := range k.slots {
			step.Slots, step.Out = append(step.Slots, int32(j)), append(step.Out, out[c]) // #nosec G115 -- bounded by MaxColumns
		}
		r.step(step)
	}
	o.detail("%d names, %d columns", len(keys), width)
	return matrix{cols: out, elem: elem, sparse: sparse, zeros: sparse}, nil
}

// dictionary defines the features of a DictVectorizer, which does not count them.
func (r *reader) dictionary(o *object) (matrix, error) {
	var names []string
	for _, k := range o.keys() {
		names = append(names, k.name)
	}
	if o.err != nil {
		return matrix{}, o.err
	}
	return r.features(o, len(names), names)
}
