package sklearn

import (
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// threshold is a classifier of two classes with a threshold of its own.
func (r *reader) threshold(o *object, in matrix) error {
	name := "estimator_"
	if !o.has(name) {
		name = "estimator"
	}
	p, err := r.inner(o, o.value(name), join(o.path, name), in)
	if err != nil {
		return err
	}
	classes := p.output.Classes
	if p.output.Task != model.Classification || len(classes) != 2 {
		return o.refuse("other than two classes", "classifiers of two classes")
	}
	positive, err := o.positive(classes)
	if err != nil {
		return err
	}
	score, limit, err := r.threshed(o, p, positive)
	if err != nil {
		return err
	}
	votes, err := r.columns(o, 2, numeric)
	if err != nil {
		return err
	}
	r.step(model.AtLeast{In: score, Out: votes[positive], Threshold: limit})
	r.step(model.Affine{In: votes[positive], Out: votes[1-positive], Scale: -1, Offset: 1})
	g := &model.Given{Votes: votes, Scores: []model.Column{score}}
	r.m.Output = model.Output{
		Task: model.Classification, Classes: classes, Probable: p.output.Probable, Decisive: p.decisive,
		Link: model.LinkIdentity, Scale: 1, Decision: model.DecideVotes,
	}
	if p.decisive {
		if g.Scores, err = r.result(p, model.ResultScores); err != nil {
			return err
		}
	}
	if p.output.Probable {
		r.m.Output.Link = model.LinkGiven
		if g.Probabilities, err = r.result(p, model.ResultProbabilities); err != nil {
			return err
		}
	}
	r.m.Estimator = g
	o.detail("the threshold is %v", limit)
	return o.err
}

// positive is the place of the class that a threshold is for.
func (o *object) positive(classes []model.Label) (int, error) {
	v, ok := o.attr("pos_label")
	if scorer, tuned := attribute[*pickle.Object](o.Object, "_curve_scorer"); tuned { // which says what it is for
		kwargs, _ := attribute[*pickle.Dict](scorer, "_kwargs")
		if v, ok = nil, false; kwargs != nil {
			v, ok = kwargs.Get("pos_label")
		}
	}
	if !ok || v == nil {
		return 1, nil
	}
	at := slices.IndexFunc(classes, func(l model.Label) bool { return isLabel(l, v) })
	if at < 0 {
		return 0, o.refuse("a pos_label of type "+typeName(v), "a pos_label that is one of the classes")
	}
	return at, nil
}

// threshed is the column that a threshold is held to, and the threshold.
func (r *reader) threshed(o *object, p *inner, positive int) (model.Column, float64, error) {
	method := o.only("response_method", "auto", "decision_function", "predict_proba")
	if method == "auto" {
		if method = "predict_proba"; !p.output.Probable {
			method = "decision_function"
		}
	}
	limit := 0.0
	if method == "predict_proba" {
		limit = 0.5
	}
	switch {
	case o.has("best_threshold_"):
		limit = o.number("best_threshold_")
	case o.value("threshold") != "auto":
		limit = o.number("threshold")
	}
	if o.err != nil {
		return 0, 0, o.err
	}
	if method == "predict_proba" {
		columns, err := r.result(p, model.ResultProbabilities)
		if err != nil {
			return 0, 0, err
		}
		return columns[positive], limit, nil
	}
	columns, err := r.result(p, model.ResultScores)
	switch {
	case err != nil:
		return 0, 0, err
	case len(columns) != 1:
		return 0, 0, o.wrong("its classifier decides by %d numbers", len(columns))
	case positive == 1:
		return columns[0], limit, nil
	}
	minus, err := r.sum(o, columns, []float64{-1}, 0, model.F64)
	return minus, limit, err
}

// isLabel tells whether a label is a Python value.
func isLabel(l model.Label, v pickle.Value) bool {
	switch v := v.(type) {
	case string:
		return l.Kind == model.StringLabel && l.String == v
	case bool:
		return l.Kind == model.BoolLabel && l.Bool == v
	case float64:
		return l.Kind == model.FloatLabel && l.Float == v
	case int64:
		return l.Kind == model.IntegerLabel && l.Integer == v || l.Kind == model.FloatLabel && l.Float == float64(v)
	}
	return false
}
