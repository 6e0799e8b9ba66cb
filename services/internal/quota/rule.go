package quota

import (
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/treehouse-ml/treehouse/services/internal/pattern"
	"github.com/treehouse-ml/treehouse/services/internal/principal"
)

// A Kind is what a service can limit by.
type Kind int

// The kinds.
const (
	Callers   Kind = iota // who was recognised, and models
	Addresses             // where requests come from, before anybody was
)

func (k Kind) String() string { return [...]string{"callers", "addresses"}[k] }

// usual is what buckets are of where a rule does not say.
func (k Kind) usual() per {
	if k == Addresses {
		return per{address: true}
	}
	return per{principal: true}
}

// A unit is what is counted.
type unit int

const (
	requests unit = iota
	rows
	units
)

func (u unit) String() string { return [...]string{"requests", "rows"}[u] }

// An amount is how much of a unit a bucket lets through. It is never changed.
type amount struct {
	unit   unit
	each   int           // tokens,
	window time.Duration // of this time,
	word   string        // which is called so;
	burst  int           // tokens of a full bucket
	policy string        // as in the header RateLimit-Policy
	line   int           // in the file
}

// rate is how many tokens come in a second.
func (a *amount) rate() float64 { return float64(a.each) / a.window.Seconds() }

// per is what has a bucket of its own; nothing of it: all share one.
type per struct{ principal, group, model, address bool }

// A rule limits what its callers ask of its models. It is never changed.
type rule struct {
	id      uint64 // of its buckets
	name    string
	callers pattern.Callers // empty: everybody, also whom nobody vouches for
	models  []pattern.Glob  // empty: all
	per     per
	amounts [units]*amount // nil: not limited
	metrics ruleMetrics
}

var lastID atomic.Uint64

// follow takes over the buckets of the rule of the same name, if both keep
// buckets of the same kind and size. Otherwise the rule's begin full.
func (r *rule) follow(before []*rule) {
	i := slices.IndexFunc(before, func(b *rule) bool { return b.name == r.name && b.per == r.per && same(b.amounts, r.amounts) })
	if i >= 0 {
		r.id = before[i].id
	} else {
		r.id = lastID.Add(1)
	}
}

func same(a, b [units]*amount) bool {
	for u := range a {
		if (a[u] == nil) != (b[u] == nil) || a[u] != nil && a[u].policy != b[u].policy {
			return false
		}
	}
	return true
}

// A Subject is what a request is by and about.
type Subject struct {
	Caller  *principal.Principal // nil: nobody in particular
	Model   string
	Address netip.Addr
}

// A key names a bucket.
type key struct {
	rule                       uint64
	unit                       unit
	method, name, group, model string
	address                    netip.Addr
}

// about tells whether a rule is about a request, and the key of its buckets but
// for the unit.
func (r *rule) about(s *Subject) (k key, ok bool) {
	if len(r.models) > 0 && !pattern.Any(r.models, s.Model) {
		return k, false
	}
	caller := s.Caller
	if caller == nil {
		caller = principal.Anonymous
	}
	if !r.callers.Empty() && !r.callers.Cover(caller) {
		return k, false
	}
	k.rule = r.id
	if r.per.principal {
		k.method, k.name = caller.Method, caller.Name
	}
	if r.per.group {
		k.group, _ = r.callers.Group(caller)
	}
	if r.per.model {
		k.model = s.Model
	}
	if r.per.address {
		k.address = s.Address
	}
	return k, true
}
