//go:build e2e

package e2e

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/e2e/internal/cluster"
)

// Uninstalling leaves nothing: the namespace holds what it held before, of
// every kind there is.
func (s *suite) uninstall(t *testing.T) {
	ctx := t.Context()
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
}
