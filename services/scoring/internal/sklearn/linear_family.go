package sklearn

import (
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// generalised is a linear model whose prediction goes through the inverse of a
// link: of Poisson and gamma regression the exponential function.
func (r *reader) generalised(o *object, in matrix) error {
	if err := r.linear(o, in, 1); err != nil {
		return err
	}
	link := model.LinkExp
	if o.name == "TweedieRegressor" {
		switch o.only("link", "auto", "identity", "log") {
		case "identity":
			link = model.LinkIdentity
		case "auto":
			if o.number("power") <= 0 {
				link = model.LinkIdentity
			}
		}
	}
	r.m.Output = model.Output{Task: model.Regression, Link: link, Scale: 1}
	return o.err
}

// ransac hands its rows to the model that it fitted to the inliers, unchecked.
func (r *reader) ransac(o *object, in matrix) error {
	inner := o.value("estimator_")
	if o.err != nil {
		return o.err
	}
	return r.predictor(inner, join(o.path, "estimator_"), in)
}

// oneClass is linear: 1 where it is not negative, else -1.
func (r *reader) oneClass(o *object, in matrix) error {
	coef, offset := o.row("coef_"), o.row("offset_")
	if o.err == nil && (len(coef) != len(in.cols) || len(offset) != 1) {
		o.fail("%d coefficients and %d offsets for %d columns", len(coef), len(offset), len(in.cols))
	}
	o.wideNumbers("coef_", "offset_")
	if o.err != nil {
		return o.err
	}
	if err := r.full(o, in); err != nil {
		return err
	}
	r.m.Estimator = &model.Linear{In: in.cols, Coef: [][]float64{coef}, Intercept: []float64{-offset[0]}}
	r.m.Output = model.Output{Task: model.Regression, Link: model.LinkSignNotNegative, Scale: 1, Decisive: true}
	return nil
}

// linearClassifier decides by the sign of one score, or by the greatest of several.
func (r *reader) linearClassifier(o *object, in matrix) error {
	if o.multilabel() {
		return r.linearLabels(o, in)
	}
	classes := o.linearClasses()
	if o.err != nil {
		return o.err
	}
	rows := len(classes)
	switch rows {
	case 1:
		return o.refuse("a single class", "two classes or more")
	case 2:
		rows = 1
	}
	if err := r.linear(o, in, rows); err != nil {
		return err
	}
	r.m.Output = model.Output{
		Task: model.Classification, Classes: classes, Decisive: true,
		Link: model.LinkIdentity, Scale: 1, Decision: model.DecideArgmaxScore,
	}
	if rows == 1 {
		r.m.Output.Decision = model.DecideScorePositive
	}
	return nil
}

// multilabel tells whether what made numbers of labels saw labels that are there or not.
func (o *object) multilabel() bool {
	binarizer, ok := attribute[*pickle.Object](o.Object, "_label_binarizer")
	if !ok {
		return false
	}
	kind, _ := binarizer.Attr("y_type_")
	return kind == "multilabel-indicator"
}

// linearLabels decides each of several labels by the sign of a score of its own.
func (r *reader) linearLabels(o *object, in matrix) error {
	if err := r.linear(o, in, 0); err != nil {
		return err
	}
	scores, err := r.columns(o, r.m.Estimator.Width(), numeric)
	if err != nil {
		return err
	}
	r.step(model.Nested{
		Estimator: r.m.Estimator, Output: model.Output{Task: model.Regression, Link: model.LinkIdentity, Scale: 1},
		Want: model.ResultValues, Out: scores,
	})
	r.blur(scores)
	chosen, err := r.above(o, scores, 0)
	if err != nil {
		return err
	}
	r.several(o, presence(len(scores)), &model.Given{Scores: scores, Chosen: chosen})
	return o.err
}

// linearClasses are classes_; ridge classifiers keep them in what makes numbers of labels.
func (o *object) linearClasses() []model.Label {
	if !o.has("_label_binarizer") || o.has("classes_") {
		return o.classes()
	}
	binarizer, err := o.r.open(o.value("_label_binarizer"), join(o.path, "_label_binarizer"))
	if err != nil {
		o.err = err
		return nil
	}
	if kind := binarizer.text("y_type_"); binarizer.err == nil && kind != "binary" && kind != "multiclass" {
		o.err = o.refuse("several labels a row", "one label a row")
		return nil
	}
	classes := binarizer.classes()
	o.err = binarizer.err
	return classes
}

// sgdClassifier is a linear classifier, with probabilities for two of its losses.
func (r *reader) sgdClassifier(o *object, in matrix) error {
	if err := r.linearClassifier(o, in); err != nil {
		return err
	}
	out := &r.m.Output
	switch o.text("loss") {
	case "log", "log_loss":
		out.Probable = true
		switch {
		case len(out.Classes) == 2:
			out.Link = model.LinkLogistic
		case r.version.before(1, 9):
			out.Link = model.LinkOneVsRest
		default:
			out.Link = model.LinkOneVsRestEven
		}
	case "modified_huber":
		out.Probable, out.Link = true, model.LinkHuber
	}
	return o.err
}

// lda is a linear classifier; its probabilities are the logistic function of its score, or the
// softmax of several.
func (r *reader) lda(o *object, in matrix) error {
	if err := r.linearClassifier(o, in); err != nil {
		return err
	}
	out := &r.m.Output
	out.Probable = true
	if out.Link = model.LinkSoftmax; len(out.Classes) == 2 {
		out.Link = model.LinkLogistic
	}
	return nil
}
