package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/treehouse-ml/treehouse/services/internal/buildinfo"
)

// Admin says what the admin handler shows.
type Admin struct {
	Build   buildinfo.Info
	Metrics prometheus.Gatherer
	Ready   func() error // nil when the service wants traffic
	Log     *slog.Logger
	Level   *slog.LevelVar // of Log; nil: it cannot be changed
	// Config is a file as Prometheus's exporters take it (exporter-toolkit's web
	// configuration): TLS and who may ask. Empty is plain text, for everybody.
	Config string
	// Probes is the address of a port with /livez and /readyz alone, for a kubelet,
	// which shows no credential; empty opens none.
	Probes string
}

// Handler returns the handler of an admin port: /livez, /readyz, /metrics and
// /version; and /debug/pprof/ and /debug/loglevel, which tell and change more
// than a network may: they are for who is on this machine, or has shown who
// they are.
func (a Admin) Handler() http.Handler {
	mux := a.probes()
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(a.Build) // fails only when the client is gone
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.Metrics, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(a.Log.Handler(), slog.LevelError),
		EnableOpenMetrics:   true,
		MaxRequestsInFlight: 8,
	}))
	for pattern, handler := range map[string]http.HandlerFunc{
		"GET /debug/pprof/": pprof.Index, "GET /debug/pprof/cmdline": pprof.Cmdline, "GET /debug/pprof/profile": pprof.Profile,
		"GET /debug/pprof/symbol": pprof.Symbol, "GET /debug/pprof/trace": pprof.Trace,
	} {
		mux.HandleFunc(pattern, a.trusted(handler))
	}
	if a.Level != nil {
		mux.HandleFunc("GET /debug/loglevel", a.trusted(a.showLevel))
		mux.HandleFunc("PUT /debug/loglevel", a.trusted(a.setLevel))
	}
	return plain(mux)
}

// probes answers /livez and /readyz.
func (a Admin) probes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		text(w, http.StatusOK, "ok")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := a.Ready(); err != nil {
			text(w, http.StatusServiceUnavailable, "not ready: "+err.Error())
			return
		}
		text(w, http.StatusOK, "ok")
	})
	return mux
}

// plain has no browser guess at a type, or run or frame what it shows.
func plain(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

// Start serves the admin port at an address, and the probes at theirs, until
// the stack is closed. When one ends before that, failed is told; it must have
// room for both.
func (a Admin) Start(ctx context.Context, address string, stack *Stack, failed chan<- error) (net.Addr, error) {
	if err := checkConfig(a.Config); err != nil {
		return nil, fmt.Errorf("admin-config: %w", err)
	}
	var listen net.ListenConfig
	if a.Probes != "" {
		probes, err := listen.Listen(ctx, "tcp", a.Probes)
		if err != nil {
			return nil, err
		}
		a.serve(probes, "probes server", "", plain(a.probes()), stack, failed)
	}
	listener, err := listen.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	a.serve(listener, "admin server", a.Config, a.Handler(), stack, failed)
	return listener.Addr(), nil
}

func (a Admin) serve(listener net.Listener, name, config string, handler http.Handler, stack *Stack, failed chan<- error) {
	server := &http.Server{
		ReadHeaderTimeout: 5 * time.Second,
		WriteTimeout:      2 * time.Minute, // a profile takes half a minute
		MaxHeaderBytes:    16 << 10,
		Handler:           handler,
		ErrorLog:          slog.NewLogLogger(a.Log.Handler(), slog.LevelDebug), // what clients do wrong
	}
	running := startHTTP(listener, server, protected(server, config, a.Log))
	stack.Push(name, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		_ = running.Shutdown(ctx) // a scrape that hangs is no reason to fail
		return nil
	})
	go func() {
		if err := <-running.Done(); err != nil {
			failed <- fmt.Errorf("%s: %w", name, err)
		}
	}()
}

func text(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body + "\n"))
}
