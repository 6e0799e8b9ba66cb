package sklearn

import (
	"errors"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

var errWork = errors.New("the file asks for too much work")

// floats copies the numbers of an array, in C order.
func (r *reader) floats(a *pickle.Array) ([]float64, error) {
	if !r.spend(a.Len()) {
		return nil, errWork
	}
	return a.Float64s()
}

// own claims an array for one tree. A file in which trees share their nodes
// would be small and its model large; no library writes that.
func (r *reader) own(a *pickle.Array) error {
	if len(a.Data) == 0 {
		return errors.New("an array is empty")
	}
	if first := &a.Data[0]; r.owned[first] {
		return errors.New("two trees share an array")
	} else {
		r.owned[first] = true
	}
	return nil
}

// values returns the elements of an array as values, in C order.
func (r *reader) values(a *pickle.Array) ([]pickle.Value, error) {
	if !r.spend(a.Len()) {
		return nil, errWork
	}
	return a.Values()
}

// integersOf copies an array of integers.
func (r *reader) integersOf(v pickle.Value) ([]int, error) {
	a, ok := v.(*pickle.Array)
	if !ok || len(a.Shape) != 1 {
		return nil, errors.New("not an array of integers")
	}
	if !r.spend(a.Len()) {
		return nil, errWork
	}
	wide, err := a.Int64s()
	out := make([]int, len(wide))
	for i, x := range wide {
		out[i] = int(x)
	}
	return out, err
}

// fields reads the fields of an array of records, one column after another,
// and keeps the first error. Such arrays belong to one tree each, see
// [reader.own], and so are not counted as work.
type fields struct {
	array *pickle.Array
	err   error
}

func (f *fields) has(name string) bool { return f.array.HasField(name) }

func (f *fields) column(name string) (pickle.Column, bool) {
	if f.err != nil {
		return pickle.Column{}, false
	}
	c, err := f.array.Field(name)
	f.err = err
	return c, err == nil
}

// integers reads a field in the room of a slice, where it has enough.
func (f *fields) integers(name string, room []int64) []int64 {
	c, ok := f.column(name)
	if !ok {
		return room
	}
	out, err := c.Int64sIn(room)
	f.err = err
	return out
}

func (f *fields) floats(name string, room []float64) []float64 {
	c, ok := f.column(name)
	if !ok {
		return room
	}
	out, err := c.Float64sIn(room)
	f.err = err
	return out
}
