package sklearn

import (
	"maps"
	"slices"
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// functions are the numpy functions that a FunctionTransformer may name.
var functions = map[string]model.Func{
	"log": model.Log, "log1p": model.Log1p, "log2": model.Log2, "log10": model.Log10,
	"exp": model.Exp, "expm1": model.Expm1, "exp2": model.Exp2,
	"sqrt": model.Sqrt, "cbrt": model.Cbrt, "square": model.Square,
	"absolute": model.Abs, "fabs": model.Abs, "negative": model.Negative, "reciprocal": model.Reciprocal,
	"sin": model.Sin, "cos": model.Cos, "tan": model.Tan, "tanh": model.Tanh,
	"arcsinh": model.Arcsinh, "sinh": model.Sinh,
	"floor": model.Floor, "ceil": model.Ceil, "rint": model.Rint, "sign": model.Sign,
}

// function reads a function attribute; None is the identity.
func (o *object) function(attribute string) (model.Func, error) {
	v, _ := o.attr(attribute)
	if v == nil {
		return model.Identity, nil
	}
	module, name := moduleAndName(v)
	root, _, _ := strings.Cut(module, ".")
	if f, ok := functions[name]; ok && root == "numpy" {
		return f, nil
	}
	if name == "_identity" && root == "sklearn" {
		return model.Identity, nil
	}
	what := typeName(v)
	if name != "" {
		what = module + "." + name
	}
	names := slices.Sorted(maps.Keys(functions))
	if attribute == "func" {
		names = slices.Sorted(maps.Keys(arrayFunctions))
		names = append(names, slices.Sorted(maps.Keys(functions))...)
		slices.Sort(names)
	}
	return 0, o.refuse(attribute+"="+what, "None and the numpy functions "+strings.Join(names, ", "))
}

func moduleAndName(v pickle.Value) (module, name string) {
	switch v := v.(type) {
	case *pickle.Class:
		return v.Module, v.Name
	case *pickle.Object: // numpy.core._ufunc_reconstruct("numpy", "log1p")
		if v.Class != nil && v.Class.Name == "_ufunc_reconstruct" && len(v.Args) == 2 {
			module, _ = v.Args[0].(string)
			name, _ = v.Args[1].(string)
		}
	}
	return module, name
}

// qualified is a function's name and the package that it is of.
func qualified(v pickle.Value) (root, name string) {
	module, name := moduleAndName(v)
	root, _, _ = strings.Cut(module, ".")
	return root, name
}

// functionTransformer applies a function to every element.
func (r *reader) functionTransformer(o *object, in matrix) (matrix, error) {
	if in, done, err := r.checkArray(o, in); done || err != nil {
		return in, err
	}
	if o.flag("validate", false) {
		if err := r.numbers(o, in); err != nil {
			return in, err
		}
		r.require(o, in.cols, demand{noMissing: true, finite: true})
	}
	if call, ok := o.arrayFunction(); ok {
		return r.wholeArray(o, in, call)
	}
	f, err := o.function("func")
	if err != nil {
		return in, err
	}
	if d, ok := o.attr("kw_args"); ok && d != nil {
		if d, ok := d.(*pickle.Dict); !ok || len(d.Keys) > 0 {
			return in, o.refuse("kw_args", "functions without further arguments")
		}
	}
	if o.err != nil || f == model.Identity {
		return in, o.err
	}
	if err := r.functional(o, in); err != nil {
		return in, err
	}
	if in.sparse {
		if f == model.Floor || f == model.Ceil || f == model.Rint {
			in.zeros = true
		}
		if zero := map[model.Func]bool{model.Exp: true, model.Exp2: true, model.Cos: true, model.Reciprocal: true,
			model.Log: true, model.Log2: true, model.Log10: true}; zero[f] {
			return in, o.refuse("a function of a sparse matrix that does not keep 0", "functions that keep 0")
		}
	}
	if f == model.Floor || f == model.Ceil || f == model.Rint || f == model.Sign {
		if err := r.roundable(o, in); err != nil {
			return in, err
		}
	}
	out, err := r.each(o, in, func(_ int, from, to model.Column) model.Step {
		return model.Apply{In: from, Out: to, Func: f}
	})
	for _, c := range out.cols {
		r.inexact[c] = r.inexact[c] || !exact[f]
	}
	return out, err
}

// functional is for a function of numpy: it takes float64.
func (r *reader) functional(o *object, in matrix) error {
	if in.elem == small {
		return o.refuse("a function of bool or small integers", "float64: an encoder's dtype is float64 by default")
	}
	return r.arithmetic(o, in)
}

// roundable is for a function that jumps: the last bit of what it takes has to be known.
func (r *reader) roundable(o *object, in matrix) error {
	if slices.ContainsFunc(in.cols, func(c model.Column) bool { return r.inexact[c] }) {
		return o.refuse("rounding of the results of a function", "rounding of inputs, or of exact functions")
	}
	return nil
}

// exact are the functions whose result is the same in every library.
var exact = map[model.Func]bool{
	model.Sqrt: true, model.Square: true, model.Abs: true, model.Negative: true, model.Reciprocal: true,
	model.Floor: true, model.Ceil: true, model.Rint: true, model.Sign: true,
}

// checkArray recognises partial(check_array, dtype=[float64], …finite=False):
// how HistGradientBoosting passes its numeric columns through.
func (r *reader) checkArray(o *object, in matrix) (_ matrix, done bool, _ error) {
	v, _ := o.attr("func")
	p, ok := v.(*pickle.Object)
	if !ok || p.Class == nil || p.Class.Name != "partial" || p.Class.Module != "functools" {
		return in, false, nil
	}
	state, _ := p.State.(pickle.Tuple) // (func, args, keywords, attributes)
	if len(state) != 4 {
		return in, false, o.wrong("attribute func is a partial of %d parts", len(state))
	}
	f, _ := state[0].(*pickle.Class)
	keywords, _ := state[2].(*pickle.Dict)
	args, _ := state[1].(pickle.Tuple)
	if f == nil || f.Name != "check_array" || !strings.HasPrefix(f.Module, "sklearn.") || keywords == nil || len(args) > 0 {
		return in, false, nil // refused by name
	}
	for i, k := range keywords.Keys {
		switch v := keywords.Values[i]; k {
		case "dtype":
			list, _ := items(v)
			if len(list) != 1 {
				return in, false, nil
			}
			if d, ok := dtype(list[0]); !ok || d.Kind != 'f' || d.Size != 8 {
				return in, false, nil
			}
		case "force_all_finite", "ensure_all_finite":
			if v != false {
				return in, false, nil
			}
		default:
			return in, false, nil
		}
	}
	in.elem = wide
	return in, true, r.numbers(o, in)
}
