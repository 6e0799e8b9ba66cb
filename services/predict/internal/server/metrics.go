package server

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"google.golang.org/grpc/status"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
)

// metrics count predictions by model. A request for a model that does not
// exist has no model label: callers cannot make up series.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	rows     *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	factory := promauto.With(reg)
	return &metrics{
		requests: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "treehouse_predict_requests_total",
			Help: "Predictions asked for, by model, version and status code.",
		}, []string{"model", "version", "code"}),
		seconds: factory.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "treehouse_predict_seconds",
			Help:    "How long successful predictions took, the wait for room among it.",
			Buckets: []float64{.000025, .00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"model", "version"}),
		rows: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "treehouse_predict_rows_total",
			Help: "Rows that were predicted.",
		}, []string{"model", "version"}),
	}
}

// observe notes an answer. v is nil where no model was found; err is a status.
func (m *metrics) observe(v *model.Version, rows int, start time.Time, err error) {
	var name, number string
	if v != nil {
		name, number = v.Name, strconv.FormatInt(v.Number, 10)
	}
	m.requests.WithLabelValues(name, number, status.Code(err).String()).Inc()
	if err == nil {
		m.seconds.WithLabelValues(name, number).Observe(time.Since(start).Seconds())
		m.rows.WithLabelValues(name, number).Add(float64(rows))
	}
}
