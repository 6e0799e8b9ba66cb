package telemetry

import (
	"context"
	"encoding/hex"
	"log/slog"
	"math/rand/v2"
)

// RequestIDHeader carries a request's id, as an HTTP header and as gRPC
// metadata.
const RequestIDHeader = "x-request-id"

type requestKey struct{}

// A request is what contexts carry of one.
type request struct {
	id   string
	span Span
}

// NewRequestID makes an id: 32 hexadecimal digits. It tells requests apart in
// logs and is no secret.
func NewRequestID() string {
	var b [16]byte
	for i := 0; i < len(b); i += 8 {
		v := rand.Uint64() // #nosec G404 -- not a secret
		for j := range 8 {
			b[i+j] = byte(v >> (8 * j))
		}
	}
	return hex.EncodeToString(b[:])
}

// ValidRequestID reports whether a caller's id can go into logs and headers:
// 1 to 128 visible ASCII characters.
func ValidRequestID(id string) bool {
	if id == "" || len(id) > 128 {
		return false
	}
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return false
		}
	}
	return true
}

// RequestID returns the context's id, or "" where it has none.
func RequestID(ctx context.Context) string {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r.id
	}
	return ""
}

// TraceID returns the id of the trace that the context's request is part of,
// or "" where it is part of none.
func TraceID(ctx context.Context) string {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r.traceID(ctx)
	}
	return ""
}

// traceID is also known without tracing, where the caller sent one: it is
// looked up when somebody asks, because not finding a header takes a while.
func (r *request) traceID(ctx context.Context) string {
	if r.span != (Span{}) {
		return r.span.TraceID()
	}
	if parent := incoming(ctx, TraceparentHeader); validTraceparent(parent) {
		return Span{parent: parent}.TraceID()
	}
	return ""
}

// TraceAttr is the id of the trace for a line of the log; without one it adds
// nothing.
func TraceAttr(id string) slog.Attr {
	if id == "" {
		return slog.Attr{}
	}
	return slog.String("trace_id", id)
}

// incomingRequestID returns the caller's id, or a new one where the caller
// sent none that is valid.
func incomingRequestID(ctx context.Context) string {
	if id := incoming(ctx, RequestIDHeader); ValidRequestID(id) {
		return id
	}
	return NewRequestID()
}
