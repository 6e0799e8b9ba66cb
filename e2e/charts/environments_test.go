//go:build charts

package charts

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	apps "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestServerTakesEveryEnvironment asks the API server of KUBECONFIG the same of
// what argocd/envs makes of the charts, with the values as Argo CD takes them.
func TestServerTakesEveryEnvironment(t *testing.T) {
	if os.Getenv("KUBECONFIG") == "" {
		t.Fatal("KUBECONFIG is not set")
	}
	folders, err := filepath.Glob(root + "argocd/envs/*/*")
	if err != nil || len(folders) < 6 {
		t.Fatalf("argocd/envs has %d services; expected two in each environment (%v)", len(folders), err)
	}
	space := makeNamespace(t)
	known := knownKinds(t)
	for _, folder := range folders {
		chart, environment := filepath.Base(folder), filepath.Base(filepath.Dir(folder))
		t.Run(environment+" "+chart, func(t *testing.T) {
			var arguments []string
			for _, name := range []string{"values.yaml", "version.yaml", "models.yaml"} {
				if file := filepath.Join(folder, name); name != "models.yaml" || chart == "predict" {
					arguments = append(arguments, "--values", file)
				}
			}
			out, err := helm(chart, arguments...)
			if err != nil {
				t.Fatal(err)
			}
			var objects []unstructured.Unstructured
			for _, object := range within(decode(t, out), space) {
				if !known[object.GetKind()] {
					fmt.Printf("not checked: %s of %s, this cluster does not know its kind\n", object.GetKind(), folder)
					continue
				}
				objects = append(objects, object)
			}
			mustApply(t, filter(objects, func(o unstructured.Unstructured) bool { return o.GetKind() == "ServiceAccount" }))
			for _, deployment := range typed[apps.Deployment](t, objects, "Deployment") {
				objects = append(objects, podOf(t, deployment))
			}
			mustApply(t, objects, "--dry-run=server")
		})
	}
}
