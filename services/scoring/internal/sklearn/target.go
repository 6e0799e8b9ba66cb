package sklearn

import (
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// transformedTarget predicts a transformed target and transforms it back.
func (r *reader) transformedTarget(o *object, in matrix) error {
	if err := r.predictor(o.value("regressor_"), join(o.path, "regressor_"), in); err != nil {
		return err
	}
	if r.m.Output.Task != model.Regression {
		return o.refuse("a classifier", "regressors")
	}
	back, err := r.inverse(o.value("transformer_"), join(o.path, "transformer_"))
	if err != nil {
		return err
	}
	r.m.Output.Inverse = append(r.m.Output.Inverse, back...)
	return o.err
}

// inverse is the way back through a transformer of the target.
func (r *reader) inverse(v pickle.Value, path string) ([]model.Inverse, error) {
	o, err := r.open(v, path)
	if err != nil {
		return nil, err
	}
	if r.depth++; r.depth > maxDepth {
		return nil, o.wrong("objects within objects, more than %d deep", maxDepth)
	}
	defer func() { r.depth-- }()
	r.m.Outline = append(r.m.Outline, model.Stage{Path: path, Class: o.name, Detail: "of the target"})
	single := r.m.Output.Precision == model.F32
	switch o.name {
	case "FunctionTransformer":
		f, err := o.function("inverse_func")
		if d, ok := o.attr("inv_kw_args"); ok && d != nil {
			if d, ok := d.(*pickle.Dict); !ok || len(d.Keys) > 0 {
				return nil, o.refuse("inv_kw_args", "functions without further arguments")
			}
		}
		if err != nil || f == model.Identity {
			return nil, err
		}
		return []model.Inverse{{Func: f}}, nil
	case "StandardScaler":
		mean, scale := o.standard(r.targets())
		var out []model.Inverse
		for k := range mean {
			back := model.Inverse{Scale: scale[k], Offset: mean[k], Of: r.target(k), Refuses: o.by()}
			if single && !r.version.before(1, 8) { // casts to the type of its input
				back.Scale, back.Offset = float64(float32(back.Scale)), float64(float32(back.Offset))
				if math.IsInf(back.Scale, 0) || math.IsInf(back.Offset, 0) {
					return nil, o.refuse("numbers that are infinite in float32, which its regressor predicts", "predictions in float64")
				}
			}
			out = append(out, back)
		}
		return out, o.err
	case "MinMaxScaler":
		scale, offset := o.vector("scale_", r.targets()), o.vector("min_", r.targets())
		var out []model.Inverse
		for k := range scale {
			out = append(out, model.Inverse{Scale: scale[k], Offset: offset[k], Divide: true, Of: r.target(k), Refuses: o.by()})
		}
		return out, o.err
	case "RobustScaler", "MaxAbsScaler":
		var out []model.Inverse
		for k := range r.targets() {
			out = append(out, model.Inverse{Scale: 1, Of: r.target(k), Refuses: o.by()})
		}
		if o.has("scale_") {
			for k, scale := range o.vector("scale_", len(out)) {
				out[k].Scale = scale
			}
		}
		if o.name == "RobustScaler" && o.has("center_") {
			for k, center := range o.vector("center_", len(out)) {
				out[k].Offset = center
			}
		}
		if single {
			return nil, o.refuse("float32 predictions", "predictions in float64")
		}
		return out, o.err
	case "PowerTransformer":
		return r.powerBack(o)
	case "QuantileTransformer":
		return r.quantileBack(o)
	case "Pipeline":
		var out []model.Inverse
		steps := o.members("steps", 2)
		for _, s := range slices.Backward(steps) {
			if s.value == nil || s.value == "passthrough" {
				continue
			}
			back, err := r.inverse(s.value, join(path, s.name))
			if err != nil {
				return nil, err
			}
			if single && len(back) > 0 && slices.ContainsFunc(out, blurs) {
				return nil, o.refuse("float32 predictions and a function before the last step back, whose last bit "+s.name+" magnifies", "predictions in float64")
			}
			out = append(out, back...)
		}
		return out, o.err
	}
	return nil, &model.UnsupportedError{
		Class: o.Class.String() + " as a transformer of the target", Path: path,
		Supported: "FunctionTransformer, StandardScaler, MinMaxScaler, MaxAbsScaler, RobustScaler, PowerTransformer, QuantileTransformer, Pipeline",
	}
}

// blurs tells whether the last bit of a step depends on the mathematical library.
func blurs(v model.Inverse) bool {
	switch v.Func {
	case model.Identity, model.Square, model.Sqrt, model.Abs, model.Negative, model.Reciprocal:
		return v.Power != nil
	}
	return true
}

// powerBack undoes a PowerTransformer: first what standardized, then the powers.
func (r *reader) powerBack(o *object) ([]model.Inverse, error) {
	step := model.PowerBack{Func: model.YeoJohnson}
	if o.only("method", "yeo-johnson", "box-cox") == "box-cox" {
		step.Func, step.Logarithmic = model.BoxCox, !r.version.before(1, 6)
	}
	lambdas := o.vector("lambdas_", r.targets())
	o.wideNumbers("lambdas_")
	standardize := o.flag("standardize", true)
	if o.err != nil {
		return nil, o.err
	}
	if r.m.Output.Precision == model.F32 {
		numpy := r.numpy
		if numpy == 0 && r.version.before(1, 4) {
			numpy = 1 // the only one for them
		}
		if numpy != 1 && numpy != 2 {
			return nil, o.refuse("float32 predictions, in a file that does not tell whether numpy 1 or 2 wrote it", "predictions in float64, or standardize=True")
		}
		step.Single = numpy == 1
	}
	var out []model.Inverse
	if standardize {
		var err error
		if out, err = r.inverse(o.value("_scaler"), join(o.path, "_scaler")); err != nil || o.err != nil {
			return nil, firstError(o.err, err)
		}
	}
	for k, lambda := range lambdas {
		if step.Single && step.Func == model.BoxCox && lambda != 0 && math.Abs(lambda) < 1e-30 {
			return nil, o.refuse("float32 predictions and a λ that is 0 in float32", "predictions in float64")
		}
		back := step
		back.Lambda = lambda
		v := model.Inverse{Power: &back, Of: r.target(k)}
		if !standardize || back.Most() < math.MaxFloat64 {
			v.Refuses = o.by()
		}
		out = append(out, v)
	}
	return out, nil
}

// quantileBack undoes a QuantileTransformer.
func (r *reader) quantileBack(o *object) ([]model.Inverse, error) {
	references, columns, normal := o.quantiles(r.targets())
	if o.err != nil {
		return nil, o.err
	}
	var out []model.Inverse
	for k, column := range columns {
		if slices.ContainsFunc(column, math.IsNaN) {
			return nil, o.wrong("attribute quantiles_ holds NaN")
		}
		back := &model.QuantileBack{X: references, Y: column, Normal: normal}
		out = append(out, model.Inverse{Quantile: back, Of: r.target(k), Refuses: o.by()})
	}
	return out, nil
}

// targets is how many values the regressor predicts.
func (r *reader) targets() int { return r.m.Estimator.Width() }

// target is how an [model.Inverse] names output k.
func (r *reader) target(k int) int32 {
	if r.targets() == 1 {
		return 0
	}
	return int32(k + 1) // #nosec G115 -- at most MaxScores
}
