package app

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/treehouse-ml/treehouse/services/internal/tlsfile"
)

// credentials read the certificates that the options name, and go on reading
// them until the stop. Without a certificate the listener speaks plain text.
func (a *app) credentials(reg prometheus.Registerer) (credentials.TransportCredentials, error) {
	if a.o.TLSCert == "" {
		return insecure.NewCredentials(), nil
	}
	files := tlsfile.New(tlsfile.Options{Log: a.log, Registerer: reg, Every: a.o.TLSReload})
	a.stack.Push("TLS files", func(context.Context) error { files.Close(); return nil })
	pair, err := files.KeyPair("server", a.o.TLSCert, a.o.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("tls-cert and tls-key: %w", err)
	}
	var clients *tlsfile.Authorities
	if a.o.TLSClientCA != "" {
		if clients, err = files.Authorities("client-ca", a.o.TLSClientCA); err != nil {
			return nil, fmt.Errorf("tls-client-ca: %w", err)
		}
	}
	return credentials.NewTLS(tlsfile.Server(pair, clients, "h2")), nil
}

// protection is what the log says of the listener.
func (a *app) protection() string {
	switch {
	case a.o.TLSCert == "":
		return "none"
	case a.o.TLSClientCA == "":
		return "TLS"
	}
	return "mTLS"
}
