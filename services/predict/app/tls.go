package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
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
	return &observed{
		TransportCredentials: credentials.NewTLS(tlsfile.Server(pair, clients, "h2")), log: a.log,
		failures: promauto.With(reg).NewCounter(prometheus.CounterOpts{
			Name: "treehouse_tls_handshake_failures_total",
			Help: "Connections that ended before they were secure: no certificate, an unknown one, plain text.",
		}),
	}, nil
}

// observed tells which clients are not let in, and why: they themselves often
// see no more than a connection that ends.
type observed struct {
	credentials.TransportCredentials
	log      *slog.Logger
	failures prometheus.Counter
	told     atomic.Int64 // when, in seconds
}

func (o *observed) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := o.TransportCredentials.ServerHandshake(raw)
	if err == nil || errors.Is(err, io.EOF) { // a probe that only connects
		return conn, info, err
	}
	o.failures.Inc()
	if now := time.Now().Unix(); o.told.Swap(now) != now { // no more than one line a second
		o.log.Warn("TLS handshake failed", "client", raw.RemoteAddr().String(), "error", err)
	}
	return conn, info, err
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
