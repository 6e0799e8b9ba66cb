package upstream

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// again calls once more when a connection broke in the middle of an answer.
// gRPC's own retries end where an answer begins, because a call may have
// effects then; a prediction has none.
func again(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	var begun metadata.MD
	err := invoke(ctx, method, req, reply, cc, append(opts, grpc.Header(&begun))...)
	if len(begun) == 0 || status.Code(err) != codes.Unavailable || ctx.Err() != nil {
		return err
	}
	return invoke(ctx, method, req, reply, cc, opts...)
}
