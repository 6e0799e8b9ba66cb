package server

import (
	"context"
	"maps"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
)

// metrics count predictions by version. A request for a model that does not
// exist has no model label: callers cannot make up series.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	stages   *prometheus.HistogramVec
	rows     *prometheus.CounterVec
	late     *prometheus.CounterVec

	versions atomic.Pointer[map[versionKey]*versionMetrics]
	adding   sync.Mutex
}

type versionKey struct {
	name   string
	number int64
}

// versionMetrics are those of one version, found once: looking one up by its
// labels takes as long as adding to it ten times.
type versionMetrics struct {
	ok, rows, late prometheus.Counter
	seconds        prometheus.Observer
	stages         [stages]prometheus.Observer
}

func newMetrics(reg prometheus.Registerer, native float64) *metrics {
	factory := promauto.With(reg)
	histogram := func(growth float64, name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return factory.NewHistogramVec(prometheus.HistogramOpts{
			Name: name, Help: help, Buckets: buckets,
			NativeHistogramBucketFactor: growth, NativeHistogramMaxBucketNumber: 160, NativeHistogramMinResetDuration: time.Hour,
		}, labels)
	}
	m := &metrics{
		requests: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "treehouse_predict_requests_total",
			Help: "Predictions asked for, by model, version and status code.",
		}, []string{"model", "version", "code"}),
		seconds: histogram(native, "treehouse_predict_seconds", "How long successful predictions took, the wait for room among it.",
			[]float64{.000025, .00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
			"model", "version"),
		stages: histogram(0, "treehouse_predict_stage_seconds", "How long each stage of successful predictions took: queue, decode, transform, predict, encode.",
			[]float64{.000001, .000005, .00001, .000025, .00005, .0001, .00025, .0005, .001, .005, .01, .05, .1, .5, 1, 5},
			"model", "version", "stage"),
		rows: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "treehouse_predict_rows_total",
			Help: "Rows that were predicted.",
		}, []string{"model", "version"}),
		late: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "treehouse_predict_deadline_exceeded_total",
			Help: "Predictions whose deadline had passed when they ended, whatever they ended with.",
		}, []string{"model", "version"}),
	}
	m.versions.Store(&map[versionKey]*versionMetrics{})
	return m
}

// observe notes how a prediction ended; err is a status. Where it is part of a
// trace that is kept, it is an example of how long such a prediction takes.
func (m *metrics) observe(ctx context.Context, o *observation, in trace.SpanContext, err error) {
	v := m.of(o.version)
	if ctx.Err() == context.DeadlineExceeded || status.Code(err) == codes.DeadlineExceeded {
		v.late.Inc()
	}
	if err != nil {
		name, number := labelsOf(o.version)
		m.requests.WithLabelValues(name, number, status.Code(err).String()).Inc()
		return
	}
	v.ok.Inc()
	v.rows.Add(float64(o.rows))
	if took := o.last.Sub(o.start).Seconds(); in.IsSampled() {
		v.seconds.(prometheus.ExemplarObserver).ObserveWithExemplar(took, prometheus.Labels{"trace_id": in.TraceID().String()})
	} else {
		v.seconds.Observe(took)
	}
	for s, took := range o.took {
		v.stages[s].Observe(took.Seconds())
	}
}

// of finds the metrics of a version; those without one are counted, too.
func (m *metrics) of(v *model.Version) *versionMetrics {
	var k versionKey
	if v != nil {
		k = versionKey{v.Name, v.Number}
	}
	if found := (*m.versions.Load())[k]; found != nil {
		return found
	}
	m.adding.Lock()
	defer m.adding.Unlock()
	if found := (*m.versions.Load())[k]; found != nil {
		return found
	}
	more := maps.Clone(*m.versions.Load())
	more[k] = m.new(v)
	m.versions.Store(&more)
	return more[k]
}

func (m *metrics) new(v *model.Version) *versionMetrics {
	name, number := labelsOf(v)
	n := &versionMetrics{late: m.late.WithLabelValues(name, number)}
	if v == nil {
		return n // of which nothing succeeds
	}
	n.ok, n.rows = m.requests.WithLabelValues(name, number, "OK"), m.rows.WithLabelValues(name, number)
	n.seconds = m.seconds.WithLabelValues(name, number)
	for s := range stages {
		n.stages[s] = m.stages.WithLabelValues(name, number, s.String())
	}
	return n
}

func labelsOf(v *model.Version) (name, number string) {
	if v == nil {
		return "", ""
	}
	return v.Name, strconv.FormatInt(v.Number, 10)
}
