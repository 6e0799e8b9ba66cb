package catalog

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// What answers by default is swapped when a newer version is there, and not
// when the first one comes, or an older.
func TestSwapsAreCounted(t *testing.T) {
	f := start(t, Options{}, "m/2/model.pkl", "two", "m/2/golden.json", "two")
	f.ready()
	f.becomes("*m/2 READY")
	swaps := func() float64 { return testutil.ToFloat64(f.metrics.swaps.WithLabelValues("m")) }
	f.write("m/1/model.pkl", "one")
	f.becomes("m/1 READY, *m/2 READY")
	if n := swaps(); n != 0 {
		t.Errorf("%v swaps before another version answers, want 0", n)
	}
	f.write("m/4/model.pkl", "four", "m/4/golden.json", "five") // refused
	f.write("m/3/model.pkl", "three")
	f.becomes("m/1 READY, m/2 READY, *m/3 READY, m/4 FAILED")
	if n := swaps(); n != 1 {
		t.Errorf("%v swaps, want 1", n)
	}
	for result, number := range map[string]string{"ok": "2", "absent": "3", "failed": "4"} {
		if n := testutil.ToFloat64(f.metrics.replays.WithLabelValues("m", number, result)); n != 1 {
			t.Errorf("certificate of version %s: %v times %s, want 1", number, n, result)
		}
	}
}
