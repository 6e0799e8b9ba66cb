//go:build charts

package charts

import (
	"testing"

	core "k8s.io/api/core/v1"
)

func TestNamespaceIsRestrictedAtAPinnedVersion(t *testing.T) {
	all := typed[core.Namespace](t, manifests(t), "Namespace")
	if len(all) != 1 || all[0].Name != namespace {
		t.Fatalf("expected one namespace, %s", namespace)
	}
	for _, mode := range []string{"enforce", "audit", "warn"} {
		label := "pod-security.kubernetes.io/" + mode
		if level := all[0].Labels[label]; level != "restricted" {
			t.Errorf("%s is %q, expected restricted", label, level)
		}
		if version := all[0].Labels[label+"-version"]; version != "v1.36" {
			t.Errorf("%s-version is %q, expected v1.36", label, version)
		}
	}
	if all[0].Labels["elbv2.k8s.aws/pod-readiness-gate-inject"] != "enabled" {
		t.Error("rollouts would not wait for the load balancer")
	}
	for _, object := range manifests(t) {
		if object.GetKind() != "Namespace" && object.GetNamespace() != namespace {
			t.Errorf("%s %s is in the namespace %q", object.GetKind(), object.GetName(), object.GetNamespace())
		}
	}
}
