package sklearn

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// standardScaler is (x - mean_) / scale_; on a sparse matrix x * (1 / scale_).
func (r *reader) standardScaler(o *object, in matrix) (matrix, error) {
	if err := r.arithmetic(o, in); err != nil {
		return in, err
	}
	mean, scale := o.standard(len(in.cols))
	if o.err != nil {
		return in, o.err
	}
	r.require(o, in.cols, demand{finite: true})
	in.elem = wide
	return r.each(o, in, func(i int, from, to model.Column) model.Step {
		if math.IsNaN(mean[i]) || math.IsNaN(scale[i]) {
			return always(from, to)
		}
		if in.sparse {
			return model.Affine{In: from, Out: to, Scale: 1 / scale[i]}
		}
		return model.Standardize{In: from, Out: to, Mean: mean[i], Scale: scale[i]}
	})
}

// standard returns the mean and scale of each of n columns, 0 and 1 where a
// StandardScaler is told to leave them alone.
func (o *object) standard(n int) (mean, scale []float64) {
	mean, scale = make([]float64, n), make([]float64, n)
	for i := range scale {
		scale[i] = 1
	}
	if o.flag("with_mean", true) {
		mean = o.vector("mean_", n)
	}
	if o.flag("with_std", true) {
		scale = o.vector("scale_", n)
	}
	for _, s := range scale {
		if s == 0 {
			o.fail("attribute scale_ holds a 0")
		}
	}
	return mean, scale
}

// minMaxScaler is x * scale_ + min_, limited to feature_range with clip.
func (r *reader) minMaxScaler(o *object, in matrix) (matrix, error) {
	if err := r.arithmetic(o, in); err != nil {
		return in, err
	}
	scale, offset := o.vector("scale_", len(in.cols)), o.vector("min_", len(in.cols))
	clip := o.flag("clip", false)
	var limits [2]float64
	if clip {
		bounds := o.list("feature_range")
		for i := range limits {
			var ok bool
			if len(bounds) != 2 {
				o.fail("attribute feature_range has %d values", len(bounds))
			} else if limits[i], ok = number(bounds[i]); !ok {
				o.fail("attribute feature_range holds a %s", typeName(bounds[i]))
			}
		}
	}
	if o.err != nil {
		return in, o.err
	}
	r.require(o, in.cols, demand{finite: true})
	in.elem = wide
	in, err := r.each(o, in, func(i int, from, to model.Column) model.Step {
		if math.IsNaN(scale[i]) || math.IsNaN(offset[i]) {
			return always(from, to)
		}
		return model.Affine{In: from, Out: to, Scale: scale[i], Offset: offset[i]}
	})
	if err != nil || !clip {
		return in, err
	}
	return r.each(o, in, func(_ int, from, to model.Column) model.Step {
		return model.Clip{In: from, Out: to, Low: limits[0], High: limits[1]}
	})
}

// always is a column without values in training: its mean is NaN, and so is
// whatever is computed with it.
func always(from, to model.Column) model.Step {
	return model.Ordinal{In: from, Out: to, Unknown: model.UnknownValue, UnknownCode: math.NaN()}
}
