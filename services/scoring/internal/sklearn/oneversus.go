package sklearn

import (
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// binary is how much a member is for its class: its decision, its probability, or what
// a regressor predicts.
func (r *reader) binary(p *inner) (model.Column, error) {
	var columns []model.Column
	var err error
	switch {
	case p.output.Task == model.Regression:
		if err = p.regresses(); err == nil {
			columns, err = r.result(p, model.ResultValues)
		}
	case len(p.output.Classes) != 2:
		return 0, p.of.refuse("a member of one class (at "+p.path+")", "members of two classes")
	default:
		columns, err = r.answers(p)
	}
	if err != nil {
		return 0, err
	}
	if len(columns) != 1 {
		return 0, p.of.wrong("a member decides by %d numbers", len(columns))
	}
	return columns[0], nil
}

// oneVersusRest has a member for each class; of two classes, for the second.
func (r *reader) oneVersusRest(o *object, in matrix) error {
	binarizer, err := r.open(o.value("label_binarizer_"), join(o.path, "label_binarizer_"))
	if err != nil {
		return err
	}
	kind := binarizer.text("y_type_")
	if binarizer.err == nil && kind != "binary" && kind != "multiclass" && kind != "multilabel-indicator" {
		return o.refuse("a target of the kind "+kind, "labels")
	}
	classes := binarizer.classes()
	if binarizer.err != nil {
		return binarizer.err
	}
	members, err := r.inners(o, "estimators_", in)
	if err != nil {
		return err
	}
	if kind == "multilabel-indicator" {
		return r.oneForEach(o, members, len(classes))
	}
	if len(members) != len(classes) && (len(members) != 1 || len(classes) != 2) {
		return o.wrong("%d members for %d classes", len(members), len(classes))
	}
	g := &model.Given{}
	probable := members[0].output.Probable
	var proba []model.Column
	for _, p := range members {
		if p.decisive != members[0].decisive || p.output.Probable != probable {
			return o.refuse("members of different kinds", "members of one class")
		}
		score, err := r.binary(p)
		if err != nil {
			return err
		}
		g.Scores = append(g.Scores, score)
		if probable {
			columns, err := r.result(p, model.ResultProbabilities)
			if err != nil {
				return err
			}
			proba = append(proba, columns[1])
		}
	}
	o.detail("%d members", len(members))
	decisive := members[0].decisive
	r.m.Estimator = g
	r.m.Output = model.Output{
		Task: model.Classification, Classes: classes, Probable: probable, Decisive: decisive,
		Link: model.LinkIdentity, Scale: 1,
	}
	if len(members) == 1 {
		return r.oneOfTwo(o, g, proba, decisive)
	}
	if g.Votes, err = r.columns(o, len(classes), numeric); err != nil {
		return err
	}
	r.step(model.Last{In: g.Scores, Out: g.Votes})
	r.m.Output.Decision = model.DecideVotes
	if !probable {
		return nil
	}
	if g.Probabilities, err = r.columns(o, len(classes), numeric); err != nil {
		return err
	}
	r.step(model.Share{In: proba, Out: g.Probabilities, Keep: !r.version.before(1, 7)})
	r.m.Output.Link = model.LinkGiven
	return nil
}

// constant tells whether a member stands for a label that training saw with every row, or with none.
func constant(v pickle.Value) bool {
	p, ok := v.(*pickle.Object)
	return ok && p.Class != nil && p.Class.Module == "sklearn.multiclass" && p.Class.Name == "_ConstantPredictor"
}

// constantMember reads one.
func (r *reader) constantMember(of *object, v pickle.Value, path string) (*inner, error) {
	o, err := r.open(v, path)
	if err != nil {
		return nil, err
	}
	a, ok := o.value("y_").(*pickle.Array)
	if !ok || a.Len() != 1 {
		o.fail("attribute y_ is not an array of one number")
		return nil, o.err
	}
	y, err := r.floats(a)
	if err != nil || y[0] != 0 && y[0] != 1 {
		return nil, o.wrong("attribute y_ is neither 0 nor 1 (%v)", err)
	}
	return &inner{
		of: of, path: path, decisive: true, constant: true,
		estimator: &model.Linear{Coef: make([][]float64, 1), Intercept: y},
		output: model.Output{
			Task: model.Classification, Classes: presence(1)[0], Probable: true, Decisive: true,
			Link: model.LinkIdentity, Scale: 1, Decision: model.DecideScorePositive,
		},
	}, nil
}

// oneForEach has a member for each of several labels, which are there or not.
func (r *reader) oneForEach(o *object, members []*inner, labels int) error {
	if len(members) != labels || labels < 2 {
		return o.wrong("%d members for %d labels", len(members), labels)
	}
	g := &model.Given{}
	kind := members[0] // which all have that training saw both with and without their label
	for _, p := range members {
		if kind.constant {
			kind = p
		}
	}
	bound, decisive, probable := 0.0, kind.decisive, kind.output.Probable
	if !members[0].decisive || members[0].constant || kind.output.Task == model.Regression {
		bound = 0.5 // the first decides for all
	}
	var scores []model.Column
	for _, p := range members {
		if !p.constant && (p.decisive != decisive || p.output.Probable != probable) {
			return o.refuse("members of different kinds", "members of one class")
		}
		score, err := r.binary(p)
		if err != nil {
			return err
		}
		scores = append(scores, score)
		if !probable {
			continue
		}
		proba := []model.Column{0, score}
		if decisive {
			if proba, err = r.result(p, model.ResultProbabilities); err != nil {
				return err
			}
		}
		g.Probabilities = append(g.Probabilities, proba[1])
	}
	var err error
	if g.Chosen, err = r.above(o, scores, bound); err != nil {
		return err
	}
	if decisive {
		g.Scores = scores
	}
	r.several(o, presence(labels), g)
	r.m.Output.Indicator = probable
	return nil
}

// oneOfTwo is the output of a single member: for the second class or not.
func (r *reader) oneOfTwo(o *object, g *model.Given, proba []model.Column, decisive bool) error {
	r.m.Output.Decision = model.DecideScorePositive
	if !decisive {
		r.m.Output.Decision = model.DecideAboveHalf // its score is the probability
		return nil
	}
	if len(proba) == 0 {
		return nil
	}
	rest, err := r.columns(o, 1, numeric)
	if err != nil {
		return err
	}
	r.step(model.Affine{In: proba[0], Out: rest[0], Scale: -1, Offset: 1})
	g.Probabilities = []model.Column{rest[0], proba[0]}
	r.m.Output.Link = model.LinkGiven
	return nil
}

// oneVersusOne has a member for each pair of classes.
func (r *reader) oneVersusOne(o *object, in matrix) error {
	classes := o.classes()
	if o.err == nil && (len(classes) < 2 || len(classes) > model.MaxPaired) {
		o.fail("%d classes", len(classes))
	}
	if o.has("pairwise_indices_") {
		return o.refuse("members of a precomputed kernel", "members that take the columns")
	}
	if o.err != nil {
		return o.err
	}
	members, err := r.inners(o, "estimators_", in)
	if err != nil {
		return err
	}
	if len(members) != len(classes)*(len(classes)-1)/2 {
		return o.wrong("%d members for %d classes", len(members), len(classes))
	}
	step := model.Duel{}
	for _, p := range members {
		if err := p.classifies(2); err != nil {
			return err
		}
		score, err := r.binary(p)
		if err != nil {
			return err
		}
		class, err := r.result(p, model.ResultClass)
		if err != nil {
			return err
		}
		step.Wins, step.Values = append(step.Wins, class[0]), append(step.Values, score)
	}
	if step.Out, err = r.columns(o, len(classes), numeric); err != nil {
		return err
	}
	r.step(step)
	o.detail("%d members", len(members))
	r.m.Output = model.Output{
		Task: model.Classification, Classes: classes, Decisive: true, Link: model.LinkIdentity, Scale: 1,
		Decision: model.DecideArgmaxScore,
	}
	if len(classes) > 2 {
		r.m.Estimator = &model.Given{Scores: step.Out}
		return nil
	}
	r.m.Estimator = &model.Given{Scores: step.Out[1:]}
	r.m.Output.Decision = model.DecideScorePositive
	if !members[0].decisive {
		r.m.Output.Decision = model.DecideAboveHalf
	}
	return nil
}

// multiOutput has a regressor for each output.
func (r *reader) multiOutput(o *object, in matrix) error {
	members, err := r.inners(o, "estimators_", in)
	if err != nil {
		return err
	}
	var values []model.Column
	for _, p := range members {
		if err := p.regresses(); err != nil {
			return err
		}
		column, err := r.result(p, model.ResultValues)
		if err != nil {
			return err
		}
		values = append(values, column...)
	}
	o.detail("%d outputs", len(values))
	r.regression(values)
	r.m.Output.Precision = precision(members, nil)
	return nil
}
