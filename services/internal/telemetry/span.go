package telemetry

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// The headers of W3C's trace context, as gRPC metadata has them.
const (
	TraceparentHeader = "traceparent"
	tracestateHeader  = "tracestate"
)

// A Span is a request's part in a trace. The zero value is in none. It is
// recorded, by the SDK, only where the request is sampled.
type Span struct {
	recorded trace.Span // nil where the request is not sampled
	parent   string     // else the traceparent that came; a valid one, or empty
}

// Recording reports whether anybody will see the span, so that it is worth
// telling it something.
func (s Span) Recording() bool { return s.recorded != nil }

// TraceID is the id of the trace, of which the caller may know more than we
// do; "" without one.
func (s Span) TraceID() string {
	if s.recorded != nil {
		return s.recorded.SpanContext().TraceID().String()
	}
	if s.parent == "" {
		return ""
	}
	return s.parent[3:35]
}

// Traceparent is the header for calls that belong to the span; "" without one.
func (s Span) Traceparent() string {
	if s.recorded != nil {
		c := s.recorded.SpanContext()
		return "00-" + c.TraceID().String() + "-" + c.SpanID().String() + "-01"
	}
	return s.parent
}

// Event notes a moment.
func (s Span) Event(name string) {
	if s.recorded != nil {
		s.recorded.AddEvent(name)
	}
}

// End is to be called once. attributes must hold no value of the request.
func (s Span) End(failed bool, attributes ...attribute.KeyValue) {
	if s.recorded == nil {
		return
	}
	s.recorded.SetAttributes(attributes...)
	if failed {
		s.recorded.SetStatus(codes.Error, "")
	}
	s.recorded.End()
}

// Begin begins the span of an HTTP request. A context that the request carries
// decides whether it is sampled, also while the tracer is off: then the context
// is passed on as it is.
func (t *Tracer) Begin(ctx context.Context, header http.Header, name string, start time.Time) (context.Context, Span) {
	parent := ""
	if values := header["Traceparent"]; len(values) == 1 {
		parent = values[0]
	}
	from := origin{traceparent: parent, drawn: t != nil && t.drawn()}
	if parent != "" {
		from.tracestate = header.Get(tracestateHeader)
	}
	return t.begin(ctx, from, name, start)
}

// An origin is what there is to know of a request's trace before it begins.
type origin struct {
	traceparent, tracestate string // as the caller sent them
	drawn                   bool   // it is to be traced where the caller does not say
}

// begin makes a span where the caller, or else chance, says so.
func (t *Tracer) begin(ctx context.Context, from origin, name string, start time.Time) (context.Context, Span) {
	parent := from.traceparent
	switch valid := parent != "" && validTraceparent(parent); {
	case valid && (t == nil || parent[53:] == "00"):
		return ctx, Span{parent: parent}
	case t == nil:
		return ctx, Span{}
	case parent != "": // a version to come may look otherwise
		remote := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), traceContext{parent, from.tracestate}))
		switch {
		case remote.IsSampled():
			return t.record(trace.ContextWithRemoteSpanContext(ctx, remote), name, start)
		case valid:
			return ctx, Span{parent: parent}
		}
	}
	if !from.drawn || !t.sampled() {
		return ctx, Span{}
	}
	return t.record(ctx, name, start)
}

func (t *Tracer) record(ctx context.Context, name string, start time.Time) (context.Context, Span) {
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(start))
	return ctx, Span{recorded: span}
}

// Client is the interceptor of calls that belong to a sampled request: each is
// a span, and tells its context to the server.
func (t *Tracer) Client(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return invoke(ctx, method, req, reply, cc, opts...)
	}
	ctx, span := t.tracer.Start(ctx, method[1:], trace.WithSpanKind(trace.SpanKindClient))
	md, _ := metadata.FromOutgoingContext(ctx)
	md = md.Copy()
	propagation.TraceContext{}.Inject(ctx, carrier(md))
	err := invoke(metadata.NewOutgoingContext(ctx, md), method, req, reply, cc, opts...)
	Span{recorded: span}.End(err != nil, attribute.String("rpc.system", "grpc"), attribute.Int("rpc.grpc.status_code", int(status.Code(err))))
	return err
}

// carrier lets a propagator write metadata.
type carrier metadata.MD

func (c carrier) Get(string) string     { return "" }
func (c carrier) Keys() []string        { return nil }
func (c carrier) Set(key, value string) { c[key] = []string{value} }

// traceContext lets a propagator read the two headers.
type traceContext struct{ parent, state string }

func (c traceContext) Get(key string) string {
	switch key {
	case TraceparentHeader:
		return c.parent
	case tracestateHeader:
		return c.state
	}
	return ""
}
func (traceContext) Keys() []string     { return nil }
func (traceContext) Set(string, string) {}

// UserAgent begins the user agent of gRPC clients that decide about the traces of
// all their calls: one of theirs without a traceparent is in no trace, and the
// server begins none. A header that says so would cost each call more than
// everything else here.
const UserAgent = "treehouse-gateway-tracing"

const zeroID = "00000000000000000000000000000000"

// validTraceparent reports whether s is a traceparent of version 00, which may
// go into logs and metadata.
func validTraceparent(s string) bool {
	return len(s) == 55 && s[:3] == "00-" && s[35] == '-' && s[52] == '-' &&
		isHex(s[3:35]) && isHex(s[36:52]) && isHex(s[53:]) && s[3:35] != zeroID && s[36:52] != zeroID[:16]
}

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
