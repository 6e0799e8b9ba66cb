//go:build e2e

package e2e

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/treehouse-ml/treehouse/e2e/internal/cluster"
)

// Uninstalling leaves nothing: the namespace holds what it held before, of
// every kind there is. What a chart makes only when asked is made first, and
// its notes must tell which helpers of that this cluster lacks.
func (s *suite) uninstall(t *testing.T) {
	ctx := t.Context()
	groups, err := s.Client.Discovery().ServerGroups()
	must(t, err)
	autoscaling := cluster.Values{"autoscaling": cluster.Values{"enabled": true}}
	must(t, s.predict.UpgradeOnly(ctx, autoscaling))
	must(t, s.gateway.UpgradeOnly(ctx, autoscaling, cluster.Values{"ingress": cluster.Values{"enabled": true}}))
	notes, err := s.gateway.Notes(ctx)
	must(t, err)
	_, missing, _ := strings.Cut(notes, "Missing on this cluster:")
	for _, group := range []string{"metrics.k8s.io", "monitoring.coreos.com", "elbv2.k8s.aws"} {
		here := slices.ContainsFunc(groups.Groups, func(g metav1.APIGroup) bool { return g.Name == group })
		if told := strings.Contains(missing, group); told == here {
			t.Errorf("this cluster has %s: %v; the gateway's notes tell that it is missing: %v\n%s", group, here, told, notes)
		}
	}
	installed, err := s.Objects(ctx)
	must(t, err)
	for _, kind := range []string{"deployments.apps", "horizontalpodautoscalers.autoscaling", "ingresses.networking.k8s.io", "networkpolicies.networking.k8s.io", "poddisruptionbudgets.policy", "rolebindings.rbac.authorization.k8s.io", "serviceaccounts.", "services.", "configmaps."} {
		if !slices.ContainsFunc(installed, func(o string) bool { return strings.HasPrefix(o, kind+" ") && !slices.Contains(s.before, o) }) {
			t.Errorf("the charts made no %s: there is nothing to leave behind", kind)
		}
	}
	must(t, s.gateway.Uninstall(ctx))
	must(t, s.predict.Uninstall(ctx))
	must(t, cluster.Until(ctx, time.Minute, func(ctx context.Context) (bool, string, error) {
		now, err := s.Objects(ctx)
		if err != nil {
			return false, err.Error(), nil
		}
		left := slices.DeleteFunc(now, func(o string) bool { return slices.Contains(s.before, o) })
		return len(left) == 0, "left behind: " + strings.Join(left, ", "), nil
	}))
	s.Say("  of %d objects none is left", len(installed)-len(s.before))
}
