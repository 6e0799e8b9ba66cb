package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/treehouse-ml/treehouse/services/internal/buildinfo"
	"github.com/treehouse-ml/treehouse/services/internal/logtest"
	"github.com/treehouse-ml/treehouse/services/internal/otlptest"
)

func tracer(t *testing.T, endpoint string, sample float64) *Tracer {
	t.Helper()
	return loggingTracer(t, endpoint, sample, slog.DiscardHandler)
}

func loggingTracer(t *testing.T, endpoint string, sample float64, log slog.Handler) *Tracer {
	t.Helper()
	tracer, err := NewTracer(t.Context(), TraceOptions{Endpoint: endpoint, Sample: sample, Build: buildinfo.Info{Service: "test", Version: "1"},
		Log: slog.New(log), Registerer: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	return tracer
}

const (
	theTrace  = "4bf92f3577b34da6a3ce929d0e0e4736"
	theParent = "00f067aa0ba902b7"
)

// The caller decides about a trace, and where it does not, the share does.
func TestBegin(t *testing.T) {
	own := func(flags string) string { return "00-" + theTrace + "-" + theParent + "-" + flags }
	for _, tt := range []struct {
		name, header string
		off          bool
		sample       float64
		recorded     bool
		trace        string // "": none; "?": a new one
		passed       string // of the traceparent for calls: "" none, "same", "new-01"
	}{
		{"off", "", true, 1, false, "", ""},
		{"off, a caller's context", own("01"), true, 1, false, theTrace, "same"},
		{"off, nonsense", "00-x", true, 1, false, "", ""},
		{"sampled", "", false, 1, true, "?", "new-01"},
		{"not sampled", "", false, 0, false, "", ""},
		{"the caller samples", own("01"), false, 0, true, theTrace, "new-01"},
		{"the caller does not", own("00"), false, 1, false, theTrace, "same"},
		{"of a newer version", strings.Replace(own("01"), "00-", "cc-", 1) + "-more", false, 0, true, theTrace, "new-01"},
		{"nonsense", strings.Repeat("é", 27) + "x", false, 0, false, "", ""},
		{"no trace", "00-" + zeroID + "-" + theParent + "-01", false, 0, false, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var tracing *Tracer
			if !tt.off {
				tracing = tracer(t, "127.0.0.1:1", tt.sample)
			}
			header := http.Header{}
			if tt.header != "" {
				header.Set("traceparent", tt.header)
			}
			_, s := tracing.Begin(t.Context(), header, "GET /x", time.Now())
			passed := s.Traceparent()
			switch tt.passed {
			case "same":
				tt.passed = tt.header
			case "new-01":
				if len(passed) != 55 || passed == tt.header || !validTraceparent(passed) || passed[52:] != tt.passed[3:] || passed[3:35] != s.TraceID() {
					t.Errorf("calls carry %q", passed)
				}
				tt.passed = passed
			}
			if s.Recording() != tt.recorded || passed != tt.passed || s.TraceID() != tt.trace && (tt.trace != "?" || len(s.TraceID()) != 32) {
				t.Errorf("recorded: %v, trace %q, calls carry %q; want %v, %q, %q", s.Recording(), s.TraceID(), passed, tt.recorded, tt.trace, tt.passed)
			}
		})
	}
}

func TestSample(t *testing.T) {
	for _, share := range []float64{0, 0.01, 0.5, 1} {
		tracing, n := tracer(t, "127.0.0.1:1", share), 0
		const of = 100_000
		for range of {
			if tracing.drawn() {
				n++
			}
		}
		if got := float64(n) / of; got < share-.01 || got > share+.01 || (share == 1 || share == 0) && got != share {
			t.Errorf("%v of the requests are sampled, want %v", got, share)
		}
	}
}

func TestTraceOptions(t *testing.T) {
	for endpoint, want := range map[string]string{
		"collector:4317": "collector:4317 true", "http://collector:4317": "collector:4317 true", "https://c.example:443": "c.example:443 false", "[::1]:4317": "[::1]:4317 true",
	} {
		address, plain, err := parseEndpoint(endpoint)
		if got := fmt.Sprint(address, " ", plain); got != want || err != nil {
			t.Errorf("%s is %s, %v; want %s", endpoint, got, err, want)
		}
	}
	for _, o := range []TraceOptions{{Endpoint: "collector"}, {Endpoint: ":4317"}, {Endpoint: "ftp://collector:4317"}, {Endpoint: "http://collector:4317/v1/traces"},
		{Sample: -0.1}, {Sample: 1.1}} {
		if err := o.Validate(); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
	if off, err := NewTracer(t.Context(), TraceOptions{Sample: 1}); off != nil || err != nil {
		t.Errorf("without an endpoint: %v, %v", off, err)
	}
}

// What ended before the stop is at the collector after it.
func TestCloseFlushes(t *testing.T) {
	c := otlptest.Start(t)
	tracing := tracer(t, "http://"+c.Address, 1)
	for range 100 {
		_, s := tracing.Begin(t.Context(), nil, "GET /x", time.Now())
		s.Event("decoded")
		s.End(true)
	}
	tracing.Close(context.WithoutCancel(t.Context()))
	spans := c.Spans()
	if len(spans) != 100 || spans[0].Service != "treehouse-test" || spans[0].GetName() != "GET /x" || len(spans[0].GetEvents()) != 1 || spans[0].GetStatus().GetCode() != 2 {
		t.Errorf("%d spans, the first is %+v", len(spans), spans[0])
	}
	if n := testutil.ToFloat64(tracing.queue.exported); n != 100 {
		t.Errorf("counted %v spans", n)
	}
}

// A collector that takes nothing, or that is not there, holds up no request and
// takes no memory: what has no room is dropped and counted.
func TestNoCollector(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	for name, endpoint := range map[string]string{"silent": silent.Addr().String(), "refused": "127.0.0.1:1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			logged := &logtest.Buffer{}
			tracing := loggingTracer(t, endpoint, 1, slog.NewTextHandler(logged, nil))
			const spans = 20_000
			start := time.Now()
			for range spans {
				_, s := tracing.Begin(t.Context(), nil, "GET /x", time.Now())
				s.End(false)
			}
			took := time.Since(start)
			if took > 20*time.Second {
				t.Errorf("%d spans took %v", spans, took)
			}
			// The silent one holds up what it was sent, for 5 s.
			dropped := testutil.ToFloat64(tracing.queue.dropped)
			if dropped > spans-maxPending || name == "silent" && took < 4*time.Second && dropped < spans-2*maxPending {
				t.Errorf("%v of %d spans were dropped, want all but the %d that wait", dropped, spans, maxPending)
			}
			start = time.Now()
			tracing.Close(context.WithoutCancel(t.Context()))
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("the stop took %v", took)
			}
			if sum := dropped + testutil.ToFloat64(tracing.queue.failed); sum > spans || sum < spans-maxPending {
				t.Errorf("%v spans are accounted for, of %d", sum, spans)
			}
			if logged.String() == "" {
				t.Error("the log tells nothing")
			}
		})
	}
}

// However many requests come, few are sampled, but where all are wanted.
func TestFewAreSampled(t *testing.T) {
	for share, want := range map[float64][2]int{0.5: {maxSampled, 3 * maxSampled}, 1: {1000, 1000}} {
		tracing, n, began := tracer(t, "127.0.0.1:1", share), 0, time.Now()
		for range 1000 {
			if tracing.sampled() {
				n++
			}
		}
		if seconds := int(time.Since(began).Seconds()); n < want[0] || n > want[1]+seconds*maxSampled {
			t.Errorf("share %v: %d of 1000 requests are sampled in one second, want %d to %d", share, n, want[0], want[1])
		}
	}
}

func FuzzTraceparent(f *testing.F) {
	for _, s := range []string{"", "00-" + theTrace + "-" + theParent + "-01", "cc-" + theTrace + "-" + theParent + "-01-x"} {
		f.Add(s)
	}
	tracing, err := NewTracer(f.Context(), TraceOptions{Endpoint: "127.0.0.1:1", Log: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry()})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, parent string) {
		for _, tracing := range []*Tracer{nil, tracing} {
			_, s := tracing.Begin(t.Context(), http.Header{"Traceparent": {parent}}, "x", time.Now())
			if p := s.Traceparent(); p != "" && !validTraceparent(p) {
				t.Errorf("%q is passed on as %q", parent, p)
			}
		}
	})
}
