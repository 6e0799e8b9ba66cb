package sklearn

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// nearestNeighbors is KNeighborsClassifier and KNeighborsRegressor.
func (r *reader) nearestNeighbors(o *object, in matrix) error {
	step := &model.Neighbors{In: in.cols, K: o.integer("n_neighbors"), Points: o.grid("_fit_X", anySize, len(in.cols))}
	step.ByDistance = o.only("weights", "uniform", "distance") == "distance"
	o.wideNumbers("_fit_X")
	switch o.only("effective_metric_", "euclidean", "manhattan", "chebyshev", "minkowski") {
	case "euclidean":
		step.Power = 2
	case "manhattan":
		step.Power = 1
	case "chebyshev":
		step.Power = math.Inf(1)
	case "minkowski":
		step.Power = o.minkowski()
	}
	switch o.only("_fit_method", "kd_tree", "brute") {
	case "kd_tree":
		step.Tree = o.pointTree(len(in.cols))
	case "brute":
		step.Expanded = step.Power == 2
	}
	if o.err != nil {
		return o.err
	}
	if err := r.full(o, in); err != nil {
		return err
	}
	if o.classifier() {
		return r.neighborClasses(o, step)
	}
	if step.Values = o.neighborValues(len(step.Points)); o.err != nil {
		return o.err
	}
	if err := r.found(o, step); err != nil {
		return err
	}
	r.m.Output = model.Output{Task: model.Regression, Link: model.LinkIdentity, Scale: 1}
	return nil
}

// found ends in what neighbors have.
func (r *reader) found(o *object, step *model.Neighbors) error {
	if len(step.Values) == 0 {
		return o.wrong("no points")
	}
	out, err := r.columns(o, len(step.Values[0]), numeric)
	if err != nil {
		return err
	}
	step.Out = out
	r.step(step)
	r.blur(out)
	r.m.Estimator = &model.Given{Scores: out}
	o.detail("%d of %d points", step.K, len(step.Points))
	return nil
}

// neighborClasses has each point vote for its class.
func (r *reader) neighborClasses(o *object, step *model.Neighbors) error {
	if o.flag("outputs_2d_", false) {
		return r.neighborTargets(o, step)
	}
	classes := o.classes()
	codes, err := r.integersOf(o.value("_y"))
	if o.err == nil && (err != nil || len(codes) != len(step.Points)) {
		o.fail("attribute _y: %d numbers of classes for %d points (%v)", len(codes), len(step.Points), err)
	}
	if o.err == nil && !r.spend(len(codes)*len(classes)) {
		o.fail("%v", errWork)
	}
	if o.err != nil {
		return o.err
	}
	for _, c := range codes {
		if c < 0 || c >= len(classes) {
			return o.wrong("attribute _y: class %d of %d", c, len(classes))
		}
		row := make([]float64, len(classes))
		row[c] = 1
		step.Values = append(step.Values, row)
	}
	r.unweighted(o, step)
	if err := r.found(o, step); err != nil {
		return err
	}
	r.m.Output = model.Output{
		Task: model.Classification, Classes: classes, Probable: true,
		Link: model.LinkAverage, Scale: 1, Decision: model.DecideArgmax,
	}
	return nil
}

// unweighted tells what becomes of a row that is infinitely far from all points: until
// 1.4 scikit-learn counted no votes, and took the first class.
func (r *reader) unweighted(o *object, step *model.Neighbors) {
	if step.Zeros = r.version.before(1, 4); !step.Zeros && step.ByDistance {
		step.By = o.by()
	}
}

// neighborTargets has each point vote for its class of each label.
func (r *reader) neighborTargets(o *object, step *model.Neighbors) error {
	targets := o.targets()
	codes := o.grid("_y", len(step.Points), len(targets))
	width := 0
	for _, classes := range targets {
		width += len(classes)
	}
	if o.err == nil && (len(targets) == 0 || !r.spend(len(codes)*width)) {
		o.fail("attribute classes_ has no labels, or %v", errWork)
	}
	if o.err != nil {
		return o.err
	}
	for _, point := range codes {
		row, first := make([]float64, width), 0
		for k, classes := range targets {
			c := point[k]
			if !(c >= 0 && c < float64(len(classes))) {
				return o.wrong("attribute _y: class %v of %d", c, len(classes))
			}
			row[first+int(c)] = 1
			first += len(classes)
		}
		step.Values = append(step.Values, row)
	}
	r.unweighted(o, step)
	if err := r.found(o, step); err != nil {
		return err
	}
	return r.mostLikely(o, targets, step.Out)
}

// neighborValues reads what each point has to say of the targets.
func (o *object) neighborValues(points int) [][]float64 {
	a, ok := o.value("_y").(*pickle.Array)
	if ok && len(a.Shape) == 2 {
		return o.grid("_y", points, anySize)
	}
	values := o.vector("_y", points)
	out := make([][]float64, len(values))
	for i := range values {
		out[i] = values[i : i+1]
	}
	return out
}

// minkowski is the power of a distance; weights are refused.
func (o *object) minkowski() float64 {
	d, ok := o.value("effective_metric_params_").(*pickle.Dict)
	if !ok {
		o.fail("attribute effective_metric_params_ is a %s", typeName(o.value("effective_metric_params_")))
		return 2
	}
	if w, _ := d.Get("w"); w != nil {
		o.err = firstError(o.err, o.refuse("a metric with weights", "metrics without"))
	}
	v, _ := d.Get("p")
	p, ok := number(v)
	if !ok || !(p >= 1) {
		o.fail("attribute effective_metric_params_ has p = %s", typeName(v))
	}
	return p
}

// pointTree reads a k-d tree, whose state is a tuple: points, their order, nodes, boxes, and more.
func (o *object) pointTree(columns int) *model.PointTree {
	t, ok := o.value("_tree").(*pickle.Object)
	if !ok || !made(t, "KDTree") {
		o.fail("attribute _tree is a %s, not a k-d tree", typeName(o.value("_tree")))
		return nil
	}
	state, _ := t.State.(pickle.Tuple)
	if len(state) < 4 {
		o.fail("attribute _tree: a state of %d parts", len(state))
		return nil
	}
	order, err := o.r.integersOf(state[1])
	nodes, isNodes := state[2].(*pickle.Array)
	bounds, isBounds := state[3].(*pickle.Array)
	if err != nil || !isNodes || !isBounds || len(nodes.Shape) != 1 || !o.r.spend(nodes.Len()) {
		o.fail("attribute _tree is not made of arrays as a k-d tree is (%v)", err)
		return nil
	}
	f := fields{array: nodes}
	first, end, leaf := f.integers("idx_start", nil), f.integers("idx_end", nil), f.integers("is_leaf", nil)
	n := len(first)
	if f.err != nil || len(bounds.Shape) != 3 || bounds.Shape[0] != 2 || bounds.Shape[1] != n || bounds.Shape[2] != columns {
		o.fail("attribute _tree: %d nodes, boxes of shape %v for %d columns (%v)", n, bounds.Shape, columns, f.err)
		return nil
	}
	box, err := o.r.floats(bounds)
	if err != nil {
		o.fail("attribute _tree: %v", err)
		return nil
	}
	out := &model.PointTree{}
	for _, p := range order {
		out.Order = append(out.Order, int32(min(max(p, -1), math.MaxInt32)))
	}
	for i := range n {
		out.Nodes = append(out.Nodes, model.PointNode{
			First: int32(min(max(first[i], -1), math.MaxInt32)), End: int32(min(max(end[i], -1), math.MaxInt32)), Leaf: leaf[i] != 0,
		})
		out.Low, out.High = append(out.Low, box[i*columns:][:columns]), append(out.High, box[(n+i)*columns:][:columns])
	}
	return out
}

// made tells whether an object is of a class of Cython's, which pickles make by newObj(class).
func made(o *pickle.Object, class string) bool {
	if o.Class == nil || o.Class.Name != "newObj" || len(o.Args) != 1 {
		return o.Class != nil && o.Class.Name == class
	}
	c, ok := o.Args[0].(*pickle.Class)
	return ok && c.Name == class
}
