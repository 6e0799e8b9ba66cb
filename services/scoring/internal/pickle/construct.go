package pickle

import (
	"errors"
	"fmt"
	"math"
)

// construct executes the opcodes that call something. Nothing is called: known
// reconstructions become values, all else an *Object.
func (m *machine) construct(op byte) error {
	switch op {
	case opInst, opObj:
		return m.instance(op)
	case opNewObjEx:
		return m.newObjectEx()
	}
	if err := m.need(2); err != nil {
		return err
	}
	args, ok := m.stack[len(m.stack)-1].(Tuple)
	if !ok {
		return fmt.Errorf("the arguments are %s; want a tuple", kind(m.stack[len(m.stack)-1]))
	}
	class, err := classOf(m.stack[len(m.stack)-2])
	if err != nil {
		return err
	}
	m.truncate(len(m.stack) - 1)
	var v Value
	if op == opNewObj {
		v, err = m.newObject(class, args, nil)
	} else {
		v, err = m.call(class, args)
	}
	if err != nil {
		return err
	}
	return m.replace(v)
}

func classOf(v Value) (*Class, error) {
	c, ok := v.(*Class)
	if !ok {
		return nil, fmt.Errorf("%s is called; want a global", kind(v))
	}
	return c, nil
}

// instance executes INST and OBJ: a class is called with what stands above the
// mark.
func (m *machine) instance(op byte) error {
	var class *Class
	if op == opInst {
		module, name, err := m.globalLines()
		if err != nil {
			return err
		}
		if class, err = m.global(module, name); err != nil {
			return err
		}
	}
	items, err := m.unmark()
	if err != nil {
		return err
	}
	if op == opObj {
		if len(items) == 0 {
			return errors.New("there is no class above the mark")
		}
		if class, err = classOf(items[0]); err != nil {
			return err
		}
		items = items[1:]
	}
	if items, err = m.own(items); err != nil {
		return err
	}
	v, err := m.call(class, items)
	if err != nil {
		return err
	}
	return m.push(v)
}

func (m *machine) newObjectEx() error {
	if err := m.need(3); err != nil {
		return err
	}
	n := len(m.stack) - 3
	args, okArgs := m.stack[n+1].(Tuple)
	kwargs, okKwargs := m.stack[n+2].(*Dict)
	if !okArgs || !okKwargs {
		return fmt.Errorf("the arguments are %s and %s; want a tuple and a dict", kind(m.stack[n+1]), kind(m.stack[n+2]))
	}
	class, err := classOf(m.stack[n])
	if err != nil {
		return err
	}
	m.truncate(n + 1)
	v, err := m.newObject(class, args, kwargs)
	if err != nil {
		return err
	}
	return m.replace(v)
}

// newObject stands for class.__new__(*args, **kwargs).
func (m *machine) newObject(class *Class, args Tuple, kwargs *Dict) (Value, error) {
	if class.Module == "collections" && class.Name == "OrderedDict" && len(args) == 0 && kwargs == nil {
		return m.newDict(nil)
	}
	return m.object(class, args, kwargs)
}

func (m *machine) object(class *Class, args Tuple, kwargs *Dict) (Value, error) {
	if err := m.budget.spend(costObject); err != nil {
		return nil, err
	}
	return &Object{Class: class, Args: args, Kwargs: kwargs, Offset: int64(m.at)}, nil
}

// build sets the state of the object below it.
func (m *machine) build() error {
	if err := m.need(2); err != nil {
		return err
	}
	state := m.stack[len(m.stack)-1]
	m.truncate(len(m.stack) - 1)
	switch target := m.stack[len(m.stack)-1].(type) {
	case *Array:
		return m.buildArray(target, state)
	case *Dtype:
		return m.buildDtype(target, state)
	case *Object:
		if target.State != nil {
			return fmt.Errorf("the state of %s is set twice", kind(target))
		}
		target.State = state
		if isArrayWrapper(target.Class) {
			return m.wrappedArray(target)
		}
		return nil
	default:
		return fmt.Errorf("a state is set on %s; only instances have one", kind(target))
	}
}

// toInt reads a value as an int.
func toInt(v Value) (int, bool) {
	n, ok := v.(int64)
	if !ok || n < math.MinInt || n > math.MaxInt {
		return 0, false
	}
	return int(n), true
}
