//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/e2e/internal/cluster"
)

// A new pod must answer requests within this time of being ready.
const trafficWithin = 5 * time.Second

// (b) predict goes from 2 pods to 4 and back. The gateways must find the new
// pods by themselves: during the way up all load comes through them.
func (s *suite) scale(t *testing.T) {
	ctx := t.Context()
	replicas := func(n int) cluster.Values { return cluster.Values{"replicas": n} }
	up := s.underLoad(t, "scale-up", append(s.http(), "--rate", "300", "--versions", "3"), func() {
		before, err := s.Pods(ctx, s.predict.Name)
		must(t, err)
		old := map[string]bool{}
		for _, pod := range before {
			old[pod.Name] = true
		}
		must(t, s.predict.UpgradeOnly(ctx, replicas(4)))
		slowest := s.firstTraffic(t, old, 2)
		s.record("scaled_pod_traffic_seconds", slowest.Seconds())
		if slowest > trafficWithin {
			t.Errorf("a new pod had its first request %v after it was ready; expected at most %v", slowest, trafficWithin)
		}
		must(t, s.Settled(ctx, s.predict.Name, time.Minute))
	})
	s.lostNothing(t, "scale-up", up)
	s.planned(t, "scale-down", "3", func() { must(t, s.predict.Upgrade(ctx, replicas(2))) })
}

// firstTraffic waits for new pods and returns the longest time from when one
// was last seen not ready to when its own metrics were seen to count a
// prediction: what it really took is less.
func (s *suite) firstTraffic(t *testing.T, old map[string]bool, count int) (slowest time.Duration) {
	notReady, answered := map[string]time.Time{}, map[string]time.Duration{}
	must(t, cluster.Until(t.Context(), 2*time.Minute, func(ctx context.Context) (bool, string, error) {
		looked := time.Now()
		pods, err := s.Pods(ctx, s.predict.Name)
		if err != nil {
			return false, err.Error(), nil
		}
		for i := range pods {
			name := pods[i].Name
			if old[name] || answered[name] > 0 {
				continue
			}
			if !cluster.Ready(&pods[i]) {
				notReady[name] = looked
				continue
			}
			if n, err := s.Metric(ctx, name, cluster.AdminPort(s.predict.Name), "treehouse_predict_requests_total"); err == nil && n > 0 {
				answered[name] = time.Since(notReady[name])
				s.Say("  pod %s had its first request at most %.2f s after it was ready", name, answered[name].Seconds())
			}
		}
		return len(answered) == count, fmt.Sprintf("%d of %d new pods have had a request", len(answered), count), nil
	}))
	for _, took := range answered {
		slowest = max(slowest, took)
	}
	return slowest
}
