package app

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/encoding/gzip" // clients may compress their requests,
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"

	"github.com/treehouse-ml/treehouse/services/internal/access"
	"github.com/treehouse-ml/treehouse/services/internal/policy"
	"github.com/treehouse-ml/treehouse/services/internal/telemetry"
	_ "github.com/treehouse-ml/treehouse/services/predict/internal/deflate" // in either way
	"github.com/treehouse-ml/treehouse/services/predict/internal/server"
)

// streamWorkers handle requests; what comes beyond has goroutines of its own.
const streamWorkers = 32

// grpcServer makes the server with its services, health and reflection. Health
// follows readiness, as a whole and for each service. A nil guard lets everybody
// in.
func (a *app) grpcServer(protected credentials.TransportCredentials, observer *telemetry.GRPCServer, guard *access.Guard, predict *server.Server) (*grpc.Server, error) {
	age := keepalive.ServerParameters{
		Time:    time.Minute, // an idle connection is probed, so that a dead one is found
		Timeout: 20 * time.Second,
	}
	if a.o.MaxConnectionAge > 0 {
		// Connections end now and then, so that clients find new servers.
		// gRPC spreads the ends by a tenth.
		age.MaxConnectionAge = a.o.MaxConnectionAge
		age.MaxConnectionAgeGrace = a.o.StopTimeout
	}
	unary := []grpc.UnaryServerInterceptor{observer.Unary}
	stream := []grpc.StreamServerInterceptor{observer.Stream}
	var checked *access.GRPC
	if guard != nil {
		checked = guard.GRPC(rules(predict))
		unary, stream = append(unary, checked.Unary), append(stream, checked.Stream)
	}
	g := grpc.NewServer(
		grpc.Creds(protected),
		// A new goroutine's stack has to grow on the way of a request, which takes
		// a tenth of its time; those of workers have.
		grpc.NumStreamWorkers(streamWorkers),
		grpc.ChainUnaryInterceptor(unary...),
		grpc.ChainStreamInterceptor(append(stream, a.endStreams)...),
		grpc.KeepaliveParams(age),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
		grpc.InTapHandle(func(ctx context.Context, info *tap.Info) (context.Context, error) {
			err := predict.Check(ctx, info.FullMethodName, showsCredential(ctx, info.Header))
			if err == nil && checked != nil {
				ctx, err = checked.Early(ctx, info.FullMethodName, info.Header)
			}
			if err != nil {
				observer.Refused(info.FullMethodName, err)
				return ctx, err
			}
			return a.bounded(observer.Arrived(ctx, info.FullMethodName, info.Header), info.FullMethodName), nil
		}),
		grpc.MaxConcurrentStreams(uint32(a.o.MaxConcurrentStreams)),
		grpc.MaxRecvMsgSize(a.o.MaxMessageBytes),
		// Room for whatever the gateway passes on, and for no more: the library
		// would take 16 MB.
		grpc.MaxHeaderListSize(64<<10),
		// Wide windows, so that what comes in reaches admission at once. In the
		// usual 64 KiB a connection's requests wait for each other in the
		// client, unseen, and each is refused or answered only when it is late.
		grpc.StaticStreamWindowSize(1<<20),
		grpc.StaticConnWindowSize(16<<20),
		// A connection that says nothing would hold up the stop for as long.
		grpc.ConnectionTimeout(min(5*time.Second, max(time.Second, a.o.StopTimeout/2))),
	)
	predict.Register(g)
	reflection.Register(g)

	h := health.NewServer()
	grpc_health_v1.RegisterHealthServer(g, h)
	a.readiness.Watch(func(err error) {
		state := grpc_health_v1.HealthCheckResponse_SERVING
		if err != nil {
			state = grpc_health_v1.HealthCheckResponse_NOT_SERVING
		}
		h.SetServingStatus("", state)
		for _, service := range server.Services() {
			h.SetServingStatus(service, state)
		}
	})
	if checked != nil {
		if err := checked.Check(g.GetServiceInfo()); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// unhurried are the methods of health and reflection that are streams.
var unhurried = map[string]bool{
	grpc_health_v1.Health_Watch_FullMethodName:                              true,
	grpc_reflection_v1.ServerReflection_ServerReflectionInfo_FullMethodName: true,
	"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo":        true,
}

// bounded gives a call without a deadline the server's, so that nobody takes for
// ever to send a message, or to take an answer.
func (a *app) bounded(ctx context.Context, method string) context.Context {
	if _, has := ctx.Deadline(); has || a.o.Timeout == 0 || unhurried[method] || server.Unhurried(method) {
		return ctx
	}
	bounded, cancel := context.WithTimeout(ctx, a.o.Timeout) // #nosec G118 -- as below
	_ = cancel                                               // ctx ends with the call, and ends what was made of it
	return bounded
}

// rules are those of all methods. Probes are for everybody; reflection is for
// who may read what some model is.
func rules(predict *server.Server) map[string]access.Rule {
	all := predict.Rules()
	for _, method := range []string{grpc_health_v1.Health_Check_FullMethodName, grpc_health_v1.Health_List_FullMethodName, grpc_health_v1.Health_Watch_FullMethodName} {
		all[method] = access.Rule{Public: true}
	}
	for _, method := range []string{grpc_reflection_v1.ServerReflection_ServerReflectionInfo_FullMethodName, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"} {
		all[method] = access.Rule{Action: policy.Metadata}
	}
	return all
}

// may is nil where everybody may do everything.
func may(guard *access.Guard) func(context.Context, policy.Action, string) bool {
	if guard == nil {
		return nil
	}
	return guard.May
}

// endStreams ends the streams of health and reflection at the stop: clients
// keep them open for as long as they can, and the stop would wait for them.
// The streams of the models end by themselves, between two requests.
func (a *app) endStreams(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	if !strings.HasPrefix(info.FullMethod, "/grpc.") {
		return next(srv, stream)
	}
	done := make(chan error, 1)
	go func() { done <- next(srv, stream) }() // ends with the stream, which ends with this function
	select {
	case err := <-done:
		return err
	case <-a.stopping:
		return status.Error(codes.Unavailable, "the server is stopping")
	}
}
