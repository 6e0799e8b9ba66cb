package server

import (
	"context"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/internal/principal"
	"github.com/treehouse-ml/treehouse/services/internal/quota"
)

// charge takes a request out of its caller's limits. One that will be refused
// for its form is charged, too: it has been sent and read.
func (s *Server) charge(ctx context.Context, seen *observation, rows int) (err error) {
	if s.o.Limits == nil {
		return nil
	}
	seen.limit, err = s.o.Limits.Charge(ctx, quota.Subject{Caller: principal.FromContext(ctx), Model: seen.version.Name}, 1, max(rows, 1))
	return err
}

// rowsAsked is how many rows a request says that it has. It is held to that
// when it is read.
func rowsAsked(req *predictv1.PredictRequest) int {
	switch rows := req.GetRows().(type) {
	case *predictv1.PredictRequest_Table:
		return int(rows.Table.GetRows())
	case *predictv1.PredictRequest_Matrix:
		return int(rows.Matrix.GetRows())
	}
	return 0
}

// tensorRowsAsked is the same of the protocol's requests, whose tensors all have
// as many rows as the first.
func tensorRowsAsked(req *inference.ModelInferRequest) int {
	if inputs := req.GetInputs(); len(inputs) > 0 && len(inputs[0].GetShape()) > 0 {
		return int(min(inputs[0].GetShape()[0], 1<<30))
	}
	return 0
}

// tellLimit tells a caller what is left of the limits, answered or refused.
func tellLimit(ctx context.Context, state quota.State) {
	if state.Policy == "" {
		return
	}
	md := make(metadata.MD, 4)
	state.Headers(func(name, value string) { md[name] = []string{value} })
	_ = grpc.SetHeader(ctx, md) // fails where nobody listens any more
}

// overLimit is the status of a request over a limit. One that can never pass is
// no reason to come back.
func overLimit(e *quota.ExceededError, meta map[string]string) error {
	meta[metadataLimit] = e.Limit
	violation := &errdetails.QuotaFailure{Violations: []*errdetails.QuotaFailure_Violation{{Subject: "limit:" + e.Limit, Description: e.Error()}}}
	if e.Never {
		return failure(codes.InvalidArgument, reasonAboveLimit, e, meta, violation)
	}
	return failure(codes.ResourceExhausted, reasonLimit, e, meta, violation, &errdetails.RetryInfo{RetryDelay: durationpb.New(e.Retry)})
}
