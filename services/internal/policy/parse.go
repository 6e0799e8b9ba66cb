package policy

import (
	"errors"
	"fmt"

	"github.com/treehouse-ml/treehouse/services/internal/pattern"
	"github.com/treehouse-ml/treehouse/services/internal/yamlfile"
)

const (
	maxRules    = 1000
	maxPatterns = 1000 // of one list
)

// Parse reads a policy:
//
//	rules:
//	  - principals: ["key:checkout", "mtls:spiffe://shop.example/*"]
//	    groups: [data-science]
//	    models: [housing, "churn-*"]
//	    actions: [predict, metadata]
//
// A rule is about callers that one of its principals or groups fits. In names
// of principals, groups and models * stands for any characters. Errors name the
// line.
func Parse(data []byte) (*Policy, error) {
	var file struct {
		Rules *[]struct {
			Principals []yamlfile.Text `yaml:"principals"`
			Groups     []yamlfile.Text `yaml:"groups"`
			Models     []yamlfile.Text `yaml:"models"`
			Actions    []yamlfile.Text `yaml:"actions"`
		} `yaml:"rules"`
	}
	switch err := yamlfile.Decode(data, &file); {
	case err != nil:
		return nil, err
	case file.Rules == nil: // as in a file that is being written
		return nil, errors.New("it has no rules; expected a list, which may be empty: []")
	case len(*file.Rules) > maxRules:
		return nil, fmt.Errorf("%d rules; at most %d are accepted", len(*file.Rules), maxRules)
	}
	p := &Policy{}
	for i, written := range *file.Rules {
		r := rule{}
		lists := []struct {
			name   string
			texts  []yamlfile.Text
			add    func(*yamlfile.Text) error
			needed bool
		}{
			{"principals", written.Principals, r.callers.AddPrincipal, len(written.Groups) == 0},
			{"groups", written.Groups, r.callers.AddGroup, false},
			{"models", written.Models, r.addModel, true},
			{"actions", written.Actions, r.addAction, true},
		}
		for _, l := range lists {
			for j := range l.texts {
				t := &l.texts[j]
				if r.line == 0 || t.Line > 0 && t.Line < r.line {
					r.line = t.Line
				}
				if err := l.add(t); err != nil {
					return nil, fmt.Errorf("%s: %w", l.name, err)
				}
			}
			if len(l.texts) > maxPatterns {
				return nil, fmt.Errorf("line %d: %d %s; at most %d are accepted", r.line, len(l.texts), l.name, maxPatterns)
			}
		}
		for _, l := range lists {
			if l.needed && len(l.texts) == 0 {
				return nil, fmt.Errorf("rule %d, near line %d, has no %s", i+1, r.line, l.name)
			}
		}
		p.rules = append(p.rules, r)
	}
	return p, nil
}

func (r *rule) addAction(t *yamlfile.Text) error {
	a, err := ParseAction(t.Value)
	if err != nil {
		return t.Errorf("%w", err)
	}
	r.actions[a] = true
	return nil
}

func (r *rule) addModel(t *yamlfile.Text) error {
	g, err := pattern.ParseGlob(t)
	if err == nil {
		r.models = append(r.models, g)
	}
	return err
}
