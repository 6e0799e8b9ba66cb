package sklearn

import (
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// calibrated is the mean of classifiers each of whose answers goes through a calibration.
func (r *reader) calibrated(o *object, in matrix) error {
	classes := o.classes()
	list := o.list("calibrated_classifiers_")
	if o.err == nil && (len(list) == 0 || len(classes) < 2) {
		o.fail("%d calibrated classifiers of %d classes", len(list), len(classes))
	}
	if o.err != nil {
		return o.err
	}
	var results [][]model.Column
	for i, v := range list {
		c, err := r.open(v, join(o.path, "calibrated_classifiers_["+itoa(i)+"]"))
		if err != nil {
			return err
		}
		columns, err := r.calibratedOne(c, classes, in)
		if err != nil {
			return err
		}
		results = append(results, columns)
	}
	mean, err := r.sums(o, results, nil, float64(len(results)), model.F64)
	if err != nil {
		return err
	}
	o.detail("%d calibrated classifiers", len(list))
	r.probable(classes, mean)
	return nil
}

// calibratedOne is one classifier and its calibration.
func (r *reader) calibratedOne(c *object, classes []model.Label, in matrix) ([]model.Column, error) {
	name := "estimator"
	if !c.has(name) {
		name = "base_estimator" // before 1.2
	}
	method := "sigmoid"
	if c.has("method") {
		method = c.only("method", "sigmoid", "isotonic", "temperature")
	}
	calibrators := c.list("calibrators")
	if c.err != nil {
		return nil, c.err
	}
	p, err := r.inner(c, c.value(name), join(c.path, name), in)
	if err != nil {
		return nil, err
	}
	if p.output.Task != model.Classification || p.output.Precision == model.F32 && method == "temperature" {
		return nil, c.refuse("a "+typeName(c.value(name))+" as the calibrated classifier", "classifiers of float64")
	}
	scores, err := r.answers(p)
	if err != nil {
		return nil, err
	}
	if method == "temperature" {
		return r.temperature(c, p, classes, scores)
	}
	if len(scores) != len(calibrators) || len(p.output.Classes) != len(classes) && len(classes) == 2 {
		return nil, c.wrong("%d calibrators for %d answers", len(calibrators), len(scores))
	}
	out := make([]model.Column, len(classes))
	for k := range out {
		out[k] = -1
	}
	for i, v := range calibrators {
		at := 1
		if len(classes) > 2 {
			if at = p.classOf(classes, i); at < 0 {
				return nil, c.wrong("its classifier knows a class that it does not")
			}
		}
		if out[at], err = r.calibrator(c, v, join(c.path, "calibrators["+itoa(i)+"]"), scores[i]); err != nil {
			return nil, err
		}
	}
	return r.normalized(c, out, scores)
}

// answers are what a calibration starts with: decisions where there are any, else
// probabilities, of two classes those of the second.
func (r *reader) answers(p *inner) ([]model.Column, error) {
	if p.decisive {
		return r.result(p, model.ResultScores)
	}
	columns, err := r.result(p, model.ResultProbabilities)
	if len(columns) == 2 {
		columns = columns[1:]
	}
	return columns, err
}

// classOf is which of some classes the member's i-th is: newer versions train on the
// numbers of labels that are strings.
func (p *inner) classOf(classes []model.Label, i int) int {
	if at := slices.Index(classes, p.output.Classes[i]); at >= 0 {
		return at
	}
	if len(p.output.Classes) == len(classes) && isInteger(p.output.Classes[i], i) {
		return i
	}
	return -1
}

// calibrator is a column through one calibration.
func (r *reader) calibrator(c *object, v any, path string, in model.Column) (model.Column, error) {
	o, err := r.open(v, path)
	if err != nil {
		return 0, err
	}
	switch o.name {
	case "_SigmoidCalibration":
		a, b := o.number("a_"), o.number("b_")
		out, err := r.columns(o, 2, numeric)
		if err != nil || o.err != nil {
			return 0, firstOf(o.err, err)
		}
		r.step(model.Affine{In: in, Out: out[0], Scale: -a, Offset: -b})
		r.step(model.Apply{In: out[0], Out: out[1], Func: model.Logistic})
		r.blur(out)
		return out[1], nil
	case "IsotonicRegression":
		return r.isotonicCurve(o, in)
	}
	return 0, o.unsupported()
}

// isotonicCurve is a column through an isotonic regression that clips.
func (r *reader) isotonicCurve(o *object, in model.Column) (model.Column, error) {
	o.only("out_of_bounds", "clip")
	x, y := o.array("X_thresholds_"), o.array("y_thresholds_")
	if o.err == nil && (len(x) != len(y) || len(x) == 0) {
		o.fail("%d points, of %d values", len(x), len(y))
	}
	out, err := r.columns(o, 1, numeric)
	if err != nil || o.err != nil {
		return 0, firstOf(o.err, err)
	}
	r.step(model.Interpolate{In: in, Out: out[0], X: x, Y: y})
	r.blur(out)
	return out[0], nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// normalized makes calibrated columns add up to 1; a class without one has 0.
func (r *reader) normalized(c *object, columns, scores []model.Column) ([]model.Column, error) {
	if len(columns) == 2 {
		rest, err := r.columns(c, 1, numeric)
		if err != nil {
			return nil, err
		}
		r.step(model.Affine{In: columns[1], Out: rest[0], Scale: -1, Offset: 1})
		return []model.Column{rest[0], columns[1]}, nil
	}
	for k, column := range columns {
		if column >= 0 {
			continue
		}
		var err error
		if columns[k], err = r.sum(c, scores[:1], []float64{0}, 0, model.F64); err != nil {
			return nil, err
		}
	}
	out, err := r.columns(c, len(columns), numeric)
	if err != nil {
		return nil, err
	}
	r.step(model.Share{In: columns, Out: out, Even: true})
	r.blur(out)
	return out, nil
}

// temperature is the softmax of the classifier's logits by a factor: decisions, of two
// classes both ways, or logarithms of probabilities.
func (r *reader) temperature(c *object, p *inner, classes []model.Label, scores []model.Column) ([]model.Column, error) {
	list := c.list("calibrators")
	if c.err == nil && len(list) != 1 {
		c.fail("%d calibrators", len(list))
	}
	if c.err != nil {
		return nil, c.err
	}
	o, err := r.open(list[0], join(c.path, "calibrators[0]"))
	if err != nil {
		return nil, err
	}
	beta := o.number("beta_")
	if o.err != nil {
		return nil, o.err
	}
	for i := range classes {
		if len(p.output.Classes) != len(classes) || p.classOf(classes, i) != i {
			return nil, c.refuse("a classifier that knows other classes", "classifiers trained on every class")
		}
	}
	logits := matrix{cols: scores}
	switch {
	case !p.decisive:
		if logits.cols, err = r.result(p, model.ResultProbabilities); err != nil {
			return nil, err
		}
		logits, err = r.each(o, logits, func(_ int, in, out model.Column) model.Step {
			return model.Affine{In: in, Out: out, Scale: 1, Offset: 1e-12}
		})
		if err == nil {
			logits, err = r.each(o, logits, func(_ int, in, out model.Column) model.Step {
				return model.Apply{In: in, Out: out, Func: model.Log}
			})
		}
	case len(scores) == 1:
		var minus model.Column
		if minus, err = r.sum(o, scores, []float64{-1}, 0, model.F64); err == nil {
			logits.cols = []model.Column{minus, scores[0]}
		}
	}
	if err != nil {
		return nil, err
	}
	logits, err = r.each(o, logits, func(_ int, in, out model.Column) model.Step {
		return model.Affine{In: in, Out: out, Scale: beta}
	})
	if err != nil || math.IsNaN(beta) {
		return nil, firstOf(err, o.wrong("attribute beta_ is NaN"))
	}
	softmax := &inner{of: o, path: o.path, estimator: &model.Given{Scores: logits.cols}, output: model.Output{
		Task: model.Classification, Classes: classes, Probable: true, Link: model.LinkSoftmax, Scale: 1,
	}}
	return r.result(softmax, model.ResultProbabilities)
}
