package sklearn

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// robustScaler is (x - center_) / scale_; on a sparse matrix x * (1 / scale_).
func (r *reader) robustScaler(o *object, in matrix) (matrix, error) {
	n := len(in.cols)
	center, scale := make([]float64, n), make([]float64, n)
	for i := range scale {
		scale[i] = 1
	}
	if o.flag("with_centering", true) {
		if center = o.vector("center_", n); in.sparse && o.err == nil {
			return in, o.refuse("with_centering of a sparse matrix", "with_centering=False, as scikit-learn does")
		}
	}
	if o.flag("with_scaling", true) {
		scale = o.vector("scale_", n)
	}
	return r.divided(o, in, center, scale)
}

// maxAbsScaler is x / scale_, and since 1.9 limited to [-1, 1] if told so.
func (r *reader) maxAbsScaler(o *object, in matrix) (matrix, error) {
	clip := o.flag("clip", false)
	out, err := r.divided(o, in, make([]float64, len(in.cols)), o.vector("scale_", len(in.cols)))
	if err != nil || !clip {
		return out, err
	}
	return r.each(o, out, func(_ int, from, to model.Column) model.Step {
		return model.Clip{In: from, Out: to, Low: -1, High: 1}
	})
}

// divided is (x - center) / scale.
func (r *reader) divided(o *object, in matrix, center, scale []float64) (matrix, error) {
	o.wideNumbers("center_", "scale_")
	for _, s := range scale {
		if s == 0 {
			o.fail("attribute scale_ holds a 0")
		}
	}
	if o.err != nil {
		return in, o.err
	}
	if err := r.arithmetic(o, in); err != nil {
		return in, err
	}
	r.require(o, in.cols, demand{finite: true})
	in.elem = wide
	return r.each(o, in, func(i int, from, to model.Column) model.Step {
		if math.IsNaN(center[i]) || math.IsNaN(scale[i]) {
			return always(from, to)
		}
		if in.sparse {
			return model.Affine{In: from, Out: to, Scale: 1 / scale[i]}
		}
		return model.Standardize{In: from, Out: to, Mean: center[i], Scale: scale[i]}
	})
}

// normalizer divides each row by its length. Of dense rows a length near 0 counts as 1.
func (r *reader) normalizer(o *object, in matrix) (matrix, error) {
	norms := map[string]model.Norm{"l1": model.NormL1, "l2": model.NormL2, "max": model.NormMax}
	norm := norms[o.only("norm", "l1", "l2", "max")]
	if o.err != nil {
		return in, o.err
	}
	if err := r.full(o, in); err != nil {
		return in, err
	}
	out, err := r.columns(o, len(in.cols), numeric)
	if err != nil {
		return in, err
	}
	step := model.Normalize{In: in.cols, Out: out, Norm: norm, Least: 10 * model.Spacing}
	if in.sparse {
		step.Least = math.SmallestNonzeroFloat64
	}
	r.step(step)
	if norm != model.NormMax {
		r.blur(out)
	}
	in.cols, in.elem = out, wide
	return in, nil
}

// binarizer is 1 above its threshold, else 0.
func (r *reader) binarizer(o *object, in matrix) (matrix, error) {
	threshold := o.number("threshold")
	if o.err != nil {
		return in, o.err
	}
	if math.IsNaN(threshold) || in.sparse && threshold < 0 {
		return in, o.refuse("a threshold that is NaN, or below 0 for a sparse matrix", "other thresholds")
	}
	if err := r.full(o, in); err != nil {
		return in, err
	}
	return r.each(o, in, func(_ int, from, to model.Column) model.Step {
		return model.Exceed{In: from, Out: to, Threshold: threshold}
	})
}

// maxProducts bounds the columns that PolynomialFeatures makes.
const maxProducts = 1 << 18

// polynomialFeatures are the products of up to so many columns, in the order that
// itertools.combinations has. Dense products start at the last factor, sparse ones at the first.
func (r *reader) polynomialFeatures(o *object, in matrix) (matrix, error) {
	low, high := o.integer("_min_degree"), o.integer("_max_degree")
	only := o.flag("interaction_only", false)
	p := &model.Products{In: in.cols}
	if o.flag("include_bias", true) {
		p.Factors = append(p.Factors, nil)
	}
	if o.err == nil && (low < 0 || high < low || high > 64) {
		o.fail("degrees from %d to %d", low, high)
	}
	if o.err != nil {
		return in, o.err
	}
	if err := r.full(o, in); err != nil {
		return in, err
	}
	for degree := max(1, low); degree <= high; degree++ {
		if !r.combine(p, nil, degree, only, in.sparse) {
			return in, o.refuse("more products than "+itoa(maxProducts), "fewer columns, or a lower degree")
		}
	}
	if n := o.integer("n_output_features_"); o.err == nil && n != len(p.Factors) {
		return in, o.wrong("%d columns come out where training had %d", len(p.Factors), n)
	}
	out, err := r.columns(o, len(p.Factors), numeric)
	if err != nil || o.err != nil {
		return in, firstError(o.err, err)
	}
	p.Out = out
	if len(out) > 0 {
		r.step(*p)
	}
	for k, factors := range p.Factors {
		for _, i := range factors {
			r.inexact[out[k]] = r.inexact[out[k]] || r.inexact[in.cols[i]]
		}
	}
	o.detail("%d columns to %d", len(in.cols), len(out))
	return matrix{cols: out, sparse: in.sparse, zeros: in.sparse}, nil // a stored product may be too small for a number
}

// combine adds the combinations of so many further factors. It is not ok with too many.
func (r *reader) combine(p *model.Products, so []int32, more int, only, forwards bool) bool {
	if more == 0 {
		factors := append([]int32(nil), so...)
		if !forwards {
			for i, j := 0, len(factors)-1; i < j; i, j = i+1, j-1 {
				factors[i], factors[j] = factors[j], factors[i]
			}
		}
		p.Factors = append(p.Factors, factors)
		return len(p.Factors) <= maxProducts && r.spend(len(factors))
	}
	from := int32(0)
	if len(so) > 0 {
		if from = so[len(so)-1]; only {
			from++
		}
	}
	for i := from; int(i) < len(p.In); i++ {
		if !r.combine(p, append(so, i), more-1, only, forwards) {
			return false
		}
	}
	return true
}
