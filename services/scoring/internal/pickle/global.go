package pickle

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// maxForeign bounds how many foreign globals are listed.
const maxForeign = 1000

// pushGlobal reads the name of a global.
func (m *machine) pushGlobal(op byte) error {
	var module, name string
	if op == opGlobal {
		var err error
		if module, name, err = m.globalLines(); err != nil {
			return err
		}
	} else {
		if err := m.need(2); err != nil {
			return err
		}
		var okModule, okName bool
		module, okModule = m.stack[len(m.stack)-2].(string)
		name, okName = m.stack[len(m.stack)-1].(string)
		if !okModule || !okName {
			return fmt.Errorf("a global is named by %s and %s; want two strings",
				kind(m.stack[len(m.stack)-2]), kind(m.stack[len(m.stack)-1]))
		}
		m.truncate(len(m.stack) - 2)
	}
	c, err := m.global(module, name)
	if err != nil {
		return err
	}
	return m.push(c)
}

// globalLines reads a module and a name, a line each.
func (m *machine) globalLines() (module, name string, err error) {
	first, err := m.in.line()
	if err != nil {
		return "", "", err
	}
	second, err := m.in.line()
	if err != nil {
		return "", "", err
	}
	if module, err = text(first); err != nil {
		return "", "", err
	}
	name, err = text(second)
	return module, name, err
}

// global makes a class of a name, or refuses it. Whether a name is known is
// decided here and nowhere else, whatever the file says.
func (m *machine) global(module, name string) (*Class, error) {
	if err := checkName(module, name); err != nil {
		return nil, err
	}
	if err := m.budget.spend(costNode + int64(len(module)+len(name))); err != nil {
		return nil, err
	}
	module, name = modernName(module, name)
	c := &Class{Module: module, Name: name, Offset: int64(m.at)}
	switch judge(module, name) {
	case known:
		return c, nil
	case dangerous:
		return nil, fmt.Errorf("the file names %s, which could run code; nothing was executed, and no model needs it", c)
	}
	b := m.budget
	key := [2]string{module, name}
	if !b.foreign[key] && len(b.foreign) < maxForeign {
		if b.foreign == nil {
			b.foreign = make(map[[2]string]bool)
		}
		b.foreign[key] = true
		m.file.Foreign = append(m.file.Foreign, c)
	}
	return c, nil
}

// maxName bounds the parts of a global's name.
const maxName = 256

func checkName(module, name string) error {
	switch {
	case len(module) > maxName || len(name) > maxName:
		return fmt.Errorf("the name of a global has %d bytes; at most %d are allowed", max(len(module), len(name)), maxName)
	case !identifier(name):
		return fmt.Errorf("%.40q in module %.40q is not a plain name: attributes of globals are not reached", name, module)
	}
	for part := range strings.SplitSeq(module, ".") {
		if !identifier(part) {
			return fmt.Errorf("%.40q is not a module's name", module)
		}
	}
	return nil
}

// identifier tells whether s may name something in Python: ASCII letters,
// digits and underscores.
func identifier(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '_', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
		case '0' <= c && c <= '9' && i > 0:
		default:
			return false
		}
	}
	return s != ""
}

// modernName maps names of Python 2, which protocols 0 to 2 use, to those of
// Python 3.
func modernName(module, name string) (newModule, newName string) {
	switch module {
	case "copy_reg":
		return "copyreg", name
	case "exceptions":
		return "builtins", name
	case "__builtin__":
		switch name {
		case "unicode":
			name = "str"
		case "long":
			name = "int"
		case "xrange":
			name = "range"
		}
		return "builtins", name
	}
	return module, name
}

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
