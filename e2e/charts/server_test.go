//go:build charts

package charts

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// TestServerTakesEveryObject asks the API server of KUBECONFIG, in a namespace
// that is made from argocd/namespace and deleted afterwards, whether it would
// take what the charts render: every object, validated strictly, and the pods of
// each Deployment as Pods, which Pod Security, the quota and the LimitRange then
// really judge.
func TestServerTakesEveryObject(t *testing.T) {
	if os.Getenv("KUBECONFIG") == "" {
		t.Fatal("KUBECONFIG is not set")
	}
	space := makeNamespace(t)
	known := knownKinds(t)

	for _, chart := range []string{"gateway", "predict", "monitoring"} {
		for _, example := range examples(t, chart) {
			t.Run(chart+" "+filepath.Base(example), func(t *testing.T) {
				serverTakes(t, within(render(t, chart, filepath.Base(example)), space), known, example)
			})
		}
	}

	// And it refuses what is wrong, or the above would show nothing.
	pods := filter(within(render(t, "gateway", ""), space), func(o unstructured.Unstructured) bool { return o.GetKind() == "Pod" })
	for _, wrong := range []struct{ says, right, wrong string }{
		{"violates PodSecurity", `"runAsNonRoot":true`, `"runAsNonRoot":false`},
		{"unknown field", `"restartPolicy":`, `"restartPolice":`},
		{"maximum memory usage per Container", `"memory":"64Mi"`, `"memory":"5Gi"`},
	} {
		t.Run(wrong.says, func(t *testing.T) {
			pod, err := pods[0].MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(pod, []byte(wrong.right)) {
				t.Fatalf("the pod has no %s", wrong.right)
			}
			pod = bytes.ReplaceAll(pod, []byte(wrong.right), []byte(wrong.wrong))
			out, err := applyText(pod, "--dry-run=server")
			if err == nil || !strings.Contains(out, wrong.says) {
				t.Errorf("expected it to be refused: %v\n%s", err, out)
			}
		})
	}
}

// serverTakes asks for a dry run of what was rendered, each Deployment's pods
// beside it. Kinds that the cluster does not know are named.
func serverTakes(t *testing.T, rendered []unstructured.Unstructured, known map[string]bool, from string) {
	t.Helper()
	var objects []unstructured.Unstructured
	for _, object := range rendered {
		if !known[object.GetKind()] {
			fmt.Printf("not checked: %s of %s, this cluster does not know its kind\n", object.GetKind(), from)
			continue
		}
		objects = append(objects, object)
	}
	// Pods are refused whose ServiceAccount is not there.
	mustApply(t, filter(objects, func(o unstructured.Unstructured) bool { return o.GetKind() == "ServiceAccount" }))
	for _, deployment := range typed[apps.Deployment](t, objects, "Deployment") {
		objects = append(objects, podOf(t, deployment))
	}
	mustApply(t, objects, "--dry-run=server")
}

// makeNamespace makes a namespace as argocd/namespace does, under another name.
func makeNamespace(t *testing.T) string {
	t.Helper()
	space := fmt.Sprintf("th-ct-%d", time.Now().UnixNano()%1_000_000_000)
	all := within(manifests(t), space)
	mustApply(t, filter(all, func(o unstructured.Unstructured) bool { return o.GetKind() == "Namespace" }))
	t.Cleanup(func() {
		if out, err := kubectl(nil, "delete", "namespace", space, "--wait=false"); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	mustApply(t, filter(all, func(o unstructured.Unstructured) bool { return o.GetKind() != "Namespace" }))
	if out, err := kubectl(nil, "wait", "resourcequota/treehouse", "--namespace", space, "--for=jsonpath={.status.hard.pods}", "--timeout=60s"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return space
}

// within moves objects to another namespace.
func within(objects []unstructured.Unstructured, space string) []unstructured.Unstructured {
	for _, object := range objects {
		if object.GetKind() == "Namespace" {
			object.SetName(space)
		} else {
			object.SetNamespace(space)
		}
		subjects, found, _ := unstructured.NestedSlice(object.Object, "subjects")
		for _, subject := range subjects {
			subject.(map[string]any)["namespace"] = space
		}
		if found {
			object.Object["subjects"] = subjects
		}
	}
	return objects
}

func podOf(t *testing.T, deployment apps.Deployment) unstructured.Unstructured {
	t.Helper()
	pod := core.Pod{
		TypeMeta:   meta.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: deployment.Spec.Template.ObjectMeta,
		Spec:       deployment.Spec.Template.Spec,
	}
	pod.Name, pod.Namespace = deployment.Name+"-pod", deployment.Namespace
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&pod)
	if err != nil {
		t.Fatal(err)
	}
	delete(object, "status")
	return unstructured.Unstructured{Object: object}
}

func knownKinds(t *testing.T) map[string]bool {
	t.Helper()
	out, err := kubectl(nil, "api-resources", "--no-headers")
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	known := map[string]bool{}
	for line := range strings.Lines(out) {
		if words := strings.Fields(line); len(words) > 0 {
			known[words[len(words)-1]] = true
		}
	}
	return known
}

func mustApply(t *testing.T, objects []unstructured.Unstructured, flags ...string) {
	t.Helper()
	if out, err := apply(objects, flags...); err != nil || strings.Contains(out, "Warning") {
		t.Errorf("%v: %s", err, out)
	}
}

func apply(objects []unstructured.Unstructured, flags ...string) (string, error) {
	if len(objects) == 0 { // kubectl would take that for a mistake; charts/monitoring has no ServiceAccount
		return "", nil
	}
	list := unstructured.UnstructuredList{Items: objects}
	list.SetAPIVersion("v1")
	list.SetKind("List")
	encoded, err := list.MarshalJSON()
	if err != nil {
		return "", err
	}
	return applyText(encoded, flags...)
}

func applyText(objects []byte, flags ...string) (string, error) {
	return kubectl(objects, append([]string{"apply", "--validate=strict", "-f", "-"}, flags...)...)
}

func kubectl(stdin []byte, arguments ...string) (string, error) {
	command := exec.Command("kubectl", arguments...)
	command.Stdin = bytes.NewReader(stdin)
	out, err := command.CombinedOutput()
	return string(out), err
}
