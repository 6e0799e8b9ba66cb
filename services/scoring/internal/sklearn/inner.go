package sklearn

import (
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// An inner predictor is one within another: its results can become columns.
type inner struct {
	of        *object // who asks it
	path      string
	estimator model.Estimator
	output    model.Output
	// decisive: it has a decision_function. The boosters' wrappers have none.
	decisive bool
	// constant: it says the same of every row, as a number that is score and probability.
	constant bool
}

// inner reads a predictor within o.
func (r *reader) inner(o *object, v pickle.Value, path string, in matrix) (*inner, error) {
	if constant(v) {
		return r.constantMember(o, v, path)
	}
	if err := r.predictor(v, path, in); err != nil {
		return nil, err
	}
	p := &inner{of: o, path: path, estimator: r.m.Estimator, output: r.m.Output}
	last := r.m.Outline[len(r.m.Outline)-1].Class
	p.decisive = p.output.Decisive && !strings.HasPrefix(last, "XGB") && !strings.HasPrefix(last, "LGBM") && !strings.HasPrefix(last, "CatBoost")
	r.m.Estimator, r.m.Output = nil, model.Output{}
	return p, nil
}

// inners reads the predictors that an attribute lists.
func (r *reader) inners(o *object, attribute string, in matrix) ([]*inner, error) {
	values := o.list(attribute)
	if o.err == nil && len(values) == 0 {
		o.fail("attribute %s is empty", attribute)
	}
	if o.err != nil {
		return nil, o.err
	}
	var out []*inner
	for i, v := range values {
		p, err := r.inner(o, v, join(o.path, attribute+"["+itoa(i)+"]"), in)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// result makes columns of a result.
func (r *reader) result(p *inner, want model.Result) ([]model.Column, error) {
	switch {
	case want == model.ResultProbabilities && !p.output.Probable:
		return nil, p.of.refuse("a member without predict_proba (at "+p.path+")", "members with predict_proba")
	case want == model.ResultScores && !p.decisive:
		return nil, p.of.refuse("a member without decision_function (at "+p.path+")", "members with decision_function")
	}
	step := model.Nested{Estimator: p.estimator, Output: p.output, Want: want}
	var err error
	if step.Out, err = r.columns(p.of, step.Width(), numeric); err != nil {
		return nil, err
	}
	r.step(step)
	if inexact(p) && want != model.ResultClass {
		r.blur(step.Out)
	}
	return step.Out, nil
}

// inexact tells whether the last bits of what a predictor yields depend on the
// mathematical library.
func inexact(p *inner) bool {
	_, trees := p.estimator.(*model.Ensemble)
	plain := p.output.Link == model.LinkIdentity || p.output.Link == model.LinkAverage
	return !trees || !plain || len(p.output.Inverse) > 0
}

// classifies holds a member to being a classifier of classes 0 to n-1, as those are that
// were trained on encoded labels.
func (p *inner) classifies(n int) error {
	if p.output.Task != model.Classification {
		return p.of.refuse("a regressor among its members (at "+p.path+")", "classifiers")
	}
	if len(p.output.Classes) != n {
		return p.of.refuse("a member that knows other classes (at "+p.path+")", "members trained on every class")
	}
	for i, l := range p.output.Classes {
		if !isInteger(l, i) {
			return p.of.refuse("a member trained on labels of its own (at "+p.path+")", "members that it trained itself")
		}
	}
	return nil
}

// isInteger tells whether a label is the number i.
func isInteger(l model.Label, i int) bool {
	switch l.Kind {
	case model.IntegerLabel:
		return l.Integer == int64(i)
	case model.FloatLabel:
		return l.Float == float64(i)
	case model.BoolLabel:
		return l.Bool == (i == 1) && i < 2
	}
	return false
}

// regresses holds a member to being a regressor of one value.
func (p *inner) regresses() error {
	if p.output.Task != model.Regression {
		return p.of.refuse("a classifier among its members (at "+p.path+")", "regressors")
	}
	if p.width() != 1 {
		return p.of.refuse("a member of several outputs (at "+p.path+")", "members of one output")
	}
	return nil
}

// width is how many values its predict has for a row.
func (p *inner) width() int {
	return model.Nested{Estimator: p.estimator, Output: p.output, Want: model.ResultValues}.Width()
}

// sum adds columns up: Σ weights·columns / divisor.
func (r *reader) sum(o *object, in []model.Column, weights []float64, divisor float64, p model.Precision) (model.Column, error) {
	out, err := r.columns(o, 1, numeric)
	if err != nil {
		return 0, err
	}
	r.step(model.WeightedSum{In: in, Out: out[0], Weights: weights, Divisor: divisor, Sum: p})
	for _, c := range in {
		if r.inexact[c] {
			r.blur(out)
		}
	}
	return out[0], nil
}

// sums adds up, place by place, what several members yield.
func (r *reader) sums(o *object, of [][]model.Column, weights []float64, divisor float64, p model.Precision) ([]model.Column, error) {
	out := make([]model.Column, len(of[0]))
	for k := range out {
		in := make([]model.Column, len(of))
		for i := range of {
			if len(of[i]) != len(out) {
				return nil, o.wrong("members yield %d and %d values", len(out), len(of[i]))
			}
			in[i] = of[i][k]
		}
		var err error
		if out[k], err = r.sum(o, in, weights, divisor, p); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// probable is a classifier with probabilities and no scores: the greatest decides.
func (r *reader) probable(classes []model.Label, p []model.Column) {
	r.m.Estimator = &model.Given{Scores: p}
	r.m.Output = model.Output{
		Task: model.Classification, Classes: classes, Probable: true,
		Link: model.LinkAverage, Scale: 1, Decision: model.DecideArgmax,
	}
}

// regression is a regressor whose values are columns.
func (r *reader) regression(values []model.Column) {
	r.m.Estimator = &model.Given{Scores: values}
	r.m.Output = model.Output{Task: model.Regression, Link: model.LinkIdentity, Scale: 1}
}

// optional reads an array of n numbers that may be None.
func (o *object) optional(name string, n int) []float64 {
	if !o.has(name) {
		return nil
	}
	if _, ok := o.value(name).(*pickle.Array); ok {
		return o.vector(name, n)
	}
	values := o.list(name)
	if o.err != nil {
		return nil
	}
	if len(values) != n {
		o.fail("attribute %s has %d numbers where %d are expected", name, len(values), n)
		return nil
	}
	out := make([]float64, n)
	for i, v := range values {
		x, ok := number(v)
		if !ok {
			o.fail("attribute %s holds a %s", name, typeName(v))
		}
		out[i] = x
	}
	return out
}

// total is Σ x, as numpy adds.
func total(x []float64) float64 { return pairwise(x) }

// array reads an array of numbers of one dimension, however many.
func (o *object) array(name string) []float64 {
	a, ok := o.value(name).(*pickle.Array)
	if !ok || len(a.Shape) != 1 {
		o.fail("attribute %s is not an array of one dimension", name)
		return nil
	}
	return o.vector(name, a.Shape[0])
}

// regressed are the values of regressors, a column each.
func (r *reader) regressed(members []*inner) ([]model.Column, error) {
	var values []model.Column
	for _, p := range members {
		if err := p.regresses(); err != nil {
			return nil, err
		}
		column, err := r.result(p, model.ResultValues)
		if err != nil {
			return nil, err
		}
		values = append(values, column...)
	}
	return values, nil
}
