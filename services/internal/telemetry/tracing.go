package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/treehouse-ml/treehouse/services/internal/buildinfo"
)

// TraceOptions say where spans go, and of which requests there are some.
type TraceOptions struct {
	// Endpoint is the collector's, for OTLP over gRPC: host:port or
	// http://host:port in plain text, https://host:port with TLS. Empty switches
	// tracing off.
	Endpoint string
	// Sample is the share of requests that are traced, 0 to 1, of those whose
	// caller did not decide about it; at most 10 a second, unless it is 1. A
	// traced request costs as much as two, which a busy server cannot give.
	Sample float64

	Build      buildinfo.Info
	Log        *slog.Logger
	Registerer prometheus.Registerer
}

// Validate checks endpoint and share.
func (o *TraceOptions) Validate() error {
	if _, _, err := parseEndpoint(o.Endpoint); o.Endpoint != "" && err != nil {
		return err
	}
	if !(o.Sample >= 0 && o.Sample <= 1) {
		return fmt.Errorf("trace-sample is %v; expected 0 to 1", o.Sample)
	}
	return nil
}

// parseEndpoint returns host:port, and whether it is spoken to in plain text.
func parseEndpoint(s string) (address string, plain bool, err error) {
	address, plain = s, true
	if u, err := url.Parse(s); err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") && (u.Path == "" || u.Path == "/") {
		address, plain = u.Host, u.Scheme == "http"
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" || port == "" {
		return "", false, fmt.Errorf("otlp-endpoint is %q; expected host:port, http://host:port or https://host:port", s)
	}
	return address, plain, nil
}

// A Tracer makes spans of requests and sends them to a collector. Whoever is
// not sampled costs next to nothing: the SDK sees only requests that are. A nil
// Tracer is one that is switched off.
type Tracer struct {
	tracer    trace.Tracer
	provider  *sdktrace.TracerProvider
	threshold uint64 // a request is sampled when a random number is below
	few       Sparse // and few were before it in the same second,
	all       bool   // unless all are wanted

	log   *slog.Logger
	queue *queue
}

// NewTracer returns a tracer, or nil where there is no endpoint. It does not
// wait for the collector, and never will a request: spans beyond those that may
// wait for it are dropped and counted.
func NewTracer(ctx context.Context, o TraceOptions) (*Tracer, error) {
	if o.Endpoint == "" {
		return nil, nil
	}
	if err := o.Validate(); err != nil {
		return nil, err
	}
	address, plain, err := parseEndpoint(o.Endpoint)
	if err != nil {
		return nil, err
	}
	options := []otlptracegrpc.Option{
		otlptracegrpc.WithEndpoint(address), otlptracegrpc.WithTimeout(5 * time.Second),
		otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{Enabled: true, InitialInterval: time.Second, MaxInterval: 2 * time.Second, MaxElapsedTime: 5 * time.Second}),
	}
	if plain {
		options = append(options, otlptracegrpc.WithInsecure())
	}
	exporter, err := otlptracegrpc.New(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("otlp-endpoint %q: %w", o.Endpoint, err)
	}
	spans := promauto.With(o.Registerer).NewCounterVec(prometheus.CounterOpts{
		Name: "treehouse_trace_spans_total",
		Help: "Spans of sampled requests: exported, failed (the collector did not take them), or dropped while too many waited for it.",
	}, []string{"result"})
	t := &Tracer{threshold: uint64(o.Sample * (1 << 63)), few: Sparse{Rate: maxSampled}, all: o.Sample == 1, log: o.Log, queue: &queue{
		exporter: exporter, log: o.Log, full: make(chan struct{}, 1), stop: make(chan struct{}), stopped: make(chan struct{}),
		exported: spans.WithLabelValues("exported"), failed: spans.WithLabelValues("failed"), dropped: spans.WithLabelValues("dropped"),
	}}
	go t.queue.run(context.WithoutCancel(ctx)) // until Shutdown
	t.provider = sdktrace.NewTracerProvider(
		sdktrace.WithSpanProcessor(t.queue),
		sdktrace.WithSampler(sdktrace.AlwaysSample()), // of those that get there
		sdktrace.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "treehouse-"+o.Build.Service), attribute.String("service.version", o.Build.Version))))
	t.tracer = t.provider.Tracer("github.com/treehouse-ml/treehouse")
	return t, nil
}

// Close sends what waits to be sent, for at most 3 seconds.
func (t *Tracer) Close(ctx context.Context) {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		t.log.Warn("spans may be lost: the collector did not take them in time", "error", err)
	}
}

// maxSampled is how many requests a second are sampled at most.
const maxSampled = 10

// sampled decides about a request that was drawn.
func (t *Tracer) sampled() bool {
	if t.all {
		return true
	}
	_, ok := t.few.Allow(time.Now())
	return ok
}

// drawn is true for the share of requests that are to be sampled.
func (t *Tracer) drawn() bool {
	return rand.Uint64()>>1 < t.threshold // #nosec G404 -- not a secret
}
