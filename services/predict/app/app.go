// Package app is the predict service: it wires catalog, admission and server
// together, serves until its context ends, and stops without losing a request.
// It knows neither flags nor signals, so that tests run it like main does.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	"github.com/treehouse-ml/treehouse/services/internal/access"
	"github.com/treehouse-ml/treehouse/services/internal/buildinfo"
	"github.com/treehouse-ml/treehouse/services/internal/memory"
	"github.com/treehouse-ml/treehouse/services/internal/quota"
	"github.com/treehouse-ml/treehouse/services/internal/serve"
	"github.com/treehouse-ml/treehouse/services/internal/telemetry"
	"github.com/treehouse-ml/treehouse/services/predict/internal/admission"
	"github.com/treehouse-ml/treehouse/services/predict/internal/cache"
	"github.com/treehouse-ml/treehouse/services/predict/internal/catalog"
	"github.com/treehouse-ml/treehouse/services/predict/internal/drift"
	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/predict/internal/server"
)

// Run serves until ctx ends, which is no error, or until a listener fails. In
// both cases it stops in order: not ready, the drain wait, the streams and
// requests in flight, the catalog, the admin server.
func Run(ctx context.Context, o Options) error {
	if err := o.Validate(); err != nil {
		return err
	}
	a := &app{o: o, build: buildinfo.Get("predict"), stopping: make(chan struct{})}
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
	stack     serve.Stack
	stopping  chan struct{}
	stopBy    time.Time // when requests in flight are cut
}

// start is one straight line on purpose. What it acquires it pushes on the
// stack at once; the channel yields when a server fails.
func (a *app) start(ctx context.Context) (<-chan error, error) {
	build, reg := a.build, a.metrics
	listeners, err := a.listen(ctx)
	if err != nil {
		return nil, err
	}
	failed := make(chan error, 2+len(listeners)) // admin and probes, too
	admin, adminAddress := "none", net.Addr(nil)
	if a.gatherer != nil {
		if adminAddress, err = a.startAdmin(ctx, failed); err != nil {
			return nil, err
		}
		admin = adminAddress.String()
	}

	tracer, err := telemetry.NewTracer(ctx, a.o.tracing(a.build, a.log, reg))
	if err != nil {
		return nil, err
	}
	a.stack.Push("traces", func(ctx context.Context) error { tracer.Close(ctx); return nil })
	repository, closeRepository, err := a.o.repository()
	if err != nil {
		return nil, err
	}
	a.stack.Push("repository", func(context.Context) error { return closeRepository() })
	answers := a.responseCache(reg)
	models := a.catalog(reg, repository, answers)
	catalogContext, stopCatalog := context.WithCancel(context.WithoutCancel(ctx))
	catalogDone := make(chan struct{})
	go func() {
		defer close(catalogDone)
		models.Run(catalogContext)
	}()
	a.stack.Push("catalog", func(context.Context) error {
		stopCatalog()
		<-catalogDone
		return nil
	})

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
	limits, err := quota.Open(a.o.Limits, quota.Callers, a.log, reg)
	if err != nil {
		return nil, err
	}
	if limits != nil {
		a.stack.Push("limits", func(context.Context) error { limits.Close(); return nil })
	}
	observers, err := a.startPayloadLog(reg)
	if err != nil {
		return nil, err
	}
	gate, err := a.gate(reg)
	if err != nil {
		return nil, err
	}
	native := telemetry.NativeGrowth(a.o.NativeHistograms)
	options := server.Options{
		May: may(guard), Catalog: models, Gate: gate,
		Caller: whoCalls, Limits: limits, Ready: a.readiness.Err, RequestID: telemetry.RequestID, TraceID: telemetry.TraceID, MaxRows: a.o.MaxRows, Timeout: a.o.Timeout,
		Version: build.Version, Log: a.log, Observers: append(observers, a.observers(models)...), Registerer: reg, NativeHistograms: native,
	}
	if answers != nil {
		options.Cache = answers
	}
	predict := server.New(options)
	protected, err := a.credentials(reg)
	if err != nil {
		return nil, err
	}
	g, err := a.grpcServer(onlyPort{protected}, telemetry.NewGRPCServer(a.log, reg, tracer), guard, predict)
	if err != nil {
		return nil, err
	}
	a.stack.Push("gRPC server", func(context.Context) error { return a.stopGRPC(g, predict) })
	for _, listener := range listeners {
		go func() {
			if err := g.Serve(listener); err != nil {
				failed <- fmt.Errorf("gRPC server: %w", err)
			}
		}()
	}

	tellReady := sync.OnceFunc(func() { a.log.Info("ready", "after_ms", serve.Uptime().Milliseconds()) })
	a.readiness.Watch(func(err error) {
		if err == nil {
			tellReady()
		}
	})
	a.log.Info("listening", "grpc", listeners[0].Addr().String(), "tls", a.protection(), "auth", a.o.Auth.Recognised(), "admin", admin,
		"repository", a.o.location(), "version", build.Version, "commit", build.Commit,
		"processors", runtime.GOMAXPROCS(0), "memory_limit_bytes", memory.Holds())
	if a.o.Listening != nil {
		a.o.Listening(listeners[0].Addr(), adminAddress)
	}
	return failed, nil
}

// responseCache is nil where no model's answers are kept.
func (a *app) responseCache(reg prometheus.Registerer) *cache.Cache {
	limits, _ := cache.ParseLimits(a.o.ResponseCache) // validated
	if len(limits) == 0 {
		return nil
	}
	return cache.New(limits, reg)
}

func (a *app) catalog(reg prometheus.Registerer, repository catalog.Repository, answers *cache.Cache) *catalog.Catalog {
	var served func([]*model.Version)
	if answers != nil {
		served = answers.Serve
	}
	return catalog.New(catalog.Options{
		Repository: repository, Desired: a.o.Desired, DefaultModel: a.o.DefaultModel,
		OnDemand: a.o.Load == "on-demand", Control: a.o.ModelControl == "explicit",
		RequireCertificate: a.o.RequireCertificate, MaxBytes: a.o.MaxModelBytes, Rescan: a.o.rescan(),
		Reader: catalog.ScoringReader(a.o.MaxModelBytes, a.o.AllowUntested),
		Notify: a.readiness.Set, Served: served, Log: a.log, Registerer: reg,
	})
}

func (a *app) gate(reg prometheus.Registerer) (*admission.Gate, error) {
	network, err := admission.Listen()
	if err != nil {
		return nil, err
	}
	a.stack.Push("network", func(context.Context) error { return network.Close() })
	return admission.New(admission.Options{InFlight: a.o.InFlight, Queue: a.o.Queue, Wait: a.o.QueueWait, Network: network}, reg), nil
}

// observers are those who see every prediction.
func (a *app) observers(models *catalog.Catalog) (all []server.Observer) {
	if a.o.Drift != "off" {
		features, _ := drift.ParseSelection(a.o.DriftFeatures) // validated
		all = append(all, drift.New(drift.Options{Catalog: models, Features: features, Log: a.log, Registerer: a.metrics}))
	}
	return all
}

// stop tells the world first, and gives it time to send its requests elsewhere.
func (a *app) stop(ctx context.Context, wait time.Duration) error {
	a.readiness.Stop()
	time.Sleep(wait)
	a.stopBy = time.Now().Add(a.o.StopTimeout)
	return a.stack.Close(ctx)
}

// stopGRPC waits for the requests in flight, as long as it may.
func (a *app) stopGRPC(g *grpc.Server, predict *server.Server) error {
	close(a.stopping)
	predict.Stop()
	done := make(chan struct{})
	go func() {
		g.GracefulStop()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-time.After(a.o.StopTimeout):
	}
	go g.Stop() // ends GracefulStop, too, once the requests have noticed
	select {
	case <-done:
	case <-time.After(time.Second):
	}
	return fmt.Errorf("requests were still in flight after %v", a.o.StopTimeout)
}

// closing closes a listener that no server has closed.
func closing(ln net.Listener) func(context.Context) error {
	return func(context.Context) error {
		_ = ln.Close() // closed already when all went well
		return nil
	}
}
