package app

import (
	"context"
	"net"

	"google.golang.org/grpc"

	"github.com/treehouse-ml/treehouse/services/gateway/internal/discovery"
	"github.com/treehouse-ml/treehouse/services/gateway/internal/upstream"
	"github.com/treehouse-ml/treehouse/services/internal/serve"
	"github.com/treehouse-ml/treehouse/services/internal/telemetry"
	"github.com/treehouse-ml/treehouse/services/internal/tlsfile"
)

// join makes the gateway a part of the process, or, where there is none, its
// own: with its own log, metrics, readiness and admin server.
func (a *app) join(process *serve.Process) error {
	if process == nil {
		log, level, err := telemetry.NewLogger(a.o.LogOutput, a.o.LogLevel, a.o.LogFormat)
		if err != nil {
			return err
		}
		registry := telemetry.NewRegistry(a.build)
		a.gatherer, a.level = registry, level
		process = &serve.Process{Log: log, Metrics: registry, Readiness: &serve.Readiness{}}
	}
	a.log, a.metrics, a.readiness = process.Log, process.Metrics, process.Readiness
	return nil
}

// startAdmin serves the admin port, which is the last to close.
func (a *app) startAdmin(ctx context.Context, failed chan<- error) (net.Addr, error) {
	admin := serve.Admin{Build: a.build, Metrics: a.gatherer, Ready: a.readiness.Err, Log: a.log, Level: a.level, Config: a.o.AdminConfig}
	return admin.Start(ctx, a.o.AdminAddress, &a.stack, failed)
}

func (a *app) connect(o discovery.Options, client *tlsfile.Client, tracer *telemetry.Tracer) (*grpc.ClientConn, error) {
	options := []grpc.DialOption{upstream.Secure(client)}
	if tracer != nil {
		options = append(options, grpc.WithChainUnaryInterceptor(tracer.Client), grpc.WithUserAgent(telemetry.UserAgent))
	}
	if a.o.Dial != nil {
		return upstream.ConnectBy(a.o.Dial, options[1:]...)
	}
	return upstream.Connect(a.o.Predict, o, options...)
}

// ready is what /health asks. A gateway by itself is ready while it runs; in a
// process with predict it is ready when that is.
func (a *app) ready() error {
	if a.o.Process == nil {
		return nil
	}
	return a.readiness.Err()
}
