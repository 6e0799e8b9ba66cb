package httpapi

import (
	"maps"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/treehouse-ml/treehouse/services/internal/telemetry"
)

// maxAnswered is how many versions have labels of their own. Those that come
// after are "other": a gateway outlives versions, and does not know which are
// gone.
const maxAnswered = 200

// metrics are labelled by the routes' templates, by statuses, by the codes of
// errors, and by the versions that predict says answered, never by what a client
// sent, so that there are few of them whatever comes.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight *prometheus.GaugeVec
	rows     prometheus.Counter

	mu       sync.Mutex
	versions map[answered]bool // that have labels of their own
}

// answered is which version a request was answered by, or refused by; the zero
// value is none.
type answered struct {
	model   string
	version int64
}

// answeredBy reads a version that is text.
func answeredBy(model, version string) answered {
	n, err := strconv.ParseInt(version, 10, 64)
	if err != nil {
		return answered{}
	}
	return answered{model, n}
}

// routeMetrics are those of one route.
type routeMetrics struct {
	path     string
	all      *metrics
	inFlight prometheus.Gauge
	// versions is replaced, not changed, so that a request takes no lock.
	versions atomic.Pointer[map[answered]*versionMetrics]
}

// versionMetrics are those of a version on one route, found once: looking them
// up by their labels takes as long as adding to them ten times.
type versionMetrics struct {
	model, version string // the labels
	ok             prometheus.Counter
	seconds        prometheus.Observer
}

func newMetrics(reg prometheus.Registerer, native float64) *metrics {
	factory := promauto.With(reg)
	return &metrics{
		requests: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "treehouse_gateway_requests_total",
			Help: "Requests that were answered, by route, HTTP status, the error's code in the answer, and the version that predict names in its answer.",
		}, []string{"route", "code", "error", "model", "version"}),
		seconds: factory.NewHistogramVec(prometheus.HistogramOpts{
			Name:                        "treehouse_gateway_request_seconds",
			Help:                        "How long the answers took, from the end of the request's header.",
			Buckets:                     telemetry.LatencyBuckets,
			NativeHistogramBucketFactor: native, NativeHistogramMaxBucketNumber: 160, NativeHistogramMinResetDuration: time.Hour,
		}, []string{"route", "model", "version"}),
		inFlight: factory.NewGaugeVec(prometheus.GaugeOpts{
			Name: "treehouse_gateway_in_flight",
			Help: "Requests that are being answered.",
		}, []string{"route"}),
		rows: factory.NewCounter(prometheus.CounterOpts{
			Name: "treehouse_gateway_rows_total",
			Help: "Rows of /predict and /v1 that were predicted.",
		}),
		versions: map[answered]bool{},
	}
}

func (m *metrics) route(path string) *routeMetrics {
	r := &routeMetrics{path: path, all: m, inFlight: m.inFlight.WithLabelValues(path)}
	r.versions.Store(&map[answered]*versionMetrics{{}: m.version(path, "", "")})
	return r
}

func (m *metrics) version(path, model, version string) *versionMetrics {
	return &versionMetrics{model, version,
		m.requests.WithLabelValues(path, "200", "", model, version), m.seconds.WithLabelValues(path, model, version)}
}

// observe notes an answer, and the code of its error. A request that was never
// answered has status 0.
func (r *routeMetrics) observe(by answered, status int, code string, took time.Duration, span telemetry.Span) {
	v := (*r.versions.Load())[by]
	if v == nil {
		v = r.add(by)
	}
	if span.Recording() {
		v.seconds.(prometheus.ExemplarObserver).ObserveWithExemplar(took.Seconds(), prometheus.Labels{"trace_id": span.TraceID()})
	} else {
		v.seconds.Observe(took.Seconds())
	}
	if status == 200 {
		v.ok.Inc()
		return
	}
	r.all.requests.WithLabelValues(r.path, strconv.Itoa(status), code, v.model, v.version).Inc()
}

// overflow stands for all versions that have no labels of their own.
var overflow = answered{model: "other"}

// add makes the metrics of a version's first answer on the route. Beyond
// maxAnswered versions of the gateway all are one.
func (r *routeMetrics) add(by answered) *versionMetrics {
	r.all.mu.Lock()
	defer r.all.mu.Unlock()
	model, version := by.model, strconv.FormatInt(by.version, 10)
	if !r.all.versions[by] {
		if len(r.all.versions) >= maxAnswered {
			by, model, version = overflow, "other", "other"
		} else {
			by.model = strings.Clone(model)
			r.all.versions[by] = true
		}
	}
	known := *r.versions.Load()
	if v := known[by]; v != nil {
		return v
	}
	more := maps.Clone(known)
	more[by] = r.all.version(r.path, model, version)
	r.versions.Store(&more)
	return more[by]
}
