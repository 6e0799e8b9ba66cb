//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/e2e/internal/cluster"
)

// (e) An image that is not there. The rollouts stall, and nobody notices.
func (s *suite) badImage(t *testing.T) {
	bad := func(chart string) cluster.Values {
		return cluster.Values{"image": cluster.Values{"repository": s.Repository(chart), "tag": "no-such-tag"}}
	}
	s.planned(t, "bad-image", "3", func() {
		for _, r := range []*cluster.Release{s.gateway, s.predict} {
			s.stalls(t, r, bad(r.Name), func(ctx context.Context, pod string, state string) (bool, error) {
				return strings.Contains(state, "ErrImagePull") || strings.Contains(state, "ImagePullBackOff"), nil
			})
		}
	})
}

// A model whose numbers are not those of its certificate is refused, and the
// pods that serve the old one stay.
func (s *suite) badModel(t *testing.T) {
	s.planned(t, "bad-model", "3", func() {
		s.stalls(t, s.predict, s.models(t, cluster.BadVersion), func(ctx context.Context, pod, _ string) (bool, error) {
			log, err := s.Logs(ctx, pod)
			return strings.Contains(log, "golden.json"), err
		})
	})
}

// stalls upgrades to what cannot work, waits until a new pod shows why, sees
// that every old pod still serves some seconds later, and rolls back.
func (s *suite) stalls(t *testing.T, r *cluster.Release, values cluster.Values, shows func(ctx context.Context, pod, state string) (bool, error)) {
	t.Helper()
	ctx := t.Context()
	before, err := s.Pods(ctx, r.Name)
	must(t, err)
	old := map[string]bool{}
	for _, pod := range before {
		old[pod.Name] = true
	}
	revision, err := r.Revision(ctx)
	must(t, err)
	must(t, r.UpgradeOnly(ctx, values))
	must(t, cluster.Until(ctx, time.Minute, func(ctx context.Context) (bool, string, error) {
		pods, err := s.Pods(ctx, r.Name)
		if err != nil {
			return false, err.Error(), nil
		}
		about := "no new pod yet"
		for i := range pods {
			if old[pods[i].Name] {
				continue
			}
			about = cluster.State(&pods[i])
			done, err := shows(ctx, pods[i].Name, about)
			if err != nil {
				about += ": " + err.Error()
			}
			if done {
				s.Say("  %s", about)
				return true, "", nil
			}
		}
		return false, about, nil
	}))
	time.Sleep(5 * time.Second)
	pods, err := s.Pods(ctx, r.Name)
	must(t, err)
	serving, about := 0, ""
	for i := range pods {
		if cluster.Ready(&pods[i]) && old[pods[i].Name] {
			serving++
		}
		if cluster.Ready(&pods[i]) && !old[pods[i].Name] {
			t.Errorf("%s: a pod is ready that cannot work: %s", r.Name, pods[i].Name)
		}
		about += fmt.Sprintf("\n  %s", cluster.State(&pods[i]))
	}
	if serving != len(before) {
		t.Errorf("%s: %d of %d old pods still serve; expected all:%s", r.Name, serving, len(before), about)
	}
	must(t, r.Rollback(ctx, revision))
}
