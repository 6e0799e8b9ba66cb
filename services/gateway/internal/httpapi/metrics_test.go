package httpapi

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/grpc/codes"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/internal/telemetry"
)

// A gateway that sees versions come and go for years keeps as many series.
func TestVersionsAreBounded(t *testing.T) {
	m := newMetrics(prometheus.NewRegistry(), 0)
	routes := []*routeMetrics{m.route("/a"), m.route("/b")}
	for n := range 1000 {
		for _, r := range routes {
			r.observe(answered{"m", int64(n + 1)}, 200, time.Millisecond, telemetry.Span{})
			r.observe(answered{"m", int64(n + 1)}, 503, time.Millisecond, telemetry.Span{})
		}
	}
	each := 1 + maxAnswered + 1 // none, those of their own, and the others
	if n := testutil.CollectAndCount(m.seconds); n != len(routes)*each {
		t.Errorf("%d histograms, want %d", n, len(routes)*each)
	}
	if n := testutil.CollectAndCount(m.requests); n != len(routes)*(2*each-1) {
		t.Errorf("%d counters, want %d", n, len(routes)*(2*each-1))
	}
	for _, code := range []string{"200", "503"} {
		if n := testutil.ToFloat64(m.requests.WithLabelValues("/b", code, "other", "other")); n != 800 {
			t.Errorf("%v others with %s, want 800", n, code)
		}
		if n := testutil.ToFloat64(m.requests.WithLabelValues("/b", code, "m", "200")); n != 1 {
			t.Errorf("%v of the version 200 with %s, want 1", n, code)
		}
	}
}

// An error counts for the version that predict says it is of, whatever the
// client asked for.
func TestErrorsCountForTheirVersion(t *testing.T) {
	f := startFake(t)
	g := startGateway(t, f.address)
	f.onPredict(func(_ context.Context, r *predictv1.PredictRequest) error {
		if r.GetModel() == "nonsense" {
			return failure(codes.NotFound, "not found", "MODEL_NOT_FOUND", nil)
		}
		return failure(codes.Internal, "internal error", "INTERNAL", map[string]string{"model": "housing", "version": "3"})
	})
	g.do(t, "POST", "/v1/models/housing:predict", `{"instances":[{"x":1}]}`)
	g.do(t, "POST", "/v1/models/nonsense:predict", `{"instances":[{"x":1}]}`)
	requests := g.api.metrics.requests
	if n := testutil.ToFloat64(requests.WithLabelValues("/v1/models/{model}:predict", "500", "housing", "3")); n != 1 {
		t.Errorf("%v errors of housing 3, want 1", n)
	}
	if n := testutil.ToFloat64(requests.WithLabelValues("/v1/models/{model}:predict", "404", "", "")); n != 1 {
		t.Errorf("%v unknown models without labels, want 1", n)
	}
}
