//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/e2e/internal/cluster"
	"github.com/treehouse-ml/treehouse/e2e/internal/summary"
)

// install builds the images, installs both charts, runs their own tests, and
// predicts every golden row over HTTP and gRPC.
func (s *suite) install(t *testing.T) {
	ctx := t.Context()
	must(t, s.BuildServices(ctx, "gateway", "predict"))
	must(t, s.BuildLoad(ctx))
	must(t, s.FillModels(ctx))
	for _, name := range []string{"gateway", "predict"} {
		mb, err := s.CompressedMB(name)
		must(t, err)
		s.record("image_mb_"+name, mb)
		if mb >= 30 {
			t.Errorf("the image of %s is %.1f MB compressed; expected less than 30", name, mb)
		}
	}

	var err error
	s.before, err = s.Objects(ctx)
	must(t, err)
	begin := time.Now()
	s.predict = s.Release("predict", "predict", s.models(t, 3))
	s.gateway = s.Release("gateway", "gateway", nil)
	must(t, s.predict.Upgrade(ctx))
	must(t, s.gateway.Upgrade(ctx))
	s.Say("  both charts installed and ready: %.1f s", time.Since(begin).Seconds())
	for _, r := range []*cluster.Release{s.predict, s.gateway} {
		must(t, r.Test(ctx))
		s.Say("  helm test %s passed", r.Name)
	}
	s.recordReady(t)

	seen := s.checked(t, "predictions", "3", 400)
	if seen.HTTP.OK == 0 || seen.GRPC.OK == 0 {
		t.Errorf("%d right answers over HTTP and %d over gRPC; expected some each way", seen.HTTP.OK, seen.GRPC.OK)
	}
	if len(seen.Pods) < 2 {
		t.Errorf("gRPC requests were answered by %d pods; expected both", len(seen.Pods))
	}
}

// recordReady notes how long each pod took to be ready, by its own log.
func (s *suite) recordReady(t *testing.T) {
	t.Helper()
	var all []float64
	for _, r := range []*cluster.Release{s.predict, s.gateway} {
		pods, err := s.Pods(t.Context(), r.Name)
		must(t, err)
		for _, pod := range pods {
			ms, err := s.ReadyMilliseconds(t.Context(), pod.Name)
			must(t, err)
			all = append(all, ms)
		}
	}
	slices.Sort(all)
	s.Say("  pods were ready %v ms after their process began", all)
	s.record("pod_ready_ms", all[len(all)/2])
}

// checked asks for some rows and wants them all right, from one version.
func (s *suite) checked(t *testing.T, name, version string, requests int) (seen *summary.Summary) {
	t.Helper()
	load, err := s.StartLoad(t.Context(), name, append(s.targets(), "--rate", "400", "--requests", fmt.Sprint(requests), "--versions", version)...)
	must(t, err)
	seen, err = load.Wait(t.Context(), time.Minute)
	must(t, err)
	s.Say("  %s: %s", name, describe(seen))
	s.lostNothing(t, name, seen)
	return seen
}
