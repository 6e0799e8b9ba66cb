//go:build e2e

package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/e2e/internal/cluster"
)

// (a) Every pod of both services is replaced, at the same time.
func (s *suite) rollingUpdates(t *testing.T) {
	s.planned(t, "rolling", "3", func() { must(t, s.roll(t.Context())) })
}

// roll replaces every pod of both services.
func (s *suite) roll(ctx context.Context, values ...cluster.Values) error {
	return s.both(func(r *cluster.Release) error {
		r.Revise()
		return r.Upgrade(ctx, values...)
	})
}

// moreRequests goes on replacing pods under load until E2E_REQUESTS were
// checked in all.
func (s *suite) moreRequests(t *testing.T) {
	const rate = 1500.0
	for left := s.requests - s.Checked(); left > 0 && !t.Failed(); left = s.requests - s.Checked() {
		s.Say("  %d requests to go", left)
		end := time.Now().Add(time.Duration(float64(left) / rate * float64(time.Second)))
		seen := s.underLoad(t, "more", append(s.base("3"), "--rate", "1500"), func() {
			for first := true; first || time.Now().Before(end); first = false {
				if left := time.Until(end); left < 30*time.Second { // too little for a rollout
					time.Sleep(max(0, left))
					continue
				}
				must(t, s.roll(t.Context()))
			}
		})
		s.lostNothing(t, "more", seen)
	}
}
