package main

import (
	"context"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/internal/tlstest"
	"github.com/treehouse-ml/treehouse/services/predict/app"
)

func TestCheckCommand(t *testing.T) {
	address := startServer(t, func(*app.Options) {})
	tests := []struct {
		args   string
		code   int
		stdout string // these are parts
		stderr string
	}{
		{"check " + address, 0, "housing version 3 answers [", ""},
		{"check --timeout 9s " + address, 0, "housing version 3 answers [", ""},
		{"check --help", 0, "predict check ADDRESS [flags]", ""},
		{"check", 2, "", "predict check: no address is named\npredict check --help tells more."},
		{"check a b", 2, "", `unexpected argument "b"`},
		{"check a --cert file", 2, "", "cert and key go together"},
		{"check a --cert file --key file", 2, "", "cert needs ca"},
		{"check a --ca nowhere", 1, "", "open nowhere: no such file"},
		{"check a --ca " + os.DevNull, 1, "", "expected certificates in PEM format"},
		{"check 127.0.0.1:1 --timeout 10ms", 1, "", "predict check: health: "},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			code, stdout, stderr := command("", strings.Fields(tt.args)...)
			if code != tt.code || !strings.Contains(stdout, tt.stdout) || !strings.Contains(stderr, tt.stderr) || (tt.stderr == "" && stderr != "") {
				t.Errorf("exit %d\nstdout: %s\nstderr: %s\nwant exit %d, %q, %q", code, stdout, stderr, tt.code, tt.stdout, tt.stderr)
			}
		})
	}
}

// With TLS the server's certificate must be one of the authorities', and where
// the server asks for the caller's the check shows it.
func TestCheckWithTLS(t *testing.T) {
	authority := tlstest.NewAuthority(t, "authority")
	server := tlstest.NewSecret(t, authority.Issue(t, "127.0.0.1").Files(tlstest.Bundle(authority)))
	caller := tlstest.NewSecret(t, authority.Issue(t, "caller").Files(tlstest.Bundle(authority)))
	stranger := tlstest.NewSecret(t, tlstest.NewAuthority(t, "stranger").Issue(t, "caller").Files(tlstest.Bundle(authority)))
	address := startServer(t, func(o *app.Options) {
		o.TLSCert, o.TLSKey, o.TLSClientCA = server.Path("tls.crt"), server.Path("tls.key"), server.Path("ca.crt")
	})
	show := func(s *tlstest.Secret) []string {
		return []string{"--ca", s.Path("ca.crt"), "--cert", s.Path("tls.crt"), "--key", s.Path("tls.key")}
	}
	for _, tt := range []struct {
		name string
		args []string
		code int
	}{
		{"a caller that is known", show(caller), 0},
		{"one that is not", append(show(stranger), "--timeout", "50ms"), 1},
		{"one that shows nothing", []string{"--ca", caller.Path("ca.crt"), "--timeout", "50ms"}, 1},
		{"plain text", []string{"--timeout", "50ms"}, 1},
		{"a key that is another's", []string{"--ca", caller.Path("ca.crt"), "--cert", caller.Path("tls.crt"), "--key", stranger.Path("tls.key")}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := command("", append([]string{"check", address}, tt.args...)...)
			if code != tt.code || (code == 0) != strings.HasPrefix(stdout, "housing version 3 answers [") {
				t.Errorf("exit %d, want %d\nstdout: %s\nstderr: %s", code, tt.code, stdout, stderr)
			}
		})
	}
}

// startServer serves the housing models until the test ends. A check that
// comes before they are loaded asks again.
func startServer(t *testing.T, change func(*app.Options)) (address string) {
	t.Helper()
	o := app.DefaultOptions()
	o.Auth.Mode = "off"
	o.GRPCAddress, o.AdminAddress, o.LogOutput = "127.0.0.1:0", "127.0.0.1:0", io.Discard
	listening := make(chan string, 1)
	o.Listening = func(grpc, _ net.Addr) { listening <- grpc.String() }
	o.Repository = "models"
	change(&o)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx, o) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case address = <-listening:
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
	}
	return address
}
