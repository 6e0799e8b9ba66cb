package access

import (
	"context"
	"crypto/x509"
	"log/slog"
	"strings"
	"time"

	"github.com/treehouse-ml/treehouse/services/internal/auth"
	"github.com/treehouse-ml/treehouse/services/internal/policy"
	"github.com/treehouse-ml/treehouse/services/internal/principal"
	"github.com/treehouse-ml/treehouse/services/internal/telemetry"
)

// A Rule says what a method or a route asks for. Without a rule nobody gets
// through; the zero Rule is one that nobody fulfils.
type Rule struct {
	// Public is for everybody, without a credential: probes, and what this
	// project publishes anyway.
	Public bool
	Action policy.Action
	// Model finds the model in a message; nil where the question is about no one
	// model. Then it takes a caller who may do the action with some model.
	Model func(message any) string
}

// Authenticate tells who shows the values of an authorization header. The error
// is a status.
func (g *Guard) Authenticate(ctx context.Context, authorization []string) (*principal.Principal, error) {
	caller, method, err := g.recognise(ctx, authorization)
	if err == nil {
		g.metrics.recognised[caller.Method].Inc()
		return caller, nil
	}
	g.metrics.authentications.WithLabelValues(method, result(err)).Inc()
	g.tell(ctx, "not let in", caller, slog.String("method", method), slog.String("reason", err.Error()))
	return nil, refusal(err)
}

// authenticateCertificate tells whose verified certificate this is. The error is
// a status.
func (g *Guard) authenticateCertificate(ctx context.Context, c *x509.Certificate) (*principal.Principal, error) {
	caller, err := auth.FromCertificate(c)
	if err == nil {
		g.metrics.recognised[caller.Method].Inc()
		return caller, nil
	}
	g.metrics.authentications.WithLabelValues("mtls", result(err)).Inc()
	g.tell(ctx, "not let in", nil, slog.String("method", "mtls"), slog.String("reason", "the certificate names nobody, or several"))
	return nil, refusal(err)
}

// recognise also tells the owner of a credential that has expired.
func (g *Guard) recognise(ctx context.Context, authorization []string) (caller *principal.Principal, method string, err error) {
	credential, err := bearer(authorization)
	if err != nil {
		return nil, "none", err
	}
	if g.tokens != nil && !auth.IsKey(credential) {
		caller, err = g.tokens.Verify(ctx, credential)
		return caller, "jwt", err
	}
	caller, err = g.keys.Load().Verify(credential, time.Now)
	return caller, "key", err
}

// bearer is the credential in a header.
func bearer(authorization []string) (string, error) {
	const scheme = "bearer "
	switch {
	case len(authorization) == 0:
		return "", errMissing
	case len(authorization) > 1, len(authorization[0]) <= len(scheme), !strings.EqualFold(authorization[0][:len(scheme)], scheme):
		return "", auth.ErrMalformed
	}
	return authorization[0][len(scheme):], nil
}

// Authorize checks that a caller may do something with a model. The error is a
// status.
func (g *Guard) Authorize(ctx context.Context, caller *principal.Principal, a policy.Action, model string) error {
	return g.decided(ctx, caller, a, model, g.policy.Load().Decide(caller, a, model))
}

// AuthorizeSome checks that a caller may do something with some model.
func (g *Guard) AuthorizeSome(ctx context.Context, caller *principal.Principal, a policy.Action) error {
	return g.decided(ctx, caller, a, "", g.policy.Load().DecideSome(caller, a))
}

// May is Authorize of a list's entries, which nobody asked for by name: it
// neither counts nor logs.
func (g *Guard) May(ctx context.Context, a policy.Action, model string) bool {
	return g.policy.Load().Decide(principal.FromContext(ctx), a, model).Allowed
}

func (g *Guard) decided(ctx context.Context, caller *principal.Principal, a policy.Action, model string, d policy.Decision) error {
	if d.Allowed {
		g.metrics.allowed[a].Inc()
		if g.log.Enabled(ctx, slog.LevelDebug) {
			g.log.LogAttrs(ctx, slog.LevelDebug, "allowed", decision(ctx, caller, a, model, d)...)
		}
		return nil
	}
	if a > policy.None && a < policy.Actions {
		g.metrics.denied[a].Inc()
	}
	g.tell(ctx, "denied", nil, decision(ctx, caller, a, model, d)...)
	return forbidden[a]
}

func decision(ctx context.Context, caller *principal.Principal, a policy.Action, model string, d policy.Decision) []slog.Attr {
	const most = 128
	if len(model) > most {
		model = model[:most]
	}
	return []slog.Attr{slog.String("principal", caller.Name), slog.String("method", caller.Method), slog.String("action", a.String()),
		slog.String("model", model), slog.String("reason", d.Reason()), slog.String("request_id", telemetry.RequestID(ctx))}
}

// tell logs who was refused, and why, a few lines a second: metrics count them
// all. Nothing of a credential is in it.
func (g *Guard) tell(ctx context.Context, what string, caller *principal.Principal, attrs ...slog.Attr) {
	held, ok := g.denied.Allow(time.Now())
	if !ok {
		return
	}
	if caller != nil {
		attrs = append(attrs, slog.String("principal", caller.Name))
	}
	g.log.LogAttrs(ctx, slog.LevelWarn, what, append(attrs, held)...)
}
