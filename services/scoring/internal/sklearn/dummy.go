package sklearn

import (
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// dummyRegressor predicts the same numbers whatever the input is.
func (r *reader) dummyRegressor(o *object, _ matrix) error {
	a, ok := o.value("constant_").(*pickle.Array)
	if !ok || len(a.Shape) != 2 || a.Shape[0] != 1 {
		o.fail("attribute constant_ is not an array of one row")
		return o.err
	}
	x, err := r.floats(a)
	if err != nil {
		return o.wrong("attribute constant_: %v", err)
	}
	r.constant(x)
	r.m.Output = model.Output{Task: model.Regression, Link: model.LinkIdentity, Scale: 1}
	return o.err
}

// constant is an estimator that reads nothing.
func (r *reader) constant(x []float64) {
	r.m.Estimator = &model.Linear{Coef: make([][]float64, len(x)), Intercept: x}
}

// dummyClassifier predicts the same class whatever the input is.
func (r *reader) dummyClassifier(o *object, _ matrix) error {
	strategy := o.only("strategy", "prior", "most_frequent", "constant")
	if o.err != nil {
		return o.err
	}
	if targets := o.targets(); targets != nil {
		return r.dummyTargets(o, targets, strategy)
	}
	classes := o.classes()
	prior := o.vector("class_prior_", len(classes))
	if o.err != nil {
		return o.err
	}
	proba, err := o.always(strategy, classes, prior, o.value("constant"))
	if err != nil {
		return err
	}
	r.constant(proba)
	r.m.Output = model.Output{
		Task: model.Classification, Classes: classes, Probable: true,
		Link: model.LinkAverage, Scale: 1, Decision: model.DecideArgmax,
	}
	o.detail("%s", strategy)
	return nil
}

// dummyTargets predicts the same labels whatever the input is.
func (r *reader) dummyTargets(o *object, targets [][]model.Label, strategy string) error {
	priors, constants := o.list("class_prior_"), make([]pickle.Value, len(targets))
	if strategy == "constant" {
		constants = r.flat(o.value("constant"))
	}
	if o.err == nil && (len(priors) != len(targets) || len(constants) != len(targets)) {
		o.fail("%d priors and %d constants for %d labels", len(priors), len(constants), len(targets))
	}
	if o.err != nil {
		return o.err
	}
	var all []float64
	for k, classes := range targets {
		a, _ := priors[k].(*pickle.Array)
		if a == nil || len(a.Shape) != 1 || a.Shape[0] != len(classes) {
			return o.wrong("attribute class_prior_ has no %d numbers for label %d", len(classes), k)
		}
		prior, err := r.floats(a)
		if err != nil {
			return o.wrong("attribute class_prior_: %v", err)
		}
		proba, err := o.always(strategy, classes, prior, constants[k])
		if err != nil {
			return err
		}
		all = append(all, proba...)
	}
	proba, err := r.columns(o, len(all), numeric)
	if err != nil {
		return err
	}
	r.constant(all)
	r.step(model.Nested{
		Estimator: r.m.Estimator, Output: model.Output{Task: model.Regression, Link: model.LinkIdentity, Scale: 1},
		Want: model.ResultValues, Out: proba,
	})
	return r.mostLikely(o, targets, proba)
}

// flat are the values of a list, or of an array of one row or one column.
func (r *reader) flat(v pickle.Value) []pickle.Value {
	if a, ok := v.(*pickle.Array); ok {
		values, err := r.values(a)
		if err != nil {
			return nil
		}
		return values
	}
	list, _ := items(v)
	return list
}

// always are the probabilities of the classes: those of training, or 1 for one class.
func (o *object) always(strategy string, classes []model.Label, prior []float64, constant pickle.Value) ([]float64, error) {
	if strategy == "prior" {
		return prior, nil
	}
	proba, at := make([]float64, len(classes)), 0
	if strategy == "constant" {
		var err error
		if at, err = o.place(classes, constant); err != nil {
			return nil, err
		}
	} else {
		for i, p := range prior {
			if p > prior[at] {
				at = i
			}
		}
	}
	proba[at] = 1
	return proba, nil
}

// place is the class that the attribute constant, or a part of it, is.
func (o *object) place(classes []model.Label, v pickle.Value) (int, error) {
	if a, ok := v.(*pickle.Array); ok {
		if values, err := o.r.values(a); err == nil && len(values) == 1 {
			v = values[0]
		}
	} else if list, ok := items(v); ok && len(list) == 1 {
		v = list[0]
	}
	at := slices.IndexFunc(classes, func(l model.Label) bool { return isLabel(l, v) })
	if at < 0 {
		return 0, o.wrong("attribute constant is none of its classes")
	}
	return at, nil
}
