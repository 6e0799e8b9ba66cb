package pickle

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// maxRecordDepth bounds records within records.
const maxRecordDepth = 16

// newDtype is numpy.dtype(name, align, copy), such as dtype('f8', False, True).
// The byte order and the fields come later, by BUILD.
func (m *machine) newDtype(args Tuple) (Value, error) {
	if len(args) == 0 {
		return nil, errors.New("numpy.dtype is called without arguments")
	}
	if c, ok := args[0].(*Class); ok && c.Module == "numpy" && c.Name == "record" {
		args = Tuple{"V"} // of a recarray
	}
	name, ok := args[0].(string)
	if !ok {
		return nil, fmt.Errorf("numpy.dtype is called with %s; want str", kind(args[0]))
	}
	d, err := ParseDtype(name)
	if err != nil {
		return nil, err
	}
	return d, m.budget.spend(costNode)
}

// ParseDtype reads the name of a dtype without fields: "f8", "<U5", ">i4".
func ParseDtype(name string) (*Dtype, error) {
	s, big := name, false
	if s != "" && (s[0] == '<' || s[0] == '>' || s[0] == '|' || s[0] == '=') {
		big = s[0] == '>'
		s = s[1:]
	}
	if s == "" {
		return nil, fmt.Errorf("%.40q is not a dtype", name)
	}
	d := &Dtype{Kind: s[0], Big: big}
	size := 0
	if len(s) > 1 {
		n, err := strconv.ParseUint(s[1:], 10, 29)
		if err != nil {
			return nil, fmt.Errorf("%.40q is not a dtype", name)
		}
		size = int(n) //nolint:gosec // of 29 bits
	}
	d.Size = size
	ok := true
	switch d.Kind {
	case 'b':
		ok = size == 1
	case 'i', 'u':
		ok = size == 1 || size == 2 || size == 4 || size == 8
	case 'f':
		ok = size == 2 || size == 4 || size == 8 || size == 12 || size == 16
	case 'c':
		ok = size == 8 || size == 16 || size == 24 || size == 32
	case 'M', 'm':
		ok = size == 8
	case 'O':
		d.Size, d.objects = 8, true
	case 'U':
		d.Size = 4 * size
	case 'S', 'V':
	default:
		ok = false
	}
	if !ok {
		return nil, fmt.Errorf("%.40q is not a dtype that is known here", name)
	}
	return d, nil
}

// buildDtype sets a dtype's state: (version, byte order, subarray, names,
// fields, item size, alignment, flags[, metadata]).
func (m *machine) buildDtype(d *Dtype, state Value) error {
	t, ok := state.(Tuple)
	if !ok || len(t) < 8 || len(t) > 9 {
		return fmt.Errorf("the state of a dtype is %s; want a tuple of 8 or 9", kind(state))
	}
	if v, ok := toInt(t[0]); !ok || v < 3 || v > 4 {
		return errors.New("the state of a dtype has an unknown version")
	}
	switch order, _ := t[1].(string); order {
	case "<", "|", "=":
		d.Big = false
	case ">":
		d.Big = true
	default:
		return errors.New("the byte order of a dtype is none of < > | =")
	}
	size, ok := toInt(t[5])
	if !ok || size < -1 || size > math.MaxInt32 {
		return errors.New("the item size of a dtype is no size")
	}
	switch d.Kind {
	case 'U', 'S', 'V':
		if size >= 0 {
			d.Size = size
		}
		if d.Kind == 'U' && d.Size%4 != 0 {
			return fmt.Errorf("a str dtype has items of %d bytes; want a multiple of 4", d.Size)
		}
	default:
		if size != -1 && size != d.Size {
			return fmt.Errorf("a dtype of %d bytes has items of %d bytes", d.Size, size)
		}
	}
	if t[2] != nil {
		// A subarray within a record: nothing that we read has one. Its bytes
		// stay opaque.
		if sub, ok := t[2].(Tuple); ok && len(sub) == 2 {
			if base, ok := sub[0].(*Dtype); ok && !base.objects && d.Kind == 'V' {
				return nil
			}
		}
		return errors.New("a dtype has a subarray that is not understood")
	}
	if t[3] == nil {
		return nil
	}
	return m.buildFields(d, t[3], t[4])
}

// buildFields reads the names and the fields {name: (dtype, offset[, title])}
// of a record.
func (m *machine) buildFields(d *Dtype, names, fields Value) error {
	order, okNames := names.(Tuple)
	table, okFields := fields.(*Dict)
	if d.Kind != 'V' || !okNames || !okFields {
		return errors.New("the fields of a dtype are not a tuple of names and a dict of fields")
	}
	if len(table.Keys) < len(order) {
		return fmt.Errorf("a dtype names %d fields and describes %d", len(order), len(table.Keys))
	}
	if err := m.budget.spend(costNode * int64(len(order))); err != nil {
		return err
	}
	byName := make(map[string]Value, len(table.Keys))
	for i, k := range table.Keys {
		if s, ok := k.(string); ok {
			byName[s] = table.Values[i]
		}
	}
	built := make([]Field, 0, len(order))
	for _, n := range order {
		name, _ := n.(string)
		entry, ok := byName[name].(Tuple)
		if !ok || len(entry) < 2 {
			return fmt.Errorf("field %.40q of a dtype has no description", name)
		}
		delete(byName, name) // a name counts once
		of, okDtype := entry[0].(*Dtype)
		offset, okOffset := toInt(entry[1])
		if !okDtype || !okOffset {
			return fmt.Errorf("field %.40q of a dtype has no dtype and offset", name)
		}
		built = append(built, Field{Name: name, Dtype: *of, Offset: offset})
	}
	record, err := NewRecord(d.Size, built)
	if err != nil {
		return err
	}
	record.Big = d.Big
	*d = *record
	return nil
}
