package catalog

import (
	"errors"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// metrics counts loads, and shows the catalog as it is when it is scraped.
// Label values come from the repository, which the operator keeps, never from
// requests.
type metrics struct {
	catalog    *Catalog
	loads      *prometheus.CounterVec
	seconds    *prometheus.HistogramVec
	scanErrors prometheus.Counter
	fallbacks  *prometheus.CounterVec
	replays    *prometheus.CounterVec
	swaps      *prometheus.CounterVec
}

var (
	labels    = []string{"model", "version"}
	infoDesc  = prometheus.NewDesc("treehouse_model_info", "A model version that is served; always 1.", append(labels, "format", "library", "library_version", "sha256", "certified", "default"), nil)
	stateDesc = prometheus.NewDesc("treehouse_model_state", "The state of a known model version; always 1.", append(labels, "state"), nil)
	bytesDesc = prometheus.NewDesc("treehouse_model_bytes", "The memory that a served model version takes, compiled.", labels, nil)
	countDesc = prometheus.NewDesc("treehouse_models_loaded", "Model versions that are served.", nil, nil)
)

func newMetrics(c *Catalog, reg prometheus.Registerer) *metrics {
	factory := promauto.With(reg)
	m := &metrics{
		catalog: c,
		loads: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "treehouse_model_loads_total",
			Help: "Model versions that were loaded (ok), or found broken, at loading or later (failed).",
		}, append(labels, "result")),
		seconds: factory.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "treehouse_model_load_seconds",
			Help:    "How long successful loads took.",
			Buckets: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}, []string{"model"}),
		scanErrors: factory.NewCounter(prometheus.CounterOpts{
			Name: "treehouse_catalog_scan_errors_total",
			Help: "Times that the repository or the desired set could not be read.",
		}),
		fallbacks: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "treehouse_model_fallbacks_total",
			Help: "Model versions whose goldens this processor's vector instructions got wrong, and which plain code serves.",
		}, labels),
		replays: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "treehouse_certificate_replays_total",
			Help: "Certificates that were replayed while a version was loaded: ok, failed, or absent where there was none.",
		}, append(labels, "result")),
		swaps: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "treehouse_model_swaps_total",
			Help: "Times that another version of the model began to answer by default.",
		}, []string{"model"}),
	}
	reg.MustRegister(m)
	return m
}

func (m *metrics) loaded(k key, took time.Duration) {
	m.loads.WithLabelValues(k.name, strconv.FormatInt(k.number, 10), "ok").Inc()
	m.seconds.WithLabelValues(k.name).Observe(took.Seconds())
}

func (m *metrics) fellBack(k key) {
	m.fallbacks.WithLabelValues(k.name, strconv.FormatInt(k.number, 10)).Inc()
}

// replayed notes what came of a certificate. A version that could not be read
// never got there.
func (m *metrics) replayed(f store.Found, certified bool, err error) {
	var mismatch *scoring.MismatchError
	result := "ok"
	switch {
	case errors.As(err, &mismatch):
		result = "failed"
	case err != nil:
		return
	case !certified:
		result = "absent"
	}
	m.replays.WithLabelValues(f.Name, strconv.FormatInt(f.Number, 10), result).Inc()
}

// swapped compares what answers by default with what did.
func (m *metrics) swapped(before, now *snapshot) {
	for name, e := range now.models {
		swaps := m.swaps.WithLabelValues(name)
		old := before.models[name]
		if e.answers() && old != nil && old.answers() && old.standard.key != e.standard.key {
			swaps.Inc()
		}
	}
}

func (m *metrics) failed(k key) {
	m.loads.WithLabelValues(k.name, strconv.FormatInt(k.number, 10), "failed").Inc()
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- infoDesc
	ch <- stateDesc
	ch <- countDesc
	ch <- bytesDesc
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	served := 0
	for _, e := range m.catalog.current.Load().models {
		for _, v := range e.versions {
			number := strconv.FormatInt(v.key.number, 10)
			ch <- prometheus.MustNewConstMetric(stateDesc, prometheus.GaugeValue, 1, v.key.name, number, v.state.String())
			if v.loaded != nil {
				served++
				ch <- info(v.loaded, number, v == e.standard)
				ch <- prometheus.MustNewConstMetric(bytesDesc, prometheus.GaugeValue, float64(v.loaded.Bytes), v.key.name, number)
			}
		}
	}
	ch <- prometheus.MustNewConstMetric(countDesc, prometheus.GaugeValue, float64(served))
}

func info(v *model.Version, number string, isDefault bool) prometheus.Metric {
	o := v.Origin
	return prometheus.MustNewConstMetric(infoDesc, prometheus.GaugeValue, 1, v.Name, number, o.Format, o.Library,
		o.LibraryVersion, o.SHA256, strconv.FormatBool(o.Certified), strconv.FormatBool(isDefault))
}
