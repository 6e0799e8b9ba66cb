package server

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/internal/quota"
)

// limit has a server's callers limited.
func limit(t testing.TB, f *fixture, file string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "limits.yaml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	limits, err := quota.Open(quota.Options{File: path}, quota.Callers, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(limits.Close)
	f.o.Limits = limits
}

// nothing is a request of the protocol of so many rows, without their values.
func nothing(rows int64) *inference.ModelInferRequest {
	return &inference.ModelInferRequest{ModelName: "housing", Inputs: []*inference.ModelInferRequest_InferInputTensor{
		{Name: "longitude", Datatype: "FP64", Shape: []int64{rows}}}}
}

// Every method that predicts is charged, each in rows, before it is given room;
// the answer tells what is left, and a refusal when to come back.
func TestLimits(t *testing.T) {
	f := startHousing(t)
	w := &watcher{}
	f.o.Observers = []Observer{w}
	limit(t, f, "limits: [{name: shop, rows: 10/d}]")
	var header metadata.MD
	left := func(want string) {
		t.Helper()
		if got := header["ratelimit-remaining"]; len(got) != 1 || got[0] != want || header["ratelimit-limit"][0] != "10" || header["ratelimit-policy"][0] != `10;w=86400;unit=rows;name="shop"` {
			t.Errorf("metadata %v, want %s left", header, want)
		}
	}
	if _, err := f.typed.Predict(t.Context(), table(2, houses("NEAR BAY", "INLAND")...), grpc.Header(&header)); err != nil {
		t.Fatal(err)
	}
	left("8")
	if _, err := f.oip.ModelInfer(t.Context(), nothing(3), grpc.Header(&header)); status.Code(err) != codes.InvalidArgument {
		t.Fatal(err)
	}
	left("5") // it was sent, and read
	shown := len(w.shown)
	f.o.Gate = closedGate{errors.New("no room")} // which the next do not come to
	_, err := f.typed.Predict(t.Context(), matrix(7, 1), grpc.Header(&header))
	overTheLimit(t, err, "shop")
	left("5")
	f.o.Gate = openGate{}

	stream, err := f.oip.ModelStreamInfer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // after the header was sent, too
		if err := stream.Send(nothing(6)); err != nil {
			t.Fatal(err)
		}
		resp, err := stream.Recv()
		if err != nil || !strings.HasPrefix(resp.GetErrorMessage(), "the limit shop of 10 rows a day is used up; retry in ") {
			t.Errorf("on a stream: %v %v", resp, err)
		}
	}
	if len(w.shown) != shown {
		t.Errorf("%d refusals were shown as predictions", len(w.shown)-shown)
	}
}

// overTheLimit checks the details by which a client knows what to do.
func overTheLimit(t *testing.T, err error, name string) {
	t.Helper()
	st := status.Convert(err)
	info := errorInfo(st)
	if st.Code() != codes.ResourceExhausted || info.GetReason() != "LIMIT_EXCEEDED" || info.GetMetadata()["limit"] != name || info.GetMetadata()["model"] != "housing" {
		t.Errorf("%v, %v", st, info)
	}
	violated, retry := false, false
	for _, detail := range st.Details() {
		switch d := detail.(type) {
		case *errdetails.QuotaFailure:
			violated = d.GetViolations()[0].GetSubject() == "limit:"+name && d.GetViolations()[0].GetDescription() == st.Message()
		case *errdetails.RetryInfo:
			retry = d.GetRetryDelay().AsDuration() > time.Minute
		}
	}
	if !violated || !retry {
		t.Errorf("details %v", st.Details())
	}
}

// A request that no full bucket could let through is told so, and not to come
// back.
func TestAboveLimit(t *testing.T) {
	f := startHousing(t)
	limit(t, f, "limits: [{name: shop, rows: 10/d}]")
	for name, ask := range map[string]func() error{
		"typed": func() error { _, err := f.typed.Predict(t.Context(), matrix(11, 1)); return err },
		"oip":   func() error { _, err := f.oip.ModelInfer(t.Context(), nothing(1<<40)); return err },
	} {
		st := status.Convert(ask())
		if st.Code() != codes.InvalidArgument || errorInfo(st).GetReason() != "ABOVE_LIMIT" || !strings.Contains(st.Message(), "the limit shop never lets through more than 10 at once") {
			t.Errorf("%s: %v", name, st)
		}
		for _, detail := range st.Details() {
			if d, ok := detail.(*errdetails.RetryInfo); ok {
				t.Errorf("%s: %v", name, d)
			}
		}
	}
}

// Whatever a request says of its rows, it is at least one.
func TestRowsAsked(t *testing.T) {
	f := startHousing(t)
	limit(t, f, "limits: [{name: shop, rows: 1/d}]")
	if _, err := f.oip.ModelInfer(t.Context(), nothing(-5)); status.Code(err) != codes.InvalidArgument {
		t.Error(err)
	}
	_, err := f.typed.Predict(t.Context(), &predictv1.PredictRequest{})
	overTheLimit(t, err, "shop")
}

// BenchmarkHandle is the way of a request of one row, without gRPC.
func BenchmarkHandle(b *testing.B) {
	for name, file := range map[string]string{"no limits": "", "limits": "limits: [{name: a, requests: 1000000000/s, rows: 1000000000/s}]"} {
		b.Run(name, func(b *testing.B) {
			f := startHousing(b)
			if file != "" {
				limit(b, f, file)
			}
			req := table(1, houses("INLAND")...)
			ctx := context.Background()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := (typed{Server: f.Server}).Predict(ctx, req); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
