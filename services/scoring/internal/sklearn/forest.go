package sklearn

import (
	"fmt"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// decisionTree is one tree: a forest of one, without the division.
func (r *reader) decisionTree(o *object, in matrix) error {
	e := r.ensemble(in)
	targets := o.severalTargets()
	if o.err != nil {
		return o.err
	}
	width, err := r.addTree(o, o, e, targets, true)
	if err != nil {
		return err
	}
	e.Base = make([]float64, width)
	allow, err := o.allowsMissing(o.name)
	if err != nil {
		return err
	}
	return r.trees(o, in, e, targets, allow)
}

// severalTargets are those of a classifier of several labels a row; nil of others.
func (o *object) severalTargets() [][]model.Label {
	if !o.classifier() {
		return nil
	}
	return o.targets()
}

// forest is the mean of its trees.
func (r *reader) forest(o *object, in matrix) error {
	list := o.list("estimators_")
	if o.err == nil && len(list) == 0 {
		o.fail("no trees")
	}
	if o.err != nil {
		return o.err
	}
	if len(list) > model.MaxTrees {
		return o.wrong("%d trees", len(list))
	}
	targets := o.severalTargets()
	if o.err != nil {
		return o.err
	}
	e := r.ensemble(in)
	e.Divisor = float64(len(list))
	allow := false
	for i, v := range list {
		member, err := r.open(v, o.path)
		if err != nil {
			return err
		}
		width, err := r.addTree(o, member, e, targets, false)
		if err != nil {
			return err
		}
		if i > 0 {
			if width != len(e.Base) {
				return o.wrong("tree %d has %d values a leaf where the first has %d", i, width, len(e.Base))
			}
			continue
		}
		e.Base = make([]float64, width)
		if allow, err = member.allowsMissing(member.name); err != nil {
			return err
		}
		allow = allow && !r.version.before(1, 4) // forests came after trees
	}
	return r.trees(o, in, e, targets, allow)
}

// ensemble is an empty ensemble with scikit-learn's rules for trees.
func (r *reader) ensemble(in matrix) *model.Ensemble {
	return &model.Ensemble{In: in.cols, Input: model.F32, Compare: model.LessOrEqual, Sum: model.F64}
}

// addTree adds the tree of a member of an ensemble; of is the outermost
// object, and targets its classes if it predicts several labels a row. It returns the
// number of values a leaf.
func (r *reader) addTree(of, member *object, e *model.Ensemble, targets [][]model.Label, alone bool) (int, error) {
	t, err := r.tree(member)
	if err != nil {
		return 0, err
	}
	var built model.Tree
	width := t.outputs
	switch {
	case targets != nil:
		if width, err = t.fits(targets); err == nil {
			built, err = t.classifications(targets, r.version.before(1, 4), alone)
		}
	case of.classifier():
		if t.outputs != 1 {
			return 0, of.wrong("trees of %d labels a row", t.outputs)
		}
		width = t.classes
		built, err = t.classification(r.version.before(1, 4), alone)
	default:
		score := int32(0)
		if width > 1 {
			score = -1
		}
		built, err = t.regression(score, 1)
	}
	if err != nil {
		return 0, member.wrong("attribute tree_: %v", err)
	}
	e.Trees = append(e.Trees, built)
	return width, nil
}

// trees finishes a tree or forest: what it refuses, and its output.
func (r *reader) trees(o *object, in matrix, e *model.Ensemble, targets [][]model.Label, allowMissing bool) error {
	if err := r.numbers(o, in); err != nil {
		return err
	}
	r.require(o, in.cols, demand{noMissing: !allowMissing || in.sparse, finite: true, f32: true})
	r.m.Estimator = e
	o.detail("%d trees", len(e.Trees))
	if !o.classifier() {
		r.m.Output = model.Output{Task: model.Regression, Link: model.LinkIdentity, Scale: 1}
		return o.err
	}
	if targets != nil {
		return r.severalTrees(o, e, targets)
	}
	classes := o.classes()
	if o.err == nil && len(classes) != len(e.Base) {
		o.fail("%d classes, and trees of %d", len(classes), len(e.Base))
	}
	r.m.Output = model.Output{
		Task: model.Classification, Classes: classes, Probable: true,
		Link: model.LinkAverage, Scale: 1, Decision: model.DecideArgmax,
	}
	if len(classes) == 1 {
		r.m.Output.Link = model.LinkAverage
	}
	return o.err
}

// fits holds a tree to the classes of several labels, and counts them.
func (t *tree) fits(targets [][]model.Label) (width int, err error) {
	most := 0
	for _, classes := range targets {
		most = max(most, len(classes))
		width += len(classes)
	}
	if t.outputs != len(targets) || t.classes != most {
		return 0, fmt.Errorf("values of %d labels and %d classes for %d and %d", t.outputs, t.classes, len(targets), most)
	}
	return width, nil
}

// severalTrees makes columns of what the trees say of each class of each label.
func (r *reader) severalTrees(o *object, e *model.Ensemble, targets [][]model.Label) error {
	proba, err := r.columns(o, len(e.Base), numeric)
	if err != nil {
		return err
	}
	r.step(model.Nested{
		Estimator: e, Output: model.Output{Task: model.Regression, Link: model.LinkIdentity, Scale: 1},
		Want: model.ResultValues, Out: proba,
	})
	return r.mostLikely(o, targets, proba)
}

// allowsMissing tells whether a tree takes NaN, as the tags of its version say.
func (o *object) allowsMissing(class string) (bool, error) {
	v := o.r.version
	if v.before(1, 3) {
		return false, nil
	}
	splitter, criterion := o.text("splitter"), o.text("criterion")
	constrained := o.has("monotonic_cst")
	if o.err != nil {
		return false, o.err
	}
	extra := class == "ExtraTreeRegressor" || class == "ExtraTreeClassifier"
	if !v.before(1, 9) {
		return !extra || splitter == "random", nil
	}
	known := criterion == "squared_error" || criterion == "friedman_mse" || criterion == "poisson"
	if o.classifier() {
		known = criterion == "gini" || criterion == "log_loss" || criterion == "entropy"
	}
	if !known || constrained {
		return false, nil
	}
	switch {
	case v.before(1, 6):
		return splitter == "best", nil
	case !extra:
		return splitter == "best" || splitter == "random", nil
	case class == "ExtraTreeRegressor" && v.before(1, 7):
		return splitter == "best" || splitter == "random", nil // 1.6 forgot to set the tag
	}
	return splitter == "random", nil
}
