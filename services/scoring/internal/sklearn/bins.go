package sklearn

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// kBinsDiscretizer numbers the bins that values fall into, or makes a column for each.
func (r *reader) kBinsDiscretizer(o *object, in matrix) (matrix, error) {
	encode := o.only("encode", "onehot", "onehot-dense", "ordinal")
	edges := o.list("bin_edges_")
	if o.err == nil && len(edges) != len(in.cols) {
		o.fail("edges of %d columns, but it gets %d", len(edges), len(in.cols))
	}
	if v, ok := o.attr("dtype"); ok && v != nil && o.err == nil {
		if d, known := dtype(v); !known || d.Kind != 'f' || d.Size != 8 {
			return in, o.refuse("a dtype of its own", "dtype=None or float64")
		}
	}
	if o.err != nil {
		return in, o.err
	}
	if err := r.full(o, in); err != nil {
		return in, err
	}
	out := matrix{sparse: encode == "onehot"}
	for i, c := range in.cols {
		inner, err := o.edges(i, edges[i])
		if err != nil {
			return in, err
		}
		bin, err := r.columns(o, 1, numeric)
		if err != nil {
			return in, err
		}
		r.step(model.Bucket{In: c, Out: bin[0], Edges: inner})
		if encode == "ordinal" {
			out.cols = append(out.cols, bin...)
			continue
		}
		hot, err := r.columns(o, len(inner)+1, numeric)
		if err != nil {
			return in, err
		}
		step := model.OneHot{In: bin[0], By: o.by(), Out: hot, UnknownSlot: -1}
		for k := range hot {
			step.Categories = append(step.Categories, model.Scalar{Number: float64(k)})
			step.Slots = append(step.Slots, int32(k)) // #nosec G115 -- bounded by MaxColumns
		}
		r.step(step)
		out.cols = append(out.cols, hot...)
	}
	o.detail("%d columns to %d", len(in.cols), len(out.cols))
	return out, nil
}

// edges reads the inner edges of the bins of a column.
func (o *object) edges(column int, v pickle.Value) ([]float64, error) {
	a, ok := v.(*pickle.Array)
	if !ok || len(a.Shape) != 1 || a.Shape[0] < 2 || a.Dtype.Kind != 'f' || a.Dtype.Size != 8 {
		return nil, o.wrong("bin_edges_[%d] is not an array of two or more float64", column)
	}
	all, err := o.r.floats(a)
	if err != nil {
		return nil, o.wrong("bin_edges_[%d]: %v", column, err)
	}
	return all[1 : len(all)-1], nil
}

// quantileTransformer is how much of the training data lies below a value, or the normal number
// of which as much lies below.
func (r *reader) quantileTransformer(o *object, in matrix) (matrix, error) {
	if in.sparse {
		return in, o.refuse("a sparse matrix", "dense matrices")
	}
	references, columns, normal := o.quantiles(len(in.cols))
	if o.err != nil {
		return in, o.err
	}
	if err := r.arithmetic(o, in); err != nil {
		return in, err
	}
	r.require(o, in.cols, demand{finite: true})
	slack := 0.0
	if normal {
		slack = model.QuantileSlack
	}
	in.elem = wide
	in, err := r.each(o, in, func(i int, from, to model.Column) model.Step {
		if math.IsNaN(columns[i][0]) {
			return always(from, to) // nothing in training
		}
		return model.Quantile{In: from, Out: to, X: columns[i], Y: references, Slack: slack}
	})
	if err != nil || !normal {
		return in, err
	}
	in, err = r.applied(o, in, model.NormalQuantile)
	if err != nil {
		return in, err
	}
	limit := model.NormalQuantile.Function()(slack - model.Spacing)
	return r.each(o, in, func(_ int, from, to model.Column) model.Step {
		return model.Clip{In: from, Out: to, Low: limit, High: model.NormalQuantile.Function()(1 - (slack - model.Spacing))}
	})
}

// quantiles are what a QuantileTransformer knows of each of so many columns: the shares of the
// data below its quantiles; and whether it makes them normal.
func (o *object) quantiles(n int) (shares []float64, columns [][]float64, normal bool) {
	shares = o.row("references_")
	values := o.grid("quantiles_", len(shares), n)
	normal = o.only("output_distribution", "uniform", "normal") == "normal"
	o.wideNumbers("references_", "quantiles_")
	if o.err == nil && len(shares) == 0 {
		o.fail("attribute references_ is empty")
	}
	if o.err != nil {
		return nil, nil, false
	}
	return shares, transposed(values, n), normal
}

// applied applies a function whose last bits depend on the library.
func (r *reader) applied(o *object, in matrix, f model.Func) (matrix, error) {
	out, err := r.each(o, in, func(_ int, from, to model.Column) model.Step {
		return model.Apply{In: from, Out: to, Func: f}
	})
	if err == nil {
		r.blur(out.cols)
	}
	return out, err
}

// powerTransformer raises each column to a power of its own, and may standardize what comes out.
func (r *reader) powerTransformer(o *object, in matrix) (matrix, error) {
	f := model.YeoJohnson
	if o.only("method", "yeo-johnson", "box-cox") == "box-cox" {
		f = model.BoxCox
	}
	lambdas := o.vector("lambdas_", len(in.cols))
	o.wideNumbers("lambdas_")
	if o.err != nil {
		return in, o.err
	}
	if in.sparse {
		return in, o.refuse("a sparse matrix", "dense matrices")
	}
	if err := r.arithmetic(o, in); err != nil {
		return in, err
	}
	r.require(o, in.cols, demand{finite: true})
	if f == model.BoxCox {
		for _, c := range in.cols {
			r.step(model.Positive{In: c, By: o.by()})
		}
	}
	in.elem = wide
	out, err := r.each(o, in, func(i int, from, to model.Column) model.Step {
		if math.IsNaN(lambdas[i]) {
			return always(from, to) // nothing in training, or nothing but one value
		}
		return model.Power{In: from, Out: to, Func: f, Lambda: lambdas[i]}
	})
	if err != nil {
		return in, err
	}
	r.blur(out.cols)
	if !o.flag("standardize", true) {
		return out, nil
	}
	return r.transform(o.value("_scaler"), join(o.path, "_scaler"), out)
}

// isotonic follows the straight lines between what it learned.
func (r *reader) isotonic(o *object, in matrix) error {
	if len(in.cols) != 1 {
		return o.wrong("it takes one column, but gets %d", len(in.cols))
	}
	x, y := o.row("X_thresholds_"), o.row("y_thresholds_")
	low, high := o.number("X_min_"), o.number("X_max_")
	outside := o.only("out_of_bounds", "nan", "clip", "raise")
	o.wideNumbers("X_thresholds_", "y_thresholds_")
	if o.err == nil && len(x) == 0 {
		o.fail("attribute X_thresholds_ is empty")
	}
	if o.err != nil {
		return o.err
	}
	if err := r.full(o, in); err != nil {
		return err
	}
	cols, err := r.columns(o, 2, numeric)
	if err != nil {
		return err
	}
	r.step(model.Clip{In: in.cols[0], Out: cols[0], Low: low, High: high})
	r.step(model.Interpolate{In: cols[0], Out: cols[1], X: x, Y: y})
	if outside != "clip" && len(x) > 1 {
		if cols[1], err = r.within(o, in.cols[0], cols[0], cols[1], outside == "raise"); err != nil {
			return err
		}
	}
	r.m.Estimator = &model.Given{Scores: cols[1:]}
	r.m.Output = model.Output{Task: model.Regression, Link: model.LinkIdentity, Scale: 1}
	return nil
}

// within is a value where x was not clipped; elsewhere NaN, or the row is refused.
func (r *reader) within(o *object, x, clipped, value model.Column, refuse bool) (model.Column, error) {
	cols, err := r.columns(o, 3, numeric)
	if err != nil {
		return value, err
	}
	r.step(model.Dense{In: []model.Column{x, clipped}, Out: cols[:1], Weights: [][]float64{{1, -1}}, Bias: []float64{0}})
	inside := model.Ordinal{
		In: cols[0], Out: cols[1], By: o.by() + ": outside of what it was trained on",
		Categories: []model.Scalar{{}}, Codes: []float64{0}, Unknown: model.UnknownValue, UnknownCode: math.NaN(),
	}
	if refuse {
		inside.Unknown = model.UnknownError
	}
	r.step(inside)
	r.step(model.Dense{In: []model.Column{value, cols[1]}, Out: cols[2:], Weights: [][]float64{{1, 1}}, Bias: []float64{0}})
	return cols[2], nil
}
