//go:build gitops

package gitops

import (
	"context"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/treehouse-ml/treehouse/e2e/internal/cluster"
)

// An application is what Argo CD says of one.
type application struct {
	Status struct {
		Sync struct {
			Status   string `json:"status"`
			Revision string `json:"revision"`
		} `json:"sync"`
		Health struct {
			Status string `json:"status"`
		} `json:"health"`
		OperationState *struct {
			Phase      string `json:"phase"`
			Message    string `json:"message"`
			SyncResult struct {
				Resources []struct {
					Kind    string `json:"kind"`
					Status  string `json:"status"`
					Message string `json:"message"`
				} `json:"resources"`
			} `json:"syncResult"`
		} `json:"operationState"`
		Conditions []struct {
			Type    string `json:"type"`
			Message string `json:"message"`
		} `json:"conditions"`
	} `json:"status"`
}

// String is all that it says, in a line.
func (a *application) String() string {
	text := fmt.Sprintf("%s at %.7s, %s", a.Status.Sync.Status, a.Status.Sync.Revision, a.Status.Health.Status)
	if o := a.Status.OperationState; o != nil {
		text += fmt.Sprintf("; last sync %s: %s", o.Phase, o.Message)
		for _, r := range o.SyncResult.Resources {
			if r.Status == "SyncFailed" {
				text += fmt.Sprintf("; %s: %s", r.Kind, r.Message)
			}
		}
	}
	for _, c := range a.Status.Conditions {
		text += fmt.Sprintf("; %s: %s", c.Type, c.Message)
	}
	return text
}

// good tells whether everything is as Git has it, and works.
func (a *application) good(revision string) bool {
	return a.Status.Sync.Status == "Synced" && a.Status.Health.Status == "Healthy" && (revision == "" || a.Status.Sync.Revision == revision)
}

func resource(kind string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "argoproj.io", Version: "v1alpha1", Resource: kind}
}

func (s *suite) of(kind string) dynamic.ResourceInterface {
	return s.apps.Resource(resource(kind)).Namespace(control)
}

func (s *suite) application(ctx context.Context, name string) (*application, error) {
	object, err := s.of("applications").Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	var a application
	return &a, runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &a)
}

// refresh asks Argo CD to look at Git now, as the webhook of a repository does.
func (s *suite) refresh(ctx context.Context, kind, annotation, name string) error {
	patch := fmt.Sprintf(`{"metadata": {"annotations": {%q: %q}}}`, annotation, map[string]string{"applications": "normal", "applicationsets": "true"}[kind])
	_, err := s.of(kind).Patch(ctx, name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	return err
}

func (s *suite) look(ctx context.Context, names ...string) error {
	for _, name := range names {
		if err := s.refresh(ctx, "applications", "argocd.argoproj.io/refresh", name); err != nil {
			return err
		}
	}
	return nil
}

// eventually waits until an application is as wanted.
func (s *suite) eventually(ctx context.Context, name string, timeout time.Duration, want func(*application) bool) error {
	err := cluster.Until(ctx, timeout, func(ctx context.Context) (bool, string, error) {
		a, err := s.application(ctx, name)
		if err != nil {
			return false, err.Error(), nil
		}
		return want(a), a.String(), nil
	})
	if err != nil {
		return fmt.Errorf("application %s: %w", name, err)
	}
	return nil
}

// applied waits until an application runs a revision, its last pod drained.
func (s *suite) applied(ctx context.Context, service, revision string) error {
	if err := s.eventually(ctx, "dev-"+service, 90*time.Second, func(a *application) bool { return a.good(revision) }); err != nil {
		return err
	}
	return s.dev.Settled(ctx, service, time.Minute)
}

// gone waits until an object of Argo CD's is no more.
func (s *suite) gone(ctx context.Context, kind, name string, timeout time.Duration) error {
	return cluster.Until(ctx, timeout, func(ctx context.Context) (bool, string, error) {
		object, err := s.of(kind).Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return true, "", nil
		}
		if err != nil {
			return false, "", err
		}
		return false, fmt.Sprintf("%s %s is still there, with the finalizers %s", kind, name, strings.Join(object.GetFinalizers(), ", ")), nil
	})
}

// unused makes sure that this is a cluster to test on: with an Argo CD, and
// with nothing of ours that somebody else may need.
func (s *suite) unused(ctx context.Context) error {
	list, err := s.of("applications").List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("the cluster has no Argo CD in the namespace %s: %w", control, err)
	}
	for _, a := range list.Items {
		return fmt.Errorf("the cluster's Argo CD has an application %s already; these tests want one that has none", a.GetName())
	}
	_, err = s.Client.CoreV1().Namespaces().Get(ctx, environment, metav1.GetOptions{})
	if err == nil {
		return fmt.Errorf("the cluster has a namespace %s already, which these tests would make", environment)
	}
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
