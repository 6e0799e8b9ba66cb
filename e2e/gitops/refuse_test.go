//go:build gitops

package gitops

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/treehouse-ml/treehouse/e2e/internal/cluster"
)

const stranger = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: %s, namespace: argocd, labels: {app.kubernetes.io/part-of: treehouse}}
spec:
  project: models
  source: {repoURL: %q, targetRevision: main, path: %s, helm: {releaseName: stranger}}
  destination: {server: "https://kubernetes.default.svc", namespace: %s}
  syncPolicy: {automated: {}}
---
`

// outside pushes applications that their project does not allow: one for a
// namespace, one for kinds.
func (s *suite) outside(t *testing.T) {
	ctx := t.Context()
	text := fmt.Sprintf(stranger, "elsewhere", s.repo.url, "charts/gateway", "kube-system") +
		fmt.Sprintf(stranger, "other-kinds", s.repo.url, "argocd/namespace", environment)
	must(t, s.repo.write(text, "argocd", "root", "templates", "strangers.yaml"))
	commit, err := s.repo.push(ctx, "Try what the project models does not allow")
	must(t, err)
	must(t, s.look(ctx, "root"))
	must(t, s.eventually(ctx, "elsewhere", time.Minute, func(a *application) bool {
		return strings.Contains(a.String(), "InvalidSpecError") && strings.Contains(a.String(), "do not match any of the allowed destinations in project 'models'")
	}))
	must(t, s.eventually(ctx, "other-kinds", time.Minute, func(a *application) bool {
		return strings.Contains(a.String(), "not permitted in project models")
	}))
	for _, name := range []string{"elsewhere", "other-kinds"} {
		a, err := s.application(ctx, name)
		must(t, err)
		s.Say("  %s: %.200s", name, a)
	}
	if _, err := s.Client.AppsV1().Deployments("kube-system").Get(ctx, "stranger", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the refused application made a Deployment (%v)", err)
	}
	_, err = s.repo.revert(ctx, commit)
	must(t, err)
	must(t, s.look(ctx, "root"))
	for _, name := range []string{"elsewhere", "other-kinds"} {
		must(t, s.gone(ctx, "applications", name, time.Minute))
	}
}

// removeService ends the load, and takes the gateway's folder away.
func (s *suite) removeService(t *testing.T) {
	ctx := t.Context()
	seen, err := s.load.Stop(ctx)
	must(t, err)
	s.Say("  load: %d requests in %.0f s, %d failed, %d wrong; answered by version %v", seen.Requests, seen.Seconds, seen.Failed, seen.Wrong, seen.Versions)
	for _, f := range seen.Failures {
		s.Say("  %s %s %s: %s", f.Time.Format("15:04:05.000"), f.Protocol, f.Status, f.Error)
	}
	s.record("gitops_requests", float64(seen.Requests))
	s.record("gitops_failed_requests", float64(seen.Failed+seen.Wrong))
	if seen.Failed+seen.Wrong > 0 {
		t.Errorf("%d requests failed and %d were answered wrong; expected none", seen.Failed, seen.Wrong)
	}

	must(t, s.repo.git(ctx, "rm", "-r", "--quiet", "argocd/envs/dev/gateway"))
	_, err = s.repo.push(ctx, "Remove the gateway from dev")
	must(t, err)
	begin := time.Now()
	must(t, s.refresh(ctx, "applicationsets", "argocd.argoproj.io/application-set-refresh", "dev"))
	must(t, s.gone(ctx, "applications", "dev-gateway", time.Minute))
	objects, err := s.dev.Objects(ctx)
	must(t, err)
	for _, object := range objects {
		kind, name, _ := strings.Cut(object, " ")
		if name == "gateway" {
			t.Errorf("%s %s is still there", kind, name)
		}
	}
	s.Say("  gateway and what was its are gone: %.1f s", time.Since(begin).Seconds())
	must(t, s.eventually(ctx, "dev-predict", 10*time.Second, func(a *application) bool { return a.good("") }))
}

// end removes the root application, and with it everything.
func (s *suite) end(t *testing.T) {
	ctx := t.Context()
	begin := time.Now()
	must(t, s.of("applications").Delete(ctx, "root", metav1.DeleteOptions{}))
	must(t, s.gone(ctx, "applications", "root", 2*time.Minute))
	must(t, s.of("appprojects").Delete(ctx, "root", metav1.DeleteOptions{}))
	must(t, cluster.Until(ctx, time.Minute, func(ctx context.Context) (bool, string, error) {
		_, err := s.Client.CoreV1().Namespaces().Get(ctx, environment, metav1.GetOptions{})
		return apierrors.IsNotFound(err), "the namespace is still there", nil
	}))
	list, err := s.of("applications").List(ctx, metav1.ListOptions{})
	must(t, err)
	if len(list.Items) > 0 {
		t.Errorf("%d applications are left", len(list.Items))
	}
	s.Say("  everything is gone: %.1f s", time.Since(begin).Seconds())
}

// forget removes Argo CD's objects, and leaves what they made. It returns those
// that it found: Argo CD works on meanwhile, and may put back a finalizer, or an
// object, that it was just about to write. Without its project an application
// can do no more, so that these go first.
func (s *suite) forget(ctx context.Context) (found []string) {
	orphan := metav1.DeletePropagationOrphan
	remove := func(kind, name string) {
		if _, err := s.of(kind).Get(ctx, name, metav1.GetOptions{}); apierrors.IsNotFound(err) {
			return
		}
		found = append(found, kind+"/"+name)
		_, _ = s.of(kind).Patch(ctx, name, types.MergePatchType, []byte(`{"metadata": {"finalizers": null}}`), metav1.PatchOptions{})
		_ = s.of(kind).Delete(ctx, name, metav1.DeleteOptions{PropagationPolicy: &orphan})
	}
	remove("applications", "root") // or it would heal the rest
	for _, kind := range []string{"appprojects", "applicationsets", "applications"} {
		list, err := s.of(kind).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/part-of=treehouse"})
		if err != nil {
			found = append(found, err.Error())
			continue
		}
		for _, object := range list.Items {
			remove(kind, object.GetName())
		}
	}
	return found
}

// abandon removes, after a failure, what a run left behind.
func (s *suite) abandon(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	_ = cluster.Until(ctx, 20*time.Second, func(ctx context.Context) (bool, string, error) {
		return len(s.forget(ctx)) == 0, "", nil
	})
	_ = s.Client.CoreV1().Namespaces().Delete(ctx, environment, metav1.DeleteOptions{})
	_ = cluster.Until(ctx, time.Minute, func(ctx context.Context) (bool, string, error) {
		_, err := s.Client.CoreV1().Namespaces().Get(ctx, environment, metav1.GetOptions{})
		return apierrors.IsNotFound(err), "", nil
	})
}
