package drift

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// counters are those of one version.
type counters struct {
	sampler    sampler
	rows       atomic.Uint64
	features   []*feature // those that are watched
	prediction *bins      // nil: not counted
	classes    []int      // the bin of each class; nil for a regressor
	series     int        // that they are exposed as
}

// newCounters makes the counters of a version, as far as there is space for
// their series; nil for a version without a reference. Problems are what the
// reference or the selection says that the model does not have.
func newCounters(v *model.Version, selected Selection, space *budget) (c *counters, problems []string) {
	if v.Manifest == nil || v.Manifest.Reference == nil {
		return nil, nil
	}
	ref, before := v.Manifest.Reference, space.left
	c = &counters{}
	if !space.take(1) {
		return nil, nil
	}
	if err := c.watchPrediction(v.Model.Signature(), ref.Prediction, space); err != nil {
		problems = append(problems, err.Error())
	}
	var watched []*store.FeatureReference
	for i := range ref.Features {
		f, err := newFeature(v, &ref.Features[i])
		switch {
		case err != nil:
			problems = append(problems, err.Error())
		case f == nil:
		case space.take(f.series()):
			c.features = append(c.features, f)
			watched = append(watched, &ref.Features[i])
		case selected[v.Name].has(f.name) && len(ref.Features[i].Shares) > 0:
			space.dropped += newBins(&ref.Features[i].Distribution).series()
		}
	}
	problems = append(problems, c.watchBins(v, watched, selected[v.Name], space)...)
	c.series = before - space.left
	return c, problems
}

// watchPrediction has the bins of the prediction counted.
func (c *counters) watchPrediction(sig *scoring.Signature, d *store.Distribution, space *budget) error {
	if d == nil || len(d.Shares) == 0 {
		return nil
	}
	if (sig.Task == scoring.Classification) != (d.Classes != nil) || sig.Outputs != 1 {
		return fmt.Errorf("the reference of the prediction does not fit a model for %v with %d outputs", sig.Task, sig.Outputs)
	}
	b := newBins(d)
	if d.Classes != nil {
		for _, label := range sig.Classes {
			bin := b.find(label.String())
			if bin == len(d.Shares) {
				return fmt.Errorf("the reference of the prediction has no class %.40q", label)
			}
			c.classes = append(c.classes, bin)
		}
	}
	if space.take(b.series()) {
		c.prediction = b
	}
	return nil
}

// watchBins has the bins of the selected features counted.
func (c *counters) watchBins(v *model.Version, refs []*store.FeatureReference, s selected, space *budget) (problems []string) {
	taken, beyond := 0, 0
	for i, f := range c.features {
		if !s.has(f.name) || len(refs[i].Shares) == 0 {
			continue
		}
		b := newBins(&refs[i].Distribution)
		if taken++; taken > maxFeatures {
			space.dropped += b.series()
			beyond++
			continue
		}
		if space.take(b.series()) {
			f.bins = b
		}
	}
	if beyond > 0 {
		problems = append(problems, fmt.Sprintf("bins of %d features are not counted; at most %d features of a model are", beyond, maxFeatures))
	}
	for _, name := range s.names {
		if !c.watches(name) {
			problems = append(problems, fmt.Sprintf("the bins of %q cannot be counted: the reference has no such feature, or the model never reads it", name))
		}
	}
	return problems
}

func (c *counters) watches(name string) bool {
	for _, f := range c.features {
		if f.name == name {
			return true
		}
	}
	return false
}

// chunk is the number of rows that are counted at once, in memory on the stack.
const chunk = 64

// count counts the rows of a batch, or a sample of them.
func (c *counters) count(at time.Time, b *scoring.Batch, r *scoring.Result) {
	shift := c.sampler.shift(at.Unix(), b.Rows)
	pick := picker{rows: b.Rows, shift: shift}
	var space [chunk]int32
	for {
		rows := pick.next(&space)
		if len(rows) == 0 {
			return
		}
		c.rows.Add(uint64(len(rows)) << shift)
		for _, f := range c.features {
			f.count(&b.Columns[f.column], rows, shift)
		}
		switch {
		case c.prediction == nil:
		case c.classes != nil && len(r.Classes) == b.Rows:
			c.prediction.countClasses(r.Classes, c.classes, rows, shift)
		case c.classes == nil && len(r.Values) == b.Rows:
			c.prediction.countNumbers(r.Values, rows, shift)
		}
	}
}

func (c *counters) collect(ch chan<- prometheus.Metric, model, version string) {
	counter := func(d *prometheus.Desc, n *atomic.Uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n.Load()), append([]string{model, version}, labels...)...)
	}
	gauge := func(d *prometheus.Desc, x float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, x, append([]string{model, version}, labels...)...)
	}
	threshold := func(b *bins, feature string) {
		gauge(thresholdDesc, b.psi, feature, "psi")
		gauge(thresholdDesc, b.js, feature, "js")
	}
	counter(rowsDesc, &c.rows)
	if b := c.prediction; b != nil {
		threshold(b, "")
		for i, label := range b.labels {
			counter(predictionDesc, &b.counts[i], label)
			gauge(referencePredictionDesc, b.shares[i], label)
		}
	}
	for _, f := range c.features {
		counter(missingDesc, &f.missing, f.name)
		gauge(referenceMissingDesc, f.missingShare, f.name)
		if f.knows() {
			counter(unseenDesc, &f.unseen, f.name)
		}
		if f.ranged {
			counter(rangeDesc, &f.outOfRange, f.name)
		}
		if b := f.bins; b != nil {
			threshold(b, f.name)
			for i, label := range b.labels {
				counter(featureDesc, &b.counts[i], f.name, label)
				gauge(referenceFeatureDesc, b.shares[i], f.name, label)
			}
		}
	}
}
