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

// (f) The API server is away for 20 seconds. Gateways go on with the servers
// of predict that they know, and learn of new ones once it is back.
func (s *suite) apiServerAway(t *testing.T) {
	if s.pause == "" {
		notRun(t, s.required, "the API server away for 20 s", "E2E_PAUSE_APISERVER is not set")
	}
	ctx := t.Context()
	s.planned(t, "no-api-server", "3", func() {
		begin := time.Now()
		words := strings.Fields(s.pause)
		if _, err := s.Run(ctx, nil, words[0], append(words[1:], "20")...); err != nil {
			t.Fatal(err)
		}
		s.Say("  the API server was away for at most %.1f s", time.Since(begin).Seconds())
		for name, n := range s.knownServers(t) {
			if n != 2 {
				t.Errorf("gateway %s knows %v servers of predict after the API server was away; expected the 2 from before", name, n)
			}
		}

		// The rest of the control plane takes its time to come back to work.
		must(t, s.predict.UpgradeOnly(ctx, cluster.Values{"replicas": 3}))
		must(t, s.Settled(ctx, s.predict.Name, 3*time.Minute))
		settled := time.Now()
		must(t, cluster.Until(ctx, trafficWithin, func(context.Context) (bool, string, error) {
			known := s.knownServers(t)
			for name, n := range known {
				if n != 3 {
					return false, fmt.Sprintf("gateway %s knows %v servers of predict; expected the third, too", name, n), nil
				}
			}
			return true, "", nil
		}))
		s.Say("  a new pod was known to every gateway %.1f s after it was available", time.Since(settled).Seconds())
		must(t, s.predict.Upgrade(ctx, cluster.Values{"replicas": 2}))
	})
}

// knownServers is how many servers of predict each gateway knows from
// EndpointSlices.
func (s *suite) knownServers(t *testing.T) map[string]float64 {
	t.Helper()
	known := map[string]float64{}
	pods, err := s.Pods(t.Context(), s.gateway.Name)
	must(t, err)
	for _, pod := range pods {
		port := cluster.AdminPort(s.gateway.Name)
		n, err := s.Metric(t.Context(), pod.Name, port, "treehouse_gateway_discovery_endpoints")
		must(t, err)
		slices, err := s.Metric(t.Context(), pod.Name, port, "treehouse_gateway_discovery_source", `source="endpointslices"`)
		must(t, err)
		if slices != 1 {
			t.Errorf("gateway %s does not know predict's servers from EndpointSlices", pod.Name)
		}
		known[pod.Name] = n
	}
	return known
}
