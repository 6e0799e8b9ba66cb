package access

import (
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/treehouse-ml/treehouse/services/internal/auth"
	"github.com/treehouse-ml/treehouse/services/internal/principal"
)

// Authorization is the header and the metadata that carry a credential.
const Authorization = "authorization"

// A GRPC is a guard in front of a gRPC server. Each method has a rule, by its
// full name.
type GRPC struct {
	guard *Guard
	rules map[string]Rule
}

// GRPC returns the guard for methods with these rules.
func (g *Guard) GRPC(rules map[string]Rule) *GRPC { return &GRPC{g, rules} }

// Check fails for a server that has a method without a rule, or a rule for no
// method: neither can be meant.
func (g *GRPC) Check(services map[string]grpc.ServiceInfo) error {
	var lacking []string
	known := map[string]bool{}
	for service, info := range services {
		for _, m := range info.Methods {
			method := "/" + service + "/" + m.Name
			known[method] = true
			if _, ok := g.rules[method]; !ok {
				lacking = append(lacking, method)
			}
		}
	}
	for method := range g.rules {
		if !known[method] {
			lacking = append(lacking, method+" (which the server does not have)")
		}
	}
	if len(lacking) > 0 {
		slices.Sort(lacking)
		return fmt.Errorf("methods without a rule of access: %s", strings.Join(lacking, ", "))
	}
	return nil
}

// Early refuses a call before its message is read, if its header shows nothing
// or an API key that is not valid. It is for a server's tap, which must be
// quick; the interceptors decide about everybody else. Whose key is valid is in
// the context that it returns, and not asked again.
func (g *GRPC) Early(ctx context.Context, method string, header metadata.MD) (context.Context, error) {
	rule, ok := g.rules[method]
	if !ok || rule.Public {
		return ctx, nil
	}
	authorization := header[Authorization]
	if len(authorization) == 0 && g.guard.certificates {
		return ctx, nil // the tap does not see the certificate
	}
	if credential, err := bearer(authorization); err == nil && !auth.IsKey(credential) && g.guard.tokens != nil { // may take longer
		return ctx, nil
	}
	caller, err := g.guard.Authenticate(ctx, authorization)
	if err != nil {
		return ctx, err
	}
	return principal.NewContext(ctx, caller), nil
}

// Unary is the interceptor for unary calls.
func (g *GRPC) Unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	rule := g.rules[info.FullMethod]
	if rule.Public {
		return next(ctx, req)
	}
	var err error
	caller := principal.FromContext(ctx)
	if caller == principal.Anonymous { // else Early has recognised the caller
		ctx, caller, err = g.authenticate(ctx)
	}
	if err == nil {
		err = g.authorize(ctx, caller, rule, req)
	}
	if err != nil {
		return nil, err
	}
	return next(ctx, req)
}

// Stream is the interceptor for streams. Where a message names the model, each
// is checked, and one that is not allowed ends the stream; so does a credential
// that has ceased to be valid meanwhile.
func (g *GRPC) Stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	rule := g.rules[info.FullMethod]
	if rule.Public {
		return next(srv, stream)
	}
	ctx, caller, err := g.authenticate(stream.Context())
	if err == nil {
		err = g.guard.AuthorizeSome(ctx, caller, rule.Action)
	}
	if err != nil {
		return err
	}
	return next(srv, &checkedStream{stream, g, rule, ctx})
}

func (g *GRPC) authenticate(ctx context.Context) (context.Context, *principal.Principal, error) {
	authorization := metadata.ValueFromIncomingContext(ctx, Authorization)
	var caller *principal.Principal
	var err error
	if certificate := verified(ctx); g.guard.certificates && len(authorization) == 0 && certificate != nil {
		caller, err = g.guard.authenticateCertificate(ctx, certificate)
	} else { // a credential that is shown counts, and if it is wrong no certificate makes up for it
		caller, err = g.guard.Authenticate(ctx, authorization)
	}
	if err != nil {
		return ctx, nil, err
	}
	return principal.NewContext(ctx, caller), caller, nil
}

// verified is the caller's certificate, nil without one.
func verified(ctx context.Context) *x509.Certificate {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return nil
	}
	info, ok := p.AuthInfo.(credentials.TLSInfo)
	if !ok || len(info.State.VerifiedChains) == 0 {
		return nil
	}
	return info.State.VerifiedChains[0][0]
}

func (g *GRPC) authorize(ctx context.Context, caller *principal.Principal, rule Rule, message any) error {
	if rule.Model == nil {
		return g.guard.AuthorizeSome(ctx, caller, rule.Action)
	}
	return g.guard.Authorize(ctx, caller, rule.Action, rule.Model(message))
}

type checkedStream struct {
	grpc.ServerStream
	guard *GRPC
	rule  Rule
	ctx   context.Context
}

func (s *checkedStream) Context() context.Context { return s.ctx }

func (s *checkedStream) RecvMsg(message any) error {
	if err := s.ServerStream.RecvMsg(message); err != nil {
		return err
	}
	_, caller, err := s.guard.authenticate(s.ctx)
	if err == nil {
		err = s.guard.authorize(s.ctx, caller, s.rule, message)
	}
	return err
}
