// Package app is the gateway: it connects to predict, serves the HTTP API
// until its context ends, and stops without losing a request. It knows neither
// flags nor signals, so that tests run it like main does.
package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/treehouse-ml/treehouse/services/gateway/internal/discovery"
	"github.com/treehouse-ml/treehouse/services/gateway/internal/httpapi"
	"github.com/treehouse-ml/treehouse/services/gateway/internal/records"
	"github.com/treehouse-ml/treehouse/services/internal/access"
	"github.com/treehouse-ml/treehouse/services/internal/buildinfo"
	"github.com/treehouse-ml/treehouse/services/internal/memory"
	"github.com/treehouse-ml/treehouse/services/internal/quota"
	"github.com/treehouse-ml/treehouse/services/internal/serve"
	"github.com/treehouse-ml/treehouse/services/internal/telemetry"
	"github.com/treehouse-ml/treehouse/services/internal/tlsfile"
)

// Run serves until ctx ends, which is no error, or until a listener fails. In
// both cases it stops in order: not ready, the drain wait, the requests in
// flight, the connection to predict, the admin server.
func Run(ctx context.Context, o Options) error {
	if err := o.Validate(); err != nil {
		return err
	}
	a := &app{o: o, build: buildinfo.Get("gateway")}
	if err := a.join(o.Process); err != nil {
		return err
	}
	log := a.log
	failed, err := a.start(ctx)
	wait := time.Duration(0) // what did not start has no traffic that could go elsewhere
	if err == nil {
		wait = a.o.DrainWait
		select {
		case <-ctx.Done():
			log.Info("stopping")
		case err = <-failed:
			log.Error("stopping", "error", err)
		}
	}
	// The stop has its own time: ctx is over.
	stopErr := a.stop(context.WithoutCancel(ctx), wait)
	if err == nil {
		err = stopErr
	}
	if err == nil {
		log.Info("stopped")
	}
	return err
}

type app struct {
	o         Options
	build     buildinfo.Info
	log       *slog.Logger
	metrics   prometheus.Registerer
	readiness *serve.Readiness
	gatherer  prometheus.Gatherer // of the admin server; nil without one
	level     *slog.LevelVar
	stopping  atomic.Bool
	stack     serve.Stack
}

// start is one straight line on purpose. What it acquires it pushes on the
// stack at once; the channel yields when a server fails.
func (a *app) start(ctx context.Context) (<-chan error, error) {
	build, reg := a.build, a.metrics
	failed := make(chan error, 2)
	var listen net.ListenConfig
	admin, adminAddress := "none", net.Addr(nil)
	if a.gatherer != nil {
		var err error
		if adminAddress, err = a.startAdmin(ctx, failed); err != nil {
			return nil, err
		}
		admin = adminAddress.String()
	}

	tracer, err := telemetry.NewTracer(ctx, a.o.tracing(build, a.log, reg))
	if err != nil {
		return nil, err
	}
	a.stack.Push("traces", func(ctx context.Context) error { tracer.Close(ctx); return nil })

	files := a.openTLSFiles(tlsfile.Options{Log: a.log, Registerer: reg, Every: a.o.TLSReload})
	client, err := a.predictTLS(files)
	if err != nil {
		return nil, err
	}
	protected, err := a.listenerTLS(files)
	if err != nil {
		return nil, err
	}
	conn, err := a.connect(discovery.Options{Log: a.log, Registerer: reg, Watch: a.o.Watch}, client, tracer)
	if err != nil {
		return nil, err
	}
	a.stack.Push("connection to predict", func(context.Context) error { return conn.Close() })

	if a.o.Auth.Issuer != "" { // others, who know the issuer's keys, are asked until these are known here, too
		a.o.Auth.Known = a.readiness.Hold(errors.New("the keys of the tokens' issuer were not read yet"))
	}
	guard, err := access.Open(a.o.Auth, a.log, reg)
	if err != nil {
		return nil, err
	}
	if guard != nil {
		a.stack.Push("access", func(context.Context) error { guard.Close(); return nil })
	}
	limits, err := quota.Open(a.o.Limits, quota.Addresses, a.log, reg)
	if err != nil {
		return nil, err
	}
	if limits != nil {
		a.stack.Push("limits", func(context.Context) error { limits.Close(); return nil })
	}
	bounds := records.DefaultLimits()
	bounds.Rows, bounds.Cells = a.o.MaxRows, a.o.MaxCells
	accessLog, err := httpapi.ParseAccessLog(a.o.AccessLog)
	if err != nil {
		return nil, err
	}
	origins, err := httpapi.ParseOrigins(a.o.CORSOrigins)
	if err != nil {
		return nil, err
	}
	api, err := httpapi.New(httpapi.Options{
		Predict: conn, DefaultModel: a.o.DefaultModel, Guard: guard, Origins: origins, Log: a.log, AccessLog: accessLog, Registerer: reg,
		Stopping: a.stopping.Load, Ready: a.ready, Timeout: a.o.Timeout, Rows: bounds, Limits: limits, TrustedHops: a.o.TrustedHops,
		MaxBody: a.o.MaxBody, MaxInFlight: a.o.MaxInFlight, MaxBuffered: a.o.buffered(memory.Holds()), Tracer: tracer, NativeHistograms: telemetry.NativeGrowth(a.o.NativeHistograms),
	})
	if err != nil {
		return nil, err
	}
	listener, err := listen.Listen(ctx, "tcp", a.o.Address)
	if err != nil {
		return nil, err
	}
	server := serve.StartHTTP(listener, a.httpServer(api, protected))
	a.stack.Push("API server", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, a.o.StopTimeout)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			return fmt.Errorf("requests were still in flight after %v: %w", a.o.StopTimeout, err)
		}
		return nil
	})
	go report(failed, "API server", server)

	apiTLS, predictTLS := a.o.protections()
	a.log.Info("listening", "api", listener.Addr().String(), "api_tls", apiTLS, "admin", admin,
		"auth", a.o.Auth.Recognised(), "predict", a.o.Predict, "predict_tls", predictTLS, "version", build.Version, "commit", build.Commit,
		"processors", runtime.GOMAXPROCS(0), "memory_limit_bytes", memory.Holds())
	if a.o.Process == nil {
		a.readiness.Set(nil) // whether or not there is a predict: see the API's /health
		a.log.Info("ready", "after_ms", serve.Uptime().Milliseconds())
	}
	if a.o.Listening != nil {
		a.o.Listening(listener.Addr(), adminAddress)
	}
	return failed, nil
}

// httpServer sets what bounds a client: how long it may take to send a header
// and a body, to read the answer, and to say nothing. The read timeout comes
// after the request's own deadline, because it cancels the request without
// saying why.
func (a *app) httpServer(handler http.Handler, protected *tls.Config) *http.Server {
	return &http.Server{
		Handler:           handler,
		TLSConfig:         protected,
		HTTP2:             &perConnection,
		ReadHeaderTimeout: min(a.o.Timeout, 5*time.Second),
		ReadTimeout:       a.o.Timeout + 2*time.Second,
		WriteTimeout:      2*a.o.Timeout + 10*time.Second,
		IdleTimeout:       a.o.IdleTimeout,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug), // what clients do wrong
	}
}

// stop tells the world first, and gives it time to send its requests elsewhere.
func (a *app) stop(ctx context.Context, wait time.Duration) error {
	a.readiness.Stop()
	a.stopping.Store(true)
	time.Sleep(wait)
	return a.stack.Close(ctx)
}

func report(failed chan<- error, what string, server *serve.HTTP) {
	if err := <-server.Done(); err != nil {
		failed <- fmt.Errorf("%s: %w", what, err)
	}
}
