package sklearn

import (
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// targetEncoder replaces a category by the mean of the target that training saw with it,
// an unknown one by the mean of all; with several classes there is a column for each.
func (r *reader) targetEncoder(o *object, in matrix) (matrix, error) {
	vocabularies := o.vocabularies(len(in.cols))
	each := 1
	if kind := o.only("target_type_", "binary", "continuous", "multiclass"); kind == "multiclass" {
		each = len(o.classes())
	}
	encodings := o.list("encodings_")
	var means []float64
	if _, ok := o.value("target_mean_").(*pickle.Array); ok && each > 1 {
		means = o.vector("target_mean_", each)
	} else if o.err == nil {
		means = []float64{o.number("target_mean_")}
	}
	if o.err == nil && (len(encodings) != each*len(in.cols) || len(means) != each) {
		o.fail("%d encodings and %d means for %d columns", len(encodings), len(means), len(in.cols))
	}
	if o.err != nil {
		return in, o.err
	}
	out := matrix{elem: wide}
	for i, c := range in.cols {
		v := &vocabularies[i]
		c = r.unimputed(c, v)
		if err := r.take(o, c, v); err != nil {
			return in, err
		}
		cols, err := r.columns(o, each, numeric)
		if err != nil {
			return in, err
		}
		for k, to := range cols {
			a, ok := encodings[i*each+k].(*pickle.Array)
			if !ok {
				return in, o.wrong("attribute encodings_ holds a %s", typeName(encodings[i*each+k]))
			}
			codes, err := r.floats(a)
			if err != nil || len(codes) != len(v.categories) {
				return in, o.wrong("encodings_[%d] has %d numbers for %d categories", i*each+k, len(codes), len(v.categories))
			}
			step := model.Ordinal{In: c, Out: to, By: o.by(), Unknown: model.UnknownValue, UnknownCode: means[k]}
			for _, j := range v.distinct() {
				step.Categories, step.Codes = append(step.Categories, v.categories[j]), append(step.Codes, codes[j])
			}
			r.step(step)
		}
		out.cols = append(out.cols, cols...)
	}
	o.detail("%d columns to %d", len(in.cols), len(out.cols))
	return out, nil
}
