package sklearn

import (
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// boostWeights are the weights of the members; training may have ended early.
func (o *object) boostWeights(members int) (weights []float64, sum float64) {
	all := o.array("estimator_weights_")
	if o.err != nil {
		return nil, 0
	}
	if len(all) < members {
		o.fail("%d weights for %d members", len(all), members)
		return nil, 0
	}
	return all[:members], total(all)
}

// adaBoostRegressor is the weighted median of its members.
func (r *reader) adaBoostRegressor(o *object, in matrix) error {
	r.require(o, in.cols, demand{noMissing: true, finite: true})
	members, err := r.inners(o, "estimators_", in)
	if err != nil {
		return err
	}
	weights, _ := o.boostWeights(len(members))
	if o.err != nil {
		return o.err
	}
	values, err := r.regressed(members)
	if err != nil {
		return err
	}
	out, err := r.columns(o, 1, numeric)
	if err != nil {
		return err
	}
	r.step(model.WeightedMedian{In: values, Out: out[0], Weights: weights})
	o.detail("the weighted median of %d", len(members))
	r.regression(out)
	return nil
}

// adaBoostClassifier adds up what its members vote for, or with SAMME.R the logarithms
// of their probabilities.
func (r *reader) adaBoostClassifier(o *object, in matrix) error {
	classes := o.classes()
	if o.err == nil && len(classes) < 2 {
		o.err = o.refuse("a single class", "two classes or more")
	}
	if o.err != nil {
		return o.err
	}
	if err := r.numbers(o, in); err != nil {
		return err
	}
	r.require(o, in.cols, demand{noMissing: true, finite: true})
	members, err := r.inners(o, "estimators_", in)
	if err != nil {
		return err
	}
	weights, sum := o.boostWeights(len(members))
	if o.err == nil && sum == 0 {
		o.fail("its weights add up to 0")
	}
	if o.err != nil {
		return o.err
	}
	for _, p := range members {
		if p.output.Task != model.Classification || !slices.Equal(p.output.Classes, classes) {
			return o.refuse("members that know other classes (at "+p.path+")", "members trained on every class")
		}
	}
	real := r.version.before(1, 6) && o.only("algorithm", "SAMME", "SAMME.R") == "SAMME.R"
	if o.err != nil {
		return o.err
	}
	var scores []model.Column
	if real {
		scores, err = r.sammeR(o, members, sum)
	} else {
		scores, err = r.samme(o, members, weights, sum)
	}
	if err != nil {
		return err
	}
	o.detail("%d members", len(members))
	return r.boostOutput(o, classes, scores)
}

// samme counts the votes of the members, by their weights.
func (r *reader) samme(o *object, members []*inner, weights []float64, sum float64) ([]model.Column, error) {
	n := len(members[0].output.Classes)
	step := model.Tally{Gain: weights, Loss: make([]float64, len(weights))}
	for i, p := range members {
		class, err := r.result(p, model.ResultClass)
		if err != nil {
			return nil, err
		}
		step.In = append(step.In, class...)
		if !r.version.before(1, 3) {
			step.Loss[i] = -1 / float64(n-1) * weights[i]
		}
	}
	var err error
	if step.Out, err = r.columns(o, n, numeric); err != nil {
		return nil, err
	}
	r.step(step)
	return r.sums(o, [][]model.Column{step.Out}, nil, sum, model.F64)
}

// sammeR adds up (K-1)·(log p - mean log p).
func (r *reader) sammeR(o *object, members []*inner, sum float64) ([]model.Column, error) {
	const epsilon = 0x1p-52
	n := float64(len(members[0].output.Classes))
	var terms [][]model.Column
	for _, p := range members {
		proba, err := r.result(p, model.ResultProbabilities)
		if err != nil {
			return nil, err
		}
		logs := matrix{cols: proba}
		logs, err = r.each(o, logs, func(_ int, in, out model.Column) model.Step {
			return model.Clip{In: in, Out: out, Low: epsilon, High: math.Inf(1)}
		})
		if err == nil {
			logs, err = r.each(o, logs, func(_ int, in, out model.Column) model.Step {
				return model.Apply{In: in, Out: out, Func: model.Log}
			})
		}
		if err != nil {
			return nil, err
		}
		r.blur(logs.cols)
		all, err := r.sum(o, logs.cols, nil, 0, model.F64)
		if err != nil {
			return nil, err
		}
		term := make([]model.Column, len(proba))
		for k, c := range logs.cols {
			d, err := r.sum(o, []model.Column{c, all}, []float64{1, -1 / n}, 0, model.F64)
			if err == nil {
				term[k], err = r.sum(o, []model.Column{d}, []float64{n - 1}, 0, model.F64)
			}
			if err != nil {
				return nil, err
			}
		}
		terms = append(terms, term)
	}
	return r.sums(o, terms, nil, sum, model.F64)
}

// boostOutput makes the output of the scores of all classes.
func (r *reader) boostOutput(o *object, classes []model.Label, scores []model.Column) error {
	r.m.Output = model.Output{Task: model.Classification, Classes: classes, Probable: true, Decisive: true, Scale: 1}
	if len(classes) == 2 {
		score, err := r.sum(o, scores, []float64{-1, 1}, 0, model.F64)
		if err != nil {
			return err
		}
		r.m.Estimator = &model.Given{Scores: []model.Column{score}}
		r.m.Output.Link, r.m.Output.Decision = model.LinkLogistic, model.DecideScorePositive
		return nil
	}
	scaled, err := r.sums(o, [][]model.Column{scores}, nil, float64(len(classes)-1), model.F64)
	if err != nil {
		return err
	}
	p := &inner{of: o, path: o.path, estimator: &model.Given{Scores: scaled}, output: model.Output{
		Task: model.Classification, Classes: classes, Probable: true, Link: model.LinkSoftmax, Scale: 1,
	}}
	proba, err := r.result(p, model.ResultProbabilities)
	if err != nil {
		return err
	}
	r.m.Estimator = &model.Given{Scores: scores, Probabilities: proba}
	r.m.Output.Link, r.m.Output.Decision = model.LinkGiven, model.DecideArgmaxScore
	return nil
}
