package catalog

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// A version that plain code serves is served, and counted.
func TestFallback(t *testing.T) {
	f := start(t, Options{}, "m/1/model.pkl", "plain", "m/2/model.pkl", "fast")
	f.ready()
	f.answers("m", 1, "plain")
	if got := testutil.ToFloat64(f.metrics.fallbacks.WithLabelValues("m", "1")); got != 1 {
		t.Errorf("version 1 was counted %v times, want once", got)
	}
	if got := testutil.CollectAndCount(f.metrics.fallbacks); got != 1 {
		t.Errorf("%d versions were counted, want 1", got)
	}
}
