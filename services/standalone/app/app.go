// Package app is gateway and predict in one process: they share the log, the
// metrics, the readiness and the admin port, and speak gRPC over a connection
// in memory. Nothing of the two is written again here. It knows neither flags
// nor signals, so that tests run it like main does.
package app

import (
	"context"
	"fmt"
	"log/slog"
	"net"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/test/bufconn"

	gateway "github.com/treehouse-ml/treehouse/services/gateway/app"
	"github.com/treehouse-ml/treehouse/services/internal/buildinfo"
	"github.com/treehouse-ml/treehouse/services/internal/serve"
	"github.com/treehouse-ml/treehouse/services/internal/telemetry"
	predict "github.com/treehouse-ml/treehouse/services/predict/app"
)

// buffered is how many bytes a connection in memory holds in each direction.
const buffered = 256 << 10

// Run serves until ctx ends, which is no error, or until a service fails. In
// both cases it stops in order: not ready, the drain wait, the HTTP requests
// in flight, the gRPC requests in flight, the admin server.
func Run(ctx context.Context, o Options) error {
	if err := o.Validate(); err != nil {
		return err
	}
	log, level, err := telemetry.NewLogger(o.LogOutput, o.LogLevel, o.LogFormat)
	if err != nil {
		return err
	}
	build := buildinfo.Get("treehouse")
	a := &app{
		o: o, build: build, log: log, level: level, metrics: telemetry.NewRegistry(build),
		readiness: &serve.Readiness{}, failed: make(chan error, 3),
	}
	if err = a.start(ctx); err == nil {
		select {
		case <-ctx.Done():
			log.Info("stopping")
		case err = <-a.failed:
			log.Error("stopping", "error", err)
		}
	}
	a.readiness.Stop() // of both, at once
	// The stop has its own time: ctx is over.
	stopErr := a.stack.Close(context.WithoutCancel(ctx))
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
	level     *slog.LevelVar
	metrics   *prometheus.Registry
	readiness *serve.Readiness
	stack     serve.Stack
	failed    chan error // yields when a part fails by itself
}

// start is one straight line on purpose. What it acquires it pushes on the
// stack at once.
func (a *app) start(ctx context.Context) error {
	admin, err := serve.Admin{Build: a.build, Metrics: a.metrics, Ready: a.readiness.Err, Log: a.log, Level: a.level, Config: a.o.AdminConfig}.Start(ctx, a.o.AdminAddress, &a.stack, a.failed)
	if err != nil {
		return err
	}
	memory := bufconn.Listen(buffered)
	g, p := a.o.services()

	p.Process, p.Listener = a.share("predict"), memory
	grpcAddress, err := a.startService("predict", func(ctx context.Context, listening func(net.Addr)) error {
		p.Listening = func(grpc, _ net.Addr) { listening(grpc) }
		return predict.Run(ctx, p)
	})
	if err != nil {
		return err
	}
	g.Process, g.Dial = a.share("gateway"), memory.DialContext
	api, err := a.startService("gateway", func(ctx context.Context, listening func(net.Addr)) error {
		g.Listening = func(api, _ net.Addr) { listening(api) }
		return gateway.Run(ctx, g)
	})
	if err != nil {
		return err
	}
	addresses := Addresses{API: api, GRPC: grpcAddress, Admin: admin}
	if err := a.greet(memory.DialContext, addresses); err != nil {
		return err
	}
	if a.o.Listening != nil {
		a.o.Listening(addresses)
	}
	return nil
}

// share is the process as a service sees it. Its log and its metrics say of
// which service they are.
func (a *app) share(service string) *serve.Process {
	return &serve.Process{
		Log:       a.log.With("service", service),
		Metrics:   prometheus.WrapRegistererWith(prometheus.Labels{"service": service}, a.metrics),
		Readiness: a.readiness,
	}
}

// startService runs a service until the stack is closed, and returns when it
// listens or has failed.
func (a *app) startService(name string, run func(context.Context, func(net.Addr)) error) (net.Addr, error) {
	ctx, stop := context.WithCancel(context.Background()) // it ends in its turn, not when the caller's does
	listening := make(chan net.Addr, 1)
	stopped := make(chan error, 1)
	go func() {
		err := run(ctx, func(address net.Addr) { listening <- address })
		if err != nil && ctx.Err() == nil {
			a.failed <- fmt.Errorf("%s: %w", name, err)
			err = nil // told once
		}
		stopped <- err
	}()
	a.stack.Push(name, func(context.Context) error {
		stop()
		return <-stopped
	})
	select {
	case address := <-listening:
		return address, nil
	case err := <-a.failed:
		return nil, err
	}
}
