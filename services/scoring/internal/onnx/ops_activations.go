package onnx

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// bend is an activation of numbers with attributes alpha and beta, or gamma: f makes a cell of one.
func bend(second string, alpha, other float32, f func(r *reader, e elem, c cell, a, b float64) cell) func(*reader, *node, []*tensor) ([]*tensor, error) {
	return func(r *reader, n *node, in []*tensor) ([]*tensor, error) {
		a, err := n.float("alpha", alpha)
		if err != nil {
			return nil, err
		}
		b, err := n.float(second, other)
		if err != nil {
			return nil, err
		}
		if !in[0].elem.floating() {
			return nil, n.refuse("an input of %ss", in[0].elem)
		}
		return unary(func(r *reader, e elem, c cell) cell { return f(r, e, c, float64(a), float64(b)) })(r, n, in)
	}
}

// below is f(x) where x is below 0, else x.
func (r *reader) below(c cell, f cell) cell {
	return r.choose(r.combine(model.IsLess, boolElem, c, number(0)), f, c)
}

func leakyRelu(r *reader, e elem, c cell, alpha, _ float64) cell {
	return r.below(c, r.combine(model.Multiply, e, c, number(alpha)))
}

// elu is alpha·(exp(x) - 1) below 0.
func elu(r *reader, e elem, c cell, alpha, _ float64) cell {
	power := r.combine(model.Subtract, e, r.apply(model.Exp, e, c), number(1))
	return r.below(c, r.combine(model.Multiply, e, power, number(alpha)))
}

func selu(r *reader, e elem, c cell, alpha, gamma float64) cell {
	return r.combine(model.Multiply, e, elu(r, e, c, alpha, 0), number(gamma))
}

// celu is alpha·(exp(x/alpha) - 1) below 0.
func celu(r *reader, e elem, c cell, alpha, _ float64) cell {
	return r.below(c, elu(r, e, r.combine(model.Divide, e, c, number(alpha)), alpha, 0))
}

// thresholded is x above alpha, else 0.
func thresholded(r *reader, e elem, c cell, alpha, _ float64) cell {
	return r.choose(r.combine(model.IsLess, boolElem, number(alpha), c), c, number(0))
}

// hardSigmoid is alpha·x + beta within 0 and 1.
func hardSigmoid(r *reader, e elem, c cell, alpha, beta float64) cell {
	c = r.combine(model.Add, e, r.combine(model.Multiply, e, c, number(alpha)), number(beta))
	return r.combine(model.Greater, e, r.combine(model.Lesser, e, c, number(1)), number(0))
}

func hardSwish(r *reader, e elem, c cell, _, _ float64) cell {
	return r.combine(model.Multiply, e, c, hardSigmoid(r, e, c, e.round(1.0/6), 0.5))
}

// softplus is log(exp(x) + 1), its exponent never positive.
func softplus(r *reader, e elem, c cell, _, _ float64) cell {
	minus := r.combine(model.Subtract, e, number(0), r.apply(model.Abs, e, c))
	log := r.apply(model.Log, e, r.combine(model.Add, e, r.apply(model.Exp, e, minus), number(1)))
	return r.combine(model.Add, e, log, r.combine(model.Greater, e, c, number(0)))
}

// softsign is x/(1 + |x|).
func softsign(r *reader, e elem, c cell, _, _ float64) cell {
	return r.combine(model.Divide, e, c, r.combine(model.Add, e, number(1), r.apply(model.Abs, e, c)))
}

func mish(r *reader, e elem, c cell, _, _ float64) cell {
	return r.combine(model.Multiply, e, c, r.apply(model.Tanh, e, softplus(r, e, c, 0, 0)))
}

// gelu is Gelu: x·Φ(x), or what a tanh makes of that.
func gelu(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	approximate, err := n.text("approximate", "none")
	if err != nil {
		return nil, err
	}
	if approximate != "none" && approximate != "tanh" || !in[0].elem.floating() {
		return nil, n.refuse("the approximation %s of %ss", quote(approximate), in[0].elem)
	}
	return unary(func(r *reader, e elem, c cell) cell {
		times := func(a, b cell) cell { return r.combine(model.Multiply, e, a, b) }
		var s cell
		if approximate == "none" {
			s = r.apply(model.Erf, e, times(c, number(e.round(math.Sqrt2/2))))
		} else {
			cube := times(times(times(c, c), c), number(e.round(0.044715)))
			s = r.apply(model.Tanh, e, times(r.combine(model.Add, e, c, cube), number(e.round(math.Sqrt(2/math.Pi)))))
		}
		return times(times(number(0.5), c), r.combine(model.Add, e, number(1), s))
	})(r, n, in)
}

// pRelu is PRelu: the slope below 0 is another tensor.
func pRelu(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	t, slope := in[0], in[1]
	dims, ok := broadcast(t.dims, slope.dims)
	if !ok || size(dims) != size(t.dims) || len(dims) != t.rank() || t.elem != slope.elem || !t.elem.floating() {
		return nil, n.fail("a slope of shape %v for a tensor of shape %v", slope.dims, t.dims)
	}
	x, err := r.numbersOf(n, t)
	if err != nil {
		return nil, err
	}
	y, err := r.numbersOf(n, slope)
	if err != nil {
		return nil, err
	}
	y = slope.spread(dims, y)
	out := make([]cell, len(x))
	for i, c := range x {
		out[i] = r.below(c, r.combine(model.Multiply, t.elem, c, y[i]))
	}
	return []*tensor{of(t.elem, t.dims, out)}, nil
}

// average is Mean of tensors.
func average(r *reader, n *node, in []*tensor) ([]*tensor, error) {
	out, err := elementwise(model.Add)(r, n, in)
	if err != nil {
		return nil, err
	}
	if !out[0].elem.floating() {
		return nil, n.refuse("inputs of %ss", out[0].elem)
	}
	sum, err := r.pairwise(n, model.Divide, out[0], of(out[0].elem, nil, []cell{number(float64(len(in)))}))
	return []*tensor{sum}, err
}
