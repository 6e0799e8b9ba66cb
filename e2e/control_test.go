//go:build e2e

package e2e

import (
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/e2e/internal/cluster"
)

// The control: without any drain, and with a gateway killed, the same load must
// see failures. If it sees none, the tests above show nothing.
func (s *suite) noDrain(t *testing.T) {
	ctx := t.Context()
	none := cluster.Values{"drain": cluster.Values{"preStopSeconds": 0, "waitSeconds": 0, "stopSeconds": 1}}
	must(t, s.gateway.Upgrade(ctx, none))
	must(t, s.predict.Upgrade(ctx, none))
	rolled := s.underLoad(t, "no-drain", s.base("3"), func() {
		s.roll(t, s.gateway, none)
		s.roll(t, s.predict, none)
	})
	killed := s.underLoad(t, "gateway-killed", s.base("3"), func() {
		s.deleteByForce(t, s.gateway)
		must(t, s.Settled(ctx, s.gateway.Name, time.Minute))
	})
	failed := rolled.Failed + killed.Failed
	s.Say("  without a drain %d requests failed in rolling updates, and %d when a gateway was killed", rolled.Failed, killed.Failed)
	s.record("e2e_control_failed", float64(failed))
	if failed == 0 {
		t.Error("no request failed without a drain: this load cannot see failures")
	}
	if wrong := rolled.Wrong + killed.Wrong; wrong > 0 {
		t.Errorf("%d requests were answered wrong; expected none, drain or not", wrong)
	}
	must(t, s.gateway.Upgrade(ctx))
	must(t, s.predict.Upgrade(ctx))
}
