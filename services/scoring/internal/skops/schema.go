package skops

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// A budget is the memory that values may still take.
type budget struct{ left, max int64 }

// What values cost, roughly.
const (
	costValue = 16
	costNode  = 128
)

func (b *budget) spend(n int64) error {
	if b.left -= n; b.left < 0 {
		return fmt.Errorf("the values of %s need more than %d bytes of memory", schemaName, b.max)
	}
	return nil
}

// A member is one name of a JSON object and what it holds: nil, bool,
// json.Number, string, []any or members.
type member struct {
	name  string
	value any
}

// members are a JSON object in the order of the file, for dicts have one.
type members []member

func (m members) get(name string) (any, bool) {
	for _, e := range m {
		if e.name == name {
			return e.value, true
		}
	}
	return nil, false
}

// text returns a member that is a string, or "".
func (m members) text(name string) string {
	v, _ := m.get(name)
	s, _ := v.(string)
	return s
}

// parseSchema reads the JSON of schema.json. Names are unique within an object.
func parseSchema(text []byte, depth int, b *budget) (members, error) {
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("%s is not UTF-8", schemaName)
	}
	p := &parser{json: json.NewDecoder(bytes.NewReader(text)), budget: b, depth: depth}
	p.json.UseNumber()
	v, err := p.value()
	if err == nil {
		if _, err = p.json.Token(); errors.Is(err, io.EOF) {
			err = nil
		} else if err == nil {
			err = errors.New("something follows the JSON document")
		}
	}
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("%s, at byte %d: %w", schemaName, p.json.InputOffset(), err)
	}
	m, ok := v.(members)
	if !ok {
		return nil, fmt.Errorf("%s holds no JSON object", schemaName)
	}
	return m, nil
}

type parser struct {
	json   *json.Decoder
	budget *budget
	depth  int // that is left
}

func (p *parser) value() (any, error) {
	token, err := p.json.Token()
	if err != nil {
		return nil, err
	}
	cost := int64(costValue)
	switch t := token.(type) {
	case string:
		if err := checkText(t); err != nil {
			return nil, err
		}
		cost += int64(len(t))
	case json.Number:
		cost += int64(len(t))
	}
	if err := p.budget.spend(cost); err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	if p.depth--; p.depth < 0 {
		return nil, errors.New("values are nested too deep")
	}
	defer func() { p.depth++ }()
	if delim == '[' {
		return p.array()
	}
	return p.object()
}

func (p *parser) array() (any, error) {
	items := []any{}
	for p.json.More() {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		items = append(items, v)
	}
	_, err := p.json.Token()
	return items, err
}

// scanned is the size up to which names are compared one by one.
const scanned = 16

func (p *parser) object() (any, error) {
	var out members
	var seen map[string]bool
	for p.json.More() {
		token, err := p.json.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string) // encoding/json takes no other
		if err := errors.Join(checkText(name), p.budget.spend(costValue+int64(len(name)))); err != nil {
			return nil, err
		}
		switch {
		case seen != nil:
		case len(out) == scanned:
			seen = make(map[string]bool, 2*scanned)
			for _, m := range out {
				seen[m.name] = true
			}
		}
		if seen[name] || seen == nil && slices.ContainsFunc(out, func(m member) bool { return m.name == name }) {
			return nil, fmt.Errorf("the name %.40q appears twice in an object", name)
		}
		if seen != nil {
			if err := p.budget.spend(2*costValue + int64(len(name))); err != nil {
				return nil, err
			}
			seen[name] = true
		}
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		out = append(out, member{name, v})
	}
	_, err := p.json.Token()
	return out, err
}

// checkText refuses the character that encoding/json puts in the place of half
// a surrogate pair: two texts that differ would become one.
func checkText(s string) error {
	if strings.ContainsRune(s, utf8.RuneError) {
		return fmt.Errorf("%.40q holds what is no character", s)
	}
	return nil
}
