package sklearn

import (
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// dtypes are numpy's types by the names they go by: numpy.float32, the string
// "float32", Python's float.
var dtypes = map[string]pickle.Dtype{
	"float64": {Kind: 'f', Size: 8}, "double": {Kind: 'f', Size: 8}, "float": {Kind: 'f', Size: 8},
	"float32": {Kind: 'f', Size: 4}, "float16": {Kind: 'f', Size: 2},
	"int64": {Kind: 'i', Size: 8}, "int": {Kind: 'i', Size: 8}, "int_": {Kind: 'i', Size: 8}, "longlong": {Kind: 'i', Size: 8},
	"int32": {Kind: 'i', Size: 4}, "int16": {Kind: 'i', Size: 2}, "int8": {Kind: 'i', Size: 1},
	"uint64": {Kind: 'u', Size: 8}, "uint32": {Kind: 'u', Size: 4}, "uint16": {Kind: 'u', Size: 2}, "uint8": {Kind: 'u', Size: 1},
	"bool": {Kind: 'b', Size: 1}, "bool_": {Kind: 'b', Size: 1},
}

// dtype reads a value that numpy takes as a type.
func dtype(v pickle.Value) (pickle.Dtype, bool) {
	switch v := v.(type) {
	case *pickle.Dtype:
		return *v, true
	case *pickle.Class:
		root, _, _ := strings.Cut(v.Module, ".")
		d, ok := dtypes[v.Name]
		return d, ok && (root == "numpy" || root == "builtins")
	case string:
		d, ok := dtypes[v]
		return d, ok
	}
	return pickle.Dtype{}, false
}

// encoded reads the dtype of an encoder's output.
func (o *object) encoded() (element, pickle.Dtype) {
	v := o.value("dtype")
	d, ok := dtype(v)
	if ok {
		switch {
		case d.Kind == 'f' && d.Size == 8, (d.Kind == 'i' || d.Kind == 'u') && d.Size >= 4:
			return wide, d
		case d.Kind == 'f' && d.Size == 4:
			return single, d
		case d.Kind == 'b', d.Kind == 'i', d.Kind == 'u':
			return small, d
		}
	}
	if o.err == nil {
		o.err = o.refuse("this dtype", "float64, float32, bool and integers")
	}
	return wide, d
}
