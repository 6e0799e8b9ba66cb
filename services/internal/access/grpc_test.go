package access_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/treehouse-ml/treehouse/services/internal/access"
	"github.com/treehouse-ml/treehouse/services/internal/accesstest"
	"github.com/treehouse-ml/treehouse/services/internal/policy"
)

const method = "/s/Predict"

// checked returns a function that runs one call of a caller with a key through
// the whole check of a gRPC server.
func checked(tb testing.TB) func() {
	tb.Helper()
	files := accesstest.New(tb, accesstest.OneRight, "predict")
	guard, err := access.Open(files.Options(), slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(guard.Close)
	g := guard.GRPC(map[string]access.Rule{method: {Action: policy.Predict, Model: func(any) string { return "housing" }}})
	header := metadata.MD{access.Authorization: {"Bearer " + files.Keys["predict"]}}
	incoming := metadata.NewIncomingContext(tb.Context(), header)
	info := &grpc.UnaryServerInfo{FullMethod: method}
	next := func(context.Context, any) (any, error) { return nil, nil }
	return func() {
		ctx, err := g.Early(incoming, method, header)
		if err == nil {
			_, err = g.Unary(ctx, nil, info, next)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// A call is looked at twice, but its key once: what is allocated is the context
// that carries the caller from the one to the other.
func TestAllocations(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector, with which -short is used, allocates, too")
	}
	if n := testing.AllocsPerRun(200, checked(t)); n > 1 {
		t.Errorf("a call with a key allocates %v times, want once", n)
	}
}

func BenchmarkKey(b *testing.B) {
	run := checked(b)
	b.ReportAllocs()
	for b.Loop() {
		run()
	}
}
