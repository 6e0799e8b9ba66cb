package auth

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/treehouse-ml/treehouse/services/internal/principal"
)

const (
	maxToken  = 16 << 10 // bytes
	maxGroups = 256
	maxJWKS   = 1 << 20 // bytes
)

// algorithms are those of public keys. With none, or one of a shared secret,
// whoever reads the issuer's keys could sign.
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}

// An Issuer says whose tokens are accepted.
type Issuer struct {
	URL      string         // as in the tokens' iss
	Roots    *x509.CertPool // authorities of its certificate; nil for the system's
	Audience string         // that tokens must be for
	Groups   string         // claim with the groups; empty means groups
	Log      *slog.Logger
	Refresh  time.Duration // between two reads of the keys; 0 means 5 min
	Again    time.Duration // before another try, and least between two reads that unknown keys cause; 0 means 10 s
	Known    func()        // if not nil, is called when keys were read for the first time
}

// Tokens verifies the tokens of an OpenID Connect issuer with keys that it
// fetches in the background: a request never waits for the issuer. While the
// issuer is away the keys that were read last stay in use.
type Tokens struct {
	o        Issuer
	client   *http.Client
	verifier atomic.Pointer[verifier]
	wanted   chan struct{}
	stop     context.CancelFunc
	done     sync.WaitGroup
}

// A verifier has the keys that were read last, and remembers what they verified.
type verifier struct {
	*oidc.IDTokenVerifier
	memo *memo
}

// NewTokens starts fetching the keys, and does so until Close.
func NewTokens(o Issuer) *Tokens {
	if o.Groups == "" {
		o.Groups = "groups"
	}
	if o.Refresh <= 0 {
		o.Refresh = 5 * time.Minute
	}
	if o.Again <= 0 {
		o.Again = 10 * time.Second
	}
	ctx, stop := context.WithCancel(context.Background())
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12}
	t := &Tokens{o: o, client: &http.Client{Transport: transport, Timeout: 10 * time.Second}, wanted: make(chan struct{}, 1), stop: stop}
	t.done.Go(func() { t.fetch(ctx) })
	return t
}

// Close stops fetching.
func (t *Tokens) Close() {
	t.stop()
	t.done.Wait()
}

// fetch reads the keys again and again. What goes wrong is logged once, until
// it is right again.
func (t *Tokens) fetch(ctx context.Context) {
	var problem string
	for {
		keys, err := t.keys(ctx)
		wait, wanted := t.o.Refresh, t.wanted
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			wait, wanted = t.o.Again, nil
			if problem == "" {
				problem = err.Error()
				t.o.Log.Error("the issuer's keys cannot be read; those read before stay in use", "issuer", t.o.URL, "error", err)
			}
		default:
			first := t.verifier.Load() == nil
			if problem != "" || first {
				t.o.Log.Info("the issuer's keys are read", "issuer", t.o.URL, "keys", len(keys))
			}
			problem = ""
			t.verifier.Store(&verifier{oidc.NewVerifier(t.o.URL, &oidc.StaticKeySet{PublicKeys: keys},
				&oidc.Config{ClientID: t.o.Audience, SupportedSigningAlgs: algorithms}), newMemo(maxRemembered)})
			if first && t.o.Known != nil {
				t.o.Known()
			}
		}
		select { // never more often than this, whatever callers send
		case <-ctx.Done():
			return
		case <-time.After(min(wait, t.o.Again)):
		}
		select {
		case <-ctx.Done():
			return
		case <-wanted:
		case <-time.After(max(0, wait-t.o.Again)):
		}
	}
}

// keys asks the issuer where its keys are, and reads them.
func (t *Tokens) keys(ctx context.Context) ([]crypto.PublicKey, error) {
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, t.client), t.o.URL)
	if err != nil {
		return nil, err
	}
	var found struct {
		JWKS string `json:"jwks_uri"`
	}
	if err := provider.Claims(&found); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, found.JWKS, nil)
	if err != nil {
		return nil, err
	}
	resp, err := t.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: status %d", found.JWKS, resp.StatusCode)
	}
	var set jose.JSONWebKeySet
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxJWKS)).Decode(&set); err != nil {
		return nil, fmt.Errorf("%s: %w", found.JWKS, err)
	}
	var keys []crypto.PublicKey
	for _, k := range set.Keys {
		if k.Valid() && k.IsPublic() && (k.Use == "" || k.Use == "sig") {
			keys = append(keys, k.Key)
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s: no public keys to verify signatures", found.JWKS)
	}
	return keys, nil
}

// Verify tells whose token this is. One whose signature no known key has made
// causes the keys to be read again, at most every few seconds. One that these
// keys have verified before costs a copy and a hash of it.
func (t *Tokens) Verify(ctx context.Context, token string) (*principal.Principal, error) {
	verifier := t.verifier.Load()
	switch {
	case len(token) > maxToken:
		return nil, ErrMalformed
	case verifier == nil:
		return nil, ErrUnavailable
	}
	sum := sha256.Sum256([]byte(token))
	if caller, ok := verifier.memo.recall(sum, len(token), time.Now()); ok {
		return caller, nil
	}
	verified, err := verifier.Verify(ctx, token)
	if err != nil {
		var expired *oidc.TokenExpiredError
		if errors.As(err, &expired) {
			return nil, ErrExpired
		}
		select {
		case t.wanted <- struct{}{}:
		default:
		}
		return nil, ErrUnknown // what the library says may quote the token
	}
	claims := map[string]json.RawMessage{}
	if err := verified.Claims(&claims); err != nil || !validName(verified.Subject) {
		return nil, ErrMalformed
	}
	groups, err := groupsOf(claims[t.o.Groups])
	if err != nil {
		return nil, err
	}
	caller := &principal.Principal{Name: verified.Subject, Groups: groups, Method: "jwt"}
	verifier.memo.keep(sum, len(token), vouched{caller, verified.Expiry})
	return caller, nil
}

// groupsOf reads a claim of one group or a list of them.
func groupsOf(claim json.RawMessage) (groups []string, err error) {
	if len(claim) == 0 || string(claim) == "null" {
		return nil, nil
	}
	if json.Unmarshal(claim, &groups) != nil {
		var one string
		if json.Unmarshal(claim, &one) != nil {
			return nil, ErrMalformed
		}
		groups = []string{one}
	}
	if len(groups) > maxGroups || slices.ContainsFunc(groups, func(g string) bool { return len(g) > maxName }) {
		return nil, ErrMalformed
	}
	return groups, nil
}
