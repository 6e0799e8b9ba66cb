// Package policy says who may do what: principals and groups, models and
// actions, from one small file. What no rule allows is denied.
package policy

import (
	"fmt"
	"strings"

	"github.com/treehouse-ml/treehouse/services/internal/pattern"
	"github.com/treehouse-ml/treehouse/services/internal/principal"
)

// An Action is what a caller wants to do.
type Action uint8

// The actions. Each is about a model.
const (
	None     Action = iota // no action, which nobody may
	Predict                // ask for predictions
	Metadata               // read what a model is, and that it exists
	Logs                   // read logged requests and answers, and send feedback on them
	Load                   // load and unload
	Admin                  // everything else that changes or shows a server
	Actions                // how many there are
)

var names = [Actions]string{"none", "predict", "metadata", "logs", "load", "admin"}

func (a Action) String() string {
	if a < Actions {
		return names[a]
	}
	return fmt.Sprintf("Action(%d)", uint8(a))
}

// ParseAction reads an action's name.
func ParseAction(s string) (Action, error) {
	for a := Predict; a < Actions; a++ {
		if names[a] == s {
			return a, nil
		}
	}
	return None, fmt.Errorf("%q is no action; expected %s", s, strings.Join(names[Predict:], ", "))
}

// A Policy is a list of rules. It is never changed, so that it is safe for
// concurrent use.
type Policy struct {
	rules []rule
}

// A rule allows its principals and groups its actions on its models.
type rule struct {
	line    int
	callers pattern.Callers
	models  []pattern.Glob
	actions [Actions]bool
}

// A Decision says whether something is allowed, and by what.
type Decision struct {
	Allowed bool
	Line    int // of the rule that allows it, in the file
}

// Reason is for logs and people.
func (d Decision) Reason() string {
	if d.Allowed {
		return fmt.Sprintf("the rule at line %d allows it", d.Line)
	}
	return "no rule allows it"
}

// Decide tells whether a caller may do something with a model. It allocates
// nothing.
func (p *Policy) Decide(caller *principal.Principal, a Action, model string) Decision {
	if a == None || a >= Actions {
		return Decision{}
	}
	for i := range p.rules {
		r := &p.rules[i]
		if r.actions[a] && pattern.Any(r.models, model) && r.callers.Cover(caller) {
			return Decision{true, r.line}
		}
	}
	return Decision{}
}

// DecideSome tells whether there is any model with which a caller may do
// something: of a question about no one model, whose answer then names only
// models that the caller may know.
func (p *Policy) DecideSome(caller *principal.Principal, a Action) Decision {
	if a == None || a >= Actions {
		return Decision{}
	}
	for i := range p.rules {
		if r := &p.rules[i]; r.actions[a] && r.callers.Cover(caller) {
			return Decision{true, r.line}
		}
	}
	return Decision{}
}

// Models are the patterns of models that the policy speaks of, each once, in
// the order of the file.
func (p *Policy) Models() []string {
	var all []string
	seen := map[pattern.Glob]bool{}
	for _, r := range p.rules {
		for _, g := range r.models {
			if !seen[g] {
				seen[g] = true
				all = append(all, string(g))
			}
		}
	}
	return all
}

// Len is how many rules there are.
func (p *Policy) Len() int { return len(p.rules) }
