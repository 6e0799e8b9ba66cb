package httpapi

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/internal/accesstest"
	"github.com/treehouse-ml/treehouse/services/internal/otlptest"
	"github.com/treehouse-ml/treehouse/services/internal/telemetry"
)

// BenchmarkPredict is one record over one kept connection, through the gateway
// to a predict that does nothing, all in this process.
func BenchmarkPredict(b *testing.B) {
	g := startGateway(b, startFake(b).address)
	conn, err := net.Dial("tcp", g.Listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	request := fmt.Appendf(nil, "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(house), house)
	answer := bufio.NewReader(conn)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Write(request); err != nil {
			b.Fatal(err)
		}
		resp, err := http.ReadResponse(answer, nil)
		if err != nil || resp.StatusCode != http.StatusOK {
			b.Fatal(resp, err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			b.Fatal(err)
		}
	}
}

// noPredict answers without a network.
type noPredict struct {
	grpc.ClientConnInterface
	answer *predictv1.PredictResponse
}

func (n noPredict) Invoke(_ context.Context, _ string, _, reply any, _ ...grpc.CallOption) error {
	r := reply.(*predictv1.PredictResponse)
	r.Model, r.Version, r.Rows, r.Outputs, r.Values = n.answer.Model, n.answer.Version, n.answer.Rows, n.answer.Outputs, n.answer.Values
	return nil
}

// recorder is a ResponseWriter that allocates next to nothing.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }

// handle returns a function that runs one request through the chain, without
// any network: what the gateway's own code costs.
func handle(tb testing.TB, body string, rows int, change ...func(*Options)) func() {
	return handleOf(tb, nil, body, rows, change...)
}

// handleOf is handle for a caller who shows an authorization.
func handleOf(tb testing.TB, authorization []string, body string, rows int, change ...func(*Options)) func() {
	values := make([]float64, rows)
	for i := range values {
		values[i] = 206855.81690999999
	}
	g := startGateway(tb, "127.0.0.1:1", append(change, func(o *Options) {
		o.Predict = noPredict{answer: &predictv1.PredictResponse{Model: "housing", Version: 3, Rows: uint32(rows), Outputs: 1, Values: values}}
	})...)
	w := &recorder{header: http.Header{}}
	text := strings.NewReader(body)
	r, err := http.NewRequest(http.MethodPost, "/predict", nil)
	if err != nil {
		tb.Fatal(err)
	}
	r.ContentLength = int64(len(body))
	r.Header.Set("Content-Type", "application/json")
	if authorization != nil {
		r.Header["Authorization"] = authorization
	}
	r.Body = io.NopCloser(text)
	return func() {
		text.Reset(body)
		clear(w.header)
		w.body.Reset()
		g.api.ServeHTTP(w, r)
		if w.status != 200 {
			tb.Fatal(w.status, w.body.String())
		}
	}
}

func BenchmarkHandleRecord(b *testing.B) {
	run := handle(b, house, 1)
	b.ReportAllocs()
	for b.Loop() {
		run()
	}
}

func BenchmarkHandleThousandRecords(b *testing.B) {
	run := handle(b, "["+strings.Repeat(house+",", 999)+house+"]", 1000)
	b.ReportAllocs()
	for b.Loop() {
		run()
	}
}

// The gateway's own share of a request is a handful of allocations: the
// context's deadline and metadata, and the headers of the answer.
func TestAllocations(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector, with which -short is used, allocates, too")
	}
	run := handle(t, house, 1)
	run()
	if n := testing.AllocsPerRun(200, run); n > 20 {
		t.Errorf("a request allocates %v times, want at most 20", n)
	}
}

// withKey is handle for a caller who is asked for a key, and has one.
func withKey(tb testing.TB) func() {
	files := accesstest.New(tb, accesstest.OneRight, "predict")
	guard := guardOf(tb, files, slog.New(slog.DiscardHandler))
	return handleOf(tb, []string{"Bearer " + files.Keys["predict"]}, house, 1, func(o *Options) { o.Guard, o.DefaultModel = guard, "housing" })
}

// Whoever has a key is let in without an allocation more.
func TestAccessAllocatesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector, with which -short is used, allocates, too")
	}
	open, guarded := handle(t, house, 1), withKey(t)
	open()
	guarded()
	without, with := testing.AllocsPerRun(200, open), testing.AllocsPerRun(200, guarded)
	if with > without {
		t.Errorf("a request allocates %v times with a key, and %v times without", with, without)
	}
}

// BenchmarkHandleKey is BenchmarkHandleRecord with a key.
func BenchmarkHandleKey(b *testing.B) {
	run := withKey(b)
	b.ReportAllocs()
	for b.Loop() {
		run()
	}
}

// BenchmarkObserved is BenchmarkHandleRecord with what there is to observe it.
func BenchmarkObserved(b *testing.B) {
	for _, bench := range []struct {
		name   string
		change func(*testing.B, *Options)
	}{
		{"nothing", func(*testing.B, *Options) {}},
		{"access log", func(_ *testing.B, o *Options) { o.AccessLog = AccessLog{Rate: 100, Errors: true} }},
		{"native histograms", func(_ *testing.B, o *Options) { o.NativeHistograms = telemetry.NativeGrowth(true) }},
		{"traces of none", func(b *testing.B, o *Options) { o.Tracer = tracer(b, o, 0) }},
		{"traces of a hundredth", func(b *testing.B, o *Options) { o.Tracer = tracer(b, o, 0.01) }},
		{"traces of all", func(b *testing.B, o *Options) { o.Tracer = tracer(b, o, 1) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			run := handle(b, house, 1, func(o *Options) { bench.change(b, o) })
			b.ReportAllocs()
			for b.Loop() {
				run()
			}
		})
	}
}

func tracer(b *testing.B, o *Options, sample float64) *telemetry.Tracer {
	b.Helper()
	t, err := telemetry.NewTracer(b.Context(), telemetry.TraceOptions{Endpoint: otlptest.Start(b).Address, Sample: sample, Log: o.Log, Registerer: o.Registerer})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { t.Close(context.Background()) })
	return t
}
