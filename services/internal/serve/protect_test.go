package serve

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/crypto/bcrypt"

	"github.com/treehouse-ml/treehouse/services/internal/logtest"
	"github.com/treehouse-ml/treehouse/services/internal/tlstest"
)

// fromElsewhere has requests come from over the network, as it looks to the
// server.
type fromElsewhere struct{ net.Listener }

type farConn struct{ net.Conn }

func (farConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(10, 0, 0, 9), Port: 555} }

func (l fromElsewhere) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return farConn{conn}, nil
}

// A port is the admin port, once as who is on this machine sees it, and once as
// others do.
type port struct{ near, far string }

func adminPort(t *testing.T, config string) (p port, log *logtest.Buffer) {
	t.Helper()
	log = &logtest.Buffer{}
	a := Admin{Metrics: prometheus.NewRegistry(), Ready: func() error { return nil }, Log: slog.New(slog.NewJSONHandler(log, nil)),
		Level: new(slog.LevelVar), Config: config}
	if err := checkConfig(config); err != nil {
		t.Fatal(err)
	}
	var stack Stack
	t.Cleanup(func() { _ = stack.Close(t.Context()) })
	failed := make(chan error, 2)
	for address, wrap := range map[*string]func(net.Listener) net.Listener{
		&p.near: func(l net.Listener) net.Listener { return l },
		&p.far:  func(l net.Listener) net.Listener { return fromElsewhere{l} },
	} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		*address = ln.Addr().String()
		a.serve(wrap(ln), "admin server", config, a.Handler(), &stack, failed)
	}
	return p, log
}

// written is a file of the exporters' kind, beside the certificates of a Secret.
func written(t *testing.T, secret *tlstest.Secret, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "web.yaml")
	if secret != nil {
		text = strings.ReplaceAll(text, "TLS/", filepath.Dir(secret.Path("tls.crt"))+"/")
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Who may ask what of an admin port, by its file. Probes have a port of their
// own where it asks too much of a kubelet.
func TestWhoMayAskTheAdminPort(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("open sesame"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	ca, strangers := tlstest.NewAuthority(t, "ca"), tlstest.NewAuthority(t, "strangers")
	secret := tlstest.NewSecret(t, ca.Issue(t, "127.0.0.1").Files(ca.PEM))
	encrypted := "tls_server_config: {cert_file: TLS/tls.crt, key_file: TLS/tls.key, min_version: TLS13"
	users := fmt.Sprintf("\nbasic_auth_users: {prometheus: %q}\n", hash)
	certificates := ", client_auth_type: RequireAndVerifyClientCert, client_ca_file: TLS/ca.crt}\n"
	const near, far = true, false
	type ask struct {
		near                bool
		path                string
		user, password, own string // own: the authority of the client's certificate
		status              int    // 0: no connection
	}
	for _, c := range []struct {
		name, config string
		asks         []ask
	}{
		{"nothing is said", "", []ask{
			{far, "/livez", "", "", "", 200}, {far, "/readyz", "", "", "", 200}, {far, "/metrics", "", "", "", 200}, {far, "/version", "", "", "", 200},
			{far, "/debug/pprof/", "", "", "", 403}, {far, "/debug/pprof/heap", "", "", "", 403}, {far, "/debug/pprof/cmdline", "", "", "", 403},
			{far, "/debug/loglevel", "", "", "", 403}, {far, "/debug/pprof/", "prometheus", "open sesame", "", 403}, // nobody checks it
			{near, "/debug/pprof/", "", "", "", 200}, {near, "/debug/pprof/heap", "", "", "", 200}, {near, "/debug/loglevel", "", "", "", 200},
		}},
		{"passwords", users, []ask{
			{far, "/metrics", "", "", "", 401}, {far, "/metrics", "prometheus", "open", "", 401}, {far, "/metrics", "root", "open sesame", "", 401},
			{far, "/metrics", "prometheus", "open sesame", "", 200}, {far, "/debug/pprof/", "prometheus", "open sesame", "", 200},
			{near, "/metrics", "", "", "", 401}, {near, "/debug/pprof/", "", "", "", 401}, {far, "/livez", "", "", "", 401},
		}},
		{"TLS", encrypted + "}\n", []ask{
			{far, "/metrics", "", "", "", 200}, {far, "/debug/pprof/", "", "", "", 403}, {far, "/debug/pprof/", "prometheus", "open sesame", "", 403},
			{near, "/debug/pprof/", "", "", "", 200}, {far, "/livez", "", "", "", 200},
		}},
		{"TLS and passwords", encrypted + "}" + users, []ask{
			{far, "/metrics", "", "", "", 401}, {far, "/metrics", "prometheus", "open sesame", "", 200}, {far, "/debug/loglevel", "prometheus", "open sesame", "", 200},
		}},
		{"certificates", encrypted + certificates, []ask{
			{far, "/metrics", "", "", "", 0}, {far, "/metrics", "", "", "strangers", 0}, {far, "/metrics", "", "", "ca", 200},
			{far, "/debug/pprof/", "", "", "ca", 200}, {near, "/debug/pprof/", "", "", "", 0},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			config, scheme := "", "http://"
			if c.config != "" {
				config = written(t, secret, c.config)
			}
			if strings.Contains(c.config, "tls_server") {
				scheme = "https://"
			}
			p, log := adminPort(t, config)
			for _, a := range c.asks {
				address := p.far
				if a.near {
					address = p.near
				}
				var own *tls.Certificate
				if signer := map[string]*tlstest.Authority{"ca": ca, "strangers": strangers}[a.own]; signer != nil {
					pair := signer.Issue(t, "prometheus")
					certificate, err := tls.X509KeyPair(pair.Certificate, pair.Key)
					if err != nil {
						t.Fatal(err)
					}
					own = &certificate
				}
				status := look(t, scheme+address+a.path, ca.PEM, own, a.user, a.password)
				if status != a.status {
					t.Errorf("%+v: %d", a, status)
				}
			}
			if strings.Contains(log.String(), "sesame") {
				t.Errorf("the log has the password: %s", log)
			}
		})
	}
}

// look is the status of an answer, 0 without one.
func look(t *testing.T, url string, trusted []byte, own *tls.Certificate, user, password string) int {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(trusted)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	if own != nil {
		transport.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return own, nil }
	}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if user != "" {
		req.SetBasicAuth(user, password)
	}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Error(err)
	}
	if h := resp.Header; resp.StatusCode == http.StatusOK && (h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'")) {
		t.Errorf("%s: %v", url, h)
	}
	return resp.StatusCode
}

// A password that is replaced holds from the next request on.
func TestAdminConfigIsReloaded(t *testing.T) {
	ca := tlstest.NewAuthority(t, "ca")
	path := filepath.Join(t.TempDir(), "web.yaml")
	var p port
	for i, password := range []string{"first", "second"} {
		hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, fmt.Appendf(nil, "basic_auth_users: {prometheus: %q}\n", hash), 0o600); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			p, _ = adminPort(t, path)
		}
		for j, shown := range []string{"first", "second"} {
			want := map[bool]int{true: 200, false: 401}[i == j]
			if got := look(t, "http://"+p.far+"/metrics", ca.PEM, nil, "prometheus", shown); got != want {
				t.Errorf("with %s the password %s: %d, want %d", password, shown, got, want)
			}
		}
	}
}

// The port of the probes has the probes, and nothing else.
func TestProbesAlone(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	probes := ln.Addr().String()
	_ = ln.Close()
	a := Admin{Metrics: prometheus.NewRegistry(), Ready: func() error { return nil }, Log: slog.New(slog.DiscardHandler), Probes: probes,
		Config: written(t, nil, "basic_auth_users: {a: $2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi}\n")}
	var stack Stack
	address, err := a.Start(t.Context(), "127.0.0.1:0", &stack, make(chan error, 2))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/livez": 200, "/readyz": 200, "/metrics": 404, "/version": 404, "/debug/pprof/": 404, "/debug/loglevel": 404} {
		if got := look(t, "http://"+probes+path, nil, nil, "", ""); got != want {
			t.Errorf("%s of the probes: %d, want %d", path, got, want)
		}
		if got := look(t, "http://"+address.String()+path, nil, nil, "", ""); got != 401 {
			t.Errorf("%s of the admin port: %d", path, got)
		}
	}
	if err := stack.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// A file that cannot be used, protects nothing, or lets old TLS in.
func TestAdminConfigIsChecked(t *testing.T) {
	ca := tlstest.NewAuthority(t, "ca")
	secret := tlstest.NewSecret(t, ca.Issue(t, "127.0.0.1").Files(ca.PEM))
	pair := "cert_file: TLS/tls.crt, key_file: TLS/tls.key"
	for text, want := range map[string]string{
		"":                            "neither tls_server_config nor basic_auth_users",
		"rate_limit: {burst: 3}":      "neither tls_server_config nor basic_auth_users",
		"users: {}":                   "field users not found",
		"basic_auth_users: {a: open}": "hashedSecret too short",
		"tls_server_config: {cert_file: TLS/none, key_file: TLS/tls.key}":                             "no such file",
		"tls_server_config: {" + pair + "}":                                                           "expected min_version: TLS13, or cipher_suites",
		"tls_server_config: {" + pair + ", min_version: TLS10}":                                       "min_version is TLS10",
		"tls_server_config: {" + pair + ", cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA]}":      "cipher_suites has TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
		"tls_server_config: {" + pair + ", min_version: TLS13}":                                       "",
		"tls_server_config: {" + pair + ", cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]}": "",
	} {
		err := checkConfig(written(t, secret, text))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if err := checkConfig(filepath.Join(t.TempDir(), "absent")); err == nil {
		t.Error("a file that is not there is accepted")
	}
}
