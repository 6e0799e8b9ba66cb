package sklearn

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// bayes ends in log likelihoods, one a class.
func (r *reader) bayes(o *object, e model.Estimator) error {
	classes := o.classes()
	if o.err == nil && len(classes) != e.Width() {
		o.fail("%d classes, and likelihoods of %d", len(classes), e.Width())
	}
	if o.err == nil && len(classes) < 2 {
		return o.refuse("a single class", "two classes or more")
	}
	if o.err != nil {
		return o.err
	}
	r.m.Estimator = e
	r.m.Output = model.Output{
		Task: model.Classification, Classes: classes, Probable: true,
		Link: model.LinkLogSumExp, Scale: 1, Decision: model.DecideArgmaxScore,
	}
	return nil
}

// gaussianBayes adds up, for each class, how far each column is from its mean, squared and
// divided by its variance.
func (r *reader) gaussianBayes(o *object, in matrix) error {
	mean := o.grid("theta_", anySize, len(in.cols))
	variance := o.grid("var_", len(mean), len(in.cols))
	prior := o.vector("class_prior_", len(mean))
	o.wideNumbers("theta_", "var_", "class_prior_")
	if o.err != nil {
		return o.err
	}
	if err := r.full(o, in); err != nil {
		return err
	}
	far, err := r.columns(o, len(mean), numeric)
	if err != nil {
		return err
	}
	r.step(model.Distance{In: in.cols, Out: far, To: mean, Scale: variance, Power: 2})
	bias := make([]float64, len(mean))
	for k := range mean {
		for _, v := range variance[k] {
			bias[k] -= 0.5 * model.Ln(2*math.Pi*v)
		}
		bias[k] += model.Ln(prior[k])
	}
	scores, err := r.affine(o, far, -0.5, bias)
	if err != nil {
		return err
	}
	return r.bayes(o, &model.Given{Scores: scores})
}

// discreteBayes is MultinomialNB, ComplementNB and BernoulliNB.
func (r *reader) discreteBayes(o *object, in matrix) error {
	logs := o.grid("feature_log_prob_", anySize, len(in.cols))
	prior := o.vector("class_log_prior_", len(logs))
	o.wideNumbers("feature_log_prob_", "class_log_prior_")
	if o.err != nil {
		return o.err
	}
	if err := r.full(o, in); err != nil {
		return err
	}
	switch o.name {
	case "ComplementNB":
		prior = make([]float64, len(logs))
	case "BernoulliNB":
		for k, row := range logs {
			for j, p := range row {
				absent := model.Ln(1 - math.Exp(p))
				row[j] -= absent
				prior[k] += absent
			}
		}
		if o.has("binarize") {
			threshold := o.number("binarize")
			if o.err != nil || math.IsNaN(threshold) || in.sparse && threshold < 0 {
				return firstError(o.err, o.refuse("this binarize", "None and numbers"))
			}
			var err error
			in, err = r.each(o, in, func(_ int, from, to model.Column) model.Step {
				return model.Exceed{In: from, Out: to, Threshold: threshold}
			})
			if err != nil {
				return err
			}
		}
	}
	return r.bayes(o, &model.Linear{In: in.cols, Coef: logs, Intercept: prior})
}

// categoricalBayes adds up what the category of each column says; values are cut off to integers.
func (r *reader) categoricalBayes(o *object, in matrix) error {
	tables := o.list("feature_log_prob_")
	prior := o.row("class_log_prior_")
	o.wideNumbers("class_log_prior_")
	if o.err == nil && len(tables) != len(in.cols) {
		o.fail("likelihoods of %d columns, but it gets %d", len(tables), len(in.cols))
	}
	if o.err != nil {
		return o.err
	}
	if err := r.full(o, in); err != nil {
		return err
	}
	whole, err := r.each(o, in, func(_ int, from, to model.Column) model.Step {
		return model.Apply{In: from, Out: to, Func: model.Trunc}
	})
	if err != nil {
		return err
	}
	weights := make([][]float64, len(prior))
	var all []model.Column
	for j, table := range tables {
		hot, err := r.likelihoods(o, whole.cols[j], table, weights)
		if err != nil {
			return err
		}
		all = append(all, hot...)
	}
	return r.bayes(o, &model.Linear{In: all, Coef: weights, Intercept: prior})
}

// likelihoods makes a column for each category of one, and appends to the weights of each class
// what it says.
func (r *reader) likelihoods(o *object, in model.Column, table pickle.Value, weights [][]float64) ([]model.Column, error) {
	rows := o.gridOf("a table of feature_log_prob_", table, len(weights), anySize)
	if o.err != nil {
		return nil, o.err
	}
	if len(rows) == 0 || len(rows[0]) == 0 {
		return nil, o.wrong("a table of feature_log_prob_ is empty")
	}
	hot, err := r.columns(o, len(rows[0]), numeric)
	if err != nil {
		return nil, err
	}
	step := model.OneHot{In: in, By: o.by(), Out: hot, UnknownSlot: -1}
	for i := range hot {
		step.Categories = append(step.Categories, model.Scalar{Number: float64(i)})
		step.Slots = append(step.Slots, int32(i)) // #nosec G115 -- bounded by MaxColumns
	}
	r.step(step)
	for k, row := range rows {
		weights[k] = append(weights[k], row...)
	}
	return hot, nil
}
