package sklearn

import (
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// voteWeights are the weights of the members that were not dropped, nil without.
func (o *object) voteWeights(members int) []float64 {
	if !o.has("weights") {
		return nil
	}
	all := o.members("estimators", 2)
	if o.err != nil {
		return nil
	}
	weights := o.optional("weights", len(all))
	if o.err != nil {
		return nil
	}
	var out []float64
	for i, m := range all {
		if m.value != "drop" {
			out = append(out, weights[i])
		}
	}
	if len(out) != members || total(out) == 0 {
		o.fail("%d weights, of the sum %v, for %d members", len(out), total(out), members)
	}
	return out
}

// divisor is what a mean of n members divides by.
func divisor(weights []float64, n int) float64 {
	if weights != nil {
		return total(weights)
	}
	return float64(n)
}

// precision is float32 where every member yields it and nothing widens it.
func precision(members []*inner, weights []float64) model.Precision {
	for _, p := range members {
		if p.output.Precision != model.F32 || weights != nil {
			return model.F64
		}
	}
	return model.F32
}

// votingRegressor is the mean of its members.
func (r *reader) votingRegressor(o *object, in matrix) error {
	members, err := r.inners(o, "estimators_", in)
	if err != nil {
		return err
	}
	weights := o.voteWeights(len(members))
	if o.err != nil {
		return o.err
	}
	values, err := r.regressed(members)
	if err != nil {
		return err
	}
	single := precision(members, weights)
	mean, err := r.sum(o, values, weights, divisor(weights, len(members)), single)
	if err != nil {
		return err
	}
	o.detail("the mean of %d", len(members))
	r.regression([]model.Column{mean})
	r.m.Output.Precision = single
	return nil
}

// votingClassifier is the mean of its members' probabilities, or the class that most
// of them predict.
func (r *reader) votingClassifier(o *object, in matrix) error {
	classes := o.classes()
	voting := o.only("voting", "hard", "soft")
	if o.err != nil {
		return o.err
	}
	members, err := r.inners(o, "estimators_", in)
	if err != nil {
		return err
	}
	weights := o.voteWeights(len(members))
	if o.err != nil {
		return o.err
	}
	var results [][]model.Column
	for _, p := range members {
		if err := p.classifies(len(classes)); err != nil {
			return err
		}
		want := model.ResultProbabilities
		if voting == "hard" {
			want = model.ResultClass
		}
		columns, err := r.result(p, want)
		if err != nil {
			return err
		}
		results = append(results, columns)
	}
	o.detail("%d members, %s", len(members), voting)
	if voting == "hard" {
		return r.hardVote(o, classes, results, weights)
	}
	single := precision(members, weights)
	mean, err := r.sums(o, results, weights, divisor(weights, len(members)), single)
	if err != nil {
		return err
	}
	r.probable(classes, mean)
	r.m.Output.Precision = single
	return nil
}

// hardVote counts for which class members vote.
func (r *reader) hardVote(o *object, classes []model.Label, results [][]model.Column, weights []float64) error {
	votes := make([]model.Column, len(results))
	for i := range results {
		votes[i] = results[i][0]
	}
	if weights == nil {
		weights = ones(len(votes))
	}
	counts, err := r.columns(o, len(classes), numeric)
	if err != nil {
		return err
	}
	r.step(model.Tally{In: votes, Out: counts, Gain: weights, Loss: make([]float64, len(votes))})
	r.probable(classes, counts)
	r.m.Output.Probable = false
	return nil
}

func ones(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = 1
	}
	return out
}

// stacking gives what its members predict to a final estimator.
func (r *reader) stacking(o *object, in matrix) error {
	var classes []model.Label
	if o.classifier() {
		if classes = o.classes(); o.err != nil {
			return o.err
		}
	}
	members, err := r.inners(o, "estimators_", in)
	if err != nil {
		return err
	}
	methods := o.list("stack_method_")
	if o.err == nil && len(methods) != len(members) {
		o.fail("%d methods for %d members", len(methods), len(members))
	}
	if o.err != nil {
		return o.err
	}
	meta := matrix{elem: single}
	for i, p := range members {
		columns, err := r.stacked(o, p, methods[i], len(classes))
		if err != nil {
			return err
		}
		meta.cols = append(meta.cols, columns...)
		if p.output.Precision != model.F32 || methods[i] == "predict" && classes != nil {
			meta.elem = wide
		}
	}
	if o.flag("passthrough", false) {
		meta = hstack([]matrix{meta, in})
		meta.sparse, meta.zeros = in.sparse, in.sparse
	}
	o.detail("%d members", len(members))
	if err := r.predictor(o.value("final_estimator_"), join(o.path, "final_estimator_"), meta); err != nil {
		return err
	}
	return r.relabel(o, classes)
}

// stacked is what the final estimator gets of one member.
func (r *reader) stacked(o *object, p *inner, method pickle.Value, classes int) ([]model.Column, error) {
	switch method {
	case "predict_proba":
		columns, err := r.result(p, model.ResultProbabilities)
		if err == nil && classes == 2 && len(columns) > 0 {
			columns = columns[1:]
		}
		return columns, err
	case "decision_function":
		return r.result(p, model.ResultScores)
	case "predict":
		if p.output.Task == model.Regression {
			return r.result(p, model.ResultValues)
		}
		return r.labels(o, p)
	}
	return nil, o.refuse("an unknown stack_method_", "predict_proba, decision_function, predict")
}

// labels makes a column of the labels that a classifier predicts, which are numbers.
func (r *reader) labels(o *object, p *inner) ([]model.Column, error) {
	class, err := r.result(p, model.ResultClass)
	if err != nil {
		return nil, err
	}
	step := model.Ordinal{In: class[0], By: o.by()}
	for i, l := range p.output.Classes {
		x := float64(l.Integer)
		switch l.Kind {
		case model.FloatLabel:
			x = l.Float
		case model.BoolLabel:
			x, _ = number(l.Bool)
		case model.StringLabel:
			return nil, o.refuse("a member that predicts strings (at "+p.path+")", "members whose labels are numbers")
		}
		step.Categories = append(step.Categories, model.Scalar{Number: float64(i)})
		step.Codes = append(step.Codes, x)
	}
	out, err := r.columns(o, 1, numeric)
	if err != nil {
		return nil, err
	}
	step.Out = out[0]
	r.step(step)
	return out, nil
}

// relabel gives a classifier that was trained on the numbers of labels those labels.
func (r *reader) relabel(o *object, classes []model.Label) error {
	out := &r.m.Output
	if (out.Task == model.Classification) != (classes != nil) {
		return o.wrong("its final estimator does not predict what it does")
	}
	out.Classes = slices.Clone(out.Classes)
	for i, l := range out.Classes {
		at := l.Integer
		if l.Kind == model.FloatLabel {
			at = int64(l.Float)
		}
		if l.Kind == model.StringLabel || l.Kind == model.BoolLabel || at < 0 || at >= int64(len(classes)) {
			return o.wrong("its final estimator knows class %d; there are %d", at, len(classes))
		}
		out.Classes[i] = classes[at]
	}
	return nil
}
