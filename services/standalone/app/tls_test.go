package app

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/internal/tlstest"
)

// With a certificate both ports speak TLS only, while the two services still
// speak to each other within the process.
func TestTLS(t *testing.T) {
	ca := tlstest.NewAuthority(t, "ca")
	secret := tlstest.NewSecret(t, ca.Issue(t, "127.0.0.1").Files(ca.PEM))
	var told output
	r := start(t, func(o *Options) {
		o.Predict.Repository, o.Greeting = repository(t, "3"), &told
		o.Gateway.TLSCert, o.Gateway.TLSKey = secret.Path("tls.crt"), secret.Path("tls.key")
		o.Predict.TLSCert, o.Predict.TLSKey = secret.Path("tls.crt"), secret.Path("tls.key")
	})
	r.ready(t)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca.PEM) {
		t.Fatal("no authority")
	}
	trust := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	g := readGolden(t, "3")

	caller := &http.Client{Transport: &http.Transport{TLSClientConfig: trust}}
	defer caller.CloseIdleConnections()
	resp, err := caller.Post(strings.Replace(r.url, "http:", "https:", 1)+"/predict", "application/json", strings.NewReader(record0(t, g)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("HTTPS: %s", resp.Status)
	}
	if code, body, err := fetch(r.url+"/predict", record0(t, g)); err == nil && code == http.StatusOK {
		t.Errorf("plain text is answered: %s", body)
	}

	conn, err := grpc.NewClient(r.conn.Target(), grpc.WithTransportCredentials(credentials.NewTLS(trust)))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := predictv1.NewPredictServiceClient(conn).Predict(t.Context(), table("housing", g)); err != nil {
		t.Errorf("gRPC over TLS: %v", err)
	}
	if _, err := predictv1.NewPredictServiceClient(r.conn).Predict(t.Context(), table("housing", g)); err == nil {
		t.Error("gRPC in plain text is answered")
	}
	eventually(t, "the greeting says https", func() bool { return strings.Contains(told.String(), "  curl https://127.0.0.1:") })
}
