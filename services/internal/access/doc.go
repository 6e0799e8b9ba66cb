// Package access lets in who belongs: it asks package auth who calls and
// package policy whether they may, before anything else of a service sees the
// request. Its files are read again when they change.
//
// A check has one form for gRPC, as interceptors, and one for what is behind
// other protocols. Both answer with the same statuses, which never tell whether
// a model exists, and log and count each decision.
package access

import (
	"cmp"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/treehouse-ml/treehouse/services/internal/auth"
	"github.com/treehouse-ml/treehouse/services/internal/policy"
	"github.com/treehouse-ml/treehouse/services/internal/reload"
	"github.com/treehouse-ml/treehouse/services/internal/telemetry"
)

// Off is the mode in which nobody is asked who they are.
const Off = "off"

// Options say how callers are recognised, and where it says what they may do.
type Options struct {
	Mode   string // off, or empty: callers are recognised by what follows
	Keys   string // file of API keys; empty accepts none
	Policy string // file of the policy
	// Issuer is the URL of an OpenID Connect issuer, whose tokens for Audience
	// are accepted; empty accepts none. Groups is their claim with the groups.
	Issuer, Audience, Groups string
	IssuerCA                 string        // file of the authorities of its certificate; empty for the system's
	Reload                   time.Duration // between two looks at the files; 0 means 5 s
	// Certificates recognises callers who show no other credential by their
	// verified client certificate. Only a listener that asks for one has it.
	Certificates bool
	// Known, if not nil, is called when callers can be recognised: as soon as the
	// issuer's keys were read, or after IssuerWait where tokens are not the only way.
	Known      func()
	IssuerWait time.Duration // 0 means a minute
}

// Flags defines the options' flags.
func (o *Options) Flags(f *flag.FlagSet) {
	f.StringVar(&o.Mode, "auth", o.Mode, "`mode` off lets everybody do everything; without it there must be --auth-policy and a way to recognise callers")
	f.StringVar(&o.Keys, "auth-keys", o.Keys, "recognise callers by the API keys in this `file`, which predict key new makes")
	f.StringVar(&o.Issuer, "auth-oidc-issuer", o.Issuer, "recognise callers by tokens of the OpenID Connect issuer at this `URL`, as their iss has it; its keys are fetched and kept")
	f.StringVar(&o.Audience, "auth-oidc-audience", o.Audience, "the `audience` that tokens must be for")
	f.StringVar(&o.Groups, "auth-oidc-groups", "groups", "the `claim` of tokens that holds the caller's groups")
	f.StringVar(&o.IssuerCA, "auth-oidc-ca", o.IssuerCA, "a `file` with the authorities that sign the issuer's certificate, in PEM format; empty for the system's")
	f.StringVar(&o.Policy, "auth-policy", o.Policy, "a `file` with the policy: which principals and groups may do what with which models")
}

// CertificateFlag defines the flag of Certificates, for a service whose listener
// asks for client certificates.
func (o *Options) CertificateFlag(f *flag.FlagSet) {
	f.BoolVar(&o.Certificates, "auth-mtls", o.Certificates, "recognise callers who show no key by their client certificate: its URI, DNS name or common name")
}

// On reports whether callers are asked who they are.
func (o *Options) On() bool { return o.Mode != Off }

// Validate rejects what would leave a service open, or closed to everybody.
func (o *Options) Validate() error {
	ways := o.Keys != "" || o.Issuer != "" || o.Certificates
	switch {
	case o.Mode != "" && o.Mode != Off:
		return fmt.Errorf("auth is %q; expected off, or nothing", o.Mode)
	case o.Mode == Off && (ways || o.Policy != ""):
		return errors.New("auth is off, but there are auth-keys, auth-oidc-issuer, auth-mtls or an auth-policy; expected one or the other")
	case o.Mode == Off:
		return nil
	case !ways && o.Policy == "":
		return errors.New("who may call is not said: expected --auth-policy FILE with --auth-keys FILE, " +
			"or --auth=off, which lets everybody do everything")
	case !ways:
		return errors.New("auth-policy is set, but no way to recognise callers; expected --auth-keys FILE, --auth-oidc-issuer URL, or where the listener asks for certificates --auth-mtls")
	case o.Issuer != "" && o.Audience == "":
		return errors.New("auth-oidc-issuer is set, but auth-oidc-audience is empty; expected the audience that tokens must be for")
	case o.Issuer == "" && o.Audience != "":
		return errors.New("auth-oidc-audience is set without auth-oidc-issuer; expected both or neither")
	case o.Issuer == "" && o.IssuerCA != "":
		return errors.New("auth-oidc-ca is set without auth-oidc-issuer; expected both or neither")
	case o.Issuer != "" && !validIssuer(o.Issuer):
		return fmt.Errorf("auth-oidc-issuer is %q; expected an https URL, or http of this machine", o.Issuer)
	case o.Policy == "":
		return errors.New("callers are recognised, but auth-policy is empty; expected the file that says what they may do")
	}
	return nil
}

// validIssuer reports whether the issuer's keys cannot be forged on their way.
func validIssuer(issuer string) bool {
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

// Recognised is how callers are recognised, for the log.
func (o *Options) Recognised() string {
	if !o.On() {
		return Off
	}
	var ways []string
	if o.Keys != "" {
		ways = append(ways, "keys")
	}
	if o.Issuer != "" {
		ways = append(ways, "tokens")
	}
	if o.Certificates {
		ways = append(ways, "certificates")
	}
	return strings.Join(ways, ",")
}

// A Guard checks requests. It is safe for concurrent use.
type Guard struct {
	log     *slog.Logger
	metrics *metrics
	files   *reload.Files
	keys    atomic.Pointer[auth.Keys]
	policy  atomic.Pointer[policy.Policy]
	tokens  *auth.Tokens     // nil: none are accepted
	denied  telemetry.Sparse // lines of the log
	// certificates are taken for credentials.
	certificates bool
	waiting      *time.Timer // for the issuer; may be nil
}

// Open reads the options' files and goes on reading them until Close. Where
// access is off the guard is nil.
func Open(o Options, log *slog.Logger, reg prometheus.Registerer) (*Guard, error) {
	if !o.On() {
		return nil, nil
	}
	g := &Guard{log: log, metrics: newMetrics(reg), certificates: o.Certificates}
	g.files = reload.New(reload.Options{Every: o.Reload, Log: log, Counted: g.metrics.reloaded, Current: g.metrics.current})
	g.keys.Store(&auth.Keys{})
	err := g.add("policy", o.Policy, func(data []byte) (int, error) {
		p, err := policy.Parse(data)
		if err != nil {
			return 0, err
		}
		g.policy.Store(p)
		return p.Len(), nil
	})
	if err == nil && o.Keys != "" {
		err = g.add("keys", o.Keys, func(data []byte) (int, error) {
			k, err := auth.ParseKeys(data)
			if err != nil {
				return 0, err
			}
			g.keys.Store(k)
			return k.Len(), nil
		})
	}
	if err != nil {
		return nil, err
	}
	roots, err := authorities(o.IssuerCA)
	if err != nil {
		return nil, fmt.Errorf("auth-oidc-ca: %w", err)
	}
	known := func() {}
	if o.Known != nil {
		known = sync.OnceFunc(o.Known)
	}
	if o.Issuer == "" {
		known()
	} else {
		g.tokens = auth.NewTokens(auth.Issuer{URL: o.Issuer, Roots: roots, Audience: o.Audience, Groups: o.Groups, Log: log, Known: known})
		if o.Keys != "" || o.Certificates {
			g.waiting = time.AfterFunc(cmp.Or(o.IssuerWait, time.Minute), known)
		}
	}
	g.files.Start()
	return g, nil
}

// authorities reads a file of certificates; nil are the system's.
func authorities(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path) //nolint:gosec // the operator's own flag
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s: no certificate in PEM format", path)
	}
	return roots, nil
}

func (g *Guard) add(use, path string, take func(data []byte) (entries int, err error)) error {
	if err := g.files.Add(use, path, take); err != nil {
		return fmt.Errorf("auth-%s: %w", use, err)
	}
	return nil
}

// Close stops reading the files and the issuer's keys.
func (g *Guard) Close() {
	g.files.Close()
	if g.waiting != nil {
		g.waiting.Stop()
	}
	if g.tokens != nil {
		g.tokens.Close()
	}
}
