package skops

import (
	"errors"
	"fmt"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// array reads a numpy array: an .npy file, or nodes for an array of objects.
// Scalars are stored as arrays without dimensions, under their own class.
func (d *decoder) array(node members) (pickle.Value, error) {
	c, err := d.class(node)
	if err != nil {
		return nil, err
	}
	var a *pickle.Array
	switch kind := node.text("type"); kind {
	case "numpy":
		a, err = d.npy(node.text("file"))
	case "json":
		a, err = d.objects(node)
	default:
		return nil, fmt.Errorf("an array of type %.40q; want numpy or json", kind)
	}
	if err != nil {
		return nil, err
	}
	switch c.String() {
	case "numpy.ndarray", "numpy.matrix", "numpy.memmap", "numpy.core.memmap", "numpy.recarray", "numpy.rec.recarray", "numpy.matrixlib.defmatrix.matrix":
		return a, nil
	}
	if c.Module != "numpy" || len(a.Shape) != 0 {
		return nil, fmt.Errorf("an array of %s; only plain arrays are read", c)
	}
	if values, err := a.Values(); err == nil && len(values) == 1 {
		return values[0], nil
	}
	return &pickle.Object{Class: c, Args: pickle.Tuple{a}}, nil // such as a date
}

func (d *decoder) npy(file string) (*pickle.Array, error) {
	if a := d.arrays[file]; a != nil {
		return a, nil
	}
	data, err := d.archive.read(file)
	if err != nil {
		return nil, err
	}
	a, err := readNpy(data)
	if err != nil {
		return nil, fmt.Errorf("entry %.80q: %w", file, err)
	}
	d.arrays[file] = a
	return a, nil
}

// objects reads an array of objects: lists within lists, to the depth of the
// shape.
func (d *decoder) objects(node members) (*pickle.Array, error) {
	v, err := d.member(node, "shape")
	if err != nil {
		return nil, err
	}
	dims, ok := v.(pickle.Tuple)
	if !ok || len(dims) == 0 || len(dims) > maxDims {
		return nil, errors.New("the shape of an object array is no tuple of one dimension or more")
	}
	shape := make([]int, len(dims))
	for i, n := range dims {
		wide, ok := n.(int64)
		if !ok || wide < 0 || wide > 1<<31-1 {
			return nil, fmt.Errorf("dimension %d of an object array is no size", i)
		}
		shape[i] = int(wide)
	}
	v, _ = node.get("content")
	items, err := d.values(v)
	if err != nil {
		return nil, err
	}
	for i := 1; i < len(shape); i++ {
		if items, err = d.flatten(items, shape[i]); err != nil {
			return nil, err
		}
	}
	return pickle.NewObjects(shape, items)
}

// maxDims is what numpy allows.
const maxDims = 64

func (d *decoder) flatten(rows []pickle.Value, width int) ([]pickle.Value, error) {
	var out []pickle.Value
	for _, row := range rows {
		list, ok := row.(*pickle.List)
		if !ok || len(list.Items) != width {
			return nil, errors.New("the lists of an object array do not fit its shape")
		}
		if err := d.budget.spend(costValue * int64(width)); err != nil {
			return nil, err
		}
		out = append(out, list.Items...)
	}
	return out, nil
}

// dtype reads the dtype of an empty array that was written for its sake.
func (d *decoder) dtype(node members) (pickle.Value, error) {
	v, err := d.member(node, "content")
	if err != nil {
		return nil, err
	}
	a, ok := v.(*pickle.Array)
	if !ok {
		return nil, errors.New("a dtype is stored as something other than an array")
	}
	return &a.Dtype, nil
}
