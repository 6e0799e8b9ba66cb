package tlsfile

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/treehouse-ml/treehouse/services/internal/logtest"
	"github.com/treehouse-ml/treehouse/services/internal/tlstest"
)

func newFiles(t *testing.T) (*Files, *logtest.Buffer) {
	t.Helper()
	log := &logtest.Buffer{}
	f := New(Options{Log: slog.New(slog.NewTextHandler(log, nil)), Registerer: prometheus.NewRegistry(), Every: 5 * time.Millisecond})
	t.Cleanup(f.Close)
	return f, log
}

// What is wrong with a file at the start is told so that it can be put right
// without looking anywhere else.
func TestStartErrors(t *testing.T) {
	ca := tlstest.NewAuthority(t, "ca")
	good, other := ca.Issue(t, "predict"), ca.Issue(t, "predict")
	encrypted := []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")
	for _, c := range []struct {
		name      string
		cert, key []byte
		want      string
	}{
		{"an empty certificate", nil, good.Key, "tls.crt: found nothing in PEM format; expected a certificate in PEM format (BEGIN CERTIFICATE)"},
		{"the files exchanged", good.Key, good.Certificate, "tls.crt: found PRIVATE KEY; expected a certificate"},
		{"a half-written certificate", good.Certificate[:200], good.Key, "tls.crt: found nothing in PEM format"},
		{"a broken certificate", []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), good.Key, "tls.crt: certificate 1: x509: "},
		{"an expired one", ca.Issue(t, "predict", tlstest.Expired).Certificate, good.Key, `tls.crt: the certificate of "predict" expired at `},
		{"one of tomorrow", ca.Issue(t, "predict", func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(24*time.Hour), time.Now().Add(48*time.Hour)
		}).Certificate, good.Key, `tls.crt: the certificate of "predict" is not valid before `},
		{"no key", good.Certificate, good.Certificate, "tls.key: found CERTIFICATE; expected a private key in PEM format (BEGIN PRIVATE KEY)"},
		{"an encrypted key", good.Certificate, encrypted, "tls.key: the private key is encrypted; expected one without a password"},
		{"another's key", good.Certificate, other.Key, "tls.key: private key does not match public key; expected a certificate and its own private key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, _ := newFiles(t)
			secret := tlstest.NewSecret(t, map[string][]byte{"tls.crt": c.cert, "tls.key": c.key})
			_, err := f.KeyPair("server", secret.Path("tls.crt"), secret.Path("tls.key"))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"no authority", good.Key, "ca.crt: found PRIVATE KEY; expected a certificate"},
		{"expired authorities", ca.Issue(t, "old", tlstest.Expired).Certificate, `none of the authorities is valid: `},
		{"a file that is far too large", make([]byte, maxBytes+1), "ca.crt: more than 1048576 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, _ := newFiles(t)
			secret := tlstest.NewSecret(t, map[string][]byte{"ca.crt": c.data})
			if _, err := f.Authorities("server-ca", secret.Path("ca.crt")); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	f, _ := newFiles(t)
	if _, err := f.KeyPair("server", "nowhere/tls.crt", "nowhere/tls.key"); err == nil || !strings.Contains(err.Error(), "open nowhere/tls.crt") {
		t.Errorf("got %v, want the file that is missing", err)
	}
}

// A bundle may hold an authority that has expired beside one that has not: so
// it is at the end of a rotation.
func TestBundleWithOldAuthority(t *testing.T) {
	ca := tlstest.NewAuthority(t, "ca")
	f, _ := newFiles(t)
	secret := tlstest.NewSecret(t, map[string][]byte{"ca.crt": append(ca.Issue(t, "old", tlstest.Expired).Certificate, ca.PEM...)})
	if _, err := f.Authorities("server-ca", secret.Path("ca.crt")); err != nil {
		t.Error(err)
	}
}

// A replacement that cannot be used is told once, counted once, and changes
// nothing; the next one that can be used is.
func TestBrokenReplacement(t *testing.T) {
	ca := tlstest.NewAuthority(t, "ca")
	first, second := ca.Issue(t, "first"), ca.Issue(t, "second")
	for _, c := range []struct {
		name  string
		files map[string][]byte
		want  string
	}{
		{"another's key", map[string][]byte{"tls.crt": second.Certificate, "tls.key": first.Key}, "does not match"},
		{"half written", map[string][]byte{"tls.crt": second.Certificate[:100], "tls.key": second.Key}, "nothing in PEM format"},
		{"expired", ca.Issue(t, "late", tlstest.Expired).Files(nil), "expired at"},
		{"deleted", nil, "no such file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, log := newFiles(t)
			secret := tlstest.NewSecret(t, first.Files(nil))
			pair, err := f.KeyPair("server", secret.Path("tls.crt"), secret.Path("tls.key"))
			if err != nil {
				t.Fatal(err)
			}
			secret.Update(t, c.files)
			eventually(t, "the failure is counted", func() bool {
				return testutil.ToFloat64(f.metrics.reloads.WithLabelValues("server", "failed")) == 1
			})
			time.Sleep(30 * time.Millisecond) // several looks
			if got := testutil.ToFloat64(f.metrics.reloads.WithLabelValues("server", "failed")); got != 1 {
				t.Errorf("counted %v times", got)
			}
			if n := strings.Count(log.String(), "cannot be used"); n != 1 || !strings.Contains(log.String(), c.want) {
				t.Errorf("told %d times, want once with %q: %s", n, c.want, log)
			}
			if got := testutil.ToFloat64(f.metrics.successful.WithLabelValues("server")); got != 0 {
				t.Errorf("last reload successful: %v, want 0", got)
			}
			if name := leaf(pair); name != "first" {
				t.Errorf("in use is %s, want first", name)
			}
			secret.Update(t, second.Files(nil))
			eventually(t, "the second is in use", func() bool { return leaf(pair) == "second" })
			eventually(t, "the metrics say so", func() bool {
				return testutil.ToFloat64(f.metrics.successful.WithLabelValues("server")) == 1 &&
					testutil.ToFloat64(f.metrics.reloads.WithLabelValues("server", "ok")) == 1
			})
		})
	}
}

// A broken replacement that is taken back is no longer a failure.
func TestReplacementTakenBack(t *testing.T) {
	ca := tlstest.NewAuthority(t, "ca")
	f, _ := newFiles(t)
	secret := tlstest.NewSecret(t, map[string][]byte{"ca.crt": ca.PEM})
	if _, err := f.Authorities("server-ca", secret.Path("ca.crt")); err != nil {
		t.Fatal(err)
	}
	successful := f.metrics.successful.WithLabelValues("server-ca")
	secret.Update(t, map[string][]byte{"ca.crt": []byte("none")})
	eventually(t, "it failed", func() bool { return testutil.ToFloat64(successful) == 0 })
	secret.Update(t, map[string][]byte{"ca.crt": ca.PEM})
	eventually(t, "it is well", func() bool { return testutil.ToFloat64(successful) == 1 })
}

// The metric tells when the certificate in use expires; once it has, the log
// does, too.
func TestExpiry(t *testing.T) {
	ca := tlstest.NewAuthority(t, "ca")
	soon := time.Now().Add(2 * time.Second).Truncate(time.Second)
	pem := ca.Issue(t, "short", func(c *x509.Certificate) { c.NotAfter = soon })
	f, log := newFiles(t)
	secret := tlstest.NewSecret(t, pem.Files(nil))
	if _, err := f.KeyPair("server", secret.Path("tls.crt"), secret.Path("tls.key")); err != nil {
		t.Fatal(err)
	}
	if got := testutil.ToFloat64(f.metrics.expiry.WithLabelValues("server")); got != float64(soon.Unix()) {
		t.Errorf("expires at %v, want %v", got, soon.Unix())
	}
	eventually(t, "the log tells that it expired", func() bool { return strings.Contains(log.String(), "TLS files in use have expired") })
}

// Close ends the looking, also when there was nothing to look at.
func TestClose(t *testing.T) {
	f, _ := newFiles(t)
	f.Close()
	f.Close()
	ca := tlstest.NewAuthority(t, "ca")
	f, log := newFiles(t)
	secret := tlstest.NewSecret(t, map[string][]byte{"ca.crt": ca.PEM})
	if _, err := f.Authorities("server-ca", secret.Path("ca.crt")); err != nil {
		t.Fatal(err)
	}
	f.Close()
	secret.Update(t, map[string][]byte{"ca.crt": nil})
	time.Sleep(30 * time.Millisecond)
	if log.String() != "" {
		t.Errorf("after Close: %s", log)
	}
}

// side is one end of a connection with its Secret.
type side struct {
	secret *tlstest.Secret
	pair   *KeyPair
	peers  *Authorities
}

func newSide(t *testing.T, f *Files, use string, pair tlstest.Pair, peers []byte) side {
	t.Helper()
	s := side{secret: tlstest.NewSecret(t, pair.Files(peers))}
	var err error
	if s.pair, err = f.KeyPair(use, s.secret.Path("tls.crt"), s.secret.Path("tls.key")); err != nil {
		t.Fatal(err)
	}
	if s.peers, err = f.Authorities(use+"-peers", s.secret.Path("ca.crt")); err != nil {
		t.Fatal(err)
	}
	return s
}

// Who may talk to whom. The server's listener is real, so that the errors are
// those that people will see.
func TestHandshake(t *testing.T) {
	ca, strangers := tlstest.NewAuthority(t, "ca"), tlstest.NewAuthority(t, "strangers")
	intermediate := ca.Intermediate(t, "intermediate")
	chained := intermediate.Issue(t, "predict")
	chained.Certificate = append(chained.Certificate, intermediate.PEM...)
	for _, c := range []struct {
		name           string
		server, client tlstest.Pair
		trusted        []byte // by the client
		anonymous      bool   // client
		serverName     string
		want           string // in the error; empty for none
	}{
		{"both good", ca.Issue(t, "predict"), ca.Issue(t, "gateway"), ca.PEM, false, "predict", ""},
		{"through an intermediate", chained, ca.Issue(t, "gateway"), ca.PEM, false, "predict", ""},
		{"an unknown server", strangers.Issue(t, "predict"), ca.Issue(t, "gateway"), ca.PEM, false, "predict", "certificate signed by unknown authority"},
		{"a server of another name", ca.Issue(t, "scoring"), ca.Issue(t, "gateway"), ca.PEM, false, "predict", "certificate is valid for scoring, not predict"},
		{"no client certificate", ca.Issue(t, "predict"), ca.Issue(t, "gateway"), ca.PEM, true, "predict", "certificate required"},
		{"an unknown client", ca.Issue(t, "predict"), strangers.Issue(t, "gateway"), ca.PEM, false, "predict", "unknown certificate authority"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, _ := newFiles(t)
			server := newSide(t, f, "server", c.server, ca.PEM)
			client := newSide(t, f, "client", c.client, c.trusted)
			address := echo(t, Server(server.pair, server.peers))
			pair := client.pair
			if c.anonymous {
				pair = nil
			}
			err := call(address, NewClient(client.peers, pair, c.serverName).Config())
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// A certificate that expired after it was read is refused by the other side.
func TestExpiredPeer(t *testing.T) {
	ca := tlstest.NewAuthority(t, "ca")
	f, _ := newFiles(t)
	server := newSide(t, f, "server", ca.Issue(t, "predict"), ca.PEM)
	server.pair.current.Store(parse(t, ca.Issue(t, "predict", tlstest.Expired)))
	client := newSide(t, f, "client", ca.Issue(t, "gateway"), ca.PEM)
	err := call(echo(t, Server(server.pair, server.peers)), NewClient(client.peers, client.pair, "predict").Config())
	if err == nil || !strings.Contains(err.Error(), "certificate has expired") {
		t.Errorf("got %v", err)
	}
}

// An authority is replaced in three steps, old, both, new, while connections
// are made all the time: none may fail. Afterwards what the old one signed is
// worth nothing.
func TestRotation(t *testing.T) {
	before, after := tlstest.NewAuthority(t, "before"), tlstest.NewAuthority(t, "after")
	f, log := newFiles(t)
	server := newSide(t, f, "server", before.Issue(t, "predict"), before.PEM)
	client := newSide(t, f, "client", before.Issue(t, "gateway"), before.PEM)
	address := echo(t, Server(server.pair, server.peers, "h2"))
	trusting := NewClient(client.peers, client.pair, "predict")
	old := trusting.Config()
	oldPair, _ := client.pair.get()
	old.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return oldPair, nil }

	stop := make(chan struct{})
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := call(address, trusting.Config()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	reloads := func() float64 {
		var n float64
		for _, use := range []string{"server", "server-peers", "client", "client-peers"} {
			n += testutil.ToFloat64(f.metrics.reloads.WithLabelValues(use, "ok"))
		}
		return n
	}
	step := func(pairs *tlstest.Authority, trusted []byte, want float64) {
		t.Helper()
		server.secret.Update(t, pairs.Issue(t, "predict").Files(trusted))
		client.secret.Update(t, pairs.Issue(t, "gateway").Files(trusted))
		eventually(t, "it was reloaded", func() bool { return reloads() == want })
		time.Sleep(50 * time.Millisecond)
	}
	step(before, tlstest.Bundle(before, after), 4) // both are trusted,
	step(after, tlstest.Bundle(before, after), 6)  // the new one signs,
	step(after, after.PEM, 10)                     // the old one is gone.
	close(stop)
	callers.Wait()

	if err := call(address, old); err == nil {
		t.Error("a client of the old authority still gets in")
	}
	if strings.Contains(log.String(), "ERROR") {
		t.Errorf("log: %s", log)
	}
}

func leaf(p *KeyPair) string {
	pair, _ := p.get()
	return pair.Leaf.DNSNames[0]
}

func parse(t *testing.T, p tlstest.Pair) *tls.Certificate {
	t.Helper()
	pair, err := tls.X509KeyPair(p.Certificate, p.Key)
	if err != nil {
		t.Fatal(err)
	}
	return &pair
}

// echo sends back what it gets.
func echo(t *testing.T, config *tls.Config) string {
	t.Helper()
	ln, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.Copy(conn, conn)
			}()
		}
	}()
	return ln.Addr().String()
}

// call sends a word and waits for it: in TLS 1.3 a client learns only then
// that it was not let in.
func call(address string, config *tls.Config) error {
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 5 * time.Second}, "tcp", address, config)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "word"); err != nil {
		return err
	}
	_, err = io.ReadFull(conn, make([]byte, 4))
	return err
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("after 10 s it is not so that %s", what)
}

// Whatever is in a file, reading it ends in an error or in something usable.
func FuzzParse(f *testing.F) {
	ca := tlstest.NewAuthority(f, "ca")
	pair := ca.Issue(f, "predict")
	f.Add(pair.Certificate, pair.Key)
	f.Add([]byte("-----BEGIN CERTIFICATE-----\n"), []byte{})
	f.Add(pair.Key, pair.Certificate)
	f.Fuzz(func(t *testing.T, cert, key []byte) {
		if p, err := parsePair("tls.crt", "tls.key", cert, key, time.Now()); err == nil && (p.Leaf == nil || p.PrivateKey == nil) {
			t.Error("a key pair without a certificate or a key")
		}
		if pool, expires, err := parseAuthorities("ca.crt", cert, time.Now()); err == nil && (pool == nil || expires.Before(time.Now())) {
			t.Error("no valid authorities and no error")
		}
	})
}

// A listener speaks TLS 1.2 to those who must, but only with suites of today.
func TestOldClients(t *testing.T) {
	ca := tlstest.NewAuthority(t, "ca")
	f, _ := newFiles(t)
	server := newSide(t, f, "server", ca.Issue(t, "gateway"), ca.PEM)
	address := echo(t, Server(server.pair, nil))
	roots, _, err := parseAuthorities("ca.crt", ca.PEM, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		version uint16
		suites  []uint16
		want    string
	}{
		{"TLS 1.2", tls.VersionTLS12, nil, ""},
		{"TLS 1.2 without authenticated encryption", tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}, "handshake failure"},
		{"TLS 1.1", tls.VersionTLS11, nil, "protocol version not supported"},
	} {
		err := call(address, &tls.Config{RootCAs: roots, ServerName: "gateway", MinVersion: tls.VersionTLS10, MaxVersion: c.version, CipherSuites: c.suites})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}
