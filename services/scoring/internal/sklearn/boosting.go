package sklearn

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// gradientBoosting adds learning_rate times each tree to what init_ says.
func (r *reader) gradientBoosting(o *object, in matrix) error {
	if err := r.numbers(o, in); err != nil {
		return err
	}
	stages, ok := o.value("estimators_").(*pickle.Array)
	if !ok || len(stages.Shape) != 2 || stages.Shape[0] < 1 || stages.Shape[1] < 1 || stages.Shape[1] > model.MaxScores {
		o.fail("attribute estimators_ is not an array of stages and classes")
		return o.err
	}
	list, err := r.values(stages)
	if err != nil {
		return o.wrong("attribute estimators_: %v", err)
	}
	rate, loss := o.number("learning_rate"), o.text("loss")
	if o.err != nil {
		return o.err
	}
	e := r.ensemble(in)
	scores := stages.Shape[1]
	for i, v := range list {
		member, err := r.open(v, o.path)
		if err != nil {
			return err
		}
		t, err := r.tree(member)
		if err != nil {
			return err
		}
		if t.outputs != 1 || t.classes != 1 {
			return member.wrong("attribute tree_ has %d outputs and %d classes", t.outputs, t.classes)
		}
		built, err := t.regression(int32(i%scores), rate) // #nosec G115 -- at most MaxScores
		if err != nil {
			return member.wrong("attribute tree_: %v", err)
		}
		e.Trees = append(e.Trees, built)
	}
	r.require(o, in.cols, demand{noMissing: true, finite: true, f32: true})
	o.detail("%s, %d trees", loss, len(e.Trees))
	r.m.Estimator = e
	if !o.classifier() {
		return r.boostedRegression(o, e, scores, loss)
	}
	return r.boostedClassification(o, e, scores, loss)
}

func (r *reader) boostedRegression(o *object, e *model.Ensemble, scores int, loss string) error {
	switch loss {
	case "squared_error", "absolute_error", "huber", "quantile", "ls", "lad":
	default:
		return o.refuse("loss="+loss, "squared_error, absolute_error, huber, quantile")
	}
	if scores != 1 {
		return o.wrong("%d scores of a regression", scores)
	}
	e.Base = []float64{0}
	dummy, err := o.init("DummyRegressor")
	if err != nil {
		return err
	}
	if dummy != nil {
		a, ok := dummy.value("constant_").(*pickle.Array)
		if !ok {
			dummy.fail("attribute constant_ is not an array")
			return dummy.err
		}
		constant, err := r.floats(a)
		if err != nil || len(constant) != 1 {
			return dummy.wrong("attribute constant_ has shape %v", a.Shape)
		}
		e.Base = constant
	}
	r.m.Output = model.Output{Task: model.Regression, Link: model.LinkIdentity, Scale: 1}
	return nil
}

func (r *reader) boostedClassification(o *object, e *model.Ensemble, scores int, loss string) error {
	classes := o.classes()
	if o.err != nil {
		return o.err
	}
	if binary := len(classes) == 2 && scores == 1; !binary && (scores != len(classes) || scores < 3) {
		return o.wrong("%d scores for %d classes", scores, len(classes))
	}
	out := model.Output{
		Task: model.Classification, Classes: classes, Probable: true, Decisive: true,
		Link: model.LinkLogistic, Scale: 1, Decision: model.DecideScoreNotNegative,
	}
	old := r.version.before(1, 4)
	switch {
	case loss != "log_loss" && loss != "deviance" && loss != "exponential":
		return o.refuse("loss="+loss, "log_loss, exponential")
	case loss == "exponential" && scores == 1:
		out.Scale = 2
	case loss == "exponential":
		return o.refuse("loss=exponential for more than two classes", "log_loss")
	case scores > 1:
		out.Link, out.Decision = model.LinkSoftmax, model.DecideArgmaxScore
		if old {
			out.Decision = model.DecideArgmax
		}
	case old: // argmax of [1-p, p]
		out.Decision = model.DecideAboveHalf
	}
	r.m.Output = out
	e.Base = make([]float64, scores)
	dummy, err := o.init("DummyClassifier")
	if err != nil || dummy == nil {
		return err
	}
	prior, err := dummy.prior(len(classes))
	if err != nil {
		return err
	}
	e.Base, e.BaseOfLogs = r.initial(prior, loss == "exponential"), true
	return nil
}

// init opens init_, which is the string "zero" (nil here) or a dummy.
func (o *object) init(class string) (*object, error) {
	v := o.value("init_")
	if o.err != nil || v == "zero" {
		return nil, o.err
	}
	p, ok := v.(*pickle.Object)
	if !ok || p.Class == nil || p.Class.Name != class {
		return nil, o.refuse("init="+typeName(v), "None, 'zero' and "+class)
	}
	return o.r.open(v, join(o.path, "init_"))
}

// prior is what a DummyClassifier answers.
func (o *object) prior(classes int) ([]float64, error) {
	prior := o.vector("class_prior_", classes)
	name := "_strategy"
	if !o.has(name) {
		name = "strategy"
	}
	strategy := o.text(name)
	if o.err != nil {
		return nil, o.err
	}
	switch strategy {
	case "prior":
	case "most_frequent":
		best := argmax(prior)
		clear(prior)
		prior[best] = 1
	case "uniform":
		for i := range prior {
			prior[i] = 1 / float64(classes)
		}
	default:
		return nil, o.refuse("strategy="+strategy, "prior, most_frequent, uniform")
	}
	return prior, nil
}

// initial is the raw score that stands for given probabilities: their link,
// which changed with the losses of 1.4. Before 1.8 probabilities are kept from
// 0 and 1 by float32's epsilon, since then by float64's.
func (r *reader) initial(p []float64, exponential bool) []float64 {
	epsilon := 0x1p-23
	if !r.version.before(1, 8) {
		epsilon = 0x1p-52
	}
	for i := range p {
		p[i] = math.Min(math.Max(p[i], epsilon), 1-epsilon)
	}
	switch {
	case len(p) == 2:
		x := log(p[1] / (1 - p[1]))
		if exponential {
			x *= 0.5
		}
		return []float64{x}
	case r.version.before(1, 4):
		out := make([]float64, len(p))
		for i := range p {
			out[i] = log(p[i])
		}
		return out
	}
	sum := make([]float64, len(p))
	for i := range p {
		sum[i] = log(p[i])
	}
	mean := exp(pairwise(sum) / float64(len(p))) // the geometric mean
	for i := range p {
		sum[i] = log(p[i] / mean)
	}
	return sum
}
