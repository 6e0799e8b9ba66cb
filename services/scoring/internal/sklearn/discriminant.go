package sklearn

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// qda measures, for each class, how far the row is from its mean in the directions and by the
// scales of its own covariance.
func (r *reader) qda(o *object, in matrix) error {
	classes := o.classes()
	rotations, scalings := o.list("rotations_"), o.list("scalings_")
	means := o.grid("means_", len(classes), len(in.cols))
	priors := o.vector("priors_", len(classes))
	o.wideNumbers("means_", "priors_")
	if o.err == nil && (len(rotations) != len(classes) || len(scalings) != len(classes)) {
		o.fail("%d rotations and %d scalings of %d classes", len(rotations), len(scalings), len(classes))
	}
	if o.err == nil && len(classes) < 2 {
		return o.refuse("a single class", "two classes or more")
	}
	if o.err != nil {
		return o.err
	}
	if err := r.full(o, in); err != nil {
		return err
	}
	far := make([]model.Column, len(classes))
	bias := make([]float64, len(classes))
	for k := range classes {
		weights, spread, err := o.whitening(rotations[k], scalings[k], len(in.cols))
		if err != nil {
			return err
		}
		if far[k], err = r.mahalanobis(o, in.cols, weights, means[k]); err != nil {
			return err
		}
		bias[k] = -0.5*spread + model.Ln(priors[k])
	}
	return r.discriminant(o, classes, far, -0.5, bias)
}

// discriminant ends in weight·far + bias a class; of two classes in the difference.
func (r *reader) discriminant(o *object, classes []model.Label, far []model.Column, weight float64, bias []float64) error {
	scores, err := r.affine(o, far, weight, bias)
	if err != nil {
		return err
	}
	r.m.Output = model.Output{
		Task: model.Classification, Classes: classes, Probable: true, Decisive: true,
		Link: model.LinkSoftmax, Scale: 1, Decision: model.DecideArgmaxScore,
	}
	if len(classes) == 2 {
		if scores, err = r.dense(o, scores, [][]float64{{-1, 1}}, nil, nil); err != nil {
			return err
		}
		r.m.Output.Link, r.m.Output.Decision = model.LinkLogistic, model.DecideScorePositive
	}
	r.m.Estimator = &model.Given{Scores: scores}
	return nil
}

// affine makes columns that are weight·in + bias, each on its own.
func (r *reader) affine(o *object, in []model.Column, weight float64, bias []float64) ([]model.Column, error) {
	out, err := r.each(o, matrix{cols: in}, func(i int, from, to model.Column) model.Step {
		return model.Affine{In: from, Out: to, Scale: weight, Offset: bias[i]}
	})
	return out.cols, err
}

// whitening is rotation · scaling^-½, one row a direction, and the sum of the scalings' logarithms.
func (o *object) whitening(rotation, scaling pickle.Value, n int) (weights [][]float64, spread float64, err error) {
	a, ok := scaling.(*pickle.Array)
	if !ok || len(a.Shape) != 1 || a.Dtype.Size != 8 || a.Dtype.Kind != 'f' {
		return nil, 0, o.wrong("a class of scalings_ is not an array of float64")
	}
	scales, err := o.r.floats(a)
	if err != nil {
		return nil, 0, o.wrong("scalings_: %v", err)
	}
	m := o.gridOf("a class of rotations_", rotation, n, len(scales))
	if o.err != nil {
		return nil, 0, o.err
	}
	weights = transposed(m, len(scales))
	for k, s := range scales {
		for j := range weights[k] {
			weights[k][j] *= math.Pow(s, -0.5)
		}
		spread += model.Ln(s)
	}
	return weights, spread, nil
}

// mahalanobis is Σ (weights·(in - mean))².
func (r *reader) mahalanobis(o *object, in []model.Column, weights [][]float64, mean []float64) (model.Column, error) {
	if len(weights) == 0 {
		return 0, o.wrong("a covariance without directions")
	}
	rotated, err := r.dense(o, in, weights, nil, mean)
	if err != nil {
		return 0, err
	}
	out, err := r.columns(o, 1, numeric)
	if err != nil {
		return 0, err
	}
	r.step(model.Distance{In: rotated, Out: out, To: [][]float64{make([]float64, len(rotated))}, Power: 2})
	return out[0], nil
}

// nearestCentroid is the class whose centre is nearest. Since 1.6 classes may differ in how
// frequent they are, and there are probabilities.
func (r *reader) nearestCentroid(o *object, in matrix) error {
	classes := o.classes()
	o.only("metric", "euclidean")
	centroids := o.grid("centroids_", len(classes), len(in.cols))
	o.wideNumbers("centroids_")
	if o.err == nil && len(classes) < 2 {
		return o.refuse("a single class", "two classes or more")
	}
	if o.err != nil {
		return o.err
	}
	if err := r.full(o, in); err != nil {
		return err
	}
	far, err := r.expanded(o, in.cols, centroids)
	if err != nil {
		return err
	}
	if r.version.before(1, 2) { // took the root, which may make two distances one
		for k, c := range far {
			root, err := r.columns(o, 1, numeric)
			if err != nil {
				return err
			}
			r.step(model.Apply{In: c, Out: root[0], Func: model.Sqrt})
			far[k] = root[0]
		}
	}
	votes, err := r.each(o, matrix{cols: far}, func(_ int, from, to model.Column) model.Step {
		return model.Affine{In: from, Out: to, Scale: -1}
	})
	if err != nil {
		return err
	}
	r.m.Estimator = &model.Given{Scores: votes.cols, Votes: votes.cols}
	r.m.Output = model.Output{
		Task: model.Classification, Classes: classes, Link: model.LinkIdentity, Scale: 1, Decision: model.DecideVotes,
	}
	if r.version.before(1, 6) {
		return nil
	}
	return r.centroidScores(o, in, votes.cols, centroids)
}

// expanded are squared distances as scikit-learn computes them, |x|² - 2·x·p + |p|² from left to
// right and not less than 0: of large numbers, what is lost that way decides.
func (r *reader) expanded(o *object, in []model.Column, points [][]float64) ([]model.Column, error) {
	length, err := r.columns(o, 1, numeric)
	if err != nil {
		return nil, err
	}
	r.step(model.Distance{In: in, Out: length, To: [][]float64{make([]float64, len(in))}, Power: 2})
	weights, own := make([][]float64, len(points)), make([]float64, len(points))
	for k, p := range points {
		for _, x := range p {
			weights[k] = append(weights[k], -2*x)
			own[k] += float64(x * x)
		}
	}
	middle, err := r.dense(o, in, weights, nil, nil)
	if err != nil {
		return nil, err
	}
	var out []model.Column
	for k, c := range middle {
		sum, err := r.dense(o, []model.Column{length[0], c}, [][]float64{{1, 1}}, own[k:k+1], nil)
		if err != nil {
			return nil, err
		}
		clipped, err := r.columns(o, 1, numeric)
		if err != nil {
			return nil, err
		}
		r.step(model.Clip{In: sum[0], Out: clipped[0], High: math.Inf(1)})
		out = append(out, clipped...)
	}
	return out, nil
}

// centroidScores adds what there is since 1.6: distances in units of the spread within classes,
// which decide only where the classes are not equally frequent.
func (r *reader) centroidScores(o *object, in matrix, votes []model.Column, centroids [][]float64) error {
	classes := r.m.Output.Classes
	priors := o.vector("class_prior_", len(classes))
	spread := o.vector("within_class_std_dev_", len(in.cols))
	if o.err != nil {
		return o.err
	}
	scale := make([][]float64, len(classes))
	for k := range scale {
		for _, s := range spread {
			if s == 0 {
				s = 1
			}
			scale[k] = append(scale[k], s*s)
		}
	}
	far, err := r.columns(o, len(classes), numeric)
	if err != nil {
		return err
	}
	r.step(model.Distance{In: in.cols, Out: far, To: centroids, Scale: scale, Power: 2})
	even := true
	bias := make([]float64, len(classes))
	for k, p := range priors {
		bias[k] = 2 * model.Ln(p)
		even = even && math.Abs(p-1/float64(len(classes))) <= 1e-8+1e-5/float64(len(classes))
	}
	if err := r.discriminant(o, classes, far, -1, bias); err != nil || !even {
		return err
	}
	r.m.Estimator.(*model.Given).Votes = votes
	r.m.Output.Decision = model.DecideVotes
	return nil
}
