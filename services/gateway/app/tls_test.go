package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/services/internal/tlstest"
)

// secured serves the API with the certificate of a Secret.
func secured(secret *tlstest.Secret) func(*Options) {
	return func(o *Options) {
		o.TLSCert, o.TLSKey, o.TLSReload = secret.Path("tls.crt"), secret.Path("tls.key"), 10*time.Millisecond
	}
}

// client trusts the authorities. Without h2 it speaks HTTP/1.1.
func client(t *testing.T, trusted []byte, h2 bool) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(trusted) {
		t.Fatal("no authority")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: h2}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}

func overTLS(r *running) string { return strings.Replace(r.api, "http://", "https://", 1) }

// The API speaks both versions of HTTP over TLS. An error that ends a
// connection of HTTP/1.1 ends only its own stream of HTTP/2.
func TestAPIOverTLS(t *testing.T) {
	ca := tlstest.NewAuthority(t, "ca")
	r := start(t, secured(tlstest.NewSecret(t, ca.Issue(t, "127.0.0.1").Files(ca.PEM))), func(o *Options) { o.MaxBody = 1 << 20 })
	for _, c := range []struct {
		h2       bool
		protocol string
	}{{true, "HTTP/2.0"}, {false, "HTTP/1.1"}} {
		t.Run(c.protocol, func(t *testing.T) {
			var dialed atomic.Int32
			caller := client(t, ca.PEM, c.h2)
			caller.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				dialed.Add(1)
				var d net.Dialer
				return d.DialContext(ctx, network, address)
			}
			for _, call := range []struct {
				method, path, body string
				status             int
				want               string
			}{
				{"GET", "/health", "", 200, `{"status":"ok"}`},
				{"GET", "/docs", "", 200, "<title>Treehouse</title>"},
				{"GET", "/openapi.json", "", 200, `"openapi"`},
				{"POST", "/predict", `{"a": }`, 400, "malformed"},
				{"POST", "/predict", `{"a": 1}`, 503, "unavailable"},
				{"GET", "/api/v1/models", "", 503, "unavailable"},
				{"POST", "/predict", `"` + strings.Repeat("x", 2<<20) + `"`, 413, "too_large"},
				{"DELETE", "/predict", "", 405, "method_not_allowed"},
				{"GET", "/nothing", "", 404, "not_found"},
				{"GET", "/health", "", 200, `{"status":"ok"}`},
			} {
				req, err := http.NewRequestWithContext(t.Context(), call.method, overTLS(r)+call.path, strings.NewReader(call.body))
				if err != nil {
					t.Fatal(err)
				}
				resp, err := caller.Do(req)
				if err != nil {
					t.Fatalf("%s: %v", call.path, err)
				}
				body, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if err != nil || resp.Proto != c.protocol || resp.StatusCode != call.status || !strings.Contains(string(body), call.want) {
					t.Errorf("%s %s: %s %d %.200s %v, want %d %s", call.method, call.path, resp.Proto, resp.StatusCode, body, err, call.status, call.want)
				}
			}
			if n := dialed.Load(); c.h2 && n != 1 {
				t.Errorf("%d connections of HTTP/2, want 1", n)
			}
		})
	}
	if status, body := fetch(t, "GET", r.admin+"/metrics", ""); !strings.Contains(body, `treehouse_tls_certificate_expiry_timestamp_seconds{use="server"}`) {
		t.Errorf("metrics: %d, without the certificate's expiry", status)
	}
}

// Who speaks the wrong protocol, or trusts another, is told what is wrong.
func TestWrongProtocol(t *testing.T) {
	ca, strangers := tlstest.NewAuthority(t, "ca"), tlstest.NewAuthority(t, "strangers")
	r := start(t, secured(tlstest.NewSecret(t, ca.Issue(t, "127.0.0.1").Files(ca.PEM))))
	if status, body := fetch(t, "GET", r.api+"/health", ""); status != 400 || !strings.Contains(body, "Client sent an HTTP request to an HTTPS server") {
		t.Errorf("plain text to the TLS port: %d %s", status, body)
	}
	if _, err := client(t, strangers.PEM, true).Get(overTLS(r) + "/health"); err == nil || !strings.Contains(err.Error(), "unknown authority") {
		t.Errorf("a client that does not trust the server: %v", err)
	}
	old := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}}}
	if _, err := old.Get(overTLS(r) + "/health"); err == nil || !strings.Contains(err.Error(), "protocol version") {
		t.Errorf("a client with TLS 1.1: %v", err)
	}
	plain := start(t)
	if _, err := client(t, ca.PEM, true).Get(overTLS(plain) + "/health"); err == nil || !strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") {
		t.Errorf("TLS to the plain port: %v", err)
	}
}

// The certificate is replaced while clients of both versions of HTTP ask, on
// standing connections and on fresh ones: none notices.
func TestCertificateRotation(t *testing.T) {
	before, after := tlstest.NewAuthority(t, "before"), tlstest.NewAuthority(t, "after")
	secret := tlstest.NewSecret(t, before.Issue(t, "127.0.0.1").Files(nil))
	r := start(t, secured(secret))
	stop := make(chan struct{})
	var callers sync.WaitGroup
	for n := range 4 {
		caller := client(t, tlstest.Bundle(before, after), n%2 == 0)
		callers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				resp, err := caller.Get(overTLS(r) + "/health")
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				if n >= 2 {
					caller.CloseIdleConnections()
				}
			}
		})
	}
	time.Sleep(50 * time.Millisecond)
	secret.Update(t, after.Issue(t, "127.0.0.1").Files(nil))
	fresh := client(t, after.PEM, true)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		resp, err := fresh.Get(overTLS(r) + "/health")
		if err == nil {
			_ = resp.Body.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the new certificate is not in use: %v", err)
		}
	}
	time.Sleep(50 * time.Millisecond)
	close(stop)
	callers.Wait()
}

// What is wrong with the options or the files is told at the start.
func TestTLSStartFailures(t *testing.T) {
	ca := tlstest.NewAuthority(t, "ca")
	secret := tlstest.NewSecret(t, ca.Issue(t, "gateway").Files(ca.PEM))
	cert, key, authorities := secret.Path("tls.crt"), secret.Path("tls.key"), secret.Path("ca.crt")
	for _, c := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.TLSCert = cert }, `tls.crt" and tls-key is ""; expected both or neither`},
		{func(o *Options) { o.TLSKey = key }, `tls-cert is "" and tls-key is`},
		{func(o *Options) { o.PredictCA, o.PredictKey = authorities, key }, `predict-cert is "" and predict-key is`},
		{func(o *Options) { o.PredictCert, o.PredictKey = cert, key }, "without predict-ca"},
		{func(o *Options) { o.PredictServerName = "predict" }, `predict-server-name is "predict" without predict-ca`},
		{func(o *Options) { o.TLSCert, o.TLSKey = key, cert }, "tls-cert and tls-key: "},
		{func(o *Options) { o.PredictCA = key }, "predict-ca: "},
		{func(o *Options) { o.PredictCA, o.PredictCert, o.PredictKey = authorities, "nowhere", key }, "predict-cert and predict-key: open nowhere"},
		{func(o *Options) { o.PredictCA, o.Predict = authorities, "a:1,b:1" }, "predict-server-name is empty and predict gives none: a and b are several hosts"},
	} {
		o := DefaultOptions()
		o.Auth.Mode = "off"
		o.Address, o.AdminAddress, o.LogOutput = "127.0.0.1:0", "127.0.0.1:0", io.Discard
		o.Listening = func(net.Addr, net.Addr) { t.Error("it started") }
		c.change(&o)
		if err := Run(t.Context(), o); errors.Is(err, nil) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// No listener speaks what is old.
func TestOldTLS(t *testing.T) {
	ca := tlstest.NewAuthority(t, "ca")
	secret := tlstest.NewSecret(t, ca.Issue(t, "127.0.0.1").Files(ca.PEM))
	r := start(t, secured(secret), func(o *Options) { o.AdminConfig = secret.WebConfig(t, "TLS13") })
	tlstest.RefusesOld(t, strings.TrimPrefix(r.api, "http://"), ca.PEM, nil, "h2")
	tlstest.RefusesOld(t, strings.TrimPrefix(r.admin, "http://"), ca.PEM, nil)
}
