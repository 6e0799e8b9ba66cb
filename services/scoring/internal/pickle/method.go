package pickle

import "strings"

// Python writes a method of an object as getattr(object, "name"), and scipy's
// distributions hold some of themselves: a RandomizedSearchCV keeps those that it
// drew from. Such a call becomes an inert *Object; any other getattr refuses the
// file, as every other way to run code does, be it called or not.

// getattr pushes builtins.getattr, which has to be called by the end.
func (m *machine) getattr() (*Class, error) {
	if m.getter == nil {
		m.getter = &Class{Module: "builtins", Name: "getattr", Offset: int64(m.at)}
		m.getterOp = m.op
	}
	m.getters++
	return m.getter, m.budget.spend(costNode)
}

// again pushes a value that stands elsewhere, too.
func (m *machine) again(v Value) error {
	if c, ok := v.(*Class); ok && c == m.getter {
		m.getters++
	}
	return m.push(v)
}

// method is getattr(object, name) of a distribution of scipy.
func (m *machine) method(args Tuple) (Value, error) {
	if len(args) == 2 {
		of, okObject := args[0].(*Object)
		name, okName := args[1].(string)
		if okObject && okName && of.Class != nil && strings.HasPrefix(of.Class.Module, "scipy.stats.") && identifier(name) {
			m.getters--
			return m.object(m.getter, args, nil)
		}
	}
	return nil, m.refusedGetter()
}

// refusedGetter is the error of a file that names getattr for something else.
func (m *machine) refusedGetter() error {
	_, _, err := Global(m.getter.Module, m.getter.Name)
	return &Error{Offset: m.getter.Offset, Op: opName(m.getterOp), What: err.Error()}
}
