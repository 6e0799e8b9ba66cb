// Package server answers predict's two gRPC APIs: the typed
// treehouse.predict.v1 and the Open Inference Protocol. It checks requests
// against the model's signature, has the model compute, and turns every error
// into one of the documented statuses. Protobuf messages go no further.
package server

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/internal/policy"
	"github.com/treehouse-ml/treehouse/services/internal/quota"
	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// Options are what a server works with.
type Options struct {
	Catalog Catalog
	Gate    Gate
	// Ready is nil when the service wants traffic.
	Ready func() error
	// RequestID finds the id of a request, for logs and internal errors.
	RequestID func(context.Context) string
	// TraceID finds the id of its trace, "" without one.
	TraceID func(context.Context) string
	// Caller names who calls, so that callers share the server fairly; "" is
	// nobody in particular.
	Caller func(context.Context) string
	// Limits bound what callers ask for; nil limits nobody.
	Limits *quota.Limits
	// MaxRows is the most rows of a request.
	MaxRows int
	// Timeout bounds a prediction whose caller gave no deadline; 0 does not.
	Timeout time.Duration
	Version string // of this build
	Log     *slog.Logger
	// May tells whether the context's caller may do something with a model; nil
	// where everybody may do everything.
	May func(ctx context.Context, a policy.Action, model string) bool
	// Cache, if not nil, is asked for predictions in the models' place.
	Cache Cache
	// Observers see every prediction, in this order.
	Observers []Observer

	Registerer prometheus.Registerer
	// NativeHistograms is how much wider a bucket of the native histograms may
	// be than the one before, such as 1.1; 0 has none beside the classic ones.
	NativeHistograms float64
}

// A Catalog has the models. Its errors are those of package model, and those
// of contexts.
type Catalog interface {
	Lookup(ctx context.Context, name string, version int64) (*model.Version, error)
	Models() []model.Summary
	DefaultModel() string
	Load(ctx context.Context, name string) error
	Unload(ctx context.Context, name string) error
}

// A Cache answers as the version's model does, of what it answered before or by
// having the model compute.
type Cache interface {
	Predict(ctx context.Context, v *model.Version, b *scoring.Batch, want scoring.Method, out *scoring.Result) error
}

// A Gate bounds the work at once. An error with a method RetryAfter means that
// there is no room.
type Gate interface {
	// Acquire returns a place that Release gives back.
	Acquire(ctx context.Context, caller string) (place int, err error)
	// Check returns the error with which Acquire would refuse, or nil, at once.
	Check(ctx context.Context, caller string, known bool) error
	// Yield is told, between parts of a long work, how long the last took, of all
	// processors together; it returns when the next may begin, or with the context.
	Yield(ctx context.Context, place int, took time.Duration)
	// Helpers is how many other processors may help the work now.
	Helpers(place int) int
	// Release is told what of the time since the work began Yield was told. It is
	// less than 0 where other processors took longer than that.
	Release(place int, began time.Time, charged time.Duration)
}

// A Server implements both services.
type Server struct {
	o       Options
	errors  errorTable
	metrics *metrics
	work    sync.Pool // of *work
	// stopping ends idle streams.
	stopping chan struct{}
	stop     func()
}

// New returns a server.
func New(o Options) *Server {
	s := &Server{
		o:        o,
		errors:   errorTable{log: o.Log, requestID: o.RequestID, traceID: o.TraceID, discreet: o.May != nil},
		metrics:  newMetrics(o.Registerer, o.NativeHistograms),
		work:     sync.Pool{New: func() any { return &work{result: scoring.Result{Timed: true}} }},
		stopping: make(chan struct{}),
	}
	s.stop = sync.OnceFunc(func() { close(s.stopping) })
	return s
}

// Register adds both services to a gRPC server.
func (s *Server) Register(g grpc.ServiceRegistrar) {
	predictv1.RegisterPredictServiceServer(g, typed{Server: s})
	inference.RegisterGRPCInferenceServiceServer(g, oip{Server: s})
}

// Services are the full names of the services.
func Services() []string {
	return []string{predictv1.PredictService_ServiceDesc.ServiceName, inference.GRPCInferenceService_ServiceDesc.ServiceName}
}

// Unhurried reports whether a call of a method may last: a stream, whose
// messages may be far apart, or a model that is loaded.
func Unhurried(method string) bool {
	switch method {
	case inference.GRPCInferenceService_ModelStreamInfer_FullMethodName,
		inference.GRPCInferenceService_RepositoryModelLoad_FullMethodName, inference.GRPCInferenceService_RepositoryModelUnload_FullMethodName:
		return true
	}
	return false
}

// Stop ends the streams that wait for a next request; a request at work is
// answered first.
func (s *Server) Stop() { s.stop() }

// Check refuses a prediction, with a status, when there is no room for it: a
// caller that asks before it reads a request saves itself the work. Nobody has
// looked at credentials yet: a caller who shows none is nobody in particular, and
// others may be anybody. Any other method may always go on.
func (s *Server) Check(ctx context.Context, method string, shows bool) error {
	if method != predictv1.PredictService_Predict_FullMethodName && method != inference.GRPCInferenceService_ModelInfer_FullMethodName {
		return nil
	}
	return s.errors.status(ctx, s.o.Gate.Check(ctx, "", !shows))
}

// finish turns the error of a prediction into a status, and observes both.
func (s *Server) finish(ctx context.Context, o *observation, err error) error {
	o.ends(encode)
	err = s.errors.of(ctx, o.version, err)
	span := trace.SpanFromContext(ctx)
	s.metrics.observe(ctx, o, span.SpanContext(), err)
	if span.IsRecording() {
		o.describe(span, err)
	}
	if s.o.Log.Enabled(ctx, slog.LevelDebug) {
		s.o.Log.LogAttrs(ctx, slog.LevelDebug, "prediction", o.attrs(err, s.o.RequestID(ctx), s.o.TraceID(ctx))...)
	}
	return err
}

// borrow takes scratch memory from the pool.
func (s *Server) borrow() *work { return s.work.Get().(*work) }

// giveBack returns it, unless one huge request made it huge.
func (s *Server) giveBack(w *work) {
	if w.reset() {
		s.work.Put(w)
	}
}
