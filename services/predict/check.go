package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/treehouse-ml/treehouse/services/internal/flagenv"
	"github.com/treehouse-ml/treehouse/services/predict/internal/check"
)

const checkHelp = `predict check ADDRESS [flags]

Ask the server at ADDRESS (host:port) for its health and each model for a
prediction, again and again until all is well or the time is over.`

func checkCommand(args []string, p process) int {
	var buffered strings.Builder
	flags := flagenv.New("check", checkHelp, &buffered).WithoutEnvironment()
	timeout := flags.Duration("timeout", 30*time.Second, "until which all must be well")
	ca := flags.String("ca", "", "`file` with the authorities of the server's certificate; turns TLS on")
	cert := flags.String("cert", "", "`file` with the certificate to show")
	key := flags.String("key", "", "`file` with its private key")
	credential := flags.String("credential-file", "", "`file` with the API key or the token to show")
	// The address may come before the flags.
	var address string
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		address, args = args[0], args[1:]
	}
	if code, ok := parse(flags, &buffered, args, p); !ok {
		return code
	}
	rest := flags.Args()
	if address == "" && len(rest) > 0 {
		address, rest = rest[0], rest[1:]
	}
	switch {
	case address == "":
		return exit(flags, p, misused("no address is named"))
	case len(rest) > 0:
		return exit(flags, p, misused("unexpected argument %q", rest[0]))
	case (*cert == "") != (*key == ""):
		return exit(flags, p, misused("cert and key go together"))
	case *cert != "" && *ca == "":
		return exit(flags, p, misused("cert needs ca"))
	}
	return exit(flags, p, checkServer(address, *ca, *cert, *key, *credential, *timeout, p))
}

// checkServer returns what was wrong last, rather than that the time is over.
func checkServer(address, ca, cert, key, credentialFile string, timeout time.Duration, p process) error {
	security, err := clientCredentials(ca, cert, key)
	if err != nil {
		return err
	}
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(security))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if credentialFile != "" {
		data, err := os.ReadFile(credentialFile) // #nosec G304 -- the operator names it
		if err != nil {
			return err
		}
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+strings.TrimSpace(string(data)))
	}
	var last error
	for {
		err := check.Check(ctx, conn, p.out)
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

func clientCredentials(ca, cert, key string) (credentials.TransportCredentials, error) {
	if ca == "" {
		return insecure.NewCredentials(), nil
	}
	data, err := os.ReadFile(ca) // #nosec G304 -- the operator names it
	if err != nil {
		return nil, err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool()}
	if !config.RootCAs.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("%s: expected certificates in PEM format", ca)
	}
	if cert != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return credentials.NewTLS(config), nil
}
