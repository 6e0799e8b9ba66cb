package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"
)

// A control is the HTTP server by which a test watches and ends the load.
type control struct {
	server   *http.Server
	finished chan struct{} // closed when the summary is final
}

func startControl(address string, t *tally, stop func()) (*control, error) {
	var listen net.ListenConfig
	listener, err := listen.Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("control port: %w", err)
	}
	c := &control{finished: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /summary", func(w http.ResponseWriter, _ *http.Request) { write(w, t) })
	mux.HandleFunc("GET /stop", func(w http.ResponseWriter, r *http.Request) {
		stop()
		select {
		case <-c.finished:
			write(w, t)
		case <-r.Context().Done():
		}
	})
	c.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = c.server.Serve(listener) }() // ends with close
	return c, nil
}

func write(w http.ResponseWriter, t *tally) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(t.summary()) // the caller is gone
}

// close lets answers on their way out, within a second.
func (c *control) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.server.Shutdown(ctx)
}
