package pickle

import (
	"errors"
	"fmt"
	"math"
)

// call stands for calling a global. The reconstructions that picklers write
// become values here; the rest stays an *Object, and functions of known
// packages that rebuild nothing are an error.
func (m *machine) call(c *Class, args Tuple) (Value, error) {
	switch c.Module {
	case "numpy", "numpy.core.multiarray", "numpy._core.multiarray", "numpy.core.numeric", "numpy._core.numeric",
		"numpy.core", "numpy._core":
		if v, err := m.callNumpy(c, args); v != nil || err != nil {
			return v, err
		}
	case "builtins", "collections":
		if c == m.getter {
			return m.method(args)
		}
		if v, err := m.callContainer(c, args); v != nil || err != nil {
			return v, err
		}
	case "_codecs":
		return m.encode(args)
	case "copyreg":
		return m.callCopyreg(c, args)
	}
	if judge(c.Module, c.Name) == known && !callable(c) {
		return nil, fmt.Errorf("%s is called; it rebuilds nothing that a model holds", c)
	}
	if judge(c.Module, c.Name) == foreign {
		m.file.Calls = true
	}
	return m.object(c, args, nil)
}

// encode is _codecs.encode(str, 'latin1'), which stands for bytes in protocols
// 0 to 2.
func (m *machine) encode(args Tuple) (Value, error) {
	if len(args) != 2 || args[1] != "latin1" {
		return nil, errors.New(`_codecs.encode is called with something other than a str and "latin1"`)
	}
	s, ok := args[0].(string)
	if !ok {
		return nil, fmt.Errorf("_codecs.encode is called with %s; want str", kind(args[0]))
	}
	if err := m.budget.spend(int64(len(s)) + costValue); err != nil {
		return nil, err
	}
	return latin1(s)
}

func latin1(s string) (Value, error) {
	b := make(Bytes, 0, len(s))
	for _, r := range s {
		if r > math.MaxUint8 {
			return nil, fmt.Errorf("%q has no Latin-1 code", r)
		}
		b = append(b, byte(r))
	}
	return b, nil
}

// callCopyreg makes instances the way protocols 0 and 1 write them.
func (m *machine) callCopyreg(c *Class, args Tuple) (Value, error) {
	if len(args) == 0 {
		return nil, fmt.Errorf("%s is called without arguments", c)
	}
	class, err := classOf(args[0])
	if err != nil {
		return nil, err
	}
	switch c.Name {
	case "__newobj__":
		return m.newObject(class, args[1:], nil)
	case "__newobj_ex__":
		if len(args) == 3 {
			inner, okArgs := args[1].(Tuple)
			kwargs, okKwargs := args[2].(*Dict)
			if okArgs && okKwargs {
				return m.newObject(class, inner, kwargs)
			}
		}
		return nil, fmt.Errorf("%s wants a class, a tuple and a dict", c)
	}
	if len(args) != 3 {
		return nil, fmt.Errorf("%s has %d arguments; want 3", c, len(args))
	}
	v, err := m.newObject(class, nil, nil)
	if err != nil {
		return nil, err
	}
	o, ok := v.(*Object)
	if !ok {
		return v, nil
	}
	// The third argument is what a subclass of a builtin type holds.
	switch held := args[2].(type) {
	case nil:
	case *Dict:
		if o.Pairs, err = m.copyDict(held); err != nil {
			return nil, err
		}
	case *List:
		if o.Items, err = m.own(held.Items); err != nil {
			return nil, err
		}
	default:
		o.Args = Tuple{held}
	}
	return o, nil
}

// callContainer makes the builtin types that picklers write as calls; nil
// without an error means that c is none of them.
func (m *machine) callContainer(c *Class, args Tuple) (Value, error) {
	switch c.Name {
	case "OrderedDict", "dict":
		return m.newDict(args)
	case "defaultdict": // the first argument is the factory
		if len(args) > 0 {
			args = args[1:]
		}
		return m.newDict(args)
	case "set", "frozenset", "list", "tuple":
		items, err := m.newItems(c, args)
		if err != nil {
			return nil, err
		}
		if err := m.budget.spend(costNode); err != nil {
			return nil, err
		}
		switch c.Name {
		case "list":
			return &List{Items: items}, nil
		case "tuple":
			return Tuple(items), nil
		}
		return &Set{Items: items}, nil
	case "bytes", "bytearray":
		return m.newBytes(c, args)
	case "type":
		if len(args) != 1 {
			return nil, errors.New("type is called to make a class")
		}
	}
	return nil, nil
}

// newItems reads the argument of list, tuple, set and frozenset.
func (m *machine) newItems(c *Class, args Tuple) ([]Value, error) {
	if len(args) == 0 {
		return nil, nil
	}
	if len(args) == 1 {
		switch held := args[0].(type) {
		case *List:
			return m.own(held.Items)
		case *Set:
			return m.own(held.Items)
		case Tuple:
			return m.own(held)
		}
	}
	return nil, fmt.Errorf("%s is called with %d arguments; want a list", c, len(args))
}

// newBytes reads the arguments of bytes and bytearray: nothing, bytes, or a
// str and "latin-1".
func (m *machine) newBytes(c *Class, args Tuple) (Value, error) {
	switch len(args) {
	case 0:
		return Bytes{}, m.budget.spend(costValue)
	case 1:
		if b, ok := args[0].(Bytes); ok {
			return b, nil
		}
	case 2:
		if s, ok := args[0].(string); ok && (args[1] == "latin-1" || args[1] == "latin1") {
			if err := m.budget.spend(int64(len(s)) + costValue); err != nil {
				return nil, err
			}
			return latin1(s)
		}
	}
	return nil, fmt.Errorf("%s is called with arguments that no pickler writes", c)
}

// newDict reads the arguments of dict and its kin: nothing, a dict, or a list
// of pairs.
func (m *machine) newDict(args Tuple) (Value, error) {
	if len(args) > 1 {
		return nil, fmt.Errorf("a dict is made with %d arguments; want at most 1", len(args))
	}
	if len(args) == 1 {
		switch held := args[0].(type) {
		case *Dict:
			return m.copyDict(held)
		case *List:
			return m.dictOfPairs(held.Items)
		default:
			return nil, fmt.Errorf("a dict is made of %s", kind(held))
		}
	}
	if err := m.budget.spend(costNode); err != nil {
		return nil, err
	}
	return &Dict{}, nil
}

func (m *machine) copyDict(d *Dict) (*Dict, error) {
	keys, err := m.own(d.Keys)
	if err != nil {
		return nil, err
	}
	values, err := m.own(d.Values)
	if err != nil {
		return nil, err
	}
	return &Dict{Keys: keys, Values: values}, m.budget.spend(costNode)
}

func (m *machine) dictOfPairs(pairs []Value) (Value, error) {
	d := &Dict{}
	for i, p := range pairs {
		var kv []Value
		switch p := p.(type) {
		case Tuple:
			kv = p
		case *List:
			kv = p.Items
		}
		if len(kv) != 2 {
			return nil, fmt.Errorf("item %d of what a dict is made of is no pair", i)
		}
		if err := m.setPairs(d, kv); err != nil {
			return nil, err
		}
	}
	return d, m.budget.spend(costNode)
}
