//go:build argocd

package argocd

import (
	"fmt"
	"path"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A project is what of an AppProject decides what its applications may do.
type project struct {
	Spec struct {
		SourceRepos  []string `json:"sourceRepos"`
		Destinations []struct {
			Server    string `json:"server"`
			Namespace string `json:"namespace"`
		} `json:"destinations"`
		ClusterResourceWhitelist   []kind           `json:"clusterResourceWhitelist"`
		NamespaceResourceWhitelist []kind           `json:"namespaceResourceWhitelist"`
		SyncWindows                []map[string]any `json:"syncWindows"`
	} `json:"spec"`
}

type kind struct {
	Group string `json:"group"`
	Kind  string `json:"kind"`
}

// ofTheCluster are the kinds of no namespace that anything here makes.
var ofTheCluster = []string{"Namespace", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "PersistentVolume", "StorageClass",
	"PriorityClass", "IngressClass", "APIService", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"}

func matches(pattern, text string) bool {
	ok, err := path.Match(pattern, text)
	return ok && err == nil
}

// refuses tells why the project does not let an application be.
func (p *project) refuses(a *application) []string {
	var problems []string
	for _, s := range a.sources() {
		if !slices.ContainsFunc(p.Spec.SourceRepos, func(allowed string) bool { return allowed == s.RepoURL }) {
			problems = append(problems, fmt.Sprintf("application %s: project %s does not allow the repository %s", a.Metadata.Name, a.Spec.Project, s.RepoURL))
		}
	}
	if d := a.Spec.Destination; !p.reaches(d.Server, d.Namespace) {
		problems = append(problems, fmt.Sprintf("application %s: project %s does not allow the namespace %s of %s", a.Metadata.Name, a.Spec.Project, d.Namespace, d.Server))
	}
	return problems
}

func (p *project) reaches(server, namespace string) bool {
	for _, d := range p.Spec.Destinations {
		if matches(d.Server, server) && matches(d.Namespace, namespace) {
			return true
		}
	}
	return false
}

// refusesObject tells why the project does not let an application make an object.
func (p *project) refusesObject(a *application, object unstructured.Unstructured) []string {
	group := object.GroupVersionKind().Group
	allowed := p.Spec.NamespaceResourceWhitelist
	if slices.Contains(ofTheCluster, object.GetKind()) {
		allowed = p.Spec.ClusterResourceWhitelist
	} else if n := object.GetNamespace(); n != "" && !p.reaches(a.Spec.Destination.Server, n) {
		return []string{fmt.Sprintf("application %s: project %s does not allow the namespace %s of %s %s", a.Metadata.Name, a.Spec.Project, n, object.GetKind(), object.GetName())}
	}
	for _, k := range allowed {
		if matches(k.Group, group) && matches(k.Kind, object.GetKind()) {
			return nil
		}
	}
	return []string{fmt.Sprintf("application %s: project %s does not allow the kind %s of %q", a.Metadata.Name, a.Spec.Project, object.GetKind(), group)}
}
