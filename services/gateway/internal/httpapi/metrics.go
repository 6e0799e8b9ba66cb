package httpapi

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/treehouse-ml/treehouse/services/internal/telemetry"
)

// metrics are labelled by the routes' templates and by statuses, never by what
// a client sent, so that there are few of them whatever comes.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight *prometheus.GaugeVec
	rows     prometheus.Counter
}

// routeMetrics are those of one route.
type routeMetrics struct {
	seconds  prometheus.Observer
	inFlight prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) *metrics {
	factory := promauto.With(reg)
	return &metrics{
		requests: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "treehouse_gateway_requests_total",
			Help: "Requests that were answered, by route and HTTP status.",
		}, []string{"route", "code"}),
		seconds: factory.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "treehouse_gateway_request_seconds",
			Help:    "How long the answers took, from the end of the request's header.",
			Buckets: telemetry.LatencyBuckets,
		}, []string{"route"}),
		inFlight: factory.NewGaugeVec(prometheus.GaugeOpts{
			Name: "treehouse_gateway_in_flight",
			Help: "Requests that are being answered.",
		}, []string{"route"}),
		rows: factory.NewCounter(prometheus.CounterOpts{
			Name: "treehouse_gateway_rows_total",
			Help: "Rows of /predict and /v1 that were predicted.",
		}),
	}
}

func (m *metrics) route(path string) *routeMetrics {
	return &routeMetrics{seconds: m.seconds.WithLabelValues(path), inFlight: m.inFlight.WithLabelValues(path)}
}

// statusLabel is the status as a label; a request that was never answered has 0.
func statusLabel(status int) string {
	if status == 200 {
		return "200"
	}
	return strconv.Itoa(status)
}
