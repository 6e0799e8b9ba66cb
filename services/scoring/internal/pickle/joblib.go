package pickle

import (
	"errors"
	"fmt"
	"slices"
)

// isArrayWrapper tells whether joblib writes the class in the place of an
// array.
func isArrayWrapper(c *Class) bool {
	switch c.Module {
	case "joblib.numpy_pickle", "joblib.numpy_pickle_compat",
		"sklearn.externals.joblib.numpy_pickle", "sklearn.externals.joblib.numpy_pickle_compat":
	default:
		return false
	}
	return c.Name == "NumpyArrayWrapper" || c.Name == "NDArrayWrapper" || c.Name == "ZNDArrayWrapper"
}

// wrappedArray replaces the wrapper on the stack by the array, whose raw
// elements follow in the file.
func (m *machine) wrappedArray(w *Object) error {
	if w.Class.Name != "NumpyArrayWrapper" {
		return errors.New("joblib before 0.10 keeps the arrays in .npy files of their own next to this one: save the model again with a newer joblib, as one file")
	}
	if !m.joblib {
		return errors.New("a joblib array within the pickle of an array's objects")
	}
	if m.in.endFrame(); m.in.frame {
		return fmt.Errorf("an array's raw elements start %d bytes before their frame ends", m.in.remaining())
	}
	m.file.Format = "joblib"
	subclass, _ := w.Attr("subclass")
	shape, _ := w.Attr("shape")
	dtype, _ := w.Attr("dtype")
	order, _ := w.Attr("order")
	if !plainArray(subclass) {
		return fmt.Errorf("an array of %s; only plain arrays are read", kind(subclass))
	}
	d, ok := dtype.(*Dtype)
	if !ok {
		return fmt.Errorf("the dtype of an array is %s", kind(dtype))
	}
	if order != "C" && order != "F" {
		return fmt.Errorf("an array's memory order is %s; want C or F", show(order))
	}
	if err := m.budget.spend(costObject); err != nil {
		return err
	}
	if d.objects {
		return m.nestedArray(shape)
	}
	if err := m.skipPadding(w); err != nil {
		return err
	}
	_, count, err := m.shape(shape, d.Size, m.in.remaining())
	if err != nil {
		return err
	}
	data, err := m.in.take(uint64(count) * uint64(d.Size)) //nolint:gosec // shape returns no negative and no huge count
	if err != nil {
		return err
	}
	a := &Array{}
	if err := m.fill(a, shape, d, order == "F", data); err != nil {
		return err
	}
	return m.replace(a)
}

// skipPadding reads the length of the padding that aligns the elements, and
// the padding. Joblib before 1.2 and streams without a position have none.
func (m *machine) skipPadding(w *Object) error {
	v, _ := w.Attr("numpy_array_alignment_bytes")
	if v == nil {
		return nil
	}
	alignment, ok := toInt(v)
	if !ok || alignment < 1 || alignment > 255 {
		return fmt.Errorf("the alignment of an array's elements is %s", show(v))
	}
	padding, err := m.in.counted(1)
	if err != nil {
		return err
	}
	if len(padding) > alignment {
		return fmt.Errorf("an array's elements have %d bytes of padding; at most %d make sense", len(padding), alignment)
	}
	for _, c := range padding {
		if c != 0xff {
			return fmt.Errorf("an array's padding holds the byte 0x%02x; want 0xff", c)
		}
	}
	return nil
}

// nestedArray reads an array of objects: a whole pickle with its own memo.
// Nesting ends there, for a nested pickle's arrays are not wrapped.
func (m *machine) nestedArray(shape Value) error {
	nested := &machine{in: m.in, budget: m.budget, file: m.file}
	root, err := nested.run()
	if err != nil {
		return err
	}
	a, ok := root.(*Array)
	if !ok || a.Objects == nil && !a.Dtype.objects {
		return fmt.Errorf("the pickle of an object array holds %s", kind(root))
	}
	want, _, err := m.shape(shape, 1, len(a.Objects))
	if err != nil {
		return err
	}
	if !slices.Equal(want, a.Shape) {
		return fmt.Errorf("an object array has the shape %v; want %v", a.Shape, want)
	}
	return m.replace(a)
}
