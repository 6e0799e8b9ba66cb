// Package pickle reads Python pickles and joblib files as data. An opcode
// machine builds inert values; nothing in a file can make it call, import or
// execute anything, and every length, count and depth is bounded.
package pickle

// A Value is what a pickle holds: nil (None), bool, int64, *big.Int, float64,
// string, Bytes, Tuple, *List, *Dict, *Set, *Class, *Object, *Array or *Dtype.
// Numpy scalars come as the Go value of their kind, or stay an *Object where Go
// has none. Values form a graph that may share nodes and hold cycles: a walk
// needs a depth limit.
type Value any

// Bytes is a bytes or bytearray object.
type Bytes []byte

// Tuple is a tuple.
type Tuple []Value

// List is a list.
type List struct{ Items []Value }

// Set is a set or frozenset.
type Set struct{ Items []Value }

// Dict is a dict in insertion order.
type Dict struct {
	Keys   []Value
	Values []Value
}

// Get returns the value under a string key.
func (d *Dict) Get(key string) (Value, bool) {
	for i, k := range d.Keys {
		if s, ok := k.(string); ok && s == key {
			return d.Values[i], true
		}
	}
	return nil, false
}

// A Class is a reference to a global: a class or function by name. It is inert.
// Names that Python 2 used (__builtin__, copy_reg) come as those of Python 3.
type Class struct {
	Module, Name string
	Offset       int64 // of the opcode that named it
}

// String returns the dotted name.
func (c *Class) String() string { return c.Module + "." + c.Name }

// An Object is an instance: what a class was called with, and its state.
type Object struct {
	Class  *Class
	Args   Tuple // arguments of the constructor or callable
	Kwargs *Dict // of NEWOBJ_EX; nil without
	State  Value // what BUILD set; nil without. Most often a *Dict
	Items  []Value
	Pairs  *Dict // items and pairs that APPENDS and SETITEMS put in; nil without
	Offset int64 // of the opcode that made it
}

// Attr returns an attribute from the object's state: a dict, or the (dict,
// slots) pair that objects with slots have.
func (o *Object) Attr(name string) (Value, bool) {
	switch s := o.State.(type) {
	case *Dict:
		return s.Get(name)
	case Tuple:
		for _, part := range s {
			if d, ok := part.(*Dict); ok {
				if v, ok := d.Get(name); ok {
					return v, true
				}
			}
		}
	}
	return nil, false
}

// A Dtype is a numpy element type.
type Dtype struct {
	Kind   byte // 'b' bool, 'i', 'u', 'f', 'U' (UCS4), 'S', 'O' object, 'V' record, 'M', 'm' and 'c' (opaque)
	Size   int  // bytes an element
	Big    bool // big-endian
	Fields []Field

	objects bool // an object, or a record that holds one: elements are not raw bytes
	depth   int  // of records within records
}

// A Field is one field of a record dtype.
type Field struct {
	Name   string
	Dtype  Dtype
	Offset int
}

// An Array is a numpy array.
type Array struct {
	Dtype   Dtype
	Shape   []int   // every dimension ≥ 0; the product fits the data
	Fortran bool    // column-major order
	Data    []byte  // raw elements; nil for object arrays. Shared with the input: read only
	Objects []Value // of an object array, in C order

	built bool // its state has been set
}
