package sklearn

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// nearest are scores of which the greatest is that of the nearest point: 2·x·p - |p|², which is
// how scikit-learn compares distances.
func nearest(in []model.Column, points [][]float64) *model.Linear {
	l := &model.Linear{In: in}
	for _, p := range points {
		row, length := make([]float64, len(p)), 0.0
		for j, x := range p {
			row[j] = 2 * x
			length += float64(x * x)
		}
		l.Coef, l.Intercept = append(l.Coef, row), append(l.Intercept, -length)
	}
	return l
}

// kMeans is the number of the nearest centre.
func (r *reader) kMeans(o *object, in matrix) error {
	centers := o.grid("cluster_centers_", anySize, len(in.cols))
	o.wideNumbers("cluster_centers_")
	if o.err == nil && len(centers) == 0 {
		o.fail("no centres")
	}
	if o.err != nil {
		return o.err
	}
	if err := r.full(o, in); err != nil {
		return err
	}
	r.m.Estimator = nearest(in.cols, centers)
	r.m.Output = model.Output{Task: model.Regression, Link: model.LinkArgmax, Scale: 1}
	o.detail("%d clusters", len(centers))
	return nil
}

// centreDistances is how far each centre is: √max(0, -2·x·p + |x|² + |p|²), as scikit-learn
// computes it, with its noise where a row is near.
func (r *reader) centreDistances(o *object, in matrix) (matrix, error) {
	centers := o.grid("cluster_centers_", anySize, len(in.cols))
	o.wideNumbers("cluster_centers_")
	if o.err == nil && len(centers) == 0 {
		o.fail("no centres")
	}
	if o.err != nil {
		return in, o.err
	}
	if err := r.full(o, in); err != nil {
		return in, err
	}
	length, err := r.columns(o, 1, numeric)
	if err != nil {
		return in, err
	}
	r.step(model.Distance{In: in.cols, Out: length, To: [][]float64{make([]float64, len(in.cols))}, Power: 2})
	lengths := make([]float64, len(centers))
	for k, p := range centers {
		for j, x := range p {
			lengths[k] += float64(x * x)
			p[j] = -2 * x
		}
	}
	products, err := r.columns(o, len(centers), numeric)
	if err != nil {
		return in, err
	}
	r.step(model.Dense{In: in.cols, Out: products, Weights: centers, Bias: make([]float64, len(centers))})
	sums, err := r.columns(o, len(centers), numeric)
	if err != nil {
		return in, err
	}
	for k := range products {
		r.step(model.Dense{
			In: []model.Column{products[k], length[0]}, Out: sums[k : k+1], Weights: [][]float64{{1, 1}}, Bias: lengths[k : k+1],
		})
	}
	out := matrix{cols: sums}
	out, err = r.each(o, out, func(_ int, from, to model.Column) model.Step {
		return model.Clip{In: from, Out: to, High: math.Inf(1)}
	})
	if err != nil {
		return in, err
	}
	out, err = r.each(o, out, func(_ int, from, to model.Column) model.Step {
		return model.Apply{In: from, Out: to, Func: model.Sqrt}
	})
	r.blur(out.cols)
	o.detail("%d clusters", len(centers))
	return out, err
}

// mixture is the number of the component that most likely made a row.
func (r *reader) mixture(o *object, in matrix) error {
	n := len(in.cols)
	means := o.grid("means_", anySize, n)
	shares := o.vector("weights_", len(means))
	kind := o.only("covariance_type", "full", "tied", "diag", "spherical")
	o.wideNumbers("means_", "weights_", "precisions_cholesky_")
	if o.err == nil && len(means) == 0 {
		o.fail("no components")
	}
	if o.err != nil {
		return o.err
	}
	precisions, err := o.precisions(kind, len(means), n)
	if err != nil {
		return err
	}
	if err := r.full(o, in); err != nil {
		return err
	}
	far, bias := make([]model.Column, len(means)), make([]float64, len(means))
	for k, mean := range means {
		weights := transposed(precisions[k], n)
		if far[k], err = r.mahalanobis(o, in.cols, weights, mean); err != nil {
			return err
		}
		for j := range n {
			bias[k] += model.Ln(weights[j][j])
		}
		bias[k] += model.Ln(shares[k])
	}
	scores, err := r.affine(o, far, -0.5, bias)
	if err != nil {
		return err
	}
	r.m.Estimator = &model.Given{Scores: scores}
	r.m.Output = model.Output{Task: model.Regression, Link: model.LinkArgmax, Scale: 1}
	o.detail("%d components", len(means))
	return nil
}

// maxPrecision bounds the columns of a mixture: each component has a table of their square.
const maxPrecision = 4096

// precisions reads the Cholesky factors of the components' precisions as full tables.
func (o *object) precisions(kind string, components, n int) ([][][]float64, error) {
	const name = "precisions_cholesky_"
	if n > maxPrecision || !o.r.spend(components*n*n) {
		return nil, o.refuse(itoa(n)+" columns", "fewer")
	}
	out := make([][][]float64, components)
	switch kind {
	case "full":
		parts, err := o.parts(name, components, n)
		if err != nil {
			return nil, err
		}
		return parts, nil
	case "tied":
		shared := o.grid(name, n, n)
		for k := range out {
			out[k] = shared
		}
	case "diag":
		rows := o.grid(name, components, n)
		for k := range rows {
			out[k] = diagonal(n, func(j int) float64 { return rows[k][j] })
		}
	case "spherical":
		scales := o.vector(name, components)
		for k := range out {
			out[k] = diagonal(n, func(int) float64 { return scales[k] })
		}
	}
	return out, o.err
}

func diagonal(n int, of func(int) float64) [][]float64 {
	m := make([][]float64, n)
	for j := range m {
		m[j] = make([]float64, n)
		m[j][j] = of(j)
	}
	return m
}
