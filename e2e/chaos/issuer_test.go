//go:build chaos && linux

package chaos

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// An issuer is a small OpenID Connect issuer, which can go, fall silent, be slow
// and take new keys.
type issuer struct {
	t       *testing.T
	address string
	server  *http.Server

	mu     sync.Mutex
	keys   []*ecdsa.PrivateKey // the newest signs
	late   time.Duration       // each answer
	silent chan struct{}       // answers wait until it is closed; nil: they do not
}

func newIssuer(t *testing.T) *issuer {
	i := &issuer{t: t, address: (&scene{t: t}).free("127.0.0.1")}
	i.rotate()
	i.open()
	t.Cleanup(func() { i.speak(); i.close() })
	return i
}

func (i *issuer) open() {
	i.t.Helper()
	var listener net.Listener
	(&scene{t: i.t}).until("the issuer's address is free", 20*time.Second, func() (ok bool) {
		var err error
		listener, err = net.Listen("tcp", i.address)
		return err == nil
	})
	i.server = &http.Server{Handler: i, ReadHeaderTimeout: time.Minute}
	go func() { _ = i.server.Serve(listener) }()
}

func (i *issuer) close() { _ = i.server.Close() }

// rotate takes a new key. Those before are published as well, as issuers do for
// as long as tokens of theirs are valid.
func (i *issuer) rotate() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		i.t.Fatal(err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = append(i.keys, key)
}

func (i *issuer) slow(late time.Duration) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.late = late
}

// hush has the issuer take requests and say nothing until it may speak.
func (i *issuer) hush() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.silent = make(chan struct{})
}

func (i *issuer) speak() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.silent != nil {
		close(i.silent)
		i.silent = nil
	}
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	late, silent, keys := i.late, i.silent, i.keys
	i.mu.Unlock()
	time.Sleep(late)
	if silent != nil {
		select {
		case <-silent:
		case <-r.Context().Done():
			return
		}
	}
	url := "http://" + i.address
	if r.URL.Path == "/.well-known/openid-configuration" {
		_, _ = fmt.Fprintf(w, `{"issuer": %q, "jwks_uri": %q, "authorization_endpoint": "x", "token_endpoint": "x"}`, url, url+"/keys")
		return
	}
	published := []map[string]string{}
	for n, key := range keys {
		point, err := key.PublicKey.Bytes() // 4, x, y
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		published = append(published, map[string]string{"kty": "EC", "crv": "P-256", "use": "sig", "kid": fmt.Sprint(n),
			"x": encode(point[1:33]), "y": encode(point[33:])})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"keys": published})
}

var encode = base64.RawURLEncoding.EncodeToString

// token is signed by the newest key.
func (i *issuer) token() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	newest := len(i.keys) - 1
	claims := fmt.Sprintf(`{"iss": "http://%s", "aud": "chaos", "sub": "load", "exp": %d}`, i.address, time.Now().Add(2*time.Hour).Unix())
	signed := encode(fmt.Appendf(nil, `{"alg": "ES256", "kid": "%d"}`, newest)) + "." + encode([]byte(claims))
	sum := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, i.keys[newest], sum[:])
	if err != nil {
		i.t.Fatal(err)
	}
	return signed + "." + encode(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

func (i *issuer) setup() setup {
	dir := i.t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			i.t.Fatal(err)
		}
		return path
	}
	policy := file("policy.yaml", "rules:\n  - principals: [\"jwt:load\"]\n    models: [\"*\"]\n    actions: [predict, metadata]\n")
	return setup{
		auth:       []string{"--auth-oidc-issuer=http://" + i.address, "--auth-oidc-audience=chaos", "--auth-policy=" + policy},
		credential: file("token", i.token()),
	}
}

// The issuer of tokens goes: those signed by the keys that were read last count
// on, nobody waits for it, and what it has to say is heard when it is back.
func TestIssuer(t *testing.T) {
	// known waits until every predict takes a token of the newest key.
	known := func(s *scene, i *issuer) {
		client := s.gateway.host.client(patience)
		token, steady := i.token(), 0
		s.until("a token of the new key counts everywhere", 45*time.Second, func() bool {
			if s.predict(client, token) != http.StatusOK {
				steady = 0
			}
			steady++
			return steady > 20
		})
	}
	// unknown holds that a token of the newest key is refused at once.
	unknown := func(s *scene, i *issuer) {
		client := s.gateway.host.client(patience)
		for range 10 {
			begin := time.Now()
			if status := s.predict(client, i.token()); status != http.StatusUnauthorized {
				s.t.Errorf("a token of a key that nobody could read got %d, want 401", status)
			}
			if took := time.Since(begin); took > deadline {
				s.t.Errorf("its refusal took %v: it waited for the issuer", took)
			}
		}
	}
	t.Run("at start", func(t *testing.T) {
		t.Parallel()
		i := newIssuer(t)
		fault{
			name: "the issuer of tokens gone, and a predict started then",
			begin: func(s *scene) {
				i.close()
				s.predicts[0].kill()
				s.predicts[0].start()
			},
			during: func(s *scene) {
				time.Sleep(2 * time.Second)
				if s.predicts[0].ended() || s.predicts[0].ready() {
					s.t.Error("a predict without the issuer's keys has ended, or says that it is ready")
				}
			},
			hold: lasting(3*time.Second, 30*time.Second),
			end: func(s *scene) {
				i.rotate()
				i.open()
				known(s, i)
			},
		}.happen(t, newScene(t, i.setup()))
	})
	for _, c := range []struct {
		name       string
		begin, end func(*testing.T, *issuer)
	}{
		{"the issuer of tokens gone while its keys change", func(_ *testing.T, i *issuer) { i.close() }, func(_ *testing.T, i *issuer) { i.open() }},
		{"the issuer of tokens frozen while its keys change", func(_ *testing.T, i *issuer) { i.hush() }, func(_ *testing.T, i *issuer) { i.speak() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			i := newIssuer(t)
			fault{
				name:   c.name,
				begin:  func(*scene) { c.begin(t, i); i.rotate() },
				during: func(s *scene) { unknown(s, i) },
				hold:   lasting(3*time.Second, 30*time.Second),
				end:    func(s *scene) { c.end(t, i); known(s, i) },
			}.happen(t, newScene(t, i.setup()))
		})
	}
	t.Run("slow", func(t *testing.T) {
		t.Parallel()
		i := newIssuer(t)
		fault{
			name:   "the issuer of tokens answers 4 s late, and its keys change",
			begin:  func(*scene) { i.slow(4 * time.Second); i.rotate() },
			during: func(s *scene) { unknown(s, i); known(s, i) },
			end:    func(*scene) { i.slow(0) },
		}.happen(t, newScene(t, i.setup()))
	})
}
