package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/services/internal/tlstest"
)

// TestSecureStack starts both real binaries with mTLS between them and TLS on
// the API, replaces every certificate and authority while clients ask, and
// stops predict and starts it again. No answer may be wrong or missing.
func TestSecureStack(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and starts both services")
	}
	before, after := tlstest.NewAuthority(t, "before"), tlstest.NewAuthority(t, "after")
	predictSecret := tlstest.NewSecret(t, before.Issue(t, "predict").Files(before.PEM))
	gatewaySecret := tlstest.NewSecret(t, before.Issue(t, "gateway").Files(before.PEM))
	apiSecret := tlstest.NewSecret(t, before.Issue(t, "127.0.0.1").Files(nil))
	other, otherAdmin := freePort(t), freePort(t)
	secure := flags{
		predict: []string{"--tls-cert=" + predictSecret.Path("tls.crt"), "--tls-key=" + predictSecret.Path("tls.key"),
			"--tls-client-ca=" + predictSecret.Path("ca.crt"), "--drain-wait=500ms"},
		gateway: []string{"--tls-cert=" + apiSecret.Path("tls.crt"), "--tls-key=" + apiSecret.Path("tls.key"),
			"--predict-ca=" + gatewaySecret.Path("ca.crt"), "--predict-cert=" + gatewaySecret.Path("tls.crt"),
			"--predict-key=" + gatewaySecret.Path("tls.key"), "--predict-server-name=predict"},
		others: []string{other}, // so that one can be away
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(tlstest.Bundle(before, after))
	client := func(h2 bool) *http.Client {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: h2}
		t.Cleanup(transport.CloseIdleConnections)
		return &http.Client{Transport: transport, Timeout: 30 * time.Second}
	}

	s := startStack(t, secure)
	s.client, s.url = client(true), strings.Replace(s.url, "http://", "https://", 1)
	second := func() *process {
		p := start(t, filepath.Join(s.bin, "predict"), append([]string{"serve", "--auth=off", "--repository=" + s.repository,
			"--grpc-address=" + other, "--admin-address=" + otherAdmin}, secure.predict...)...)
		s.eventually(t, "the second predict is ready", func() bool { status, _ := ask(otherAdmin, "/readyz"); return status == http.StatusOK })
		return p
	}
	away := second()
	s.found(t)

	row, prices := goldenRow(t)
	record, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path, body string
		status     int
		check      func(*testing.T, map[string]any)
	}{
		{"/predict", string(record), 200, has("prediction", prices["3"])},
		{"/v1/models/housing/versions/1:predict", `{"instances":[` + string(record) + `]}`, 200, has("predictions", []any{prices["1"]})},
		{"/v2/models/housing/infer", tensors(t, row), 200, price(prices["3"])},
		{"/predict", `{"longitude": 1, "depth": 2}`, 422, has("field", "depth")},
		{"/predict", `{"longitude": }`, 400, mentions("error", "longitude")},
	} {
		status, body := s.do(t, http.MethodPost, c.path, c.body, nil)
		var answer map[string]any
		if err := json.Unmarshal(body, &answer); err != nil || status != c.status {
			t.Fatalf("%s: %d %s, want %d", c.path, status, body, c.status)
		}
		c.check(t, answer)
	}
	for _, path := range []string{"/api/v1/models", "/v1/models", "/v2/models/housing", "/docs", "/openapi.json"} {
		if status, body := s.do(t, http.MethodGet, path, "", nil); status != http.StatusOK {
			t.Errorf("GET %s: %d %.200s", path, status, body)
		}
	}

	var asked atomic.Int64
	stop := make(chan struct{})
	var callers sync.WaitGroup
	for n := range 4 {
		caller := *s
		caller.client = client(n%2 == 0)
		_, answer := s.do(t, http.MethodPost, "/predict", string(record), nil)
		first, _, found := bytes.Cut(answer, []byte(`,"prediction_id":`)) // which is another each time
		if !found || !bytes.HasPrefix(first, []byte(`{"prediction":`)) {
			t.Fatalf("%s", answer)
		}
		callers.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(5 * time.Millisecond):
				}
				req, err := http.NewRequest(http.MethodPost, caller.url+"/predict", strings.NewReader(string(record)))
				if err != nil {
					t.Error(err)
					return
				}
				resp, err := caller.client.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				var body bytes.Buffer
				_, err = body.ReadFrom(resp.Body)
				_ = resp.Body.Close()
				if err != nil || resp.StatusCode != http.StatusOK || !bytes.HasPrefix(body.Bytes(), first) {
					t.Errorf("%d %s %v, want %s", resp.StatusCode, body.Bytes(), err, first)
					return
				}
				if n == 3 {
					caller.client.CloseIdleConnections()
				}
				asked.Add(1)
			}
		})
	}
	reloaded := func(use string, n string, admins ...string) {
		t.Helper()
		for _, admin := range admins {
			s.eventually(t, admin+" has read its "+use, func() bool {
				_, metrics := ask(admin, "/metrics")
				return strings.Contains(metrics, `treehouse_tls_reloads_total{result="ok",use="`+use+`"} `+n)
			})
		}
	}
	// Both authorities are trusted, then the new one signs, then the old one goes.
	both := tlstest.Bundle(before, after)
	predictSecret.Update(t, before.Issue(t, "predict").Files(both))
	gatewaySecret.Update(t, before.Issue(t, "gateway").Files(both))
	reloaded("client-ca", "1", s.admin.predict, otherAdmin)
	reloaded("predict-ca", "1", s.admin.gateway)
	predictSecret.Update(t, after.Issue(t, "predict").Files(both))
	gatewaySecret.Update(t, after.Issue(t, "gateway").Files(both))
	apiSecret.Update(t, after.Issue(t, "127.0.0.1").Files(nil))
	reloaded("server", "2", s.admin.predict, otherAdmin)
	reloaded("client", "2", s.admin.gateway)
	reloaded("server", "1", s.admin.gateway)
	away.stop(t) // its connections end, and begin again with what is new
	second()
	predictSecret.Update(t, after.Issue(t, "predict").Files(after.PEM))
	gatewaySecret.Update(t, after.Issue(t, "gateway").Files(after.PEM))
	reloaded("client-ca", "2", s.admin.predict)
	reloaded("predict-ca", "2", s.admin.gateway)
	s.predict.stop(t) // the rest goes to the other one
	time.Sleep(200 * time.Millisecond)
	close(stop)
	callers.Wait()
	if asked.Load() < 200 {
		t.Errorf("only %d requests", asked.Load())
	}
	s.gateway.stop(t)
}

// TestSecondSignal: whoever cannot wait for the drain sends the signal again.
func TestSecondSignal(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and starts both services")
	}
	s := startStack(t, flags{predict: []string{"--drain-wait=1m"}, gateway: []string{"--drain-wait=1m"}})
	for admin, p := range map[string]*process{s.admin.predict: s.predict, s.admin.gateway: s.gateway} {
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		s.eventually(t, "it is stopping", func() bool { status, _ := ask(admin, "/readyz"); return status == http.StatusServiceUnavailable })
		// The first signal may still be on its way through the process, so that
		// one more can be taken for it.
		again, late := time.NewTicker(100*time.Millisecond), time.After(10*time.Second)
		for ended := false; !ended; {
			select {
			case err := <-p.done:
				if ended = true; err == nil {
					t.Errorf("%s ended as if it had stopped in order", p.cmd.Path)
				}
			case <-again.C:
				_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
			case <-late:
				t.Fatalf("%s still runs 10 s after the second signal", p.cmd.Path)
			}
		}
		again.Stop()
	}
}
