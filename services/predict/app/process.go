package app

import (
	"context"
	"net"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/treehouse-ml/treehouse/services/internal/serve"
	"github.com/treehouse-ml/treehouse/services/internal/telemetry"
)

// join makes the service a part of the process, or, where there is none, its
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

// listen opens the gRPC port. The listener that was handed in comes after it.
func (a *app) listen(ctx context.Context) ([]net.Listener, error) {
	var config net.ListenConfig
	port, err := config.Listen(ctx, "tcp", a.o.GRPCAddress)
	if err != nil {
		return nil, err
	}
	listeners := []net.Listener{port}
	if a.o.Listener != nil {
		listeners = append(listeners, inProcess{a.o.Listener})
	}
	for _, l := range listeners {
		a.stack.Push("gRPC listener", closing(l))
	}
	return listeners, nil
}

// startAdmin serves the admin port, which is the last to close.
func (a *app) startAdmin(ctx context.Context, failed chan<- error) (net.Addr, error) {
	admin := serve.Admin{Build: a.build, Metrics: a.gatherer, Ready: a.readiness.Err, Log: a.log, Level: a.level, Config: a.o.AdminConfig, Probes: a.o.ProbeAddress}
	return admin.Start(ctx, a.o.AdminAddress, &a.stack, failed)
}

// inProcess marks the connections of the listener that was handed in.
type inProcess struct{ net.Listener }

type inProcessConn struct{ net.Conn }

func (l inProcess) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return inProcessConn{conn}, nil
}

// onlyPort protects the port; what stays in the process needs no protection.
type onlyPort struct {
	credentials.TransportCredentials
}

func (c onlyPort) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	if _, ok := conn.(inProcessConn); ok {
		return insecure.NewCredentials().ServerHandshake(conn)
	}
	return c.TransportCredentials.ServerHandshake(conn)
}
