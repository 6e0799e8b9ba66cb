package app

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/predict/internal/payload"
	"github.com/treehouse-ml/treehouse/services/predict/internal/payloadfile"
)

// What is asked and answered is in the log after the stop, under the ids of the
// answers, with the trace's.
func TestPayloadLog(t *testing.T) {
	dir := t.TempDir()
	s := start(t, func(o *Options) { o.PayloadLog, o.PayloadModels, o.Instance = dir, "housing", "pod-a" })
	s.ready()
	client := predictv1.NewPredictServiceClient(s.conn)
	ctx := metadata.AppendToOutgoingContext(t.Context(), "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "x-request-id", "req-1")
	resp, err := client.Predict(ctx, houses(3))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Predict(t.Context(), &predictv1.PredictRequest{}); err == nil {
		t.Error("a request without rows is answered")
	}
	var want, got []string
	for i, v := range resp.GetValues() {
		want = append(want, fmt.Sprintf("%s/%d %v req-1 4bf92f3577b34da6a3ce929d0e0e4736", resp.GetPredictionId(), i, v))
	}
	if err := s.stop(); err != nil {
		t.Fatalf("the stop: %v", err)
	}
	failures := 0
	err = payload.Read(t.Context(), payload.Directory(dir), "", func(shape *payloadfile.Shape, r *payloadfile.Row) error {
		if r.Error != "" {
			failures++
			return nil
		}
		if ocean := r.Features[slices.IndexFunc(shape.Features, func(f payloadfile.Feature) bool { return f.Name == "ocean_proximity" })]; ocean.Text != "NEAR BAY" || r.Version != resp.GetVersion() {
			t.Errorf("row %+v", r)
		}
		got = append(got, fmt.Sprintf("%s/%d %v %s %s", r.ID, r.Row, r.Outputs[0], r.RequestID, r.TraceID))
		return nil
	})
	if err != nil || !slices.Equal(got, want) || failures != 1 {
		t.Errorf("logged, and %d failures, %v:\n%s\nwant\n%s", failures, err, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A log that cannot be written holds up neither requests nor the stop, which
// says what was lost.
func TestPayloadLogThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	file := dir + "/taken"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, func(o *Options) { o.PayloadLog, o.PayloadModels, o.Instance = file, "housing", "pod-a" })
	s.ready()
	for range 100 {
		if _, err := predictv1.NewPredictServiceClient(s.conn).Predict(t.Context(), house()); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	if err := s.stop(); err == nil || !strings.Contains(err.Error(), "payload log") {
		t.Errorf("Run = %v, want it to tell of the log", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the stop took %v", took)
	}
	if log := s.log.String(); !strings.Contains(log, "a part of the payload log is lost") || !strings.Contains(log, "not a directory") {
		t.Errorf("the log does not tell why:\n%s", log)
	}
}

func TestTraceID(t *testing.T) {
	for header, want := range map[string]string{
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01": "4bf92f3577b34da6a3ce929d0e0e4736",
		"": "", "00-4bf9-00f0-01": "", "00-4BF92F3577B34DA6A3CE929D0E0E473G-00f067aa0ba902b7-01": "", "4bf92f3577b34da6a3ce929d0e0e4736": "",
	} {
		if got := traceID(metadata.NewIncomingContext(t.Context(), metadata.Pairs("traceparent", header))); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
	if got := traceID(context.Background()); got != "" {
		t.Errorf("without a trace: %q", got)
	}
}
