//go:build e2e

package e2e

import "testing"

// (d) Another model version by values, and back. Every answer is right for the
// version that it names, which is the old or the new one.
func (s *suite) changeModel(t *testing.T) {
	ctx := t.Context()
	revision, err := s.predict.Revision(ctx)
	must(t, err)
	seen := s.planned(t, "model-change", "2,3", func() { must(t, s.predict.Upgrade(ctx, s.models(t, 2))) })
	if seen.Versions["2"] == 0 || seen.Versions["3"] == 0 {
		t.Errorf("the answers' versions are %v; expected some of 3 and then some of 2", seen.Versions)
	}
	s.checked(t, "after-change", "2", 100)
	s.planned(t, "model-rollback", "2,3", func() { must(t, s.predict.Rollback(ctx, revision)) })
	// That only 3 answers again is seen by the loads that follow.
}
