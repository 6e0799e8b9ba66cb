package onnx

import (
	"cmp"
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

var kernels = map[string]model.KernelFunc{
	"LINEAR": model.KernelLinear, "POLY": model.KernelPolynomial, "RBF": model.KernelRBF, "SIGMOID": model.KernelSigmoid,
}

// kernel compares each row with support vectors, in float32.
func (r *reader) kernel(n *node, t *tensor, vectors []float32, count int) ([]cell, error) {
	name, err1 := n.text("kernel_type", "LINEAR")
	parameters, err2 := n.floats("kernel_params")
	if err := cmp.Or(err1, err2); err != nil {
		return nil, err
	}
	f, ok := kernels[name]
	if !ok {
		return nil, n.refuse("the kernel %s", quote(name))
	}
	in, err := r.features(n, t)
	if err != nil {
		return nil, err
	}
	if len(vectors) != count*len(in) {
		return nil, n.fail("%d numbers of %d support vectors for %d features", len(vectors), count, len(in))
	}
	s := model.Kernel{In: in, Func: f, Sum: model.F32}
	if len(parameters) >= 3 {
		s.Gamma, s.Coef0, s.Degree = float64(parameters[0]), float64(parameters[1]), float64(parameters[2])
	}
	var out []cell
	for k := range count {
		s.Points = append(s.Points, widen(vectors[k*len(in):][:len(in)]))
		s.Out = append(s.Out, r.column())
		out = append(out, at(s.Out[k]))
	}
	r.add(s)
	return out, nil
}

// features are the columns of an input [N, k] of numbers.
func (r *reader) features(n *node, t *tensor) ([]model.Column, error) {
	if t.rank() != 2 || t.rowAxis() != 0 || t.dims[1] == 0 || t.isStrings() {
		return nil, n.refuse("an input of %ss of shape %v", t.elem, t.dims)
	}
	return r.columns(n, t, true)
}

// svmRegressor is SVMRegressor.
func svmRegressor(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	vectors, err1 := n.floats("support_vectors")
	coefficients, err2 := n.floats("coefficients")
	rho, err3 := n.floats("rho")
	count, err4 := n.integer("n_supports", 0)
	oneClass, err5 := n.integer("one_class", 0)
	if err := cmp.Or(err1, err2, err3, err4, err5); err != nil {
		return nil, err
	}
	if len(rho) == 0 || count > 0 && len(coefficients) != int(count) || count < 0 {
		return nil, n.fail("%d coefficients and %d constants for %d support vectors", len(coefficients), len(rho), count)
	}
	cells, err := r.numbersOf(n, in[0])
	if err != nil {
		return nil, err
	}
	if count > 0 {
		cells, err = r.kernel(n, in[0], vectors, int(count))
	} else if len(coefficients) != len(cells) {
		err = n.fail("%d coefficients for %d features", len(coefficients), len(cells))
	}
	if err != nil {
		return nil, err
	}
	s := model.Dense{Weights: [][]float64{widen(coefficients)}, Bias: []float64{float64(rho[0])}, Sum: model.F32}
	y := r.dense(float32Elem, s, cells)
	if oneClass != 0 {
		y[0] = r.choose(r.combine(model.IsLess, boolElem, number(0), y[0]), number(1), number(-1))
	}
	return []*tensor{of(float32Elem, []int{rowsDim, 1}, y)}, nil
}

// A machine is a SVMClassifier.
type machine struct {
	labels       *tensor
	perClass     []int32
	coefficients []float32 // [class but one][vector]
	rho          []float32 // by pair of classes
	a, b         []float32 // of probabilities, by pair
	vectors      []float32
	count        int
}

func (n *node) machine() (*machine, error) {
	m := &machine{}
	var errs [7]error
	m.labels, errs[0] = n.labels("classlabels_strings", "classlabels_ints")
	m.perClass, errs[1] = n.ids("vectors_per_class")
	m.coefficients, errs[2] = n.floats("coefficients")
	m.rho, errs[3] = n.floats("rho")
	m.a, errs[4] = n.floats("prob_a")
	m.b, errs[5] = n.floats("prob_b")
	m.vectors, errs[6] = n.floats("support_vectors")
	if err := cmp.Or(errs[:]...); err != nil {
		return nil, err
	}
	for _, c := range m.perClass {
		m.count += int(c)
	}
	classes := size(m.labels.dims)
	pairs := classes * (classes - 1) / 2
	switch {
	case len(m.perClass) == 0:
		return nil, n.refuse("no support vectors")
	case classes < 2 || classes > model.MaxPaired || len(m.perClass) != classes:
		return nil, n.refuse("%d classes", classes)
	case m.count > len(m.vectors) || len(m.coefficients) != (classes-1)*m.count || len(m.rho) != pairs ||
		len(m.a) != len(m.b) || len(m.a) != 0 && len(m.a) != pairs:
		return nil, n.fail("%d coefficients, %d constants and %d and %d of probabilities for %d support vectors of %d classes",
			len(m.coefficients), len(m.rho), len(m.a), len(m.b), m.count, classes)
	}
	return m, nil
}

// svmClassifier is SVMClassifier with support vectors.
func svmClassifier(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	m, err := n.machine()
	if err != nil {
		return nil, err
	}
	transform, err := n.text("post_transform", "NONE")
	if err != nil {
		return nil, err
	}
	if transform != "NONE" {
		return nil, n.refuse("the post transform %s", quote(transform))
	}
	cells, err := r.kernel(n, in[0], m.vectors, m.count)
	if err != nil {
		return nil, err
	}
	values := r.dense(float64Elem, m.sums(), cells)
	classes := len(m.perClass)
	votes := model.Vote{In: columnsOf(values)}
	counted := make([]cell, classes)
	for k := range classes {
		votes.Out = append(votes.Out, r.column())
		counted[k] = at(votes.Out[k])
	}
	r.add(votes)
	_, place := r.extreme(float64Elem, counted, false, false)
	label := &tensor{elem: m.labels.elem, dims: []int{rowsDim}, cells: []cell{place}, table: m.labels}
	for i, c := range values {
		values[i] = r.roundTo(c, float32Elem)
	}
	scores := values
	switch {
	case len(m.a) > 0:
		couple := model.Couple{In: columnsOf(values), A: widen(m.a), B: widen(m.b)}
		for range classes {
			couple.Out = append(couple.Out, r.column())
		}
		r.add(couple)
		scores = nil
		for _, c := range couple.Out {
			p := r.choose(r.is(values[0], math.NaN()), number(1/float64(classes)), at(c)) // where its rounds begin
			scores = append(scores, r.roundTo(p, float32Elem))
		}
	case classes == 2:
		scores = []cell{r.combine(model.Subtract, float32Elem, number(0), values[0]), values[0]}
	}
	return []*tensor{label, of(float32Elem, []int{rowsDim, len(scores)}, scores)}, nil
}

// sums are what the pairs of classes add up, in float64: of two classes the
// vectors of each, with the coefficients that it has against the other.
func (m *machine) sums() model.Dense {
	s := model.Dense{Sum: model.F64, Bias: widen(m.rho)}
	starts := make([]int, len(m.perClass))
	for k := 1; k < len(starts); k++ {
		starts[k] = starts[k-1] + int(m.perClass[k-1])
	}
	for i := range m.perClass {
		for j := i + 1; j < len(m.perClass); j++ {
			row := make([]float64, m.count)
			for k := range int(m.perClass[i]) {
				at := starts[i] + k
				row[at] = float64(m.coefficients[(j-1)*m.count+at])
			}
			for k := range int(m.perClass[j]) {
				at := starts[j] + k
				row[at] = float64(m.coefficients[i*m.count+at])
			}
			s.Weights = append(s.Weights, row)
		}
	}
	return s
}

// columnsOf are the columns of cells, none of which is constant.
func columnsOf(cells []cell) []model.Column {
	var out []model.Column
	for _, c := range cells {
		out = append(out, c.column)
	}
	return out
}
