//go:build e2e

package e2e

import (
	"testing"
	"time"
)

// The control: without any drain, and with a gateway deleted by force, the same
// load must see failures. If it sees none, the tests above show nothing.
func (s *suite) noDrain(t *testing.T) {
	seen := s.underLoad(t, "no-drain", s.base("3"), func() {
		must(t, s.roll(t.Context(), undrained))
		s.deleteByForce(t, s.gateway)
		must(t, s.Settled(t.Context(), s.gateway.Name, time.Minute))
	})
	s.record("e2e_control_failed", float64(seen.Failed))
	if seen.Failed == 0 {
		t.Error("no request failed without a drain: this load cannot see failures")
	}
	if seen.Wrong > 0 {
		t.Errorf("%d requests were answered wrong; expected none, drain or not", seen.Wrong)
	}
	s.Say("  the first of them:\n%s", failures(seen))
}
