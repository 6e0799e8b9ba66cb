// Package policy says who may do what: principals and groups, models and
// actions, from one small file. What no rule allows is denied.
package policy

import (
	"fmt"
	"strings"

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
	line       int
	principals []who
	groups     []glob
	models     []glob
	actions    [Actions]bool
}

// who is a pattern of principals.
type who struct {
	method string // of recognising them; empty is any
	name   glob
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
	if a == None || a >= Actions || len(model) > maxName {
		return Decision{}
	}
	for i := range p.rules {
		r := &p.rules[i]
		if r.actions[a] && anyOf(r.models, model) && r.covers(caller) {
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
		if r := &p.rules[i]; r.actions[a] && r.covers(caller) {
			return Decision{true, r.line}
		}
	}
	return Decision{}
}

// covers reports whether a rule is about a caller. It never is about one that
// nobody vouches for.
func (r *rule) covers(caller *principal.Principal) bool {
	if caller.Name == "" || len(caller.Name) > maxName {
		return false
	}
	for _, w := range r.principals {
		if (w.method == "" || w.method == caller.Method) && w.name.match(caller.Name) {
			return true
		}
	}
	for _, g := range caller.Groups {
		if len(g) <= maxName && anyOf(r.groups, g) {
			return true
		}
	}
	return false
}

func anyOf(globs []glob, s string) bool {
	for _, g := range globs {
		if g.match(s) {
			return true
		}
	}
	return false
}

// Models are the patterns of models that the policy speaks of, each once, in
// the order of the file.
func (p *Policy) Models() []string {
	var all []string
	seen := map[glob]bool{}
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
