//go:build gitops

package gitops

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/treehouse-ml/treehouse/e2e/internal/cluster"
)

// byHand changes an object and deletes another; both come back.
func (s *suite) byHand(t *testing.T) {
	ctx := t.Context()
	deployments := s.Client.AppsV1().Deployments(environment)
	begin := time.Now()
	_, err := deployments.Patch(ctx, "predict", types.MergePatchType, []byte(`{"spec": {"minReadySeconds": 7}}`), metav1.PatchOptions{FieldManager: "somebody"})
	must(t, err)
	must(t, cluster.Until(ctx, time.Minute, func(ctx context.Context) (bool, string, error) {
		d, err := deployments.Get(ctx, "predict", metav1.GetOptions{})
		return err == nil && d.Spec.MinReadySeconds == 5, "the Deployment is as it was changed", err
	}))
	s.record("heal_seconds", time.Since(begin).Seconds())

	budgets := s.Client.PolicyV1().PodDisruptionBudgets(environment)
	begin = time.Now()
	must(t, budgets.Delete(ctx, "predict", metav1.DeleteOptions{}))
	must(t, cluster.Until(ctx, time.Minute, func(ctx context.Context) (bool, string, error) {
		_, err := budgets.Get(ctx, "predict", metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return false, "the PodDisruptionBudget is gone", nil
		}
		return err == nil, "", err
	}))
	s.Say("  a deleted object was back after %.1f s", time.Since(begin).Seconds())
}

// bad pushes an image that is not there for gateway, and for predict a model
// whose artifact is not that of its digest. Both show as degraded, what ran
// goes on serving, and git revert mends them.
func (s *suite) bad(t *testing.T) {
	ctx := t.Context()
	serving := map[string][]corev1.Pod{}
	for _, service := range []string{"gateway", "predict"} {
		pods, err := s.dev.Pods(ctx, service)
		must(t, err)
		serving[service] = pods
	}
	must(t, s.setVersion("gateway", "no-such-tag"))
	must(t, s.repo.edit(`sha256: "([0-9a-f]{60})[0-9a-f]{4}"`, `sha256: "${1}beef"`, models...))
	commit, err := s.repo.push(ctx, "Run what cannot work")
	must(t, err)
	begin := time.Now()
	must(t, s.look(ctx, "dev-gateway", "dev-predict"))
	for _, app := range []string{"dev-gateway", "dev-predict"} {
		must(t, s.eventually(ctx, app, 2*time.Minute, func(a *application) bool { return a.Status.Health.Status == "Degraded" }))
		s.Say("  %s is degraded: %.1f s", app, time.Since(begin).Seconds())
	}
	must(t, s.shows(ctx, "gateway", func(pod *corev1.Pod) (string, bool) {
		state := cluster.State(pod)
		return state, strings.Contains(state, "ErrImagePull") || strings.Contains(state, "ImagePullBackOff")
	}))
	must(t, s.shows(ctx, "predict", func(pod *corev1.Pod) (string, bool) {
		log, err := s.Run(ctx, nil, "kubectl", "--namespace", environment, "logs", pod.Name, "--container", "models")
		if err != nil {
			log = err.Error()
		}
		return log, strings.Contains(log, "beef")
	}))
	for service, before := range serving {
		for _, pod := range before {
			now, err := s.Client.CoreV1().Pods(environment).Get(ctx, pod.Name, metav1.GetOptions{})
			if err != nil || !cluster.Ready(now) {
				t.Errorf("%s: pod %s, which served before, is no longer ready (%v)", service, pod.Name, err)
			}
		}
	}
	must(t, s.setsAreThere(ctx))

	begin = time.Now()
	commit, err = s.repo.revert(ctx, commit)
	must(t, err)
	must(t, s.look(ctx, "dev-gateway", "dev-predict"))
	for _, service := range []string{"gateway", "predict"} {
		must(t, s.applied(ctx, service, commit))
	}
	s.Say("  mended by git revert: %.1f s", time.Since(begin).Seconds())
}

// shows finds a pod of a service that says what is wrong.
func (s *suite) shows(ctx context.Context, service string, looks func(*corev1.Pod) (string, bool)) error {
	return cluster.Until(ctx, 20*time.Second, func(ctx context.Context) (bool, string, error) {
		pods, err := s.dev.Pods(ctx, service)
		about := "no pod"
		for i := range pods {
			if cluster.Ready(&pods[i]) {
				continue
			}
			text, done := looks(&pods[i])
			if done {
				s.Say("  %.200s", strings.TrimSpace(text))
				return true, "", nil
			}
			about = text
		}
		return false, fmt.Sprintf("%s: %s", service, about), err
	})
}
