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
	classes := o.classes()
	prior := o.vector("class_prior_", len(classes))
	if o.err != nil {
		return o.err
	}
	proba := make([]float64, len(classes))
	switch strategy {
	case "prior":
		proba = prior
	case "most_frequent":
		at := 0
		for i, p := range prior {
			if p > prior[at] {
				at = i
			}
		}
		proba[at] = 1
	case "constant":
		at, err := o.place(classes)
		if err != nil {
			return err
		}
		proba[at] = 1
	}
	r.constant(proba)
	r.m.Output = model.Output{
		Task: model.Classification, Classes: classes, Probable: true,
		Link: model.LinkAverage, Scale: 1, Decision: model.DecideArgmax,
	}
	o.detail("%s", strategy)
	return nil
}

// place is the class that the attribute constant is.
func (o *object) place(classes []model.Label) (int, error) {
	v := o.value("constant")
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
