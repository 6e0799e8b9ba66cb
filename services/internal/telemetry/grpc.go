package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"go.opentelemetry.io/otel/attribute"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// GRPCServer observes the calls that a gRPC server handles: it gives each a
// request id, and a span where the server's tap asks Arrived; turns a panic into
// INTERNAL, counts and times it, and logs it.
type GRPCServer struct {
	tracer   *Tracer
	log      *slog.Logger
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight prometheus.Gauge
	warnings Sparse
}

// NewGRPCServer returns an observer that logs to log and has its metrics in
// reg. Methods that the server does not have are never counted, so that a
// caller cannot make up label values.
func NewGRPCServer(log *slog.Logger, reg prometheus.Registerer, tracer *Tracer) *GRPCServer {
	factory := promauto.With(reg)
	return &GRPCServer{
		log: log, tracer: tracer,
		requests: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "treehouse_grpc_requests_total",
			Help: "Calls that were answered, by method and status code.",
		}, []string{"method", "code"}),
		seconds: factory.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "treehouse_grpc_request_seconds",
			Help:    "How long the answers took.",
			Buckets: LatencyBuckets,
		}, []string{"method"}),
		inFlight: factory.NewGauge(prometheus.GaugeOpts{
			Name: "treehouse_grpc_in_flight",
			Help: "Calls that are being handled.",
		}),
	}
}

// Unary is the interceptor for unary calls; it comes first in the chain.
func (s *GRPCServer) Unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (resp any, err error) {
	start := time.Now()
	ctx, r := s.begin(ctx, info.FullMethod, start)
	defer s.observe(ctx, r, info.FullMethod, start, &err)
	return next(ctx, req)
}

// Stream is the interceptor for streams; it comes first in the chain.
func (s *GRPCServer) Stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) (err error) {
	start := time.Now()
	ctx, r := s.begin(stream.Context(), info.FullMethod, start)
	defer s.observe(ctx, r, info.FullMethod, start, &err)
	return next(srv, &serverStream{ServerStream: stream, ctx: ctx})
}

type originKey struct{}

// Arrived notes in a call's context that the call may be traced. It is for the
// server's tap, which has the header at hand: an interceptor learns that something
// is not in it only from a search through all of it, and most calls are in no
// trace. Calls of gRPC's own services have no span: those of health come every
// second, and those of reflection tell little.
func (s *GRPCServer) Arrived(ctx context.Context, method string, header metadata.MD) context.Context {
	if s.tracer == nil || strings.HasPrefix(method, "/grpc.") {
		return ctx
	}
	from := origin{traceparent: only(header[TraceparentHeader]), drawn: s.tracer.drawn()}
	switch {
	case from.traceparent != "":
		from.tracestate = only(header[tracestateHeader])
	case !from.drawn || strings.HasPrefix(only(header["user-agent"]), UserAgent):
		return ctx
	}
	return context.WithValue(ctx, originKey{}, from)
}

// begin gives a call its id and its span.
func (s *GRPCServer) begin(ctx context.Context, method string, start time.Time) (context.Context, *request) {
	s.inFlight.Inc()
	r := &request{id: incomingRequestID(ctx)}
	if from, ok := ctx.Value(originKey{}).(origin); ok {
		ctx, r.span = s.tracer.begin(ctx, from, method[1:], start)
	}
	return context.WithValue(ctx, requestKey{}, r), r
}

// incoming is the value of the metadata that the caller sent, if there is one.
func incoming(ctx context.Context, key string) string {
	return only(metadata.ValueFromIncomingContext(ctx, key))
}

// only is a header's value, if it is there once.
func only(values []string) string {
	if len(values) == 1 {
		return values[0]
	}
	return ""
}

type serverStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s *serverStream) Context() context.Context { return s.ctx }

// Refused counts a call of a method that the server has which was refused
// before it was read, and which no interceptor saw. It is not logged: a server
// refuses in this way when it has too much to do.
func (s *GRPCServer) Refused(method string, err error) {
	s.requests.WithLabelValues(method, status.Code(err).String()).Inc()
}

// observe is deferred by the interceptors, in whose frames it recovers.
func (s *GRPCServer) observe(ctx context.Context, r *request, method string, start time.Time, err *error) {
	if p := recover(); p != nil {
		s.log.LogAttrs(ctx, slog.LevelError, "panic in a gRPC handler", slog.String("method", method),
			slog.String("request_id", r.id), TraceAttr(r.traceID(ctx)), slog.String("panic", fmt.Sprint(p)), slog.String("stack", string(debug.Stack())))
		*err = status.Error(codes.Internal, "internal error")
	}
	s.inFlight.Dec()
	end := time.Now()
	took := end.Sub(start)
	code := status.Code(*err)
	s.requests.WithLabelValues(method, code.String()).Inc()
	s.seconds.WithLabelValues(method).Observe(took.Seconds())
	if r.span.Recording() {
		r.span.End(logLevel(code) > slog.LevelDebug, attribute.String("rpc.system", "grpc"), attribute.Int("rpc.grpc.status_code", int(code)),
			attribute.String("treehouse.request_id", r.id))
	}

	level := logLevel(code)
	if !s.log.Enabled(ctx, level) {
		return
	}
	var held slog.Attr
	if level == slog.LevelWarn { // what an overload makes many of
		var ok bool
		if held, ok = s.warnings.Allow(end); !ok {
			return
		}
	}
	attrs := []slog.Attr{slog.String("method", method), slog.String("code", code.String()),
		slog.Duration("took", took), slog.String("request_id", r.id), TraceAttr(r.traceID(ctx)), held}
	if level > slog.LevelDebug { // the message of a caller's mistake quotes values of the request
		attrs = append(attrs, slog.String("error", status.Convert(*err).Message()))
	}
	s.log.LogAttrs(ctx, level, "grpc", attrs...)
}

// logLevel keeps what callers do wrong out of the log, which they could
// otherwise flood, and what goes wrong here in it.
func logLevel(code codes.Code) slog.Level {
	switch code {
	case codes.Internal, codes.Unknown, codes.DataLoss:
		return slog.LevelError
	case codes.Unavailable, codes.ResourceExhausted, codes.DeadlineExceeded:
		return slog.LevelWarn
	}
	return slog.LevelDebug
}
