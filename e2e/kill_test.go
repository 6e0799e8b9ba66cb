//go:build e2e

package e2e

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/treehouse-ml/treehouse/e2e/internal/cluster"
)

// (c) A predict pod is deleted by force, as `kubectl delete pod --force` does:
// it is gone from the cluster at once. predict has no drain here, or it would
// use its grace period to hide what happens. What then fails may be asked
// again: the gateway does so for its callers, who must see nothing; callers of
// gRPC do so themselves.
func (s *suite) kill(t *testing.T) {
	must(t, s.both(func(r *cluster.Release) error { return r.Upgrade(t.Context(), undrained) }))
	seen := s.underLoad(t, "kill", append(s.base("3"), "--retry"), func() {
		for range 2 {
			s.deleteByForce(t, s.predict)
			must(t, s.Settled(t.Context(), s.predict.Name, time.Minute))
		}
	})
	s.Say("  %d gRPC requests were asked again, and %d then answered", seen.GRPC.Retried, seen.GRPC.Saved)
	lost := seen.Failed + seen.Wrong + seen.HTTP.Saved
	s.record("e2e_failed_kill", float64(lost))
	if lost > 0 {
		t.Errorf("%d requests failed although asked again, %d were answered wrong, and for %d callers of HTTP only their own second attempt did it; expected none\n%s",
			seen.Failed, seen.Wrong, seen.HTTP.Saved, failures(seen))
	}
}

// undrained are values by which a pod ends at once when it is told to.
var undrained = cluster.Values{"drain": cluster.Values{"preStopSeconds": 0, "waitSeconds": 0, "stopSeconds": 1}}

func (s *suite) deleteByForce(t *testing.T, r *cluster.Release) {
	t.Helper()
	pods, err := s.Pods(t.Context(), r.Name)
	must(t, err)
	for i := range pods {
		if cluster.Ready(&pods[i]) {
			now := int64(0)
			must(t, s.Client.CoreV1().Pods(s.Namespace).Delete(t.Context(), pods[i].Name, metav1.DeleteOptions{GracePeriodSeconds: &now}))
			s.Say("  pod %s deleted by force", pods[i].Name)
			return
		}
	}
	t.Fatalf("no pod of %s is ready", r.Name)
}
