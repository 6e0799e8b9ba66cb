package pickle

import (
	"errors"
	"fmt"
)

// kind names a value's type as Python would, for errors.
func kind(v Value) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		return "bool"
	case float64:
		return "float"
	case string:
		return "str"
	case Bytes:
		return "bytes"
	case Tuple:
		return "tuple"
	case *List:
		return "list"
	case *Dict:
		return "dict"
	case *Set:
		return "set"
	case *Class:
		return "global " + v.String()
	case *Object:
		return "instance of " + v.Class.String()
	case *Array:
		return "ndarray"
	case *Dtype:
		return "dtype"
	}
	return "int"
}

// show writes a value in an error. It looks into nothing: values may be huge,
// or hold themselves.
func show(v Value) string {
	switch v := v.(type) {
	case bool, int64, float64:
		return fmt.Sprint(v)
	case string:
		return fmt.Sprintf("%.40q", v)
	}
	return kind(v)
}

// emptyTuple is shared: boxing one a time would cost memory.
var emptyTuple Value = Tuple{}

func (m *machine) tuple(op byte) error {
	n := 0
	switch op {
	case opEmptyTuple:
		return m.push(emptyTuple)
	case opTuple:
		items, err := m.unmark()
		if err != nil {
			return err
		}
		if items, err = m.own(items); err != nil {
			return err
		}
		return m.create(Tuple(items), costValue)
	case opTuple1:
		n = 1
	case opTuple2:
		n = 2
	case opTuple3:
		n = 3
	}
	if err := m.need(n); err != nil {
		return err
	}
	items, err := m.own(m.stack[len(m.stack)-n:])
	if err != nil {
		return err
	}
	m.truncate(len(m.stack) - n)
	return m.create(Tuple(items), costValue)
}

// collect builds a list, dict or frozenset of what stands above the mark.
func (m *machine) collect(op byte) error {
	items, err := m.unmark()
	if err != nil {
		return err
	}
	if op == opDict {
		d := &Dict{}
		if err := m.setPairs(d, items); err != nil {
			return err
		}
		return m.create(d, costNode)
	}
	if items, err = m.own(items); err != nil {
		return err
	}
	if op == opFrozenSet {
		return m.create(&Set{Items: items}, costNode)
	}
	return m.create(&List{Items: items}, costNode)
}

// extend adds items to the list, set or object below them.
func (m *machine) extend(op byte) error {
	var items []Value
	if op == opAppend {
		if err := m.need(1); err != nil {
			return err
		}
		n := len(m.stack) - 1
		items, m.stack = m.stack[n:], m.stack[:n]
	} else {
		var err error
		if items, err = m.unmark(); err != nil {
			return err
		}
	}
	target, err := m.top()
	if err != nil {
		return err
	}
	if err := m.budget.spend(costValue * int64(len(items))); err != nil {
		return err
	}
	set, isSet := target.(*Set)
	if op == opAddItems {
		if !isSet {
			return fmt.Errorf("items are added to %s; only a set takes them", kind(target))
		}
		set.Items = append(set.Items, items...)
		return nil
	}
	switch t := target.(type) {
	case *List:
		t.Items = append(t.Items, items...)
	case *Object:
		t.Items = append(t.Items, items...)
	default:
		return fmt.Errorf("items are appended to %s; only a list takes them", kind(target))
	}
	return nil
}

// setItems puts pairs into the dict or object below them.
func (m *machine) setItems(op byte) error {
	var items []Value
	if op == opSetItem {
		if err := m.need(2); err != nil {
			return err
		}
		n := len(m.stack) - 2
		items, m.stack = m.stack[n:], m.stack[:n]
	} else {
		var err error
		if items, err = m.unmark(); err != nil {
			return err
		}
	}
	target, err := m.top()
	if err != nil {
		return err
	}
	switch t := target.(type) {
	case *Dict:
		return m.setPairs(t, items)
	case *Object:
		if t.Pairs == nil {
			if err := m.budget.spend(costNode); err != nil {
				return err
			}
			t.Pairs = &Dict{}
		}
		return m.setPairs(t.Pairs, items)
	}
	return fmt.Errorf("items are set on %s; only a dict takes them", kind(target))
}

// setPairs adds alternating keys and values to a dict. A key that is there
// already is an error: no pickler writes one, and readers would differ about
// which value counts.
func (m *machine) setPairs(d *Dict, items []Value) error {
	if len(items)%2 != 0 {
		return errors.New("a key has no value")
	}
	if err := m.budget.spend(costValue * int64(len(items))); err != nil {
		return err
	}
	for i := 0; i < len(items); i += 2 {
		switch key := items[i].(type) {
		case *List, *Dict, *Set, *Array:
			return fmt.Errorf("%s cannot be a key", kind(key))
		}
		if err := m.checkNew(d, items[i]); err != nil {
			return err
		}
		d.Keys = append(d.Keys, items[i])
		d.Values = append(d.Values, items[i+1])
	}
	return nil
}

// scanned is the size up to which a dict's keys are compared one by one.
const scanned = 16

// checkNew reports a key that the dict has. Only keys of simple types are
// compared.
func (m *machine) checkNew(d *Dict, key Value) error {
	if !simple(key) {
		return nil
	}
	if len(d.Keys) < scanned {
		for _, k := range d.Keys {
			if simple(k) && k == key {
				return fmt.Errorf("the key %s appears twice in a dict", show(key))
			}
		}
		return nil
	}
	known := m.seen[d]
	if known == nil {
		known = make(map[Value]struct{}, 2*scanned)
		for _, k := range d.Keys {
			if simple(k) {
				known[k] = struct{}{}
			}
		}
		if m.seen == nil {
			m.seen = make(map[*Dict]map[Value]struct{})
		}
		m.seen[d] = known
	}
	if _, ok := known[key]; ok {
		return fmt.Errorf("the key %s appears twice in a dict", show(key))
	}
	known[key] = struct{}{}
	return m.budget.spend(2 * costValue)
}

// simple tells whether Go's == compares the value as Python does.
func simple(v Value) bool {
	switch v.(type) {
	case nil, bool, int64, float64, string:
		return true
	}
	return false
}
