package sklearn

import (
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// perceptrons is MLPClassifier and MLPRegressor: layer after layer of sums of products and
// a function, the last of which is the estimator.
func (r *reader) perceptrons(o *object, in matrix) error {
	weights, biases := o.list("coefs_"), o.list("intercepts_")
	if o.err == nil && (len(weights) != len(biases) || len(weights) == 0) {
		o.fail("%d and %d parameters of layers", len(weights), len(biases))
	}
	hidden := map[string]model.Func{"identity": model.Identity, "logistic": model.Logistic, "tanh": model.Tanh, "relu": model.Relu}
	function := hidden[o.only("activation", "identity", "logistic", "tanh", "relu")]
	if o.err != nil {
		return o.err
	}
	if err := r.full(o, in); err != nil {
		return err
	}
	cols := in.cols
	for i := range weights {
		layer, bias := o.layer(weights[i], biases[i], len(cols))
		if o.err != nil {
			return o.err
		}
		if i == len(weights)-1 {
			r.m.Estimator = &model.Linear{In: cols, Coef: layer, Intercept: bias}
			break
		}
		var err error
		if cols, err = r.dense(o, cols, layer, bias, nil); err != nil {
			return err
		}
		if function == model.Identity {
			continue
		}
		out, err := r.columns(o, len(cols), numeric)
		if err != nil {
			return err
		}
		for k, c := range cols {
			r.step(model.Apply{In: c, Out: out[k], Func: function})
		}
		r.blur(out)
		cols = out
	}
	o.detail("%d layers", len(weights))
	return r.perceptronOutput(o)
}

// layer reads the parameters of a layer: weights, one row an output, and biases.
func (o *object) layer(weights, bias pickle.Value, inputs int) (rows [][]float64, biases []float64) {
	m := o.gridOf("a layer of coefs_", weights, inputs, anySize)
	if o.err != nil {
		return nil, nil
	}
	if inputs == 0 || len(m[0]) == 0 {
		o.fail("a layer of coefs_ is empty")
		return nil, nil
	}
	rows = transposed(m, len(m[0]))
	a, ok := bias.(*pickle.Array)
	if !ok || len(a.Shape) != 1 || a.Shape[0] != len(rows) {
		o.fail("a layer of intercepts_ is not an array of %d numbers", len(rows))
		return nil, nil
	}
	biases, err := o.r.floats(a)
	if err != nil {
		o.fail("a layer of intercepts_: %v", err)
	}
	return rows, biases
}

func (r *reader) perceptronOutput(o *object) error {
	if !o.classifier() {
		link := model.LinkIdentity
		if o.only("out_activation_", "identity", "exp") == "exp" {
			link = model.LinkExp
		}
		r.m.Output = model.Output{Task: model.Regression, Link: link, Scale: 1}
		return o.err
	}
	classes := o.classes()
	width := r.m.Estimator.Width()
	r.m.Output = model.Output{
		Task: model.Classification, Classes: classes, Probable: true,
		Link: model.LinkSoftmax, Scale: 1, Decision: model.DecideArgmax,
	}
	switch o.only("out_activation_", "softmax", "logistic") {
	case "logistic":
		if o.err == nil && (len(classes) != 2 || width != 1) {
			return r.perceptronLabels(o, len(classes))
		}
		r.m.Output.Link, r.m.Output.Decision = model.LinkLogistic, model.DecideAboveHalf
	case "softmax":
		if o.err == nil && (len(classes) != width || width < 2) {
			o.fail("%d classes for %d scores", len(classes), width)
		}
	}
	return o.err
}

// perceptronLabels is a classifier of labels that are there or not: each where its
// logistic is above a half.
func (r *reader) perceptronLabels(o *object, labels int) error {
	if width := r.m.Estimator.Width(); width != labels {
		return o.wrong("%d labels for %d scores", labels, width)
	}
	proba, err := r.columns(o, labels, numeric)
	if err != nil {
		return err
	}
	r.step(model.Nested{
		Estimator: r.m.Estimator, Output: model.Output{Task: model.Regression, Link: model.LinkLogisticEach, Scale: 1},
		Want: model.ResultValues, Out: proba,
	})
	r.blur(proba)
	chosen, err := r.above(o, proba, 0.5)
	if err != nil {
		return err
	}
	r.several(o, presence(labels), &model.Given{Chosen: chosen, Probabilities: proba})
	r.m.Output.Indicator = true
	return o.err
}
