package sklearn

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// ordinalEncoder replaces a category by its number, or its group's where
// infrequent categories are grouped.
func (r *reader) ordinalEncoder(o *object, in matrix) (matrix, error) {
	vocabularies := o.vocabularies(len(in.cols))
	elem, to := o.encoded()
	handle := "error" // before 0.24 there was nothing else
	if _, ok := o.attr("handle_unknown"); ok {
		handle = o.text("handle_unknown")
	}
	unknown := math.NaN()
	switch handle {
	case "error":
	case "use_encoded_value":
		unknown = o.cast(o.number("unknown_value"), to)
	default:
		return in, o.refuse("handle_unknown="+handle, "error, use_encoded_value")
	}
	missing := o.missingIndices(len(in.cols))
	encodedMissing := math.NaN()
	if _, ok := o.attr("encoded_missing_value"); ok {
		encodedMissing = o.number("encoded_missing_value")
	}
	if o.err != nil {
		return in, o.err
	}
	cols, err := r.columns(o, len(in.cols), numeric)
	if err != nil {
		return in, err
	}
	for i, c := range in.cols {
		v := &vocabularies[i]
		c = r.unimputed(c, v)
		if err := r.take(o, c, v); err != nil {
			return in, err
		}
		step := model.Ordinal{In: c, Out: cols[i], By: o.by(), UnknownCode: unknown}
		if handle != "error" {
			step.Unknown = model.UnknownValue
		}
		for _, j := range v.distinct() {
			code := float64(j)
			switch {
			case j == missing[i]:
				code = encodedMissing
			case v.groups != nil && j < len(v.groups):
				code = float64(v.groups[j])
			case v.groups != nil:
				return in, o.wrong("column %d: %d groups for %d categories", i, len(v.groups), len(v.categories))
			}
			step.Categories = append(step.Categories, v.categories[j])
			step.Codes = append(step.Codes, o.cast(code, to))
		}
		r.step(step)
	}
	o.detail("%d columns", len(cols))
	return matrix{cols: cols, elem: elem}, o.err
}

// missingIndices reads which category of each column is NaN, -1 for none.
func (o *object) missingIndices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = -1
	}
	d, ok := o.value("_missing_indices").(*pickle.Dict)
	if !ok {
		o.fail("attribute _missing_indices is not a dict")
		return out
	}
	for k, key := range d.Keys {
		i, ok := key.(int64)
		j, ok2 := d.Values[k].(int64)
		if !ok || !ok2 || i < 0 || i >= int64(n) || j < 0 || j > math.MaxInt32 {
			o.fail("attribute _missing_indices maps %v to %v", key, d.Values[k])
			return out
		}
		out[i] = int(j)
	}
	return out
}

// cast is a code as the encoder's dtype holds it.
func (o *object) cast(x float64, to pickle.Dtype) float64 {
	switch to.Kind {
	case 'f':
		if to.Size == 4 {
			return float64(float32(x))
		}
		return x
	case 'b':
		if x == 0 || x == 1 {
			return x
		}
	case 'i':
		if limit := math.Ldexp(1, 8*to.Size-1); x == math.Trunc(x) && x >= -limit && x < limit {
			return x
		}
	case 'u':
		if limit := math.Ldexp(1, 8*to.Size); x == math.Trunc(x) && x >= 0 && x < limit {
			return x
		}
	}
	if o.err == nil {
		o.err = o.refuse("a code that its dtype does not hold", "codes within the dtype; float64 holds all")
	}
	return x
}
