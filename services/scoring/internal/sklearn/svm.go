package sklearn

import (
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// vectors makes a column for each support vector: how near the row is to it.
func (r *reader) vectors(o *object, in matrix) ([]model.Column, error) {
	if o.flag("_sparse", false) {
		return nil, o.refuse("support vectors of a sparse matrix", "training on dense matrices")
	}
	kernels := map[string]model.KernelFunc{
		"linear": model.KernelLinear, "poly": model.KernelPolynomial, "rbf": model.KernelRBF, "sigmoid": model.KernelSigmoid,
	}
	kernel := kernels[o.only("kernel", "linear", "poly", "rbf", "sigmoid")]
	points := o.grid("support_vectors_", anySize, len(in.cols))
	step := model.Kernel{Points: points, Func: kernel}
	step.Gamma, step.Coef0, step.Degree = o.number("_gamma"), o.number("coef0"), o.number("degree")
	if o.err != nil {
		return nil, o.err
	}
	if err := r.full(o, in); err != nil {
		return nil, err
	}
	out, err := r.columns(o, len(points), numeric)
	if err != nil || len(out) == 0 { // a regression that is right everywhere has none
		return nil, err
	}
	step.In, step.Out = in.cols, out
	r.step(step)
	r.blur(out)
	o.detail("%d support vectors", len(points))
	return out, nil
}

// supportRegressor is SVR, NuSVR and OneClassSVM: one sum over the support vectors.
func (r *reader) supportRegressor(o *object, in matrix) error {
	near, err := r.vectors(o, in)
	if err != nil {
		return err
	}
	coef, intercept := o.grid("_dual_coef_", 1, len(near)), o.vector("_intercept_", 1)
	if o.err != nil {
		return o.err
	}
	r.m.Estimator = &model.Linear{In: near, Coef: coef, Intercept: intercept}
	r.m.Output = model.Output{Task: model.Regression, Link: model.LinkIdentity, Scale: 1}
	if o.name == "OneClassSVM" {
		r.m.Output.Link, r.m.Output.Decisive = model.LinkSign, true
	}
	return nil
}

// supportClassifier is SVC and NuSVC: a decision for every pair of classes, each a sum over
// the support vectors of the two.
func (r *reader) supportClassifier(o *object, in matrix) error {
	classes := o.classes()
	if o.err == nil && (len(classes) < 2 || len(classes) > model.MaxPaired) {
		o.fail("%d classes", len(classes))
	}
	if o.err != nil {
		return o.err
	}
	near, err := r.vectors(o, in)
	if err != nil {
		return err
	}
	pairs, err := r.pairs(o, near, len(classes))
	if err != nil {
		return err
	}
	g := &model.Given{}
	r.m.Estimator = g
	r.m.Output = model.Output{
		Task: model.Classification, Classes: classes, Decisive: true,
		Link: model.LinkIdentity, Scale: 1, Decision: model.DecideVotes,
	}
	if err := r.votes(o, g, pairs, len(classes)); err != nil {
		return err
	}
	return r.coupled(o, g, pairs, len(classes))
}

// pairs makes a column for each pair of classes: positive where it is the first.
func (r *reader) pairs(o *object, near []model.Column, classes int) ([]model.Column, error) {
	counts, err := r.integersOf(o.value("_n_support"))
	if err != nil {
		return nil, o.wrong("attribute _n_support: %v", err)
	}
	first := make([]int, classes+1)
	for i, n := range counts {
		if len(counts) != classes || n < 0 || n > len(near) {
			return nil, o.wrong("attribute _n_support holds %v for %d classes", counts, classes)
		}
		first[i+1] = first[i] + n
	}
	if first[classes] != len(near) {
		return nil, o.wrong("attribute _n_support adds up to %d of %d support vectors", first[classes], len(near))
	}
	n := classes * (classes - 1) / 2
	coef, intercept := o.grid("_dual_coef_", classes-1, len(near)), o.vector("_intercept_", n)
	if o.err != nil {
		return nil, o.err
	}
	if !r.spend(len(near) * (classes - 1)) {
		return nil, o.wrong("%v", errWork)
	}
	var out []model.Column
	for i := range classes {
		for j := i + 1; j < classes; j++ {
			in := append(near[first[i]:first[i+1]:first[i+1]], near[first[j]:first[j+1]]...)
			weights := append(coef[j-1][first[i]:first[i+1]:first[i+1]], coef[i][first[j]:first[j+1]]...)
			if len(in) == 0 {
				return nil, o.wrong("classes %d and %d have no support vectors", i, j)
			}
			pair, err := r.dense(o, in, [][]float64{weights}, intercept[len(out):][:1], nil)
			if err != nil {
				return nil, err
			}
			out = append(out, pair...)
		}
	}
	return out, nil
}

// votes decides by libsvm's votes or, where ties are broken, by the confident ones that are
// the decision function.
func (r *reader) votes(o *object, g *model.Given, pairs []model.Column, classes int) (err error) {
	shape := o.only("decision_function_shape", "ovr", "ovo")
	breaks := o.flag("break_ties", false)
	switch {
	case o.err != nil:
		return o.err
	case breaks && shape == "ovo":
		return o.refuse("break_ties and decision_function_shape=ovo", "decision_function_shape=ovr, as scikit-learn does")
	case classes == 2: // libsvm's decision is for the first class, scikit-learn's for the second
		if g.Scores, err = r.columns(o, 1, numeric); err != nil {
			return err
		}
		r.step(model.Affine{In: pairs[0], Out: g.Scores[0], Scale: -1})
	case shape == "ovr":
		if g.Scores, err = r.vote(o, pairs, classes, true); err != nil {
			return err
		}
	default:
		g.Scores = pairs
	}
	if g.Votes = g.Scores; breaks && classes > 2 {
		return nil
	}
	g.Votes, err = r.vote(o, pairs, classes, false)
	return err
}

func (r *reader) vote(o *object, pairs []model.Column, classes int, confident bool) ([]model.Column, error) {
	out, err := r.columns(o, classes, numeric)
	if err == nil {
		r.step(model.Vote{In: pairs, Out: out, Confident: confident})
	}
	return out, err
}

// coupled adds probabilities, where the model was trained for them.
func (r *reader) coupled(o *object, g *model.Given, pairs []model.Column, classes int) error {
	if v, _ := o.attr("probability"); v != true {
		return nil
	}
	a, b := "_probA", "_probB"
	if _, ok := o.attr(a); !ok {
		a, b = "probA_", "probB_"
	}
	step := model.Couple{In: pairs, A: o.vector(a, len(pairs)), B: o.vector(b, len(pairs))}
	if o.err != nil {
		return o.err
	}
	out, err := r.columns(o, classes, numeric)
	if err != nil {
		return err
	}
	step.Out = out
	r.step(step)
	g.Probabilities, r.m.Output.Link, r.m.Output.Probable = out, model.LinkGiven, true
	return nil
}
