package sklearn

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// An object is a Python object of a known library, with its place. Attributes
// are read one after another; the first that is absent or has an unexpected
// type is kept in err, and what is read after it counts for nothing.
type object struct {
	*pickle.Object
	r    *reader
	path string // "preprocess.cat"; empty for the outermost object
	name string // the class: "OneHotEncoder"
	err  error
}

// open looks at a value that must be an object of scikit-learn, XGBoost,
// LightGBM or CatBoost. A subclass from anywhere else may behave in its own way.
func (r *reader) open(v pickle.Value, path string) (*object, error) {
	p, ok := v.(*pickle.Object)
	if !ok || p.Class == nil {
		if c, isClass := v.(*pickle.Class); isClass {
			return nil, &model.UnsupportedError{Class: c.String(), Path: path, Supported: supported()}
		}
		if e := container(v); e != nil && path == "" {
			return nil, e
		}
		return nil, &model.UnsupportedError{Class: "a " + typeName(v), Path: path, Supported: supported()}
	}
	o := &object{Object: p, r: r, path: path, name: p.Class.Name}
	if o.library() == "" {
		return nil, o.unsupported()
	}
	return o, nil
}

// container refuses what holds a model among other things, and nil what does not.
func container(v pickle.Value) *model.UnsupportedError {
	e := &model.UnsupportedError{Class: "a " + typeName(v), Supported: "one model, saved itself; what prepares its columns goes before it in a Pipeline"}
	switch v := v.(type) {
	case *pickle.Dict:
		var keys []string
		for _, k := range v.Keys[:min(len(v.Keys), 10)] {
			if s, ok := k.(string); ok {
				keys = append(keys, fmt.Sprintf("%.40q", s))
			}
		}
		if len(keys) > 0 {
			e.Class += " of " + strings.Join(keys, ", ")
		}
	case *pickle.List, pickle.Tuple:
		list, _ := items(v)
		var held []string
		for _, x := range list[:min(len(list), 10)] {
			if o, ok := x.(*pickle.Object); ok && o.Class != nil {
				held = append(held, o.Class.Name)
			} else {
				held = append(held, "a "+typeName(x))
			}
		}
		e.Class += " of " + strings.Join(held, ", ")
	case string, pickle.Bytes:
		e.Supported = "a model; this is what one was written as: save the model itself"
	default:
		return nil
	}
	return e
}

// library is the PyPI name of the library that the class is of.
func (o *object) library() string {
	root, _, _ := strings.Cut(o.Class.Module, ".")
	switch root {
	case "sklearn":
		return "scikit-learn"
	case "xgboost", "lightgbm", "catboost":
		return root
	}
	if wraps(o.Class) {
		return "scikit-learn"
	}
	return ""
}

// version is what the object says of the scikit-learn that wrote it.
func (o *object) version() version {
	if s, ok := o.attr("_sklearn_version"); ok {
		if text, ok := s.(string); ok {
			if v, ok := parseVersion(text); ok {
				return v
			}
		}
	}
	return version{}
}

// by is how messages name the object: "preprocess.cat (OneHotEncoder)".
func (o *object) by() string {
	if o.path == "" {
		return o.name
	}
	return o.path + " (" + o.name + ")"
}

// wrong is the error of an object that is not what its class writes.
func (o *object) wrong(format string, args ...any) error {
	return &model.FormatError{Format: "scikit-learn", Offset: o.Offset, What: o.by() + ": " + fmt.Sprintf(format, args...)}
}

// unsupported refuses the class.
func (o *object) unsupported() error {
	return &model.UnsupportedError{Class: o.Class.String(), Path: o.path, Supported: supported()}
}

// refuse refuses a parameter or property of an object whose class is known.
func (o *object) refuse(what, instead string) error {
	return &model.UnsupportedError{Class: o.name + " with " + what, Path: o.path, Supported: instead}
}

func (o *object) fail(format string, args ...any) {
	if o.err == nil {
		o.err = o.wrong(format, args...)
	}
}

// attr returns an attribute; a state that is a dict by default.
func (o *object) attr(name string) (pickle.Value, bool) { return o.Attr(name) }

// has tells whether an attribute is there and not None.
func (o *object) has(name string) bool {
	v, ok := o.attr(name)
	return ok && v != nil
}

func (o *object) value(name string) pickle.Value {
	v, ok := o.attr(name)
	if !ok {
		o.fail("attribute %s is missing; is the object fitted?", name)
	}
	return v
}

// text returns an attribute that must be a string.
func (o *object) text(name string) string {
	v := o.value(name)
	s, ok := v.(string)
	if !ok {
		o.fail("attribute %s is a %s, not a string", name, typeName(v))
	}
	return s
}

// flag returns a bool, or def where the version does not have the attribute.
func (o *object) flag(name string, def bool) bool {
	v, ok := o.attr(name)
	if !ok {
		return def
	}
	switch v := v.(type) {
	case bool:
		return v
	case int64:
		if v == 0 || v == 1 {
			return v == 1
		}
	}
	o.fail("attribute %s is a %s, not a bool", name, typeName(v))
	return def
}

// integer returns an int attribute of at most 2^31.
func (o *object) integer(name string) int {
	v := o.value(name)
	n, ok := v.(int64)
	if !ok || n < -1 || n > math.MaxInt32 {
		o.fail("attribute %s is a %s, not an integer in range", name, typeName(v))
		return 0
	}
	return int(n)
}

// number returns a float or int attribute.
func (o *object) number(name string) float64 {
	v := o.value(name)
	x, ok := number(v)
	if !ok {
		o.fail("attribute %s is a %s, not a number", name, typeName(v))
	}
	return x
}

// number is the value of a Python number that float64 holds exactly.
func number(v pickle.Value) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case int64:
		return float64(v), int64(float64(v)) == v && v != math.MaxInt64
	case *pickle.Array:
		if len(v.Shape) == 0 {
			if items, err := v.Float64s(); err == nil && len(items) == 1 {
				return items[0], true
			}
		}
	}
	return 0, false
}

// list returns the items of a list, tuple or one-dimensional object array.
func (o *object) list(name string) []pickle.Value {
	v := o.value(name)
	items, ok := items(v)
	if !ok {
		o.fail("attribute %s is a %s, not a list", name, typeName(v))
	}
	return items
}

func items(v pickle.Value) ([]pickle.Value, bool) {
	switch v := v.(type) {
	case *pickle.List:
		return v.Items, true
	case pickle.Tuple:
		return v, true
	case *pickle.Array:
		if len(v.Shape) == 1 {
			values, err := v.Values()
			return values, err == nil
		}
	}
	return nil, false
}

// typeName names a value's Python type, for messages.
func typeName(v pickle.Value) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		return "bool"
	case int64, *big.Int:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case pickle.Bytes:
		return "bytes"
	case pickle.Tuple:
		return "tuple"
	case *pickle.List:
		return "list"
	case *pickle.Dict:
		return "dict"
	case *pickle.Set:
		return "set"
	case *pickle.Class:
		return "reference to " + v.String()
	case *pickle.Object:
		if v.Class != nil {
			return v.Class.String()
		}
	case *pickle.Array:
		return "numpy.ndarray"
	case *pickle.Dtype:
		return "numpy.dtype"
	}
	return fmt.Sprintf("%T", v)
}

// join extends a path.
func join(path, name string) string {
	switch {
	case path == "":
		return name
	case name == "":
		return path
	}
	return path + "." + name
}

func itoa(n int) string { return strconv.Itoa(n) }

// list joins names for messages.
func list(names []string) string { return strings.Join(names, ", ") }
