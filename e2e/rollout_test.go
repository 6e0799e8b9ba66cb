//go:build e2e

package e2e

import (
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/e2e/internal/cluster"
)

// (a) Every pod of a service is replaced.
func (s *suite) rollGateway(t *testing.T) {
	s.planned(t, "roll-gateway", "3", func() { s.roll(t, s.gateway) })
}

func (s *suite) rollPredict(t *testing.T) {
	s.planned(t, "roll-predict", "3", func() { s.roll(t, s.predict) })
}

func (s *suite) roll(t *testing.T, r *cluster.Release, values ...cluster.Values) {
	t.Helper()
	r.Revise()
	must(t, r.Upgrade(t.Context(), values...))
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
				s.roll(t, s.gateway)
				s.roll(t, s.predict)
			}
		})
		s.lostNothing(t, "more", seen)
	}
}
