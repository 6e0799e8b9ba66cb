package httpapi

import (
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/gateway/internal/records"
	"github.com/treehouse-ml/treehouse/services/internal/access"
	"github.com/treehouse-ml/treehouse/services/internal/quota"
	"github.com/treehouse-ml/treehouse/services/internal/telemetry"
)

// Options are what a server needs. All but Stopping, Ready, Guard and Limits are required.
type Options struct {
	Predict      grpc.ClientConnInterface
	DefaultModel string // of /predict; empty for predict's default
	Log          *slog.Logger
	AccessLog    AccessLog
	Registerer   prometheus.Registerer
	Tracer       *telemetry.Tracer // nil: no tracing
	// NativeHistograms is how much wider a bucket of the native histograms may
	// be than the one before, such as 1.1; 0 has none beside the classic ones.
	NativeHistograms float64
	Stopping         func() bool  // nil: never
	Ready            func() error // of /health, besides Stopping; nil: always

	Guard  *access.Guard // nil: everybody may do what predict lets them
	Limits *quota.Limits // of addresses; nil: none
	// TrustedHops is how many proxies append to X-Forwarded-For.
	TrustedHops int
	Origins     []string // of other sites whose pages may call, as [ParseOrigins] reads them

	Timeout     time.Duration // of a request, its body included
	MaxBody     int           // bytes of a body, and of what it decompresses to
	MaxInFlight int           // requests for inference at a time
	MaxBuffered int64         // bytes of all bodies at a time, beyond small ones
	Rows        records.Limits
}

// A Server answers HTTP requests. It is safe for concurrent use.
type Server struct {
	o         Options
	typed     predictv1.PredictServiceClient
	inference inference.GRPCInferenceServiceClient
	transcode http.Handler
	root      node
	unmatched *route // stands for the route of a path that has none
	metrics   *metrics
	calls     sync.Pool
	inFlight  atomic.Int64     // requests for inference
	buffered  atomic.Int64     // bytes of bodies
	answers   telemetry.Sparse // lines about answers, of AccessLog.Rate
	expected  telemetry.Sparse // lines about errors that have an explanation
	documents documents
	origins   *origins
}

// New returns a server of every route.
func New(o Options) (*Server, error) {
	if o.Stopping == nil {
		o.Stopping = func() bool { return false }
	}
	if o.Ready == nil {
		o.Ready = func() error { return nil }
	}
	s := &Server{
		o:         o,
		typed:     predictv1.NewPredictServiceClient(o.Predict),
		inference: inference.NewGRPCInferenceServiceClient(o.Predict),
		metrics:   newMetrics(o.Registerer, o.NativeHistograms),
		answers:   telemetry.Sparse{Rate: o.AccessLog.Rate},
	}
	s.calls.New = func() any {
		c := new(call)
		c.callOptions[0] = grpc.Header(&c.header)
		return c
	}
	var err error
	if s.documents, err = newDocuments(); err != nil {
		return nil, err
	}
	if s.origins, err = newOrigins(o.Origins); err != nil {
		return nil, err
	}
	if s.transcode, err = newTranscoder(s.typed); err != nil {
		return nil, err
	}
	s.unmatched = &route{path: "unmatched", name: "unmatched", routeMetrics: s.metrics.route("unmatched")}
	for _, r := range s.routes() {
		r.routeMetrics, r.name = s.metrics.route(r.path), r.method+" "+r.path
		s.root.add(r)
	}
	return s, nil
}

// A handler answers a call, or returns why it cannot.
type handler func(*call) error

// A route is a method and a path of the API, the path written as in the
// OpenAPI document.
type route struct {
	method string
	path   string
	name   string // of its spans: method and path
	verb   string // of a path that ends in {name}:verb
	need   need
	handle handler
	costly bool // counts against MaxInFlight; the others always answer
	*routeMetrics
}

func get(path string, n need, h handler) *route {
	return &route{method: http.MethodGet, path: path, need: n, handle: h}
}

func post(path string, n need, h handler) *route {
	return &route{method: http.MethodPost, path: path, need: n, handle: h}
}

func infer(path string, h handler) *route {
	return &route{method: http.MethodPost, path: path, need: predicts, handle: h, costly: true}
}

func (s *Server) routes() []*route {
	return []*route{
		get("/", public, s.alive),
		get("/health", public, s.health),
		get("/openapi.json", public, s.openAPI),
		get("/docs", public, s.docs),
		infer("/predict", s.predict),

		get("/v1/models", lists, s.v1Models),
		get("/v1/models/{model}", reads, s.v1Model),
		infer("/v1/models/{model}:predict", s.v1Predict),
		post("/v1/models/{model}:explain", predicts, s.v1Explain),
		get("/v1/models/{model}/versions/{version}", reads, s.v1Model),
		infer("/v1/models/{model}/versions/{version}:predict", s.v1Predict),
		post("/v1/models/{model}/versions/{version}:explain", predicts, s.v1Explain),

		get("/v2", lists, s.v2Server),
		get("/v2/health/live", public, s.v2Live),
		get("/v2/health/ready", public, s.v2Ready),
		get("/v2/models/{model}", reads, s.v2Model),
		get("/v2/models/{model}/versions/{version}", reads, s.v2Model),
		get("/v2/models/{model}/ready", reads, s.v2ModelReady),
		get("/v2/models/{model}/versions/{version}/ready", reads, s.v2ModelReady),
		infer("/v2/models/{model}/infer", s.v2Infer),
		infer("/v2/models/{model}/versions/{version}/infer", s.v2Infer),
		post("/v2/repository/index", lists, s.v2Index),
		post("/v2/repository/models/{model}/load", loads, s.v2Load),
		post("/v2/repository/models/{model}/unload", loads, s.v2Unload),

		get("/api/v1/models", lists, s.transcoded),
		get("/api/v1/models/{name}", reads, s.transcoded),
		get("/api/v1/models/{name}/versions/{version}", reads, s.transcoded),
	}
}
