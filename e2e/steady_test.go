//go:build e2e

package e2e

import (
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/e2e/internal/cluster"
)

// steady measures at rest: the latency of single rows through the gateway, with
// the chart's limits, the time that these limits took, and predict's memory.
func (s *suite) steady(t *testing.T) {
	var throttled float64
	seen := s.planned(t, "steady", "3", func() {
		before := s.throttled(t)
		time.Sleep(12 * time.Second)
		// The kubelet measures every 10 s or so: what came before counts, too.
		throttled = s.throttled(t) - before
		pods, err := s.Pods(t.Context(), s.predict.Name)
		must(t, err)
		rss := 0.0
		for _, pod := range pods {
			bytes, err := s.Metric(t.Context(), pod.Name, cluster.AdminPort(s.predict.Name), "process_resident_memory_bytes")
			must(t, err)
			rss = max(rss, bytes/1e6)
		}
		s.record("rss_mb_predict_load", rss)
		if rss == 0 {
			t.Error("predict's metrics tell no process_resident_memory_bytes")
		}
	})
	s.record("p99_ms_under_limits", seen.HTTP.Milliseconds.P99)
	s.record("throttled_seconds_under_limits", throttled)
}

// throttled is the time for which the limits held back all pods of both
// services together, so far.
func (s *suite) throttled(t *testing.T) (sum float64) {
	t.Helper()
	for _, r := range []*cluster.Release{s.gateway, s.predict} {
		pods, err := s.Pods(t.Context(), r.Name)
		must(t, err)
		for i := range pods {
			seconds, err := s.ThrottledSeconds(t.Context(), &pods[i])
			must(t, err)
			sum += seconds
		}
	}
	return sum
}
