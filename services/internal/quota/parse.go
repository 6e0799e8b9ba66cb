package quota

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/treehouse-ml/treehouse/services/internal/pattern"
	"github.com/treehouse-ml/treehouse/services/internal/yamlfile"
)

const (
	maxRules    = 100
	maxPatterns = 1000          // of one list
	maxAmount   = 1_000_000_000 // of a limit, and of its burst
)

// texts are one text, or a list of them.
type texts []yamlfile.Text

// UnmarshalYAML implements [yaml.Unmarshaler].
func (t *texts) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.SequenceNode {
		*t = make(texts, 1)
		return (*t)[0].UnmarshalYAML(n)
	}
	return n.Decode((*[]yamlfile.Text)(t))
}

// written is a rule as the file has it.
type written struct {
	Name       yamlfile.Text   `yaml:"name"`
	Principals []yamlfile.Text `yaml:"principals"`
	Groups     []yamlfile.Text `yaml:"groups"`
	Models     []yamlfile.Text `yaml:"models"`
	Per        texts           `yaml:"per"`
	Requests   yamlfile.Text   `yaml:"requests"`
	Rows       yamlfile.Text   `yaml:"rows"`
}

// parse reads a file of limits:
//
//	limits:
//	  - name: shop
//	    principals: ["key:checkout", "jwt:shop-*"]
//	    groups: [shop]
//	    models: [housing, "churn-*"]
//	    per: [principal, model]
//	    requests: 100/s
//	    rows: 1000000/h burst 20000
//
// Errors name the line.
func parse(data []byte, kind Kind) ([]*rule, error) {
	var file struct {
		Limits *[]written `yaml:"limits"`
	}
	switch err := yamlfile.Decode(data, &file); {
	case err != nil:
		return nil, err
	case file.Limits == nil: // as in a file that is being written
		return nil, errNoLimits
	case len(*file.Limits) > maxRules:
		return nil, fmt.Errorf("%d limits; at most %d are accepted", len(*file.Limits), maxRules)
	}
	rules := make([]*rule, 0, len(*file.Limits))
	names := map[string]bool{}
	for i := range *file.Limits {
		w := &(*file.Limits)[i]
		if w.Name.Value == "" {
			return nil, fmt.Errorf("limit %d, near line %d, has no name", i+1, w.line())
		}
		r, err := w.rule(kind)
		if err != nil {
			return nil, fmt.Errorf("limit %s: %w", w.Name.Value, err)
		}
		if names[r.name] {
			return nil, w.Name.Errorf("there are two limits of the name %s", r.name)
		}
		names[r.name] = true
		rules = append(rules, r)
	}
	return rules, nil
}

// line is where a rule begins, about.
func (w *written) line() int {
	line := 0
	for _, list := range [][]yamlfile.Text{{w.Name, w.Requests, w.Rows}, w.Principals, w.Groups, w.Models, w.Per} {
		for _, t := range list {
			if t.Line > 0 && (line == 0 || t.Line < line) {
				line = t.Line
			}
		}
	}
	return line
}

var validName = regexp.MustCompile(`^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$`)

func (w *written) rule(kind Kind) (*rule, error) {
	r := &rule{name: w.Name.Value}
	if !validName.MatchString(r.name) {
		return nil, w.Name.Errorf("the name is %q; expected 1 to 63 of a-z, 0-9, - and _, as a label of metrics", r.name)
	}
	for _, list := range []struct {
		name  string
		texts []yamlfile.Text
		add   func(*yamlfile.Text) error
	}{
		{"principals", w.Principals, r.callers.AddPrincipal},
		{"groups", w.Groups, r.callers.AddGroup},
		{"models", w.Models, r.addModel},
		{"per", w.Per, func(t *yamlfile.Text) error { return r.addPer(t, kind) }},
	} {
		if len(list.texts) > maxPatterns {
			return nil, fmt.Errorf("line %d: %d %s; at most %d are accepted", w.line(), len(list.texts), list.name, maxPatterns)
		}
		for i := range list.texts {
			if err := list.add(&list.texts[i]); err != nil {
				return nil, fmt.Errorf("%s: %w", list.name, err)
			}
		}
	}
	if len(w.Per) == 0 {
		r.per = kind.usual()
	}
	if err := w.fits(r, kind); err != nil {
		return nil, err
	}
	for u, t := range [units]*yamlfile.Text{requests: &w.Requests, rows: &w.Rows} {
		if t.Line == 0 {
			continue
		}
		a, err := parseAmount(t, unit(u), r.name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", unit(u), err)
		}
		r.amounts[u] = a
	}
	if r.amounts == [units]*amount{} {
		return nil, w.Name.Errorf("it limits neither requests nor rows")
	}
	return r, nil
}

// fits checks what one part of a rule asks of another.
func (w *written) fits(r *rule, kind Kind) error {
	switch {
	case kind == Addresses && !r.callers.Empty():
		return w.Name.Errorf("it has principals or groups; a limit per address is charged before anybody is recognised")
	case r.per.group && (len(w.Groups) == 0 || len(w.Principals) > 0):
		return w.Name.Errorf("it is per group; expected groups, and no principals")
	}
	return nil
}

var amountForm = regexp.MustCompile(`^([0-9]{1,10})/(s|m|h|d)(?: burst ([0-9]{1,10}))?$`)

var windows = map[string]struct {
	is   time.Duration
	word string
}{"s": {time.Second, "second"}, "m": {time.Minute, "minute"}, "h": {time.Hour, "hour"}, "d": {24 * time.Hour, "day"}}

// parseAmount reads 100/s, or 6000/m burst 200.
func parseAmount(t *yamlfile.Text, u unit, name string) (*amount, error) {
	found := amountForm.FindStringSubmatch(t.Value)
	if found == nil {
		return nil, t.Errorf("%q; expected a number and /s, /m, /h or /d, as in 100/s, and perhaps a burst, as in 6000/m burst 200", t.Value)
	}
	window := windows[found[2]]
	a := &amount{unit: u, window: window.is, word: window.word, line: t.Line}
	for _, number := range []struct {
		text string
		into *int
	}{{found[1], &a.each}, {found[3], &a.burst}} {
		if number.text == "" {
			continue
		}
		n, err := strconv.Atoi(number.text)
		if err != nil || n < 1 || n > maxAmount {
			return nil, t.Errorf("%q has the number %s; expected 1 to %d", t.Value, number.text, maxAmount)
		}
		*number.into = n
	}
	policy := fmt.Sprintf("%d;w=%d", a.each, int(a.window.Seconds()))
	if a.burst == 0 {
		a.burst = a.each
	} else {
		policy += fmt.Sprintf(";burst=%d", a.burst)
	}
	a.policy = policy + fmt.Sprintf(";unit=%s;name=%q", u, name)
	return a, nil
}

func (r *rule) addModel(t *yamlfile.Text) error {
	g, err := pattern.ParseGlob(t)
	if err == nil {
		r.models = append(r.models, g)
	}
	return err
}

func (r *rule) addPer(t *yamlfile.Text, kind Kind) error {
	parts := map[string]*bool{"principal": &r.per.principal, "group": &r.per.group, "model": &r.per.model, "all": new(bool)}
	expected := "principal, group, model or all"
	if kind == Addresses { // not model, which is what the client writes: each name would be a full bucket
		parts, expected = map[string]*bool{"address": &r.per.address}, "address"
	}
	part, ok := parts[t.Value]
	if !ok {
		return t.Errorf("%q; expected %s", t.Value, expected)
	}
	*part = true
	return nil
}
