package telemetry

import (
	"context"
	"encoding/hex"
	"math/rand/v2"

	"google.golang.org/grpc/metadata"
)

// RequestIDHeader carries a request's id, as an HTTP header and as gRPC
// metadata.
const RequestIDHeader = "x-request-id"

type requestIDKey struct{}

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

// WithRequestID returns a context that carries the id.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID returns the context's id, or "" where it has none.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// incomingRequestID returns the caller's id, or a new one where the caller
// sent none that is valid.
func incomingRequestID(ctx context.Context) string {
	if ids := metadata.ValueFromIncomingContext(ctx, RequestIDHeader); len(ids) == 1 && ValidRequestID(ids[0]) {
		return ids[0]
	}
	return NewRequestID()
}
