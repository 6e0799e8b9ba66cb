//go:build e2e

package e2e

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/e2e/internal/cluster"
)

// (h) Gateway and predict of the release before work with those of now, in both
// directions and on the way, under one load: predict goes back to the release
// before; it comes forward again while the gateway goes back; the gateway comes
// forward, too.
func (s *suite) versions(t *testing.T) {
	ctx := t.Context()
	s.imagesBefore(t) // if this part runs alone
	image := cluster.Values{"tag": s.PreviousTag()}
	oldPredict := cluster.Values{"image": image}
	oldGateway := cluster.Values{"image": image, "predict": cluster.Values{"discovery": "dns"}} // the release before knows DNS only
	s.planned(t, "versions", "3", func() {
		for _, step := range []struct {
			what string
			do   func() error
		}{
			{"gateway N, predict N-1", func() error { return s.predict.Upgrade(ctx, oldPredict) }},
			{"gateway N-1, predict N", func() error {
				return s.both(func(r *cluster.Release) error {
					if r == s.gateway {
						return r.Upgrade(ctx, oldGateway)
					}
					return r.Upgrade(ctx)
				})
			}},
			{"gateway N, predict N", func() error { return s.gateway.Upgrade(ctx) }},
		} {
			begin := time.Now()
			must(t, step.do())
			s.Say("  %s after %.1f s", step.what, time.Since(begin).Seconds())
			time.Sleep(2 * time.Second) // together, all as they are
		}
	})
}

// imagesBefore builds and loads the images of the release before, once.
func (s *suite) imagesBefore(t *testing.T) {
	s.built.Do(func() {
		commit, err := s.previous(t.Context())
		must(t, err)
		must(t, s.BuildServicesOf(t.Context(), commit, "gateway", "predict"))
	})
}

// previous names the release before: the newest tag, or, where there is none
// yet, the commit in the file previous.
func (s *suite) previous(ctx context.Context) (string, error) {
	// A tag of this very commit is not the release before.
	if tag, err := s.Run(ctx, nil, "git", "describe", "--tags", "--abbrev=0", "HEAD^"); err == nil {
		return strings.TrimSpace(tag), nil
	}
	data, err := os.ReadFile(s.Path("e2e", "previous"))
	return strings.TrimSpace(string(data)), err
}
