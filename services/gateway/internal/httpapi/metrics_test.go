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
			r.observe(answered{"m", int64(n + 1)}, 200, "", time.Millisecond, telemetry.Span{})
			r.observe(answered{"m", int64(n + 1)}, 503, "unavailable", time.Millisecond, telemetry.Span{})
		}
	}
	each := 1 + maxAnswered + 1 // none, those of their own, and the others
	if n := testutil.CollectAndCount(m.seconds); n != len(routes)*each {
		t.Errorf("%d histograms, want %d", n, len(routes)*each)
	}
	if n := testutil.CollectAndCount(m.requests); n != len(routes)*(2*each-1) {
		t.Errorf("%d counters, want %d", n, len(routes)*(2*each-1))
	}
	for code, failed := range map[string]string{"200": "", "503": "unavailable"} {
		if n := testutil.ToFloat64(m.requests.WithLabelValues("/b", code, failed, "other", "other")); n != 800 {
			t.Errorf("%v others with %s, want 800", n, code)
		}
		if n := testutil.ToFloat64(m.requests.WithLabelValues("/b", code, failed, "m", "200")); n != 1 {
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
	if n := testutil.ToFloat64(requests.WithLabelValues("/v1/models/{model}:predict", "500", "internal", "housing", "3")); n != 1 {
		t.Errorf("%v errors of housing 3, want 1", n)
	}
	if n := testutil.ToFloat64(requests.WithLabelValues("/v1/models/{model}:predict", "404", "not_found", "", "")); n != 1 {
		t.Errorf("%v unknown models without labels, want 1", n)
	}
}

// What a limit refuses, the address's or predict's, is told from what there is
// no room for: objectives count only that.
func TestRefusalsByLimitsAreTold(t *testing.T) {
	f := startFake(t)
	g := startGateway(t, f.address, limitedBy(t, "limits: [{name: a, requests: 2/d}]", 0))
	reasons := []string{"LIMIT_EXCEEDED", "SERVER_FULL"}
	f.onPredict(func(context.Context, *predictv1.PredictRequest) error {
		reason := reasons[0]
		reasons = reasons[1:]
		return failure(codes.ResourceExhausted, "no", reason, nil)
	})
	for range 4 { // the last two are the address's
		if a := g.do(t, "POST", "/predict", house); a.status != 429 {
			t.Errorf("%d, want 429", a.status)
		}
	}
	for code, want := range map[string]float64{"rate_limited": 3, "overloaded": 1} {
		if n := testutil.ToFloat64(g.api.metrics.requests.WithLabelValues("/predict", "429", code, "", "")); n != want {
			t.Errorf("%v requests are %s, want %v", n, code, want)
		}
	}
}
