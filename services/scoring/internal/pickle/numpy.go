package pickle

import (
	"errors"
	"fmt"
	"math/big"
)

// callNumpy makes numpy's values; nil without an error means that c is none of
// the functions that do.
func (m *machine) callNumpy(c *Class, args Tuple) (Value, error) {
	switch c.Name {
	case "_reconstruct":
		return m.reconstruct(args)
	case "_frombuffer":
		return m.fromBuffer(args)
	case "scalar":
		return m.scalar(c, args)
	case "dtype":
		return m.newDtype(args)
	case "_ufunc_reconstruct": // (module, name): a global by another way
		if len(args) == 2 {
			module, okModule := args[0].(string)
			name, okName := args[1].(string)
			if okModule && okName {
				return m.global(module, name)
			}
		}
		return nil, errors.New("_ufunc_reconstruct wants a module and a name")
	}
	return nil, nil
}

// plainArray tells whether a subclass of ndarray holds nothing but the array.
func plainArray(v Value) bool {
	c, ok := v.(*Class)
	if !ok || judge(c.Module, c.Name) != known {
		return false
	}
	switch c.Name {
	case "ndarray", "memmap", "matrix", "recarray":
		return true
	}
	return false
}

// reconstruct is _reconstruct(subclass, (0,), b'b'): an empty array, which
// BUILD fills.
func (m *machine) reconstruct(args Tuple) (Value, error) {
	if len(args) != 3 {
		return nil, fmt.Errorf("_reconstruct has %d arguments; want 3", len(args))
	}
	if !plainArray(args[0]) {
		return nil, fmt.Errorf("an array of %s; only plain arrays are read", kind(args[0]))
	}
	return &Array{Dtype: Dtype{Kind: 'i', Size: 1}, Shape: []int{0}}, m.budget.spend(costObject)
}

// buildArray sets an array's state: ([version,] shape, dtype, is Fortran,
// bytes or list).
func (m *machine) buildArray(a *Array, state Value) error {
	t, ok := state.(Tuple)
	if ok && len(t) == 5 {
		if v, isInt := toInt(t[0]); !isInt || v != 1 {
			return errors.New("the state of an array has an unknown version")
		}
		t = t[1:]
	}
	if !ok || len(t) != 4 {
		return fmt.Errorf("the state of an array is %s; want a tuple of 5", kind(state))
	}
	if a.built {
		return errors.New("the state of an array is set twice")
	}
	d, ok := t[1].(*Dtype)
	if !ok {
		return fmt.Errorf("the dtype of an array is %s", kind(t[1]))
	}
	var fortran bool
	switch f := t[2].(type) {
	case bool:
		fortran = f
	case int64:
		fortran = f != 0
	default:
		return fmt.Errorf("the memory order of an array is %s; want bool", kind(t[2]))
	}
	if d.objects {
		list, ok := t[3].(*List)
		if !ok {
			return fmt.Errorf("the elements of an object array are %s; want a list", kind(t[3]))
		}
		shape, count, err := m.shape(t[0], 1, len(list.Items))
		if err != nil {
			return err
		}
		if count != len(list.Items) {
			return fmt.Errorf("an array of shape %v has %d elements; want %d", shape, len(list.Items), count)
		}
		// numpy lists objects in C order, whatever their order in memory.
		*a = Array{Dtype: *d, Shape: shape, Objects: list.Items, built: true}
		return nil
	}
	data, ok := t[3].(Bytes)
	if !ok {
		return fmt.Errorf("the elements of an array are %s; want bytes", kind(t[3]))
	}
	return m.fill(a, t[0], d, fortran, data)
}

// fill gives an array its raw elements.
func (m *machine) fill(a *Array, shape Value, d *Dtype, fortran bool, data []byte) error {
	dims, err := m.dims(shape)
	if err != nil {
		return err
	}
	return a.fill(dims, d, fortran, data)
}

func (a *Array) fill(dims []int, d *Dtype, fortran bool, data []byte) error {
	count, err := checkShape(dims, d.Size, len(data))
	if err != nil {
		return err
	}
	if want := count * d.Size; want != len(data) {
		return fmt.Errorf("an array of shape %v and %d bytes an element has %d bytes; want %d", dims, d.Size, len(data), want)
	}
	*a = Array{Dtype: *d, Shape: dims, Fortran: fortran, Data: data, built: true}
	return nil
}

const (
	maxDims = 64
	// maxHollow bounds the dimensions of an array without bytes, which nothing
	// else bounds.
	maxHollow = 1 << 20
)

// shape reads a shape and the number of its elements, which fits the bytes
// that are there.
func (m *machine) shape(v Value, itemSize, bytes int) (dims []int, count int, err error) {
	if dims, err = m.dims(v); err != nil {
		return nil, 0, err
	}
	count, err = checkShape(dims, itemSize, bytes)
	return dims, count, err
}

// dims reads a tuple of dimensions.
func (m *machine) dims(v Value) ([]int, error) {
	t, ok := v.(Tuple)
	if !ok {
		return nil, fmt.Errorf("the shape of an array is %s; want a tuple", kind(v))
	}
	if err := m.budget.spend(costNumber * int64(len(t))); err != nil {
		return nil, err
	}
	dims := make([]int, len(t))
	for i, n := range t {
		if dims[i], ok = toInt(n); !ok {
			return nil, fmt.Errorf("dimension %d of an array is %s", i, show(n))
		}
	}
	return dims, nil
}

// checkShape returns the number of elements of a shape, which fits the bytes
// that are there.
func checkShape(dims []int, itemSize, bytes int) (count int, err error) {
	if len(dims) > maxDims {
		return 0, fmt.Errorf("an array of %d dimensions; at most %d are allowed", len(dims), maxDims)
	}
	room := max(bytes, maxHollow) / max(itemSize, 1) // of elements, were no dimension 0
	count = 1
	for i, n := range dims {
		if n < 0 {
			return 0, fmt.Errorf("dimension %d of an array is %d", i, n)
		}
		if n > room {
			return 0, fmt.Errorf("dimension %d of an array is %d: with %d bytes an element it does not fit into the %d bytes there are", i, n, itemSize, bytes)
		}
		room /= max(n, 1)
		count *= n
	}
	return count, nil
}

// fromBuffer is _frombuffer(buffer, dtype, shape, order[, axes]), of protocol 5.
func (m *machine) fromBuffer(args Tuple) (Value, error) {
	if len(args) < 4 || len(args) > 5 {
		return nil, fmt.Errorf("_frombuffer has %d arguments; want 4 or 5", len(args))
	}
	data, okData := args[0].(Bytes)
	d, okDtype := args[1].(*Dtype)
	order, _ := args[3].(string)
	if !okData || !okDtype {
		return nil, fmt.Errorf("_frombuffer is called with %s and %s; want bytes and a dtype", kind(args[0]), kind(args[1]))
	}
	if d.objects {
		return nil, errors.New("objects are read from raw bytes")
	}
	if err := m.budget.spend(costObject); err != nil {
		return nil, err
	}
	a := &Array{}
	if order == "C" || order == "F" {
		return a, m.fill(a, args[2], d, order == "F", data)
	}
	if order != "K" || len(args) != 5 {
		return nil, fmt.Errorf("an array's memory order is %.40q; want C, F or K", order)
	}
	if err := m.fill(a, args[2], d, false, data); err != nil {
		return nil, err
	}
	return a, m.transpose(a, args[4])
}

// transpose puts the axes of a C-ordered array into another order, which
// copies the elements.
func (m *machine) transpose(a *Array, axes Value) error {
	t, ok := axes.(Tuple)
	if !ok || len(t) != len(a.Shape) {
		return errors.New("the axes of an array do not fit its shape")
	}
	if err := m.budget.spend(int64(len(a.Data))); err != nil {
		return err
	}
	strides := make([]int, len(t)) // in elements, of the axes of the result
	shape := make([]int, len(t))
	used := make([]bool, len(t))
	for i, v := range t {
		from, ok := toInt(v)
		if !ok || from < 0 || from >= len(t) || used[from] {
			return errors.New("the axes of an array are no permutation")
		}
		used[from] = true
		shape[i] = a.Shape[from]
		strides[i] = 1
		for _, n := range a.Shape[from+1:] {
			strides[i] *= n
		}
	}
	size := a.Dtype.Size
	out := make([]byte, 0, len(a.Data))
	if size > 0 {
		walk(shape, strides, func(i int) { out = append(out, a.Data[i*size:(i+1)*size]...) })
	}
	a.Shape, a.Data = shape, out
	return nil
}

// scalar is multiarray.scalar(dtype, bytes).
func (m *machine) scalar(c *Class, args Tuple) (Value, error) {
	if len(args) != 2 {
		return nil, fmt.Errorf("%s has %d arguments; want 2", c, len(args))
	}
	d, ok := args[0].(*Dtype)
	if !ok {
		return nil, fmt.Errorf("the dtype of a scalar is %s", kind(args[0]))
	}
	data, ok := args[1].(Bytes)
	if !ok || d.objects {
		return m.object(c, args, nil)
	}
	if len(data) != d.Size {
		return nil, fmt.Errorf("a scalar of %d bytes has %d", d.Size, len(data))
	}
	if err := m.budget.spend(costValue + int64(len(data))); err != nil {
		return nil, err
	}
	col := Column{dtype: *d, data: data, stride: d.Size, n: 1}
	switch d.Kind {
	case 'b', 'i', 'u', 'f', 'S', 'U':
		if d.Kind == 'f' && d.Size > 8 {
			break
		}
		return col.value(0)
	}
	return m.object(c, args, nil)
}

// uintValue is an int64, or a *big.Int where that is too small.
func uintValue(n uint64) Value {
	if n > 1<<63-1 {
		return new(big.Int).SetUint64(n)
	}
	return int64(n) //nolint:gosec // checked above
}
