package pickle

import (
	"errors"
	"fmt"
)

// budget is what a whole file may still spend, nested pickles included.
type budget struct {
	limits  Limits
	ops     int64
	memory  int64
	memo    int
	foreign map[[2]string]bool
}

// spend takes n bytes of memory from the budget.
func (b *budget) spend(n int64) error {
	if b.memory -= n; b.memory < 0 {
		return fmt.Errorf("the values need more than %d bytes of memory", b.limits.MaxMemory)
	}
	return nil
}

// What values cost, roughly: the budget needs the order of magnitude.
const (
	costValue  = 16 // an interface in a slice
	costNumber = 8
	costNode   = 64 // a list, dict, set, class, array
	costObject = 128
)

// machine runs one pickle. It never recurses: what is nested in the pickle is
// on the stack.
type machine struct {
	in     *reader
	budget *budget
	file   *File
	joblib bool // arrays follow their wrappers as raw data

	op     byte
	at     int // the offset of op
	start  int // of the pickle
	stack  []Value
	marks  []int // stack heights
	memo   []Value
	sparse map[uint64]Value // memo entries beyond the dense part
	seen   map[*Dict]map[Value]struct{}

	getter   *Class // builtins.getattr, if the file names it
	getterOp byte   // that named it
	getters  int    // how often it was pushed, less its calls
}

// run executes opcodes up to STOP.
func (m *machine) run() (Value, error) {
	m.start = m.in.pos
	for {
		m.in.endFrame()
		m.at, m.op = m.in.pos, 0
		op, err := m.in.byte()
		if err != nil {
			return nil, m.wrap(errors.New("the file ends before STOP"))
		}
		m.op = op
		if op == opStop {
			root, err := m.stop()
			if err != nil {
				return nil, m.wrap(err)
			}
			return root, nil
		}
		if m.budget.ops--; m.budget.ops < 0 {
			return nil, m.wrap(fmt.Errorf("more than %d opcodes", m.budget.limits.MaxOps))
		}
		if err := m.step(op); err != nil {
			return nil, m.wrap(err)
		}
	}
}

// wrap adds the place to an error, unless it has one.
func (m *machine) wrap(err error) error {
	var placed *Error
	if errors.As(err, &placed) {
		return placed
	}
	e := &Error{Offset: int64(m.at), What: err.Error()}
	if m.op != 0 {
		e.Op = opName(m.op)
	}
	return e
}

// stop ends the pickle: the stack must hold its one value.
func (m *machine) stop() (Value, error) {
	m.in.endFrame()
	switch {
	case m.getters != 0:
		return nil, m.refusedGetter()
	case m.in.frame:
		return nil, fmt.Errorf("the pickle ends %d bytes before its frame does", m.in.remaining())
	case len(m.marks) > 0:
		return nil, fmt.Errorf("%d marks are left open", len(m.marks))
	case len(m.stack) != 1:
		return nil, fmt.Errorf("the stack holds %d values at the end; want 1", len(m.stack))
	}
	return m.stack[0], nil
}

func (m *machine) push(v Value) error {
	if len(m.stack) >= m.budget.limits.MaxStack {
		return fmt.Errorf("more than %d values on the stack", m.budget.limits.MaxStack)
	}
	m.stack = append(m.stack, v)
	return nil
}

// create pushes a new value that costs n bytes.
func (m *machine) create(v Value, n int64) error {
	if err := m.budget.spend(n); err != nil {
		return err
	}
	return m.push(v)
}

// base is the height below which the stack belongs to the last open mark.
func (m *machine) base() int {
	if n := len(m.marks); n > 0 {
		return m.marks[n-1]
	}
	return 0
}

// need checks that n values can be taken without reaching below a mark.
func (m *machine) need(n int) error {
	if have := len(m.stack) - m.base(); have < n {
		return fmt.Errorf("the stack holds %d values above the last mark; %d are needed", have, n)
	}
	return nil
}

func (m *machine) pop() (Value, error) {
	if err := m.need(1); err != nil {
		return nil, err
	}
	v := m.stack[len(m.stack)-1]
	m.truncate(len(m.stack) - 1)
	return v, nil
}

func (m *machine) top() (Value, error) {
	if err := m.need(1); err != nil {
		return nil, err
	}
	return m.stack[len(m.stack)-1], nil
}

// replace puts v in the place of the topmost value.
func (m *machine) replace(v Value) error {
	m.stack[len(m.stack)-1] = v
	return nil
}

// truncate drops values and lets them be collected.
func (m *machine) truncate(n int) {
	clear(m.stack[n:])
	m.stack = m.stack[:n]
}

func (m *machine) mark() error {
	if len(m.marks) >= m.budget.limits.MaxDepth {
		return fmt.Errorf("more than %d open marks", m.budget.limits.MaxDepth)
	}
	m.marks = append(m.marks, len(m.stack))
	return nil
}

// unmark closes the last mark and returns the values above it, which stay
// valid until the next push.
func (m *machine) unmark() ([]Value, error) {
	n := len(m.marks)
	if n == 0 {
		return nil, errors.New("there is no open mark")
	}
	base := m.marks[n-1]
	m.marks = m.marks[:n-1]
	items := m.stack[base:]
	m.stack = m.stack[:base]
	return items, nil
}

// own returns a copy of the values, which the budget pays for.
func (m *machine) own(items []Value) ([]Value, error) {
	if err := m.budget.spend(costValue * int64(len(items))); err != nil {
		return nil, err
	}
	return append(make([]Value, 0, len(items)), items...), nil
}
