package sklearn

import (
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A link is a member of a chain: it gets the columns and what those before it predicted.
type link struct {
	*inner
	answer model.Column // what it predicts
	output int          // whose it is
}

// chained reads the members of a chain. Each hands on what feature makes of it.
func (r *reader) chained(o *object, in matrix, feature func(*inner) (answer, handed model.Column, err error)) ([]link, error) {
	values := o.list("estimators_")
	places := o.list("order_")
	if o.err == nil && (len(places) != len(values) || len(values) == 0) {
		o.fail("attribute order_ has %d places for %d members", len(places), len(values))
	}
	if o.err != nil {
		return nil, o.err
	}
	if err := r.numbers(o, in); err != nil {
		return nil, err
	}
	r.require(o, in.cols, demand{noMissing: true, finite: true})
	seen := make([]bool, len(places))
	var links []link
	for i, v := range values {
		at, ok := places[i].(int64)
		if !ok || at < 0 || at >= int64(len(places)) || seen[at] {
			return nil, o.wrong("attribute order_ has %v at %d", places[i], i)
		}
		seen[at] = true
		p, err := r.inner(o, v, join(o.path, "estimators_["+itoa(i)+"]"), in)
		if err != nil {
			return nil, err
		}
		answer, handed, err := feature(p)
		if err != nil {
			return nil, err
		}
		links = append(links, link{p, answer, int(at)})
		// A copy with room for one more: members keep the columns that they were given.
		in.cols = append(in.cols[:len(in.cols):len(in.cols)], handed)
		in.elem, in.zeros = wide, in.sparse
		if !r.spend(len(in.cols)) {
			return nil, o.wrong("%v", errWork)
		}
	}
	o.detail("a chain of %d", len(links))
	return links, nil
}

// regressorChain has a regressor for each output.
func (r *reader) regressorChain(o *object, in matrix) error {
	links, err := r.chained(o, in, func(p *inner) (answer, handed model.Column, err error) {
		if err := p.regresses(); err != nil {
			return 0, 0, err
		}
		values, err := r.result(p, model.ResultValues)
		if err != nil {
			return 0, 0, err
		}
		return values[0], values[0], nil
	})
	if err != nil {
		return err
	}
	values := make([]model.Column, len(links))
	for _, l := range links {
		values[l.output] = l.answer
	}
	r.regression(values)
	return nil
}

// classifierChain has a classifier for each label. It answers in float64.
func (r *reader) classifierChain(o *object, in matrix) error {
	method := "predict"
	if o.has("chain_method_") {
		method = o.only("chain_method_", "predict", "predict_proba", "decision_function")
	}
	links, err := r.chained(o, in, func(p *inner) (answer, handed model.Column, err error) {
		if p.output.Task != model.Classification || p.output.Targets != nil {
			return 0, 0, o.refuse("a member that does not predict one label (at "+p.path+")", "classifiers")
		}
		class, err := r.result(p, model.ResultClass)
		if err != nil {
			return 0, 0, err
		}
		var features []model.Column
		switch method {
		case "predict":
			features, err = r.labels(o, p)
		case "predict_proba":
			features, err = r.ofSecond(p, model.ResultProbabilities)
		case "decision_function":
			features, err = r.ofSecond(p, model.ResultScores)
		}
		if err != nil {
			return 0, 0, err
		}
		return class[0], features[0], nil
	})
	if err != nil {
		return firstOf(err, o.err)
	}
	n := len(links)
	g, targets := &model.Given{Chosen: make([]model.Column, n)}, make([][]model.Label, n)
	binary, probable, decisive := true, true, true
	for _, l := range links {
		g.Chosen[l.output] = l.answer
		for _, label := range l.inner.output.Classes {
			x := model.Label{Kind: model.FloatLabel, Float: label.Float}
			switch label.Kind {
			case model.IntegerLabel:
				x.Float = float64(label.Integer)
			case model.BoolLabel:
				x.Float, _ = number(label.Bool)
			case model.StringLabel:
				return o.refuse("a member that predicts strings (at "+l.path+")", "members whose labels are numbers")
			}
			targets[l.output] = append(targets[l.output], x)
		}
		binary = binary && len(l.inner.output.Classes) == 2
		probable, decisive = probable && l.inner.output.Probable, decisive && l.decisive
	}
	for _, want := range []struct {
		to   *[]model.Column
		what model.Result
		has  bool
	}{{&g.Probabilities, model.ResultProbabilities, probable}, {&g.Scores, model.ResultScores, decisive}} {
		if !want.has || !binary {
			continue
		}
		*want.to = make([]model.Column, n)
		for _, l := range links {
			columns, err := r.ofSecond(l.inner, want.what)
			if err != nil {
				return err
			}
			(*want.to)[l.output] = columns[0]
		}
	}
	r.several(o, targets, g)
	r.m.Output.Indicator = r.m.Output.Probable
	return o.err
}

// ofSecond is what a classifier says of the second of two classes.
func (r *reader) ofSecond(p *inner, want model.Result) ([]model.Column, error) {
	columns, err := r.result(p, want)
	if err != nil {
		return nil, err
	}
	if len(p.output.Classes) != 2 || len(columns) > 2 {
		return nil, p.of.refuse("a member of several classes (at "+p.path+")", "members of two classes")
	}
	return columns[len(columns)-1:], nil
}
