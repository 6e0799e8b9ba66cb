package pickle

import (
	"fmt"
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

// tellNumPy learns from a module's name.
func (f *File) tellNumPy(module string) {
	of := 0
	switch {
	case module == "numpy.core" || strings.HasPrefix(module, "numpy.core."):
		of = 1
	case module == "numpy._core" || strings.HasPrefix(module, "numpy._core."):
		of = 2
	default:
		return
	}
	if f.NumPy != 0 && f.NumPy != of {
		of = -1
	}
	f.NumPy = of
}

// global makes a class of a name, or refuses it. Whether a name is known is
// decided here and nowhere else, whatever the file says.
func (m *machine) global(module, name string) (*Class, error) {
	if modern, _ := modernName(module, name); modern == "builtins" && name == "getattr" {
		return m.getattr()
	}
	c, isKnown, err := Global(module, name)
	if err != nil {
		return nil, err
	}
	if err := m.budget.spend(costNode + int64(len(module)+len(name))); err != nil {
		return nil, err
	}
	m.file.tellNumPy(module)
	if c.Offset = int64(m.at); isKnown {
		return c, nil
	}
	b := m.budget
	key := [2]string{c.Module, c.Name}
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
