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

	"github.com/treehouse-ml/treehouse/e2e/internal/cluster"
)

// models is the file that says which models dev serves.
var models = []string{"argocd", "envs", "dev", "predict", "models.yaml"}

// pushVersion rolls predict by a push of its version.yaml.
func (s *suite) pushVersion(t *testing.T) {
	ctx := t.Context()
	must(t, s.setVersion("predict", s.next()))
	begin := time.Now()
	commit, err := s.repo.push(ctx, "Run the next predict in dev")
	must(t, err)
	must(t, s.look(ctx, "dev-predict"))
	must(t, s.applied(ctx, "predict", commit))
	s.record("push_to_rolled_seconds", time.Since(begin).Seconds())
	must(t, s.runs(ctx, "predict", s.next()))
}

// runs tells whether all pods of a service have an image's tag.
func (s *suite) runs(ctx context.Context, service, tag string) error {
	pods, err := s.dev.Pods(ctx, service)
	if err != nil {
		return err
	}
	for _, pod := range pods {
		if image := pod.Spec.Containers[0].Image; !strings.HasSuffix(image, ":"+tag) {
			return fmt.Errorf("pod %s runs %s; expected %s", pod.Name, image, tag)
		}
	}
	return nil
}

// pushModels changes the served model by a push of models.yaml.
func (s *suite) pushModels(t *testing.T) {
	ctx := t.Context()
	sum, err := s.digest(2)
	must(t, err)
	must(t, s.repo.edit(`version: 3, sha256: "[0-9a-f]+"`, fmt.Sprintf(`version: 2, sha256: "%s"`, sum), models...))
	before, err := s.desired(ctx)
	must(t, err)
	begin := time.Now()
	commit, err := s.repo.push(ctx, "Serve housing 2 in dev")
	must(t, err)
	must(t, s.look(ctx, "dev-predict"))
	live := time.Duration(0)
	must(t, cluster.Until(ctx, time.Minute, func(ctx context.Context) (bool, string, error) {
		seen, err := s.load.Summary(ctx)
		if err != nil {
			return false, err.Error(), nil
		}
		live = time.Since(begin)
		return seen.Versions["2"] > 0, fmt.Sprintf("answers by version: %v", seen.Versions), s.setsAreThere(ctx)
	}))
	s.record("push_to_live_seconds", live.Seconds())
	done := make(chan error, 1)
	go func() { done <- s.applied(ctx, "predict", commit) }()
	for rolled := false; !rolled; {
		select {
		case err := <-done:
			must(t, err)
			rolled = true
		case <-time.After(200 * time.Millisecond):
			must(t, s.setsAreThere(ctx))
		}
	}
	after, err := s.desired(ctx)
	must(t, err)
	if len(before) != 1 || len(after) != 1 || before[0] == after[0] {
		t.Errorf("the desired sets were %v and are %v; expected one that took the place of another", before, after)
	}
}

// digest is the artifact's, as the model.yaml of a version tells it.
func (s *suite) digest(version int) (string, error) {
	out, err := s.Run(context.Background(), nil, "sed", "-nE", `s/^sha256: "?([0-9a-f]{64})"?$/\1/p`, s.Path("services", "predict", "models", "housing", fmt.Sprint(version), "model.yaml"))
	return strings.TrimSpace(out), err
}

// desired are the names of the desired sets in the namespace.
func (s *suite) desired(ctx context.Context) ([]string, error) {
	list, err := s.Client.CoreV1().ConfigMaps(environment).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/instance=predict"})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, c := range list.Items {
		names = append(names, c.Name)
	}
	return names, nil
}

// setsAreThere looks whether the desired set of every pod that serves is there:
// without it a pod that has to be replaced during a rollout could not start.
// Argo CD has no lookup of what is in the cluster, by which the chart keeps the
// sets for Helm: it is the annotation PruneLast that keeps them.
func (s *suite) setsAreThere(ctx context.Context) error {
	pods, err := s.dev.Pods(ctx, "predict")
	if err != nil {
		return err
	}
	for _, pod := range pods {
		if pod.DeletionTimestamp != nil {
			continue
		}
		for _, volume := range pod.Spec.Volumes {
			if volume.Name != "desired" {
				continue
			}
			_, err := s.Client.CoreV1().ConfigMaps(environment).Get(ctx, volume.ConfigMap.Name, metav1.GetOptions{})
			if apierrors.IsNotFound(err) && s.serves(ctx, pod.Name) {
				return fmt.Errorf("pod %s serves, and its desired set %s is gone", pod.Name, volume.ConfigMap.Name)
			}
		}
	}
	return nil
}

// serves looks again whether a pod is to stay: it may have been told to go
// between two questions.
func (s *suite) serves(ctx context.Context, name string) bool {
	pod, err := s.Client.CoreV1().Pods(environment).Get(ctx, name, metav1.GetOptions{})
	return err == nil && pod.DeletionTimestamp == nil && pod.Status.Phase == corev1.PodRunning
}

// promote copies what dev runs to staging.
func (s *suite) promote(t *testing.T) {
	ctx := t.Context()
	for what, file := range map[string]string{"predict": "version.yaml", "housing": "models.yaml"} {
		out, err := s.Run(ctx, nil, "make", "--no-print-directory", "-C", s.repo.clone, "promote", "FROM=dev", "TO=staging", "WHAT="+what)
		must(t, err)
		if !strings.Contains(out, "+++ argocd/envs/staging/predict/"+file) {
			t.Errorf("make promote of %s does not show the difference:\n%s", what, out)
		}
	}
	_, err := s.repo.push(ctx, "Promote predict and housing to staging")
	must(t, err)
	// Staging as Argo CD would render it has what dev runs.
	staging := s.repo.clone + "/argocd/envs/staging/predict/"
	out, err := s.Run(ctx, nil, "helm", "template", "predict", s.repo.clone+"/charts/predict", "--values", staging+"values.yaml", "--values", staging+"version.yaml", "--values", staging+"models.yaml")
	must(t, err)
	sum, err := s.digest(2)
	must(t, err)
	for _, want := range []string{":" + s.next(), sum} {
		if !strings.Contains(out, want) {
			t.Errorf("staging does not run %s", want)
		}
	}
}

// revert takes the version and the model back.
func (s *suite) revert(t *testing.T) {
	ctx := t.Context()
	out, err := s.Run(ctx, nil, "git", s.repo.args("log", "--format=%H", "--grep=in dev$")...)
	must(t, err)
	commits := strings.Fields(out)
	if len(commits) != 2 {
		t.Fatalf("commits %v; expected that of the version and that of the model", commits)
	}
	begin := time.Now()
	commit, err := s.repo.revert(ctx, commits...)
	must(t, err)
	must(t, s.look(ctx, "dev-predict"))
	must(t, s.applied(ctx, "predict", commit))
	s.Say("  rolled back: %.1f s", time.Since(begin).Seconds())
	must(t, s.runs(ctx, "predict", s.Tag))
	before, err := s.load.Summary(ctx)
	must(t, err)
	time.Sleep(time.Second)
	after, err := s.load.Summary(ctx)
	must(t, err)
	if after.Versions["3"] == before.Versions["3"] || after.Versions["2"] != before.Versions["2"] {
		t.Errorf("answers by version were %v and a second later %v; expected more of 3 only", before.Versions, after.Versions)
	}
}
