package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A receiver is who is told: it keeps which alerts reached which receiver of the
// Alertmanager.
type receiver struct {
	server http.Server
	mu     sync.Mutex
	told   map[string]map[string]bool // by receiver, then alert
}

// listen serves on the loopback and returns the address.
func (r *receiver) listen() (string, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	r.told = map[string]map[string]bool{}
	r.server = http.Server{Handler: r, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = r.server.Serve(l) }()
	return "http://" + l.Addr().String(), nil
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	var message struct {
		Alerts []struct{ Labels map[string]string }
	}
	if err := json.NewDecoder(io.LimitReader(request.Body, 1<<20)).Decode(&message); err != nil {
		http.Error(w, "expected an Alertmanager's message", http.StatusBadRequest)
		return
	}
	name := strings.TrimPrefix(request.URL.Path, "/")
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range message.Alerts {
		if r.told[name] == nil {
			r.told[name] = map[string]bool{}
		}
		r.told[name][a.Labels["alertname"]] = true
	}
}

// knows reports whether the receiver was told of the alert.
func (r *receiver) knows(name, alert string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.told[name][alert]
}
