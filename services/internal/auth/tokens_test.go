package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/treehouse-ml/treehouse/services/internal/logtest"
)

// issuer is a little OpenID Connect issuer.
type issuer struct {
	*httptest.Server
	mu   sync.Mutex
	key  *ecdsa.PrivateKey
	away bool
	asks int

	known atomic.Int64 // times that its keys were said to be known
}

func newIssuer(t testing.TB) *issuer { return startIssuer(t, httptest.NewServer) }

func startIssuer(t testing.TB, start func(http.Handler) *httptest.Server) *issuer {
	t.Helper()
	i := &issuer{key: ecKey(t)}
	i.Server = start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.asks++
		switch {
		case i.away:
			http.Error(w, "away", http.StatusServiceUnavailable)
		case r.URL.Path == "/.well-known/openid-configuration":
			_, _ = fmt.Fprintf(w, `{"issuer": %q, "jwks_uri": %q, "authorization_endpoint": "x", "token_endpoint": "x"}`, i.URL, i.URL+"/keys")
		default:
			_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: i.key.Public(), KeyID: "k", Use: "sig", Algorithm: "ES256"}}})
		}
	}))
	t.Cleanup(i.Close)
	return i
}

func ecKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (i *issuer) set(change func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change()
}

func sign(t testing.TB, alg jose.SignatureAlgorithm, key any, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", "k"))
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (i *issuer) claims(changes map[string]any) map[string]any {
	c := map[string]any{"iss": i.URL, "aud": "treehouse", "sub": "alice", "exp": time.Now().Add(time.Hour).Unix(), "groups": []string{"science"}}
	for name, value := range changes {
		c[name] = value
	}
	return c
}

func tokensOf(t testing.TB, i *issuer) *Tokens {
	t.Helper()
	tokens := NewTokens(Issuer{URL: i.URL, Audience: "treehouse", Log: slog.New(slog.DiscardHandler), Again: 20 * time.Millisecond, Refresh: time.Hour, Known: func() { i.known.Add(1) }})
	t.Cleanup(tokens.Close)
	return tokens
}

// until waits for what the fetching does.
func until(t testing.TB, tokens *Tokens, token string, want error) {
	t.Helper()
	var err error
	for range 500 {
		if _, err = tokens.Verify(t.Context(), token); errors.Is(err, want) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("still %v; want %v", err, want)
}

func TestTokens(t *testing.T) {
	i := newIssuer(t)
	tokens := tokensOf(t, i)
	good := sign(t, jose.ES256, i.key, i.claims(nil))
	until(t, tokens, good, nil)
	p, err := tokens.Verify(t.Context(), good)
	if err != nil || p.Name != "alice" || p.Method != "jwt" || strings.Join(p.Groups, " ") != "science" {
		t.Errorf("%+v, %v", p, err)
	}
	public, err := x509.MarshalPKIXPublicKey(i.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + "."
	many := make([]string, 300)
	for name, c := range map[string]struct {
		token string
		want  error
	}{
		"one group":       {sign(t, jose.ES256, i.key, i.claims(map[string]any{"groups": "a"})), nil},
		"no groups":       {sign(t, jose.ES256, i.key, i.claims(map[string]any{"groups": nil})), nil},
		"several aud":     {sign(t, jose.ES256, i.key, i.claims(map[string]any{"aud": []string{"a", "treehouse"}})), nil},
		"expired":         {sign(t, jose.ES256, i.key, i.claims(map[string]any{"exp": time.Now().Add(-time.Second).Unix()})), ErrExpired},
		"no expiry":       {sign(t, jose.ES256, i.key, i.claims(map[string]any{"exp": nil})), ErrUnknown},
		"not yet":         {sign(t, jose.ES256, i.key, i.claims(map[string]any{"nbf": time.Now().Add(time.Hour).Unix()})), ErrUnknown},
		"for another":     {sign(t, jose.ES256, i.key, i.claims(map[string]any{"aud": "bank"})), ErrUnknown},
		"of another":      {sign(t, jose.ES256, i.key, i.claims(map[string]any{"iss": "https://evil.example"})), ErrUnknown},
		"another key":     {sign(t, jose.ES256, ecKey(t), i.claims(nil)), ErrUnknown},
		"alg none":        {none, ErrUnknown},
		"alg confusion":   {sign(t, jose.HS256, public, i.claims(nil)), ErrUnknown},
		"other claims":    {parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"root"}`)) + "." + parts[2], ErrUnknown},
		"no token":        {"x", ErrUnknown},
		"a long one":      {strings.Repeat("x", 1<<20), ErrMalformed},
		"no subject":      {sign(t, jose.ES256, i.key, i.claims(map[string]any{"sub": ""})), ErrMalformed},
		"too many groups": {sign(t, jose.ES256, i.key, i.claims(map[string]any{"groups": many})), ErrMalformed},
		"odd groups":      {sign(t, jose.ES256, i.key, i.claims(map[string]any{"groups": 3})), ErrMalformed},
	} {
		if p, err := tokens.Verify(t.Context(), c.token); !errors.Is(err, c.want) || (err == nil) != (p != nil) {
			t.Errorf("%s: %v, %v; want %v", name, p, err, c.want)
		}
	}
}

// The issuer may be away at the start and later, and change its keys.
func TestIssuerIsAway(t *testing.T) {
	i := newIssuer(t)
	i.set(func() { i.away = true })
	tokens := tokensOf(t, i)
	first := sign(t, jose.ES256, i.key, i.claims(nil))
	if _, err := tokens.Verify(t.Context(), first); !errors.Is(err, ErrUnavailable) {
		t.Errorf("without keys: %v", err)
	}
	if i.known.Load() != 0 {
		t.Error("the keys are said to be known")
	}
	i.set(func() { i.away = false })
	until(t, tokens, first, nil)
	i.set(func() { i.away = true })
	if _, err := tokens.Verify(t.Context(), first); err != nil {
		t.Errorf("with the keys read before: %v", err)
	}
	i.set(func() { i.away, i.key = false, ecKey(t) })
	until(t, tokens, sign(t, jose.ES256, i.key, i.claims(nil)), nil) // asked for by the token itself
	until(t, tokens, first, ErrUnknown)
	if n := i.known.Load(); n != 1 {
		t.Errorf("it was said %d times that the keys are known, want once", n)
	}
}

// The keys of an issuer are read only from who has its certificate.
func TestIssuerIsVerified(t *testing.T) {
	i := startIssuer(t, httptest.NewTLSServer)
	roots := x509.NewCertPool()
	roots.AddCert(i.Certificate())
	token := sign(t, jose.ES256, i.key, i.claims(nil))
	for want, pool := range map[error]*x509.CertPool{nil: roots, ErrUnavailable: x509.NewCertPool()} {
		log := &logtest.Buffer{}
		tokens := NewTokens(Issuer{URL: i.URL, Roots: pool, Audience: "treehouse", Log: slog.New(slog.NewTextHandler(log, nil)), Again: 20 * time.Millisecond})
		t.Cleanup(tokens.Close)
		if want != nil {
			for range 500 {
				if strings.Contains(log.String(), "unknown authority") {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
		}
		until(t, tokens, token, want)
		if found := strings.Contains(log.String(), "unknown authority"); found != (want != nil) {
			t.Errorf("log: %s", log)
		}
	}
}

// Tokens of unknown keys do not have the issuer asked more often than allowed.
func TestUnknownKeysDoNotFlood(t *testing.T) {
	i := newIssuer(t)
	tokens := NewTokens(Issuer{URL: i.URL, Audience: "treehouse", Log: slog.New(slog.DiscardHandler), Again: time.Hour})
	t.Cleanup(tokens.Close)
	until(t, tokens, sign(t, jose.ES256, i.key, i.claims(nil)), nil)
	bad := sign(t, jose.ES256, ecKey(t), i.claims(nil))
	for range 200 {
		_, _ = tokens.Verify(t.Context(), bad)
	}
	time.Sleep(100 * time.Millisecond)
	i.set(func() {
		if i.asks != 2 {
			t.Errorf("the issuer was asked %d times; expected 2, for its configuration and its keys", i.asks)
		}
	})
}
