//go:build e2e

package e2e

import (
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/e2e/internal/cluster"
)

// revised are values that change nothing but the pods' template, so that an
// upgrade replaces every pod.
func revised() cluster.Values {
	return cluster.Values{"podAnnotations": cluster.Values{"treehouse.dev/e2e": time.Now().Format(time.RFC3339Nano)}}
}

// (a) Every pod of a service is replaced.
func (s *suite) rollGateway(t *testing.T) {
	s.planned(t, "roll-gateway", "3", func() { must(t, s.gateway.Upgrade(t.Context(), revised())) })
}

func (s *suite) rollPredict(t *testing.T) {
	s.planned(t, "roll-predict", "3", func() { must(t, s.predict.Upgrade(t.Context(), revised())) })
}

// moreRequests goes on replacing pods under load until E2E_REQUESTS were
// checked in all.
func (s *suite) moreRequests(t *testing.T) {
	const rate = 1500.0
	for left := s.requests - s.Totals().Requests; left > 0 && !t.Failed(); left = s.requests - s.Totals().Requests {
		s.Say("  %d requests to go", left)
		end := time.Now().Add(time.Duration(float64(left) / rate * float64(time.Second)))
		seen := s.underLoad(t, "more", append(s.targets(), "--rate", "1500", "--versions", "3"), func() {
			for first := true; first || time.Now().Before(end); first = false {
				if left := time.Until(end); left < 10*time.Second { // too little for a rollout
					time.Sleep(max(0, left))
					continue
				}
				must(t, s.gateway.Upgrade(t.Context(), revised()))
				must(t, s.predict.Upgrade(t.Context(), revised()))
			}
		})
		s.lostNothing(t, "more", seen)
	}
}
