// Package drift counts what the rows of predictions look like, so that a
// monitoring system can tell when they stop looking like those that the model
// was saved with: missing values, categories that were never seen, numbers out
// of range, and the bins of the predictions' and of features' distributions.
//
// Counting happens within the request, on the batch as the model computed it,
// and adds a few atomic additions and no allocation. Beyond a rate it looks at
// a sample of the rows, each counted as often as it stands for others.
package drift

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// maxSeries is the most series that a process exposes of all its models. What
// more there would be is left out, and counted.
const maxSeries = 5000

// Options are what a monitor works with.
type Options struct {
	Catalog Catalog
	// Features says of which features the bins are counted.
	Features Selection

	Log        *slog.Logger
	Registerer prometheus.Registerer
}

// A Catalog has the versions to count for.
type Catalog interface {
	Served() []*model.Version
}

// A Monitor is safe for concurrent use. The series of a version are there, at
// 0, from the first scrape after it was loaded, and gone with it.
type Monitor struct {
	o       Options
	dropped prometheus.Counter

	// current has what is counted for each version that is served; nil for one
	// without a reference. It is replaced, never changed.
	current atomic.Pointer[map[*model.Version]*counters]
	mu      sync.Mutex // of who replaces it
}

// New returns a monitor that is registered.
func New(o Options) *Monitor {
	m := &Monitor{o: o, dropped: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "treehouse_drift_series_dropped_total",
		Help: "Series of drift that are not exposed because a model has more features with bins, or this process more series, than is allowed.",
	})}
	m.current.Store(&map[*model.Version]*counters{})
	o.Registerer.MustRegister(m.dropped, m)
	return m
}

// Wants implements the server's observer: the prediction is counted even where
// the caller asks for probabilities only.
func (m *Monitor) Wants(v *model.Version) scoring.Method {
	if c := m.of(v); c != nil && c.prediction != nil {
		return scoring.Predict
	}
	return 0
}

// Observe implements the server's observer. Only rows that were predicted
// count.
func (m *Monitor) Observe(_ context.Context, p *model.Prediction) {
	if p.Err != nil {
		return
	}
	if c := m.of(p.Version); c != nil {
		c.count(p.At, p.Batch, p.Result)
	}
}

// of returns the counters of a version, nil without any.
func (m *Monitor) of(v *model.Version) *counters {
	c, known := (*m.current.Load())[v]
	if !known {
		c = (*m.sync())[v]
	}
	return c
}

// sync makes counters for the versions that are new in the catalog, and
// forgets those of versions that left it.
func (m *Monitor) sync() *map[*model.Version]*counters {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := *m.current.Load()
	now := map[*model.Version]*counters{}
	space := budget{left: maxSeries}
	var added []*model.Version
	for _, v := range m.o.Catalog.Served() {
		c, known := before[v]
		if !known {
			added = append(added, v)
			continue
		}
		if now[v] = c; c != nil {
			space.left -= c.series
		}
	}
	slices.SortFunc(added, func(a, b *model.Version) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Number, b.Number))
	})
	for _, v := range added {
		c, problems := newCounters(v, m.o.Features, &space)
		for _, problem := range problems {
			m.o.Log.Warn("drift", "model", v.Name, "version", v.Number, "problem", problem)
		}
		now[v] = c
	}
	m.dropped.Add(float64(space.dropped))
	m.current.Store(&now)
	return &now
}

// A budget hands out series.
type budget struct{ left, dropped int }

// take reports whether there is room for n series more.
func (b *budget) take(n int) bool {
	if n > b.left {
		b.dropped += n
		return false
	}
	b.left -= n
	return true
}

var (
	byVersion    = []string{"model", "version"}
	byFeature    = append(slices.Clone(byVersion), "feature")
	byBin        = append(slices.Clone(byVersion), "bin")
	byFeatureBin = append(slices.Clone(byFeature), "bin")

	rowsDesc       = prometheus.NewDesc("treehouse_drift_rows_total", "Rows that were predicted and that the counters of drift stand for; at high rates an estimate by a sample.", byVersion, nil)
	missingDesc    = prometheus.NewDesc("treehouse_feature_missing_total", "Rows in which the feature was missing.", byFeature, nil)
	unseenDesc     = prometheus.NewDesc("treehouse_feature_unseen_total", "Rows with a category that neither the model nor the rows it was saved with know.", byFeature, nil)
	rangeDesc      = prometheus.NewDesc("treehouse_feature_out_of_range_total", "Rows with a number below or above all of the rows that the model was saved with.", byFeature, nil)
	featureDesc    = prometheus.NewDesc("treehouse_feature_bin_total", "Rows by the bin of the feature's value.", byFeatureBin, nil)
	predictionDesc = prometheus.NewDesc("treehouse_prediction_bin_total", "Rows by the bin of the prediction, or its class.", byBin, nil)

	referenceMissingDesc    = prometheus.NewDesc("treehouse_reference_missing_share", "Share of rows without the feature when the model was saved.", byFeature, nil)
	referenceFeatureDesc    = prometheus.NewDesc("treehouse_reference_feature_share", "Share of the feature's values in the bin when the model was saved.", byFeatureBin, nil)
	referencePredictionDesc = prometheus.NewDesc("treehouse_reference_prediction_share", "Share of the predictions in the bin when the model was saved.", byBin, nil)
	thresholdDesc           = prometheus.NewDesc("treehouse_drift_threshold", "Distance (psi, js) from the reference that a window without drift rarely exceeds; without a feature it is the prediction's.", append(slices.Clone(byFeature), "distance"), nil)
)

// Describe implements prometheus.Collector.
func (m *Monitor) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		rowsDesc, missingDesc, unseenDesc, rangeDesc, featureDesc, predictionDesc,
		referenceMissingDesc, referenceFeatureDesc, referencePredictionDesc, thresholdDesc,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m *Monitor) Collect(ch chan<- prometheus.Metric) {
	for v, c := range *m.sync() {
		if c != nil {
			c.collect(ch, v.Name, strconv.FormatInt(v.Number, 10))
		}
	}
}
