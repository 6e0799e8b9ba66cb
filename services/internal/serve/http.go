package serve

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// HTTP is a running HTTP server.
type HTTP struct {
	server *http.Server
	done   chan error
}

// StartHTTP serves on ln, which it then owns, with TLS if the server has a
// configuration for it. Limits that the caller left at
// zero get defaults that keep a slow or greedy client from holding the server;
// WriteTimeout stays as it is, because how long an answer may take is the
// handler's to say.
func StartHTTP(ln net.Listener, server *http.Server) *HTTP {
	serve := server.Serve
	if server.TLSConfig != nil {
		serve = func(ln net.Listener) error { return server.ServeTLS(ln, "", "") }
	}
	return startHTTP(ln, server, serve)
}

func startHTTP(ln net.Listener, server *http.Server, serve func(net.Listener) error) *HTTP {
	if server.ReadHeaderTimeout == 0 {
		server.ReadHeaderTimeout = 10 * time.Second
	}
	if server.ReadTimeout == 0 {
		server.ReadTimeout = time.Minute
	}
	if server.IdleTimeout == 0 {
		server.IdleTimeout = 2 * time.Minute
	}
	if server.MaxHeaderBytes == 0 {
		server.MaxHeaderBytes = 64 << 10
	}
	h := &HTTP{server: server, done: make(chan error, 1)}
	go func() {
		err := serve(ln)
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		}
		h.done <- err
	}()
	return h
}

// Done yields one value when the server no longer accepts connections: nil
// after Shutdown, else why it failed.
func (h *HTTP) Done() <-chan error { return h.done }

// Shutdown accepts no more connections and waits for the requests in flight.
// When ctx ends first it cuts them off and returns ctx's error.
func (h *HTTP) Shutdown(ctx context.Context) error {
	err := h.server.Shutdown(ctx)
	if err != nil {
		_ = h.server.Close() // the listener is closed already; only connections are left
	}
	return err
}
