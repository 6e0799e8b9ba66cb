package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"time"

	"github.com/treehouse-ml/treehouse/services/gateway/internal/upstream"
	"github.com/treehouse-ml/treehouse/services/internal/tlsfile"
)

// openTLSFiles pushes their end on the stack.
func (a *app) openTLSFiles(o tlsfile.Options) *tlsfile.Files {
	files := tlsfile.New(o)
	a.stack.Push("TLS files", func(context.Context) error { files.Close(); return nil })
	return files
}

// listenerTLS is nil without a certificate: the API is plain text.
func (a *app) listenerTLS(files *tlsfile.Files) (*tls.Config, error) {
	if a.o.TLSCert == "" {
		return nil, nil
	}
	pair, err := files.KeyPair("server", a.o.TLSCert, a.o.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("tls-cert and tls-key: %w", err)
	}
	return tlsfile.Server(pair, nil), nil // net/http adds h2 and http/1.1
}

// predictTLS is nil without authorities: predict is called in plain text.
func (a *app) predictTLS(files *tlsfile.Files) (*tlsfile.Client, error) {
	if a.o.PredictCA == "" {
		return nil, nil
	}
	authorities, err := files.Authorities("predict-ca", a.o.PredictCA)
	if err != nil {
		return nil, fmt.Errorf("predict-ca: %w", err)
	}
	var pair *tlsfile.KeyPair
	if a.o.PredictCert != "" {
		if pair, err = files.KeyPair("client", a.o.PredictCert, a.o.PredictKey); err != nil {
			return nil, fmt.Errorf("predict-cert and predict-key: %w", err)
		}
	}
	name := a.o.PredictServerName
	if name == "" {
		if name, err = upstream.ServerName(a.o.Predict); err != nil {
			return nil, fmt.Errorf("predict-server-name is empty and predict gives none: %w", err)
		}
	}
	return tlsfile.NewClient(authorities, pair, name), nil
}

// perConnection bounds what one connection of HTTP/2 may ask for. The windows
// are those of the library: 1 MB a connection may be received and not read. A
// client that is gone, or takes nothing, is found by pings and by what cannot be
// written.
var perConnection = http.HTTP2Config{
	MaxConcurrentStreams: 128,
	MaxReadFrameSize:     64 << 10,
	SendPingTimeout:      30 * time.Second,
	PingTimeout:          15 * time.Second,
	WriteByteTimeout:     15 * time.Second,
}

// protections are what the log says of the two sides.
func (o *Options) protections() (api, predict string) {
	api, predict = "none", "none"
	if o.TLSCert != "" {
		api = "TLS"
	}
	switch {
	case o.PredictCert != "":
		predict = "mTLS"
	case o.PredictCA != "":
		predict = "TLS"
	}
	return api, predict
}
