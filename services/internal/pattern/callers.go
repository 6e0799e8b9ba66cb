package pattern

import (
	"slices"
	"strings"

	"github.com/treehouse-ml/treehouse/services/internal/principal"
	"github.com/treehouse-ml/treehouse/services/internal/yamlfile"
)

// methods are how callers are recognised, as principals are written.
var methods = []string{"key", "jwt", "mtls"}

// Callers are a set of callers: those that one of the principals or groups
// fits. The zero value is nobody.
type Callers struct {
	principals []who
	groups     []Glob
}

// who is a pattern of principals.
type who struct {
	method string // of recognising them; empty is any
	name   Glob
}

// AddPrincipal reads method:name, or * for everybody whom somebody vouches for.
// The error names the line.
func (c *Callers) AddPrincipal(t *yamlfile.Text) error {
	if t.Value == "*" {
		c.principals = append(c.principals, who{name: "*"})
		return nil
	}
	method, name, found := strings.Cut(t.Value, ":")
	if !found || !slices.Contains(methods, method) {
		return t.Errorf("a principal is %q; expected key:NAME, jwt:SUBJECT, mtls:NAME or \"*\"", t.Value)
	}
	g, err := parseGlob(name, t)
	if err != nil {
		return err
	}
	c.principals = append(c.principals, who{method, g})
	return nil
}

// AddGroup reads a pattern of groups. The error names the line.
func (c *Callers) AddGroup(t *yamlfile.Text) error {
	g, err := ParseGlob(t)
	if err == nil {
		c.groups = append(c.groups, g)
	}
	return err
}

// Empty reports whether nobody was added.
func (c *Callers) Empty() bool { return len(c.principals)+len(c.groups) == 0 }

// Cover reports whether a caller is among them. One that nobody vouches for
// never is. It allocates nothing.
func (c *Callers) Cover(caller *principal.Principal) bool {
	if caller.Name == "" || len(caller.Name) > MaxName {
		return false
	}
	for _, w := range c.principals {
		if (w.method == "" || w.method == caller.Method) && w.name.Match(caller.Name) {
			return true
		}
	}
	_, ok := c.Group(caller)
	return ok
}

// Group is the first of the caller's groups that one of the groups fits.
func (c *Callers) Group(caller *principal.Principal) (group string, ok bool) {
	for _, g := range caller.Groups {
		if Any(c.groups, g) {
			return g, true
		}
	}
	return "", false
}
