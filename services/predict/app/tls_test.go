package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/internal/logtest"
	"github.com/treehouse-ml/treehouse/services/internal/tlstest"
)

// secured runs the service with mTLS, its files in the Secret.
func secured(secret *tlstest.Secret, more ...func(*Options)) func(*Options) {
	return func(o *Options) {
		o.TLSCert, o.TLSKey, o.TLSClientCA = secret.Path("tls.crt"), secret.Path("tls.key"), secret.Path("ca.crt")
		o.TLSReload = 10 * time.Millisecond
		for _, f := range more {
			f(o)
		}
	}
}

// caller is a client that trusts the authority, and shows a certificate unless
// it is empty.
func caller(t *testing.T, trusted []byte, name string, pair tlstest.Pair) credentials.TransportCredentials {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(trusted) {
		t.Fatal("no authority")
	}
	config := &tls.Config{RootCAs: roots, ServerName: name, MinVersion: tls.VersionTLS12}
	if len(pair.Certificate) > 0 {
		certificate, err := tls.X509KeyPair(pair.Certificate, pair.Key)
		if err != nil {
			t.Fatal(err)
		}
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &certificate, nil }
	}
	return credentials.NewTLS(config)
}

// ask makes one call on a connection of its own.
func ask(t *testing.T, address string, with credentials.TransportCredentials) error {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(with))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err = predictv1.NewPredictServiceClient(conn).Predict(ctx, house())
	return err
}

// Who gets in, and what the others are told.
func TestMutualTLS(t *testing.T) {
	ca, strangers := tlstest.NewAuthority(t, "ca"), tlstest.NewAuthority(t, "strangers")
	s := start(t, secured(tlstest.NewSecret(t, ca.Issue(t, "predict").Files(ca.PEM))))
	s.ready()
	for _, c := range []struct {
		name string
		with credentials.TransportCredentials
		told string // to the client; empty where it is let in, or only sees the connection end
		log  string // of the server; empty for nothing
	}{
		{"a client of the authority", caller(t, ca.PEM, "predict", ca.Issue(t, "gateway")), "", ""},
		{"the server is another", caller(t, ca.PEM, "scoring", ca.Issue(t, "gateway")), "certificate is valid for predict, not scoring", "bad certificate"},
		{"the server is not trusted", caller(t, strangers.PEM, "predict", ca.Issue(t, "gateway")), "certificate signed by unknown authority", "bad certificate"},
		{"no certificate", caller(t, ca.PEM, "predict", tlstest.Pair{}), "", "client didn't provide a certificate"},
		{"a stranger's certificate", caller(t, ca.PEM, "predict", strangers.Issue(t, "gateway")), "", "certificate signed by unknown authority"},
		{"an expired certificate", caller(t, ca.PEM, "predict", ca.Issue(t, "gateway", tlstest.Expired)), "", "certificate has expired"},
		{"plain text", insecure.NewCredentials(), "error reading server preface", "first record does not look like a TLS handshake"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := len(s.log.String())
			for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(200 * time.Millisecond) {
				err := ask(t, s.address, c.with)
				if c.log == "" {
					if err != nil {
						t.Error(err)
					}
					return
				}
				if status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), c.told) {
					t.Fatalf("the client got %v, want %q", err, c.told)
				}
				log := s.log.String()[before:]
				if strings.Contains(log, "TLS handshake failed") && strings.Contains(log, c.log) {
					return
				}
				if time.Now().After(deadline) { // there is no more than one line a second
					t.Fatalf("log: %s, want %q", log, c.log)
				}
			}
		})
	}
	_, metrics := s.get("/metrics")
	for _, want := range []string{`treehouse_tls_certificate_expiry_timestamp_seconds{use="server"}`, `treehouse_tls_certificate_expiry_timestamp_seconds{use="client-ca"}`,
		`treehouse_tls_handshake_failures_total`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
}

// TLS to a plain listener fails clearly, too.
func TestTLSToPlainText(t *testing.T) {
	ca := tlstest.NewAuthority(t, "ca")
	s := start(t, nil)
	s.ready()
	err := ask(t, s.address, caller(t, ca.PEM, "predict", tlstest.Pair{}))
	if status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "authentication handshake failed") {
		t.Errorf("got %v", err)
	}
}

// Without tls-client-ca the listener is encrypted and asks for no certificate.
func TestServerTLS(t *testing.T) {
	ca := tlstest.NewAuthority(t, "ca")
	s := start(t, secured(tlstest.NewSecret(t, ca.Issue(t, "predict").Files(ca.PEM)), func(o *Options) { o.TLSClientCA = "" }))
	s.ready()
	if err := ask(t, s.address, caller(t, ca.PEM, "predict", tlstest.Pair{})); err != nil {
		t.Error(err)
	}
}

// Certificate and authority are replaced while calls are made, on a standing
// connection that ends again and again and on fresh ones: none fails.
func TestRotationUnderLoad(t *testing.T) {
	before, after := tlstest.NewAuthority(t, "before"), tlstest.NewAuthority(t, "after")
	secret := tlstest.NewSecret(t, before.Issue(t, "predict").Files(before.PEM))
	s := start(t, secured(secret, func(o *Options) { o.MaxConnectionAge = 50 * time.Millisecond }))
	s.ready()

	both := tlstest.Bundle(before, after)
	var mu sync.Mutex
	with := caller(t, both, "predict", before.Issue(t, "gateway"))
	stop := make(chan struct{})
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				mu.Lock()
				now := with
				mu.Unlock()
				if err := ask(t, s.address, now); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	standing, err := grpc.NewClient(s.address, grpc.WithTransportCredentials(with))
	if err != nil {
		t.Fatal(err)
	}
	defer standing.Close()
	var calls atomic.Int64
	callers.Go(func() {
		for ; ; calls.Add(1) {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := predictv1.NewPredictServiceClient(standing).Predict(t.Context(), house()); err != nil {
				t.Error(err)
				return
			}
		}
	})
	reloaded := func(want int) {
		t.Helper()
		for range 6000 {
			if strings.Count(s.log.String(), "TLS files reloaded") == want {
				time.Sleep(200 * time.Millisecond)
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
		t.Fatalf("not reloaded:\n%s", s.log)
	}
	// answered waits until the standing connection has answered some more, on
	// however busy a machine.
	answered := func() {
		t.Helper()
		before := calls.Load()
		for range 6000 {
			if calls.Load() >= before+5 {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
		t.Fatalf("%d calls on the standing connection in 30 s", calls.Load()-before)
	}
	answered()
	secret.Update(t, before.Issue(t, "predict").Files(both))
	reloaded(2)
	answered()
	secret.Update(t, after.Issue(t, "predict").Files(both))
	reloaded(3)
	answered()
	mu.Lock()
	with = caller(t, after.PEM, "predict", after.Issue(t, "gateway"))
	mu.Unlock()
	time.Sleep(100 * time.Millisecond)
	close(stop) // the standing connection still shows the old certificate
	callers.Wait()
	secret.Update(t, after.Issue(t, "predict").Files(after.PEM))
	reloaded(5)
	if err := ask(t, s.address, with); err != nil {
		t.Error(err)
	}
	if err := ask(t, s.address, caller(t, both, "predict", before.Issue(t, "gateway"))); err == nil {
		t.Error("a client of the authority that is gone still gets in")
	}
}

// What is wrong with the options or the files is told at the start.
func TestTLSStartFailures(t *testing.T) {
	ca := tlstest.NewAuthority(t, "ca")
	files := ca.Issue(t, "predict").Files(ca.PEM)
	files["other.key"] = ca.Issue(t, "predict").Key
	secret := tlstest.NewSecret(t, files)
	for _, c := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.TLSKey = "" }, `tls.crt" and tls-key is ""; expected both or neither`},
		{func(o *Options) { o.TLSCert = "" }, `tls-cert is "" and tls-key is`},
		{func(o *Options) { o.TLSCert, o.TLSKey = "", "" }, "without tls-cert; expected a certificate for the listener, too"},
		{func(o *Options) { o.TLSKey = secret.Path("other.key") }, "tls-cert and tls-key: "},
		{func(o *Options) { o.TLSClientCA = secret.Path("tls.key") }, "tls-client-ca: "},
		{func(o *Options) { o.TLSClientCA = "nowhere" }, "tls-client-ca: open nowhere: no such file"},
	} {
		o := DefaultOptions()
		o.Auth.Mode = "off"
		o.GRPCAddress, o.AdminAddress, o.Repository, o.LogOutput = "127.0.0.1:0", "127.0.0.1:0", "../models", &logtest.Buffer{}
		secured(secret, c.change)(&o)
		o.Listening = func(net.Addr, net.Addr) { t.Error("it started") }
		if err := Run(t.Context(), o); errors.Is(err, nil) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// No listener speaks what is old.
func TestOldTLS(t *testing.T) {
	ca := tlstest.NewAuthority(t, "ca")
	secret := tlstest.NewSecret(t, ca.Issue(t, "127.0.0.1").Files(ca.PEM))
	s := start(t, secured(secret, func(o *Options) { o.AdminConfig = secret.WebConfig(t, "TLS13") }))
	own := ca.Issue(t, "caller")
	tlstest.RefusesOld(t, s.address, ca.PEM, &own, "h2")
	tlstest.RefusesOld(t, strings.TrimPrefix(s.admin, "http://"), ca.PEM, nil)
}
