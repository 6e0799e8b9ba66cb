package upstream

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// A call is made again only if its answer had begun and then broke.
func TestAgain(t *testing.T) {
	gone := status.Error(codes.Unavailable, "error reading from server: EOF")
	for _, c := range []struct {
		name  string
		begun bool
		first error
		calls int
		err   error
	}{
		{"an answer", true, nil, 1, nil},
		{"broken in the middle", true, gone, 2, nil},
		{"unavailable from the start", false, gone, 1, gone},
		{"another error", true, status.Error(codes.Internal, "no"), 1, status.Error(codes.Internal, "no")},
	} {
		t.Run(c.name, func(t *testing.T) {
			calls := 0
			invoke := func(_ context.Context, _ string, _, _ any, _ *grpc.ClientConn, opts ...grpc.CallOption) error {
				calls++
				if calls > 1 {
					return nil
				}
				for _, o := range opts {
					if header, ok := o.(grpc.HeaderCallOption); ok && c.begun {
						*header.HeaderAddr = metadata.Pairs("content-type", "application/grpc")
					}
				}
				return c.first
			}
			err := again(t.Context(), "/m", nil, nil, nil, invoke)
			if calls != c.calls || !errors.Is(err, c.err) {
				t.Errorf("%d calls and %v, want %d and %v", calls, err, c.calls, c.err)
			}
		})
	}
}
