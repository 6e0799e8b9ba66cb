//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/treehouse-ml/treehouse/e2e/internal/cluster"
	"github.com/treehouse-ml/treehouse/e2e/internal/scaling"
)

// scalingPolicy has the chart's own targets and percentages, over periods that
// a test can wait for. The requests are small, so that a tenth of a processor
// is far too much even for five pods.
var scalingPolicy = scaling.Policy{Min: 2, Max: 5, CPU: 60, Memory: 75, UpPercent: 50, DownPercent: 25,
	UpPeriod: 15 * time.Second, DownPeriod: 15 * time.Second, DownWindow: 20 * time.Second}

// (g) Large gRPC batches scale a release of predict from its least number of
// pods to its most, and their end scales it back; each step is held to the
// policy, and no request fails.
func (s *suite) autoscale(t *testing.T) {
	ctx := t.Context()
	p := scalingPolicy
	seconds := func(d time.Duration) int { return int(d / time.Second) }
	release := s.Release("predict", "predict-auto", s.models(t, 3))
	must(t, release.UpgradeOnly(ctx, cluster.Values{
		"resources": cluster.Values{"requests": cluster.Values{"cpu": "15m", "memory": "256Mi"}},
		"autoscaling": cluster.Values{"enabled": true, "minReplicas": p.Min, "maxReplicas": p.Max, "cpu": p.CPU, "memory": p.Memory,
			"scaleUpPercent": p.UpPercent, "scaleUpPeriodSeconds": seconds(p.UpPeriod), "scaleUpWindowSeconds": seconds(p.UpWindow),
			"scaleDownPercent": p.DownPercent, "scaleDownPeriodSeconds": seconds(p.DownPeriod), "scaleDownWindowSeconds": seconds(p.DownWindow)},
	}))
	must(t, s.measured(ctx, release.Name, p.Min))

	trace := s.traceScaling(t, release.Name)
	load, err := s.StartLoad(ctx, "batches", "--grpc", "dns:///"+release.Name+"-headless:9000", "--rate", "80", "--rows", "2000", "--clients", "4", "--versions", "3")
	must(t, err)
	must(t, s.scaledTo(ctx, release.Name, p.Max, 2*time.Minute))
	must(t, s.Settled(ctx, release.Name, time.Minute))
	// The pods are young: as long as some cannot be measured, a smaller number
	// would be a guess.
	must(t, s.measured(ctx, release.Name, p.Max))
	seen, err := load.Stop(ctx)
	must(t, err)
	s.Say("  batches: %s", describe(seen))
	s.lostNothing(t, "batches", seen)
	must(t, s.scaledTo(ctx, release.Name, p.Min, 2*time.Minute))

	points := trace()
	for _, point := range points {
		s.Say("  %v", point)
	}
	if err := p.Check(points); err != nil {
		t.Errorf("the autoscaler did not follow its policy: %v", err)
	}
	ups, downs := steps(points)
	if ups < 2 || downs < 2 {
		t.Errorf("%d steps up and %d down; expected at least 2 each way", ups, downs)
	}
	must(t, release.Uninstall(ctx))
}

func steps(points []scaling.Point) (ups, downs int) {
	for _, p := range points {
		switch {
		case p.Desired > p.Current && p.Current >= scalingPolicy.Min:
			ups++
		case p.Desired < p.Current:
			downs++
		}
	}
	return ups, downs
}

// scaledTo waits until the autoscaler has come to a number of pods.
func (s *suite) scaledTo(ctx context.Context, name string, want int, timeout time.Duration) error {
	return cluster.Until(ctx, timeout, func(ctx context.Context) (bool, string, error) {
		d, err := s.Client.AppsV1().Deployments(s.Namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return false, err.Error(), nil
		}
		return int(*d.Spec.Replicas) == want, fmt.Sprintf("%d replicas instead of %d", *d.Spec.Replicas, want), nil
	})
}

// measured waits until the release has so many pods and the metrics server
// knows the usage of each.
func (s *suite) measured(ctx context.Context, name string, want int) error {
	return cluster.Until(ctx, 2*time.Minute, func(ctx context.Context) (bool, string, error) {
		if err := s.Settled(ctx, name, 30*time.Second); err != nil {
			return false, err.Error(), nil
		}
		pods, err := s.Pods(ctx, name)
		if err != nil {
			return false, err.Error(), nil
		}
		known := 0
		for _, pod := range pods {
			path := "/apis/metrics.k8s.io/v1beta1/namespaces/" + s.Namespace + "/pods/" + pod.Name
			if _, err := s.Client.Discovery().RESTClient().Get().AbsPath(path).DoRaw(ctx); err == nil {
				known++
			}
		}
		return known == want && len(pods) == want, fmt.Sprintf("%d of %d pods are measured; expected %d", known, len(pods), want), nil
	})
}

// traceScaling looks at an autoscaler's status every second, several times for
// each time that the autoscaler does. The function that it returns ends that
// and tells what was seen.
func (s *suite) traceScaling(t *testing.T, name string) func() []scaling.Point {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan []scaling.Point)
	go func() {
		var points []scaling.Point
		seen := ""
		for ctx.Err() == nil {
			hpa, err := s.Client.AutoscalingV2().HorizontalPodAutoscalers(s.Namespace).Get(ctx, name, metav1.GetOptions{})
			if err == nil && hpa.ResourceVersion != seen && len(hpa.Status.CurrentMetrics) > 0 {
				seen = hpa.ResourceVersion
				points = append(points, scaling.Point{At: written(hpa), Current: int(hpa.Status.CurrentReplicas), Desired: int(hpa.Status.DesiredReplicas),
					CPU: usage(hpa, corev1.ResourceCPU), Memory: usage(hpa, corev1.ResourceMemory)})
			}
			time.Sleep(time.Second)
		}
		done <- points
	}()
	return func() []scaling.Point {
		time.Sleep(2 * time.Second) // for the last status
		stop()
		return <-done
	}
}

// written is when the autoscaler wrote a status, in whole seconds: by its own
// clock where it changed the number of pods, else by the API server's.
func written(hpa *autoscalingv2.HorizontalPodAutoscaler) time.Time {
	at := time.Now()
	for _, f := range hpa.ManagedFields {
		if f.Subresource == "status" && f.Time != nil {
			at = f.Time.Time
		}
	}
	if last := hpa.Status.LastScaleTime; last != nil && hpa.Status.DesiredReplicas != hpa.Status.CurrentReplicas {
		at = last.Time
	}
	return at
}

// usage is that of a resource in percent of the requests, as the autoscaler
// last saw it.
func usage(hpa *autoscalingv2.HorizontalPodAutoscaler, name corev1.ResourceName) int {
	for _, m := range hpa.Status.CurrentMetrics {
		if m.Resource != nil && m.Resource.Name == name && m.Resource.Current.AverageUtilization != nil {
			return int(*m.Resource.Current.AverageUtilization)
		}
	}
	return 0
}
