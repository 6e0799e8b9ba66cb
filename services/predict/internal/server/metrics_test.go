package server

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
)

// histogram finds one by labels; nil is none.
func histogram(t *testing.T, v *prometheus.HistogramVec, labels ...string) *dto.Histogram {
	t.Helper()
	var m dto.Metric
	if err := v.WithLabelValues(labels...).(prometheus.Metric).Write(&m); err != nil {
		t.Fatal(err)
	}
	return m.GetHistogram()
}

// Every stage of a prediction is timed, and together they are the prediction.
func TestStages(t *testing.T) {
	f := start(t, version("housing", 3, open(t, housing+"/3/model.joblib")))
	if _, err := f.typed.Predict(t.Context(), table(1, houses("NEAR BAY")...)); err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for s := range stages {
		h := histogram(t, f.metrics.stages, "housing", "3", s.String())
		if h.GetSampleCount() != 1 || s != queue && h.GetSampleSum() <= 0 {
			t.Errorf("stage %v: %d times, %v s", s, h.GetSampleCount(), h.GetSampleSum())
		}
		sum += h.GetSampleSum()
	}
	whole := histogram(t, f.metrics.seconds, "housing", "3").GetSampleSum()
	if diff := whole - sum; diff < -1e-9 || diff > 1e-9 {
		t.Errorf("the stages took %v s, the prediction %v s", sum, whole)
	}
}

// A prediction that is late counts as late, by its version.
func TestDeadlineExceeded(t *testing.T) {
	m := newMetrics(prometheus.NewRegistry(), 0)
	v := version("housing", 3, open(t, housing+"/3/model.joblib"))
	late, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	<-late.Done()
	for _, tt := range []struct {
		ctx context.Context
		err error
		v   *model.Version
	}{
		{t.Context(), nil, v},
		{t.Context(), status.Error(codes.DeadlineExceeded, "the server's own"), v},
		{late, nil, v},
		{late, status.Error(codes.ResourceExhausted, "full"), v},
		{late, status.Error(codes.NotFound, "unknown"), nil},
	} {
		m.observe(tt.ctx, &observation{version: tt.v}, trace.SpanContext{}, tt.err)
	}
	for labels, want := range map[[2]string]float64{{"housing", "3"}: 3, {"", ""}: 1} {
		var got dto.Metric
		if err := m.late.WithLabelValues(labels[0], labels[1]).Write(&got); err != nil || got.GetCounter().GetValue() != want {
			t.Errorf("late with the labels %v: %v, want %v (%v)", labels, got.GetCounter().GetValue(), want, err)
		}
	}
}

// Native histograms come with the switch, beside the classic buckets.
func TestNativeHistograms(t *testing.T) {
	for _, growth := range []float64{0, 1.1} {
		m := newMetrics(prometheus.NewRegistry(), growth)
		m.observe(t.Context(), &observation{version: version("m", 1, open(t, housing+"/1/model.joblib"))}, trace.SpanContext{}, nil)
		h := histogram(t, m.seconds, "m", "1")
		if native := h.Schema != nil; native != (growth > 0) || len(h.GetBucket()) == 0 {
			t.Errorf("growth %v: native %v, %d classic buckets", growth, native, len(h.GetBucket()))
		}
	}
}

// An error of a version names it, so that the gateway can count it there.
func TestErrorsNameTheVersion(t *testing.T) {
	f := start(t, version("housing", 3, open(t, housing+"/3/model.joblib")))
	_, err := f.typed.Predict(t.Context(), table(1))
	meta := errorInfo(status.Convert(err)).GetMetadata()
	if meta["model"] != "housing" || meta["version"] != strconv.Itoa(3) {
		t.Errorf("the error's metadata is %v", meta)
	}
}
