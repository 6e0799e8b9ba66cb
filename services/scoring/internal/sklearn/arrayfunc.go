package sklearn

import (
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// A numpyCall is what a FunctionTransformer does to an array beside the functions of an
// element: numpy.name(X, **keywords).
type numpyCall struct {
	name     string
	keywords map[string]pickle.Value
}

// arrayFunctions are the numpy functions of whole arrays that a FunctionTransformer may name,
// and the keywords that are read.
var arrayFunctions = map[string][]string{
	"clip":       {"a_min", "a_max", "min", "max"},
	"nan_to_num": {"nan", "posinf", "neginf", "copy"},
	"round":      {"decimals"}, "round_": {"decimals"}, "around": {"decimals"},
	"degrees": nil, "rad2deg": nil, "radians": nil, "deg2rad": nil,
	"asarray": nil, "array": nil, "asanyarray": nil, "ascontiguousarray": nil,
}

// arrayFunction reads func and kw_args where they are such a call.
func (o *object) arrayFunction() (call numpyCall, ok bool) {
	v, _ := o.attr("func")
	call.keywords = make(map[string]pickle.Value)
	if p, isObject := v.(*pickle.Object); isObject && p.Class != nil && p.Class.String() == "functools.partial" {
		state, _ := p.State.(pickle.Tuple) // (func, args, keywords, attributes)
		if len(state) != 4 {
			return call, false
		}
		if args, isTuple := state[1].(pickle.Tuple); !isTuple || len(args) > 0 || !call.add(state[2]) {
			return call, false
		}
		v = state[0]
	}
	root, name := qualified(v)
	keywords, known := arrayFunctions[name]
	if further, has := o.attr("kw_args"); !known || root != "numpy" || has && further != nil && !call.add(further) {
		return call, false
	}
	for k := range call.keywords {
		if !slices.Contains(keywords, k) {
			return call, false
		}
	}
	call.name = name
	return call, true
}

func (c numpyCall) add(v pickle.Value) bool {
	d, ok := v.(*pickle.Dict)
	if !ok {
		return false
	}
	for i, k := range d.Keys {
		name, ok := k.(string)
		if !ok {
			return false
		}
		c.keywords[name] = d.Values[i]
	}
	return true
}

// number is a keyword's number; without, or with None, it is the default.
func (c numpyCall) number(o *object, name string, otherwise float64) float64 {
	v := c.keywords[name]
	if v == nil {
		return otherwise
	}
	x, ok := number(v)
	if !ok || math.IsNaN(x) && name != "nan" {
		o.err = firstOf(o.err, o.refuse(c.name+" with "+name+" a "+typeName(v), "numbers"))
	}
	return x
}

// wholeArray does what the call does. Its results are as exact as what it takes.
func (r *reader) wholeArray(o *object, in matrix, c numpyCall) (matrix, error) {
	var steps []func(from, to model.Column) model.Step
	add := func(step func(from, to model.Column) model.Step) { steps = append(steps, step) }
	replace := func(what, by model.Scalar) {
		add(func(from, to model.Column) model.Step {
			return model.Impute{In: from, Out: to, Missing: what, Fill: by}
		})
	}
	switch c.name {
	case "clip":
		low, high := c.number(o, "a_min", math.Inf(-1)), c.number(o, "a_max", math.Inf(1))
		low, high = c.number(o, "min", low), c.number(o, "max", high)
		if o.err == nil && !(low <= high) {
			return in, o.refuse("clip with a_min above a_max", "a_min of at most a_max")
		}
		add(func(from, to model.Column) model.Step { return model.Clip{In: from, Out: to, Low: low, High: high} })
	case "nan_to_num":
		replace(model.Scalar{Missing: true}, model.Scalar{Number: c.number(o, "nan", 0)})
		replace(model.Scalar{Number: math.Inf(1)}, model.Scalar{Number: c.number(o, "posinf", math.MaxFloat64)})
		replace(model.Scalar{Number: math.Inf(-1)}, model.Scalar{Number: c.number(o, "neginf", -math.MaxFloat64)})
	case "round", "round_", "around":
		decimals := c.number(o, "decimals", 0)
		if o.err == nil && !(decimals >= 0 && decimals <= 22 && decimals == math.Trunc(decimals)) {
			return in, o.refuse("rounding to so many decimals", "0 to 22 decimals")
		}
		power := math.Pow10(int(decimals)) // which a float64 holds exactly
		if power != 1 {
			add(func(from, to model.Column) model.Step { return model.Affine{In: from, Out: to, Scale: power} })
		}
		add(func(from, to model.Column) model.Step { return model.Apply{In: from, Out: to, Func: model.Rint} })
		if power != 1 {
			add(func(from, to model.Column) model.Step { return model.Standardize{In: from, Out: to, Scale: power} })
		}
		if err := r.roundable(o, in); err != nil {
			return in, err
		}
	case "degrees", "rad2deg":
		add(func(from, to model.Column) model.Step { return model.Affine{In: from, Out: to, Scale: 180 / math.Pi} })
	case "radians", "deg2rad":
		add(func(from, to model.Column) model.Step { return model.Affine{In: from, Out: to, Scale: math.Pi / 180} })
	}
	if o.err != nil || len(steps) == 0 {
		return in, o.err
	}
	if err := r.functional(o, in); err != nil {
		return in, err
	}
	if in.sparse {
		return in, o.refuse("numpy."+c.name+" of a sparse matrix", "dense matrices")
	}
	for _, step := range steps {
		var err error
		in, err = r.each(o, in, func(_ int, from, to model.Column) model.Step { return step(from, to) })
		if err != nil {
			return in, err
		}
	}
	return in, o.err
}
