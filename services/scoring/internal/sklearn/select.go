package sklearn

import (
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// keep is a selector's transform: the columns of its mask, checked first unless it takes
// missing values, and infinite ones with them.
func (r *reader) keep(o *object, in matrix, mask []bool, missing bool) (matrix, error) {
	if o.err != nil {
		return in, o.err
	}
	if len(mask) != len(in.cols) {
		return in, o.wrong("it selects among %d columns, but gets %d", len(mask), len(in.cols))
	}
	if !o.framed() && !missing {
		if err := r.numbers(o, in); err != nil {
			return in, err
		}
		r.require(o, in.cols, demand{noMissing: true, finite: true})
	}
	out := in
	out.cols = nil
	for i, kept := range mask {
		if kept {
			out.cols = append(out.cols, in.cols[i])
		}
	}
	o.detail("%d columns to %d", len(in.cols), len(out.cols))
	return out, nil
}

// framed tells whether a selector gets data frames and is told to give them, too: then, since
// 1.3, it does not look into them.
func (o *object) framed() bool {
	config, _ := o.attr("_sklearn_output_config")
	d, ok := config.(*pickle.Dict)
	if !ok || o.r.version.before(1, 3) || !o.r.m.Named {
		return false
	}
	kind, _ := d.Get("transform")
	return kind != nil && kind != "default"
}

// varianceThreshold keeps what varies more than its threshold.
func (r *reader) varianceThreshold(o *object, in matrix) (matrix, error) {
	threshold := o.number("threshold")
	o.wideNumbers("variances_")
	variances := o.vector("variances_", len(in.cols))
	return r.keep(o, in, where(variances, func(v float64) bool { return v > threshold }), true)
}

// recursive is a selector that keeps its mask: RFE, RFECV, SequentialFeatureSelector.
func (r *reader) recursive(o *object, in matrix) (matrix, error) {
	a, ok := o.value("support_").(*pickle.Array)
	if !ok || len(a.Shape) != 1 {
		o.fail("attribute support_ is not an array of one dimension")
		return in, o.err
	}
	if !r.spend(a.Len()) {
		return in, o.wrong("%v", errWork)
	}
	mask, err := a.Bools()
	if err != nil {
		return in, o.wrong("attribute support_: %v", err)
	}
	missing, err := r.ofEstimator(o)
	if err != nil {
		return in, err
	}
	return r.keep(o, in, mask, missing)
}

// univariate selects by a score, or by a p-value, that each column has on its own.
func (r *reader) univariate(o *object, in matrix) (matrix, error) {
	mode := map[string]string{
		"SelectKBest": "k_best", "SelectPercentile": "percentile", "SelectFpr": "fpr", "SelectFdr": "fdr", "SelectFwe": "fwe",
	}[o.name]
	parameter := map[string]string{"k_best": "k", "percentile": "percentile"}[mode]
	if parameter == "" {
		parameter = "alpha"
	}
	if o.name == "GenericUnivariateSelect" {
		mode, parameter = o.only("mode", "k_best", "percentile", "fpr", "fdr", "fwe"), "param"
	}
	o.wideNumbers("scores_", "pvalues_")
	n := len(in.cols)
	if mode == "k_best" && o.value(parameter) == "all" {
		o.vector("scores_", n)
		return r.keep(o, in, where(make([]float64, n), func(float64) bool { return true }), false)
	}
	p := o.number(parameter)
	if o.err == nil && (math.IsNaN(p) || p < 0) {
		o.fail("attribute %s is %v", parameter, p)
	}
	if o.err != nil || n == 0 {
		return in, o.err
	}
	var mask []bool
	switch mode {
	case "k_best":
		mask = best(clean(o.vector("scores_", n)), int(min(p, float64(n))))
	case "percentile":
		mask = percentile(clean(o.vector("scores_", n)), p)
	case "fpr":
		mask = where(o.vector("pvalues_", n), func(v float64) bool { return v < p })
	case "fwe":
		mask = where(o.vector("pvalues_", n), func(v float64) bool { return v < p/float64(n) })
	case "fdr":
		mask = discovered(o.vector("pvalues_", n), p)
	}
	return r.keep(o, in, mask, false)
}

func where(values []float64, f func(float64) bool) []bool {
	mask := make([]bool, len(values))
	for i, v := range values {
		mask[i] = f(v)
	}
	return mask
}

// clean puts columns without a score last.
func clean(scores []float64) []float64 {
	for i, s := range scores {
		if math.IsNaN(s) {
			scores[i] = -math.MaxFloat64
		}
	}
	return scores
}

// best keeps the k greatest; among equal ones the last.
func best(scores []float64, k int) []bool {
	order := ascendingOrder(scores)
	mask := make([]bool, len(scores))
	for _, i := range order[len(order)-k:] {
		mask[i] = true
	}
	return mask
}

// ascendingOrder is a stable order of numbers.
func ascendingOrder(values []float64) []int {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case values[a] < values[b]:
			return -1
		case values[a] > values[b]:
			return 1
		}
		return 0
	})
	return order
}

// percentile keeps a share of the columns, in percent; of those at its border the first.
func percentile(scores []float64, percent float64) []bool {
	switch percent {
	case 100:
		return where(scores, func(float64) bool { return true })
	case 0:
		return make([]bool, len(scores))
	}
	threshold := quantile(scores, (100-percent)/100)
	mask := where(scores, func(s float64) bool { return s > threshold })
	kept, ties := 0, []int{}
	for i, s := range scores {
		if mask[i] {
			kept++
		} else if s == threshold {
			ties = append(ties, i)
		}
	}
	room := int(float64(len(scores))*percent/100) - kept
	if room < 0 { // as Python slices
		room = max(0, len(ties)+room)
	}
	for _, i := range ties[:min(room, len(ties))] {
		mask[i] = true
	}
	return mask
}

// quantile is numpy's, by linear interpolation.
func quantile(values []float64, q float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	at := float64(len(sorted)-1) * min(max(q, 0), 1)
	low := int(math.Floor(at))
	a, b, t := sorted[low], sorted[min(low+1, len(sorted)-1)], at-math.Floor(at)
	if t >= 0.5 {
		return b - float64((b-a)*(1-t))
	}
	return a + float64((b-a)*t)
}

// discovered keeps what Benjamini and Hochberg's procedure calls a discovery.
func discovered(p []float64, alpha float64) []bool {
	sorted := slices.Clone(p)
	slices.Sort(sorted)
	greatest, found := 0.0, false
	for i, v := range sorted {
		if v <= alpha/float64(len(p))*float64(i+1) {
			greatest, found = max(greatest, v), true
		}
	}
	return where(p, func(v float64) bool { return found && v <= greatest })
}

// ofEstimator tells whether the estimator of a selector takes missing values: then the
// selector does, too.
func (r *reader) ofEstimator(o *object) (bool, error) {
	e, err := r.open(o.value("estimator"), join(o.path, "estimator"))
	if err != nil {
		return false, err
	}
	if o.err != nil {
		return false, o.err
	}
	switch e.name {
	case "HistGradientBoostingClassifier", "HistGradientBoostingRegressor":
		return true, nil
	case "DecisionTreeClassifier", "DecisionTreeRegressor", "ExtraTreeClassifier", "ExtraTreeRegressor":
		return e.allowsMissing(e.name)
	case "RandomForestClassifier", "RandomForestRegressor", "ExtraTreesClassifier", "ExtraTreesRegressor":
		return e.forestAllowsMissing()
	case "Pipeline", "GridSearchCV", "RandomizedSearchCV", "TransformedTargetRegressor", "RANSACRegressor":
		return false, o.refuse("estimator="+e.name, "estimators that are no pipelines or searches")
	}
	if _, ok := predictors[e.name]; !ok {
		return false, o.refuse("estimator="+e.Class.String(), supported())
	}
	return e.library() != "scikit-learn", nil
}

// forestAllowsMissing is allowsMissing of the trees that a forest makes.
func (o *object) forestAllowsMissing() (bool, error) {
	v := o.r.version
	extra := o.name == "ExtraTreesClassifier" || o.name == "ExtraTreesRegressor"
	if v.before(1, 4) || extra && v.before(1, 6) {
		return false, nil
	}
	if !v.before(1, 9) {
		return true, nil
	}
	if o.has("monotonic_cst") {
		return false, o.refuse("a forest with monotonic_cst as estimator", "forests without")
	}
	criterion := o.text("criterion")
	if o.classifier() {
		return criterion == "gini" || criterion == "log_loss" || criterion == "entropy", o.err
	}
	return criterion == "squared_error" || criterion == "friedman_mse" || criterion == "poisson", o.err
}

// recursivePredict predicts with the columns that were kept: where it is the last, a recursive
// selector is the model that it was made with.
func (r *reader) recursivePredict(o *object, in matrix) error {
	out, err := r.recursive(o, in)
	if err != nil {
		return err
	}
	return r.predictor(o.value("estimator_"), join(o.path, "estimator_"), out)
}
