package upstream

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

// BenchmarkHedge is what a call that is answered at once pays for being one
// that need not be.
func BenchmarkHedge(b *testing.B) {
	h := newHedger(hedgeAfter, prometheus.NewRegistry())
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	req, resp := &predictv1.PredictRequest{}, &predictv1.PredictResponse{}
	invoke := func(context.Context, string, any, any, *grpc.ClientConn, ...grpc.CallOption) error { return nil }
	b.ReportAllocs()
	for b.Loop() {
		if err := h.call(ctx, predictv1.PredictService_Predict_FullMethodName, req, resp, nil, invoke); err != nil {
			b.Fatal(err)
		}
	}
}
