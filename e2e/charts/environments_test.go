//go:build charts

package charts

import (
	"os"
	"path/filepath"
	"testing"
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
			serverTakes(t, within(decode(t, out), space), known, folder)
		})
	}
}
