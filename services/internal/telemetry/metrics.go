package telemetry

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/treehouse-ml/treehouse/services/internal/buildinfo"
)

// LatencyBuckets are the upper bounds, in seconds, of every latency histogram,
// the same in each service so that they can be compared and added up: from
// 50 µs, which a small model takes, to 30 s.
var LatencyBuckets = []float64{
	.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30,
}

// NativeGrowth is how much wider a bucket of a native histogram may be than
// the one before, as prometheus.HistogramOpts want it: a tenth where they are
// on, and 0, which has none beside the classic buckets, where they are off.
func NativeGrowth(on bool) float64 {
	if on {
		return 1.1
	}
	return 0
}

// NewRegistry returns a registry that knows the Go runtime, the process and
// the build.
func NewRegistry(build buildinfo.Info) *prometheus.Registry {
	reg := prometheus.NewRegistry()
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "treehouse_build_info",
		Help: "Which build of which service this is; always 1.",
		ConstLabels: prometheus.Labels{
			"service": build.Service, "version": build.Version, "commit": build.Commit, "go_version": build.GoVersion,
		},
	})
	info.Set(1)
	reg.MustRegister(collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), info)
	return reg
}
