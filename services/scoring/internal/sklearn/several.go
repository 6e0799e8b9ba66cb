package sklearn

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// Classifiers that predict several labels a row.

// targets are the classes of each label of a row, of a classifier whose classes_ is a
// list of arrays; nil where it is one array.
func (o *object) targets() [][]model.Label {
	list, ok := o.value("classes_").(*pickle.List)
	if !ok || o.err != nil {
		return nil
	}
	if n := len(list.Items); n == 0 || n > model.MaxScores {
		o.fail("%d outputs", n)
		return nil
	}
	out, classes := make([][]model.Label, len(list.Items)), 0
	for i, v := range list.Items {
		out[i] = o.labels(v)
		if classes += len(out[i]); classes > model.MaxScores {
			o.fail("more than %d classes", model.MaxScores)
		}
		if o.err != nil {
			return nil
		}
	}
	return out
}

// presence are the classes of labels that are there, 1, or not, 0.
func presence(labels int) [][]model.Label {
	out := make([][]model.Label, labels)
	for i := range out {
		out[i] = []model.Label{{Integer: 0}, {Integer: 1}}
	}
	return out
}

// mostLikely ends in the labels of which columns, target by target, are the probabilities:
// of each the first of the greatest.
func (r *reader) mostLikely(o *object, targets [][]model.Label, proba []model.Column) error {
	chosen, err := r.columns(o, len(targets), numeric)
	if err != nil {
		return err
	}
	rest := proba
	for i, classes := range targets {
		if len(rest) < len(classes) {
			return o.wrong("%d probabilities for its classes", len(proba))
		}
		r.step(model.Greatest{In: rest[:len(classes)], Out: chosen[i]})
		rest = rest[len(classes):]
	}
	r.several(o, targets, &model.Given{Chosen: chosen, Probabilities: proba})
	return nil
}

// several ends in several labels a row, with probabilities if it is given any and a
// decision_function if it is given scores.
func (r *reader) several(o *object, targets [][]model.Label, g *model.Given) {
	o.detail("%d labels a row", len(targets))
	r.m.Estimator = g
	r.m.Output = model.Output{
		Task: model.Classification, Targets: targets, Probable: len(g.Probabilities) > 0, Decisive: len(g.Scores) > 0,
		Link: model.LinkIdentity, Scale: 1,
	}
}

// above makes columns that are 1 where others are greater than a bound.
func (r *reader) above(o *object, in []model.Column, bound float64) ([]model.Column, error) {
	out, err := r.columns(o, len(in), numeric)
	if err != nil {
		return nil, err
	}
	for i, c := range in {
		r.step(model.AtLeast{In: c, Out: out[i], Threshold: math.Nextafter(bound, math.Inf(1))})
	}
	return out, nil
}

// multiOutputClassifier has a classifier for each output.
func (r *reader) multiOutputClassifier(o *object, in matrix) error {
	members, err := r.inners(o, "estimators_", in)
	if err != nil {
		return err
	}
	g, targets, probable := &model.Given{}, make([][]model.Label, len(members)), true
	for _, p := range members {
		probable = probable && p.output.Probable
	}
	for i, p := range members {
		if p.output.Task != model.Classification || p.output.Targets != nil {
			return o.refuse("a member that does not predict one label (at "+p.path+")", "classifiers")
		}
		targets[i] = p.output.Classes
		var proba []model.Column
		if probable {
			if proba, err = r.result(p, model.ResultProbabilities); err != nil {
				return err
			}
			g.Probabilities = append(g.Probabilities, proba...)
		}
		class, err := r.chosen(p, proba)
		if err != nil {
			return err
		}
		g.Chosen = append(g.Chosen, class)
	}
	r.several(o, targets, g)
	return nil
}

// chosen is the number of the class that a classifier predicts; where it is the most
// likely one, by its probabilities, if there are any.
func (r *reader) chosen(p *inner, proba []model.Column) (model.Column, error) {
	if proba == nil || p.output.Decision != model.DecideArgmax {
		class, err := r.result(p, model.ResultClass)
		if err != nil {
			return 0, err
		}
		return class[0], nil
	}
	class, err := r.columns(p.of, 1, numeric)
	if err != nil {
		return 0, err
	}
	r.step(model.Greatest{In: proba, Out: class[0]})
	return class[0], nil
}
