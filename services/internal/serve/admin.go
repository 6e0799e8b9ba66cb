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
}

// Handler returns the handler of an admin port: /livez, /readyz, /metrics,
// /version, /debug/pprof/ and /debug/loglevel. Routes may be added to it.
func (a Admin) Handler() *http.ServeMux {
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
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(a.Build) // fails only when the client is gone
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.Metrics, promhttp.HandlerOpts{
		ErrorLog:          slog.NewLogLogger(a.Log.Handler(), slog.LevelError),
		EnableOpenMetrics: true,
	}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	if a.Level != nil {
		mux.HandleFunc("GET /debug/loglevel", a.showLevel)
		mux.HandleFunc("PUT /debug/loglevel", a.setLevel)
	}
	return mux
}

// Start serves the admin port at an address until the stack is closed. When it
// ends before that, failed is told; it must have room.
func (a Admin) Start(ctx context.Context, address string, stack *Stack, failed chan<- error) (net.Addr, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	server := StartHTTP(listener, &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: a.Handler()})
	stack.Push("admin server", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		_ = server.Shutdown(ctx) // a scrape that hangs is no reason to fail
		return nil
	})
	go func() {
		if err := <-server.Done(); err != nil {
			failed <- fmt.Errorf("admin server: %w", err)
		}
	}()
	return listener.Addr(), nil
}

func text(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body + "\n"))
}
