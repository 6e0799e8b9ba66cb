package sklearn

import (
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// linearRegression is X @ coef_.T + intercept_, of one or several targets.
func (r *reader) linearRegression(o *object, in matrix) error {
	if err := r.linear(o, in, 0); err != nil {
		return err
	}
	r.m.Output = model.Output{Task: model.Regression, Link: model.LinkIdentity, Scale: 1, Precision: r.sumsIn()}
	return nil
}

// sumsIn is the precision in which the linear model that was read last sums.
func (r *reader) sumsIn() model.Precision {
	l, _ := r.m.Estimator.(*model.Linear)
	return l.Sum
}

// linear reads coef_ and intercept_ into the estimator; rows says how many
// scores there must be, 0 for any number.
func (r *reader) linear(o *object, in matrix, rows int) error {
	if err := r.numbers(o, in); err != nil {
		return err
	}
	a, ok := o.value("coef_").(*pickle.Array)
	if !ok {
		o.fail("attribute coef_ is a %s, not a dense array", typeName(o.value("coef_")))
		return o.err
	}
	sum := model.F64
	if in.elem == single && a.Dtype.Size == 4 {
		if sum = model.F32; !in.sparse || o.name != "LogisticRegression" && o.name != "Ridge" && o.name != "LinearRegression" {
			return o.refuse("float32 input", "float64: the float32 comes from an encoder's dtype, which is float64 by default")
		}
	}
	n := len(in.cols)
	shape := a.Shape
	if len(shape) == 1 {
		shape = []int{1, shape[0]}
	}
	if len(shape) != 2 || shape[1] != n || shape[0] < 1 || rows > 0 && shape[0] != rows {
		return o.wrong("attribute coef_ has shape %v for %d columns", a.Shape, n)
	}
	coef, err := r.floats(a)
	if err != nil {
		return o.wrong("attribute coef_: %v", err)
	}
	l := &model.Linear{In: in.cols, Intercept: make([]float64, shape[0]), Sum: sum}
	for k := range shape[0] {
		l.Coef = append(l.Coef, coef[k*n:][:n])
	}
	v := o.value("intercept_")
	if b, isArray := v.(*pickle.Array); isArray && len(b.Shape) > 0 {
		intercept, err := r.floats(b)
		switch {
		case err != nil || len(b.Shape) != 1 || len(intercept) != 1 && len(intercept) != shape[0]:
			return o.wrong("attribute intercept_ has shape %v for %d scores", b.Shape, shape[0])
		case len(intercept) == 1:
			for k := range l.Intercept {
				l.Intercept[k] = intercept[0]
			}
		default:
			copy(l.Intercept, intercept)
		}
	} else {
		x, ok := number(v)
		if !ok {
			o.fail("attribute intercept_ is a %s, not a number or an array", typeName(v))
		}
		for k := range l.Intercept {
			l.Intercept[k] = x
		}
	}
	if o.err != nil {
		return o.err
	}
	if !in.sparse || !o.unchecked() {
		r.require(o, in.cols, demand{noMissing: true, finite: true})
	}
	r.m.Estimator = l
	o.detail("%d coefficients", len(coef))
	return nil
}

// unchecked tells whether the object multiplies a sparse matrix without a look at it: it
// answers NaN where something is missing.
func (o *object) unchecked() bool {
	switch o.name {
	case "Lasso", "ElasticNet", "MultiTaskLasso", "MultiTaskElasticNet":
		return true
	}
	return false
}

// logisticRegression is linear with a logistic or a softmax on top.
func (r *reader) logisticRegression(o *object, in matrix) error {
	classes := o.classes()
	if o.err != nil {
		return o.err
	}
	rows := len(classes)
	if rows == 2 {
		rows = 1
	}
	if err := r.linear(o, in, rows); err != nil {
		return err
	}
	out := model.Output{
		Task: model.Classification, Classes: classes, Probable: true, Decisive: true,
		Link: model.LinkSoftmax, Scale: 1, Decision: model.DecideArgmaxScore, Precision: r.sumsIn(),
	}
	ovr, err := o.oneVsRest(len(classes))
	switch {
	case err != nil:
		return err
	case len(classes) < 2:
		return o.refuse("a single class", "two classes or more")
	case len(classes) == 2:
		out.Link, out.Decision = model.LinkLogistic, model.DecideScorePositive
		if !ovr {
			out.Scale = 2 // softmax of [-x, x]
		}
	case ovr:
		out.Link = model.LinkOneVsRest
	}
	r.m.Output = out
	return nil
}

// oneVsRest tells whether predict_proba takes each score on its own. The
// default for multi_class and the solvers it forces changed over time.
func (o *object) oneVsRest(classes int) (bool, error) {
	v := o.r.version
	if !v.before(1, 8) {
		return classes <= 2, nil
	}
	multi := "auto"
	if _, ok := o.attr("multi_class"); ok {
		multi = o.text("multi_class")
	}
	solver := o.text("solver")
	switch multi {
	case "ovr", "warn":
		return true, o.err
	case "multinomial":
		return false, o.err
	case "auto", "deprecated":
		forced := solver == "liblinear" || solver == "newton-cholesky" && v.before(1, 6)
		return classes <= 2 || forced, o.err
	}
	return false, o.refuse("multi_class="+multi, "auto, ovr, multinomial")
}
