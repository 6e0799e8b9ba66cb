package pickle

import (
	"errors"
	"fmt"
	"strings"
)

// What follows makes values for readers of other formats that store Python
// objects, so that there is one allow-list and one kind of value.

// Global makes the class of a name, or refuses it, as the opcode GLOBAL would.
// One that is not known to belong to a model belongs into [File.Foreign].
func Global(module, name string) (c *Class, isKnown bool, err error) {
	if err := checkName(module, name); err != nil {
		return nil, false, err
	}
	module, name = modernName(module, name)
	c = &Class{Module: module, Name: name}
	v := judge(module, name)
	if root, _, _ := strings.Cut(module, "."); v == dangerous && (root == "cloudpickle" || root == "dill" || within(module, embeddedPicklers)) {
		return nil, false, fmt.Errorf("the file names %s: it holds a function or a class of its author's own, a lambda perhaps, which could run code; "+
			"nothing was executed. Take it out of the model and compute what it does before; numpy's functions, such as np.log1p, are read", c)
	}
	if v == dangerous {
		return nil, false, fmt.Errorf("the file names %s, which could run code; nothing was executed, and no model needs it", c)
	}
	return c, v == known, nil
}

// NewRecord is the dtype of records of size bytes, whose fields lie within.
func NewRecord(size int, fields []Field) (*Dtype, error) {
	d := &Dtype{Kind: 'V', Size: size, Fields: fields}
	for _, f := range fields {
		if f.Offset < 0 || f.Offset > size || f.Dtype.Size > size-f.Offset {
			return nil, fmt.Errorf("field %.40q of a dtype does not fit into its %d bytes", f.Name, size)
		}
		d.objects, d.depth = d.objects || f.Dtype.objects, max(d.depth, f.Dtype.depth)
	}
	if d.depth++; d.depth > maxRecordDepth {
		return nil, fmt.Errorf("records are nested %d deep; at most %d are allowed", d.depth, maxRecordDepth)
	}
	return d, nil
}

// NewArray makes an array of raw elements, which it shares.
func NewArray(d *Dtype, shape []int, fortran bool, data []byte) (*Array, error) {
	if d.objects {
		return nil, errors.New("objects are read from raw bytes")
	}
	a := &Array{}
	return a, a.fill(shape, d, fortran, data)
}

// NewObjects makes an array of objects, in C order. It owns the slices.
func NewObjects(shape []int, items []Value) (*Array, error) {
	count, err := checkShape(shape, 1, len(items))
	if err != nil {
		return nil, err
	}
	if count != len(items) {
		return nil, fmt.Errorf("an array of shape %v has %d elements; want %d", shape, len(items), count)
	}
	return &Array{Dtype: Dtype{Kind: 'O', Size: 8, objects: true}, Shape: shape, Objects: items, built: true}, nil
}
