package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/treehouse-ml/treehouse/services/gateway/internal/check"
	"github.com/treehouse-ml/treehouse/services/internal/flagenv"
)

const checkSynopsis = `Usage: gateway check [flags] URL

Asks the gateway at URL (http://host:port) for its health and each model for a
prediction, again and again until all is well or the time is over.`

// runCheck is the command: 0 all is well, 1 something is wrong, 2 called wrongly.
func runCheck(args []string, stdout, stderr io.Writer) int {
	f := flagenv.New("gateway check", checkSynopsis, stderr).WithoutEnvironment()
	timeout := f.Duration("timeout", 30*time.Second, "until which all must be well")
	ca := f.String("ca", "", "`file` with the authorities of the gateway's certificate; empty for the system's")
	credentialFile := f.String("credential-file", "", "`file` with the API key or the token to show")
	if err := f.Parse(args, nil); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	target, err := url.Parse(strings.TrimSuffix(f.Arg(0), "/"))
	if f.NArg() != 1 || err != nil || target.Host == "" || (target.Scheme != "http" && target.Scheme != "https") {
		_, _ = fmt.Fprintf(stderr, "gateway check: got %q; expected one URL, as in http://gateway\n", f.Args())
		return 2
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	if *ca != "" {
		roots, err := readAuthorities(*ca)
		if err != nil {
			_, _ = fmt.Fprintln(stderr, "gateway check:", err)
			return 1
		}
		transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
	}
	credential, err := readCredential(*credentialFile)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "gateway check:", err)
		return 1
	}
	defer transport.CloseIdleConnections()
	g := check.Gateway{URL: target.String(), Credential: credential, Client: &http.Client{Transport: transport, Timeout: *timeout}}
	ctx, cancel := context.WithTimeout(context.Background(), *timeout)
	defer cancel()
	if err := again(ctx, func() error { return g.Check(ctx, stdout) }); err != nil {
		_, _ = fmt.Fprintln(stderr, "gateway check:", err)
		return 1
	}
	return 0
}

// again asks once a second until all is well or the context ends. It returns
// what was wrong last, rather than that the time is over.
func again(ctx context.Context, ask func() error) error {
	var last error
	for {
		err := ask()
		if err == nil {
			return nil
		}
		if last == nil || ctx.Err() == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return last
		case <-time.After(time.Second):
		}
	}
}

// readCredential is empty without a file.
func readCredential(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	data, err := os.ReadFile(path) // #nosec G304 -- the operator names it
	return strings.TrimSpace(string(data)), err
}

func readAuthorities(path string) (*x509.CertPool, error) {
	data, err := os.ReadFile(path) // #nosec G304 -- the operator names it
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("%s: expected certificates in PEM format", path)
	}
	return pool, nil
}
