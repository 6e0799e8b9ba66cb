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
		must(t, s.both(func(r *cluster.Release) error {
			return s.stalls(t.Context(), r, bad(r.Name), func(_ context.Context, _, state string) (bool, error) {
				return strings.Contains(state, "ErrImagePull") || strings.Contains(state, "ImagePullBackOff"), nil
			})
		}))
	})
}

// A model whose numbers are not those of its certificate is refused, and the
// pods that serve the old one stay.
func (s *suite) badModel(t *testing.T) {
	s.planned(t, "bad-model", "3", func() {
		must(t, s.stalls(t.Context(), s.predict, s.models(t, cluster.BadVersion), func(ctx context.Context, pod, _ string) (bool, error) {
			log, err := s.Logs(ctx, pod)
			return strings.Contains(log, "the training library computed"), err
		}))
	})
}

// stalls upgrades to what cannot work, waits until a new pod shows why, sees
// that every old pod still serves some seconds later, and rolls back.
func (s *suite) stalls(ctx context.Context, r *cluster.Release, values cluster.Values, shows func(ctx context.Context, pod, state string) (bool, error)) error {
	before, err := s.Pods(ctx, r.Name)
	if err != nil {
		return err
	}
	old := map[string]bool{}
	for _, pod := range before {
		old[pod.Name] = true
	}
	revision, err := r.Revision(ctx)
	if err != nil {
		return err
	}
	if err := r.UpgradeOnly(ctx, values); err != nil {
		return err
	}
	if err := s.newPodShows(ctx, r, old, shows); err != nil {
		return fmt.Errorf("%s: no new pod shows what is wrong: %w", r.Name, err)
	}
	time.Sleep(5 * time.Second)
	pods, err := s.Pods(ctx, r.Name)
	if err != nil {
		return err
	}
	serving := 0
	for i := range pods {
		switch ready := cluster.Ready(&pods[i]); {
		case ready && old[pods[i].Name]:
			serving++
		case ready:
			return fmt.Errorf("%s: a pod is ready that cannot work: %s", r.Name, cluster.State(&pods[i]))
		}
	}
	if serving != len(before) {
		return fmt.Errorf("%s: %d of %d old pods still serve; expected all", r.Name, serving, len(before))
	}
	return r.Rollback(ctx, revision)
}

func (s *suite) newPodShows(ctx context.Context, r *cluster.Release, old map[string]bool, shows func(ctx context.Context, pod, state string) (bool, error)) error {
	return cluster.Until(ctx, time.Minute, func(ctx context.Context) (bool, string, error) {
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
				s.Say("  %.160s", about)
				return true, "", nil
			}
		}
		return false, about, nil
	})
}
