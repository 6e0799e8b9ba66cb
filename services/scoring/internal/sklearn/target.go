package sklearn

import (
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
			back := model.Inverse{Scale: scale[k], Offset: mean[k], Of: r.target(k)}
			if single && !r.version.before(1, 8) { // casts to the type of its input
				back.Scale, back.Offset = float64(float32(back.Scale)), float64(float32(back.Offset))
			}
			out = append(out, back)
		}
		return out, o.err
	case "MinMaxScaler":
		scale, offset := o.vector("scale_", r.targets()), o.vector("min_", r.targets())
		var out []model.Inverse
		for k := range scale {
			out = append(out, model.Inverse{Scale: scale[k], Offset: offset[k], Divide: true, Of: r.target(k)})
		}
		return out, o.err
	case "RobustScaler", "MaxAbsScaler":
		var out []model.Inverse
		for k := range r.targets() {
			out = append(out, model.Inverse{Scale: 1, Of: r.target(k)})
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
			out = append(out, back...)
		}
		return out, o.err
	}
	return nil, &model.UnsupportedError{
		Class: o.Class.String() + " as a transformer of the target", Path: path,
		Supported: "FunctionTransformer, StandardScaler, MinMaxScaler, MaxAbsScaler, RobustScaler, Pipeline",
	}
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
