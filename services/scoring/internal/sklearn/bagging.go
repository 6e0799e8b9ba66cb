package sklearn

import (
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A bag is the members of a bagging ensemble.
type bag struct {
	o       *object
	members []*inner
	classes []model.Label // of a classifier
}

// bag reads the members, each of which gets features of its own.
func (r *reader) bag(o *object, in matrix) (*bag, error) {
	values, features := o.list("estimators_"), o.list("estimators_features_")
	b := &bag{o: o}
	if o.classifier() {
		b.classes = o.classes()
	}
	switch {
	case o.err != nil:
	case len(values) == 0:
		o.fail("no members")
	case len(features) != len(values):
		o.fail("features of %d members; there are %d", len(features), len(values))
	}
	if o.err != nil {
		return nil, o.err
	}
	for i, v := range values {
		name := "estimators_[" + itoa(i) + "]"
		index, err := r.integersOf(features[i])
		if err != nil || !r.spend(len(index)) {
			return nil, o.wrong("attribute estimators_features_ is not a list of lists of columns")
		}
		part := in
		part.cols = make([]model.Column, len(index))
		for j, f := range index {
			if f < 0 || f >= len(in.cols) {
				return nil, o.wrong("attribute estimators_features_ holds column %d of %d", f, len(in.cols))
			}
			part.cols[j] = in.cols[f]
		}
		p, err := r.inner(o, v, join(o.path, name), part)
		if err != nil {
			return nil, err
		}
		b.members = append(b.members, p)
	}
	o.detail("%d members", len(values))
	return b, nil
}

// baggingRegressor is the mean of its members.
func (r *reader) baggingRegressor(o *object, in matrix) error {
	b, err := r.bag(o, in)
	if err != nil {
		return err
	}
	if e := b.forest(in); e != nil {
		r.m.Estimator, r.m.Output = e, b.members[0].output
		return nil
	}
	var results [][]model.Column
	for _, p := range b.members {
		if p.output.Task != model.Regression {
			return p.regresses()
		}
		columns, err := r.result(p, model.ResultValues)
		if err != nil {
			return err
		}
		results = append(results, columns)
	}
	single := precision(b.members, nil)
	mean, err := r.sums(o, results, nil, float64(len(results)), single)
	if err != nil {
		return err
	}
	r.regression(mean)
	r.m.Output.Precision = single
	return nil
}

// baggingClassifier is the mean of its members' probabilities, a member without any
// being certain of the class that it predicts.
func (r *reader) baggingClassifier(o *object, in matrix) error {
	b, err := r.bag(o, in)
	if err != nil {
		return err
	}
	if e := b.forest(in); e != nil {
		r.m.Estimator, r.m.Output = e, b.members[0].output
		r.m.Output.Classes = b.classes
		return nil
	}
	var results, decisions [][]model.Column
	for _, p := range b.members {
		columns, err := r.certain(p, len(b.classes))
		if err != nil {
			return err
		}
		results = append(results, columns)
		if p.decisive {
			if columns, err = r.result(p, model.ResultScores); err != nil {
				return err
			}
			decisions = append(decisions, columns)
		}
	}
	n := float64(len(results))
	mean, err := r.sums(o, results, nil, n, model.F64)
	if err != nil {
		return err
	}
	r.probable(b.classes, mean)
	if len(decisions) == 0 {
		return nil
	}
	if len(decisions) < len(results) {
		return o.refuse("members of which some only have a decision_function", "members of one class")
	}
	scores, err := r.sums(o, decisions, nil, n, model.F64)
	if err != nil {
		return err
	}
	r.m.Estimator = &model.Given{Scores: scores, Probabilities: mean}
	r.m.Output.Link, r.m.Output.Decisive = model.LinkGiven, true
	return nil
}

// certain makes n columns of a member's probabilities for n classes, of which it may
// know but some.
func (r *reader) certain(p *inner, n int) ([]model.Column, error) {
	if p.output.Task != model.Classification {
		return nil, p.classifies(n)
	}
	if !p.output.Probable {
		if err := p.classifies(n); err != nil {
			return nil, err
		}
		class, err := r.result(p, model.ResultClass)
		if err != nil {
			return nil, err
		}
		return r.oneOf(p.of, class[0], n)
	}
	known, err := r.result(p, model.ResultProbabilities)
	if err != nil || len(known) == n {
		if err == nil {
			err = p.classifies(n)
		}
		return known, err
	}
	out := make([]model.Column, n)
	for k := range out {
		at := slices.IndexFunc(p.output.Classes, func(l model.Label) bool { return isInteger(l, k) })
		if at >= 0 {
			out[k] = known[at]
			continue
		}
		if out[k], err = r.sum(p.of, known[:1], []float64{0}, 0, model.F64); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// oneOf makes n columns of the number of a class: 1 in its own.
func (r *reader) oneOf(o *object, class model.Column, n int) ([]model.Column, error) {
	out, err := r.columns(o, n, numeric)
	if err == nil {
		r.step(model.Tally{In: []model.Column{class}, Out: out, Gain: []float64{1}, Loss: []float64{0}})
	}
	return out, err
}

// forest is the ensemble that single trees with the same classes are together: the
// same sums in the same order. nil where the members are something else.
func (b *bag) forest(in matrix) *model.Ensemble {
	out := &model.Ensemble{In: in.cols, Divisor: float64(len(b.members))}
	place := make(map[model.Column]int32)
	for j, c := range in.cols {
		if _, twice := place[c]; twice {
			return nil
		}
		place[c] = int32(j) // #nosec G115 -- bounded by MaxColumns
	}
	for i, p := range b.members {
		e, ok := p.estimator.(*model.Ensemble)
		simple := ok && len(e.Trees) == 1 && e.Divisor == 0 && len(e.Sets) == 0 && !e.BaseOfLogs && e.Sum == model.F64 &&
			(p.output.Link == model.LinkIdentity || p.output.Link == model.LinkAverage) && len(p.output.Inverse) == 0 &&
			p.output.Precision == model.F64
		if !simple || b.classes != nil && p.classifies(len(b.classes)) != nil || b.classes == nil && p.output.Task != model.Regression {
			return nil
		}
		if i == 0 {
			out.Input, out.Compare, out.Sum, out.Base = e.Input, e.Compare, e.Sum, make([]float64, len(e.Base))
		}
		if e.Input != out.Input || e.Compare != out.Compare || len(e.Base) != len(out.Base) || slices.ContainsFunc(e.Base, func(x float64) bool { return x != 0 }) {
			return nil
		}
		tree := e.Trees[0]
		tree.Nodes = slices.Clone(tree.Nodes)
		for n := range tree.Nodes {
			f := &tree.Nodes[n].Feature
			if *f < 0 || int(*f) >= len(e.In) {
				return nil
			}
			at, ok := place[e.In[*f]]
			if !ok {
				return nil
			}
			*f = at
		}
		out.Trees = append(out.Trees, tree)
	}
	return out
}
