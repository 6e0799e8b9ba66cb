package sklearn

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// similar makes a column for each of some points: how similar the row is to it, by scikit-learn's
// pairwise kernels, whose gamma is 1 by the number of columns unless it is given.
func (r *reader) similar(o *object, in matrix, points [][]float64) ([]model.Column, error) {
	step := model.Kernel{In: in.cols, Points: points, Gamma: 1 / float64(max(1, len(in.cols))), Coef0: 1, Degree: 3}
	kernel := o.only("kernel", "linear", "poly", "polynomial", "rbf", "sigmoid")
	step.Func = map[string]model.KernelFunc{
		"linear": model.KernelLinear, "poly": model.KernelPolynomial, "polynomial": model.KernelPolynomial,
		"rbf": model.KernelRBF, "sigmoid": model.KernelSigmoid,
	}[kernel]
	for name, to := range map[string]*float64{"gamma": &step.Gamma, "coef0": &step.Coef0, "degree": &step.Degree} {
		if o.has(name) && kernel != "linear" {
			*to = o.number(name)
		}
	}
	if o.has("kernel_params") {
		d, ok := o.value("kernel_params").(*pickle.Dict)
		if !ok || len(d.Keys) > 0 {
			return nil, o.refuse("kernel_params", "gamma, coef0 and degree")
		}
	}
	if o.err == nil && len(points) == 0 {
		o.fail("no points")
	}
	if o.err != nil {
		return nil, o.err
	}
	if err := r.full(o, in); err != nil {
		return nil, err
	}
	if kernel == "rbf" {
		return r.expandedRBF(o, in, points, step.Gamma)
	}
	out, err := r.columns(o, len(points), numeric)
	if err != nil {
		return nil, err
	}
	step.Out = out
	r.step(step)
	r.blur(out)
	return out, nil
}

// expandedRBF is exp(-gamma·square) where scikit-learn expands the square: of numbers whose
// square is infinite it is NaN.
func (r *reader) expandedRBF(o *object, in matrix, points [][]float64, gamma float64) ([]model.Column, error) {
	if math.IsNaN(gamma) || math.IsInf(gamma, 0) {
		return nil, o.wrong("attribute gamma is %v", gamma)
	}
	far, err := r.expanded(o, in.cols, points)
	if err != nil {
		return nil, err
	}
	scaled, err := r.each(o, matrix{cols: far}, func(_ int, from, to model.Column) model.Step {
		return model.Affine{In: from, Out: to, Scale: -gamma}
	})
	if err != nil {
		return nil, err
	}
	out, err := r.applied(o, scaled, model.Exp)
	return out.cols, err
}

// kernelRidge is a sum over all rows of the training data.
func (r *reader) kernelRidge(o *object, in matrix) error {
	points := o.grid("X_fit_", anySize, len(in.cols))
	o.wideNumbers("X_fit_", "dual_coef_")
	near, err := r.similar(o, in, points)
	if err != nil {
		return err
	}
	var coef [][]float64
	if a, ok := o.value("dual_coef_").(*pickle.Array); ok && len(a.Shape) == 2 {
		rows := o.grid("dual_coef_", len(points), anySize)
		if o.err == nil {
			coef = transposed(rows, len(rows[0]))
		}
	} else {
		coef = [][]float64{o.vector("dual_coef_", len(points))}
	}
	if o.err != nil {
		return o.err
	}
	r.m.Estimator = &model.Linear{In: near, Coef: coef, Intercept: make([]float64, len(coef))}
	r.m.Output = model.Output{Task: model.Regression, Link: model.LinkIdentity, Scale: 1}
	return nil
}

// nystroem projects what a kernel says of some points.
func (r *reader) nystroem(o *object, in matrix) (matrix, error) {
	points := o.grid("components_", anySize, len(in.cols))
	weights := o.grid("normalization_", anySize, len(points))
	o.wideNumbers("components_", "normalization_")
	near, err := r.similar(o, in, points)
	if err != nil {
		return in, err
	}
	return r.project(o, matrix{cols: near}, weights, nil, nil)
}

// rbfSampler is √(2/n)·cos(weights·in + offset).
func (r *reader) rbfSampler(o *object, in matrix) (matrix, error) {
	offset := o.row("random_offset_")
	rows := o.grid("random_weights_", len(in.cols), len(offset))
	o.wideNumbers("random_offset_", "random_weights_")
	if o.err != nil {
		return in, o.err
	}
	if err := r.full(o, in); err != nil {
		return in, err
	}
	out, err := r.project(o, in, transposed(rows, len(offset)), offset, nil)
	if err != nil {
		return in, err
	}
	if out, err = r.applied(o, out, model.Cos); err != nil {
		return in, err
	}
	scale := math.Sqrt(2 / float64(len(offset)))
	return r.each(o, out, func(_ int, from, to model.Column) model.Step {
		return model.Affine{In: from, Out: to, Scale: scale}
	})
}

// components is FastICA and GaussianRandomProjection: the row, less its mean if there is one,
// projected.
func (r *reader) components(o *object, in matrix) (matrix, error) {
	weights := o.grid("components_", anySize, len(in.cols))
	var center []float64
	if o.has("mean_") {
		center = o.vector("mean_", len(in.cols))
	}
	o.wideNumbers("components_", "mean_")
	if o.err != nil {
		return in, o.err
	}
	if err := r.full(o, in); err != nil {
		return in, err
	}
	return r.project(o, in, weights, nil, center)
}
