package sklearn

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// principal is PCA and IncrementalPCA: the row less its mean, projected. Since 1.5 the
// mean is projected on its own.
func (r *reader) principal(o *object, in matrix) (matrix, error) {
	if in.sparse && r.version.before(1, 5) && o.name == "PCA" {
		return in, o.refuse("a sparse matrix", "dense matrices")
	}
	weights := o.grid("components_", anySize, len(in.cols))
	mean := make([]float64, len(in.cols))
	if o.has("mean_") {
		mean = o.vector("mean_", len(in.cols))
	}
	o.wideNumbers("components_", "mean_")
	scale := make([]float64, len(weights))
	for k := range scale {
		scale[k] = 1
	}
	if o.flag("whiten", false) {
		for k, v := range o.vector("explained_variance_", len(weights)) {
			scale[k] = math.Sqrt(v)
			if !r.version.before(1, 5) {
				scale[k] = max(scale[k], model.Spacing)
			}
			if !(scale[k] > 0) {
				o.fail("attribute explained_variance_ holds %v", v)
			}
		}
	}
	if o.err != nil {
		return in, o.err
	}
	if err := r.full(o, in); err != nil {
		return in, err
	}
	var bias []float64
	center := mean
	if !r.version.before(1, 5) {
		center, bias = nil, make([]float64, len(weights))
		for k, w := range weights {
			for j, m := range mean {
				bias[k] -= float64(w[j] * m)
			}
		}
	}
	for k, w := range weights {
		for j := range w {
			w[j] /= scale[k]
		}
		if bias != nil {
			bias[k] /= scale[k]
		}
	}
	return r.project(o, in, weights, bias, center)
}

// project ends in a matrix of projections.
func (r *reader) project(o *object, in matrix, weights [][]float64, bias, center []float64) (matrix, error) {
	cols, err := r.dense(o, in.cols, weights, bias, center)
	o.detail("%d columns to %d", len(in.cols), len(cols))
	return matrix{cols: cols}, err
}

// truncatedSVD projects the row as it is.
func (r *reader) truncatedSVD(o *object, in matrix) (matrix, error) {
	weights := o.grid("components_", anySize, len(in.cols))
	o.wideNumbers("components_")
	if o.err != nil {
		return in, o.err
	}
	if err := r.full(o, in); err != nil {
		return in, err
	}
	return r.project(o, in, weights, nil, nil)
}

// discriminants is LinearDiscriminantAnalysis as a transformer.
func (r *reader) discriminants(o *object, in matrix) (matrix, error) {
	scalings := o.grid("scalings_", len(in.cols), anySize)
	keep := o.integer("_max_components")
	var center []float64
	switch o.only("solver", "svd", "eigen") {
	case "svd":
		center = o.vector("xbar_", len(in.cols))
	}
	o.wideNumbers("scalings_", "xbar_")
	if o.err != nil {
		return in, o.err
	}
	if len(in.cols) == 0 {
		return in, o.wrong("it gets no column")
	}
	if keep < 0 {
		return in, o.wrong("attribute _max_components is %d", keep)
	}
	if err := r.full(o, in); err != nil {
		return in, err
	}
	weights := transposed(scalings, len(scalings[0]))
	return r.project(o, in, weights[:min(keep, len(weights))], nil, center)
}
