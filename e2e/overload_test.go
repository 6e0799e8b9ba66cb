//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/e2e/internal/cluster"
	"github.com/treehouse-ml/treehouse/e2e/internal/summary"
)

// (i) Three times the load that the services can do. They do about what they
// could do before, refuse the rest with a time to come back, keep their memory,
// and are themselves again right afterwards. Small limits leave the load
// generator the processors that it needs.
func (s *suite) overload(t *testing.T) {
	ctx := t.Context()
	predict := s.Release("predict", "predict-small", s.models(t, 3))
	gateway := s.Release("gateway", "gateway-small", cluster.Values{"replicas": 1, "predict": cluster.Values{"service": predict.Name + "-headless"}})
	cpu := func(limit string) cluster.Values {
		return cluster.Values{"replicas": 1, "resources": cluster.Values{"limits": cluster.Values{"cpu": limit}}}
	}
	must(t, predict.Upgrade(ctx, cpu("200m")))
	must(t, gateway.Upgrade(ctx, cpu("200m")))
	http := []string{"--http", "http://" + gateway.Name}
	grpc := []string{"--grpc", "dns:///" + predict.Name + "-headless:9000"}
	releases := []*cluster.Release{gateway, predict}

	// Batches come over both protocols, single rows over HTTP alone, so that
	// both services are overloaded. As many connections as may be unanswered:
	// what waits, waits in the services and not in the load.
	batches, refusedBatches := s.overloaded(t, "batches", releases, slices.Concat(http, grpc, []string{"--rows", "100"}), "1000", "1600")
	single, refusedSingle := s.overloaded(t, "single-rows", releases, http, "1500", "1500")
	s.record("overload_goodput_ratio", min(batches, single))
	if refusedBatches+refusedSingle == 0 {
		t.Error("no request was refused: this was no overload")
	}

	for _, r := range releases {
		pods, err := s.Pods(ctx, r.Name)
		must(t, err)
		for _, pod := range pods {
			if n := pod.Status.ContainerStatuses[0].RestartCount; n != 0 {
				t.Errorf("pod %s was restarted %d times", pod.Name, n)
			}
		}
	}
	must(t, gateway.Uninstall(ctx))
	must(t, predict.Uninstall(ctx))
}

// What an overload may cost. The node is shared with the load itself, so that
// the bars are wide; what an overload does to a server that is not ready for it
// misses them by far: goodput near zero, answers as late as deadlines are.
const (
	leastGoodput = 0.5             // of the capacity
	mostP99      = 6 * time.Second // of what is accepted; deadlines are 10
	mostMemory   = 0.85            // of the limit, three quarters of which are Go's own in the gateway
)

// overloaded measures the capacity with callers that wait for their answers,
// offers three times as much, and then a fifth. It returns the goodput under
// overload as a share of the capacity, and how many requests were refused.
func (s *suite) overloaded(t *testing.T, name string, releases []*cluster.Release, target []string, connections, inFlight string) (ratio float64, refused int) {
	t.Helper()
	ctx := t.Context()
	run := func(phase string, flags ...string) *summary.Summary {
		t.Helper()
		load, err := s.StartLoad(ctx, name+"-"+phase, slices.Concat(target, []string{"--versions", "3", "--timeout", "10s"}, flags)...)
		must(t, err)
		seen, err := load.Wait(ctx, time.Minute)
		must(t, err)
		s.Say("  %s, %s: %.0f a second right; %s", name, phase, float64(seen.OK)/seen.Seconds, describe(seen))
		return seen
	}
	calm := run("capacity", "--closed", "32", "--duration", "6s")
	s.lostNothing(t, name+" at capacity", calm)
	capacity := float64(calm.OK) / calm.Seconds

	peak := s.watchMemory(ctx, releases)
	seen := run("overload", "--rate", fmt.Sprintf("%.0f", 3*capacity), "--duration", "15s", "--connections", connections, "--in-flight", inFlight)
	ratio = float64(seen.OK) / seen.Seconds / capacity
	for release, share := range peak() {
		s.Say("  %s: at most %.0f %% of its memory limit", release, 100*share)
		if share > mostMemory {
			t.Errorf("%s used %.0f %% of its memory limit; expected at most %.0f %%", release, 100*share, 100*mostMemory)
		}
	}
	s.Say("  %s: offered %.0f a second, %.0f %% of the capacity was right; refused %d", name, 3*capacity, 100*ratio, seen.Rejected)
	s.politely(t, name, seen)
	if ratio < leastGoodput {
		t.Errorf("%s: under overload %.0f %% of the capacity was answered right; expected at least %.0f %%", name, 100*ratio, 100*leastGoodput)
	}
	after := run("afterwards", "--rate", fmt.Sprintf("%.0f", max(capacity/5, 1)), "--duration", "4s")
	s.lostNothing(t, name+" after the overload", after)
	return ratio, seen.Rejected
}

// politely holds an overload to how requests may fail: refused, with a time to
// come back, and nothing else. (unsent: the load itself did not keep up.)
func (s *suite) politely(t *testing.T, name string, seen *summary.Summary) {
	t.Helper()
	for protocol, p := range map[string]*summary.Protocol{"http": seen.HTTP, "grpc": seen.GRPC} {
		if p == nil {
			continue
		}
		for _, status := range slices.Sorted(maps.Keys(p.Status)) {
			if !slices.Contains([]string{"200", "429", "503", "OK", "RESOURCE_EXHAUSTED", "unsent"}, status) {
				t.Errorf("%s: %d %s requests ended with %s; expected answers and refusals only\n%s", name, p.Status[status], protocol, status, failures(seen))
			}
		}
		if p99 := time.Duration(p.OKMilliseconds.P99 * float64(time.Millisecond)); p99 > mostP99 {
			t.Errorf("%s: the p99 of what %s accepted is %v; expected at most %v", name, protocol, p99, mostP99)
		}
	}
	if seen.Wrong > 0 || seen.RejectedSilently > 0 {
		t.Errorf("%s: %d answered wrong, and %d refused without a time to come back; expected none", name, seen.Wrong, seen.RejectedSilently)
	}
}

// watchMemory samples the resident memory of pods. The function that it returns
// ends that and tells the greatest share of the limit, by release.
func (s *suite) watchMemory(ctx context.Context, releases []*cluster.Release) func() map[string]float64 {
	ctx, stop := context.WithCancel(ctx)
	var done sync.WaitGroup
	peak := map[string]float64{}
	done.Go(func() {
		for ctx.Err() == nil {
			for _, r := range releases {
				pods, err := s.Pods(ctx, r.Name)
				if err != nil {
					continue // the next sample may come through
				}
				for _, pod := range pods {
					bytes, err := s.Metric(ctx, pod.Name, cluster.AdminPort(r.Name), "process_resident_memory_bytes")
					if limit := pod.Spec.Containers[0].Resources.Limits.Memory().AsApproximateFloat64(); err == nil && limit > 0 {
						peak[r.Name] = max(peak[r.Name], bytes/limit)
					}
				}
			}
			select {
			case <-ctx.Done():
			case <-time.After(500 * time.Millisecond):
			}
		}
	})
	return func() map[string]float64 {
		stop()
		done.Wait()
		return peak
	}
}
