// Package principal says who calls: what authentication found out, carried by
// a request's context to whatever decides or counts by caller.
package principal

import "context"

// A Principal is a caller. It is never changed once it is in a context.
type Principal struct {
	// Name tells the caller from others: an API key's name, a token's subject, a
	// certificate's identity; empty for a caller nobody vouches for.
	Name string
	// Groups are what the caller belongs to, for policies.
	Groups []string
	// Method is how the caller was recognised: "key", "jwt", "mtls" or "none".
	Method string
}

// Anonymous is a caller that nobody vouches for.
var Anonymous = &Principal{Method: "none"}

type contextKey struct{}

// NewContext has ctx carry the caller p.
func NewContext(ctx context.Context, p *Principal) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// FromContext is the caller that ctx carries, Anonymous if none.
func FromContext(ctx context.Context) *Principal {
	if p, ok := ctx.Value(contextKey{}).(*Principal); ok {
		return p
	}
	return Anonymous
}
