package monitoring_test

import (
	"os"
	"reflect"
	"testing"

	"k8s.io/apimachinery/pkg/util/yaml"
)

// What amtool checks is what the stack is given; and it has the room and the
// days that the platform specifies.
func TestTheStackIsAsSpecified(t *testing.T) {
	var example map[string]any
	load(t, chart+"alertmanager.yaml", &example)
	var stack map[string]any
	load(t, "../../argocd/values/kube-prometheus-stack.yaml", &stack)

	if !reflect.DeepEqual(at(stack, "alertmanager", "config"), any(example)) {
		t.Error("alertmanager.config is not charts/monitoring/alertmanager.yaml")
	}
	for _, test := range []struct {
		want any
		path []string
	}{
		{"30d", []string{"prometheus", "prometheusSpec", "retention"}},
		{"20Gi", []string{"prometheus", "prometheusSpec", "storageSpec", "volumeClaimTemplate", "spec", "resources", "requests", "storage"}},
		{"gp3", []string{"prometheus", "prometheusSpec", "storageSpec", "volumeClaimTemplate", "spec", "storageClassName"}},
		{"10Gi", []string{"grafana", "persistence", "size"}},
		{"gp3", []string{"grafana", "persistence", "storageClassName"}},
		{true, []string{"nodeExporter", "enabled"}},
		{true, []string{"kubeStateMetrics", "enabled"}},
	} {
		if got := at(stack, test.path...); got != test.want {
			t.Errorf("%v is %v; expected %v", test.path, got, test.want)
		}
	}

	// Grafana looks for what the chart writes.
	var values map[string]any
	load(t, chart+"values.yaml", &values)
	for chartKey, key := range map[string]string{"label": "label", "folderAnnotation": "folderAnnotation"} {
		if got, want := at(stack, "grafana", "sidecar", "dashboards", key), at(values, "dashboards", chartKey); got != want {
			t.Errorf("the sidecar's %s is %v; the chart's is %v", key, got, want)
		}
	}
}

func load(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

func at(tree any, path ...string) any {
	for _, key := range path {
		branch, _ := tree.(map[string]any)
		tree = branch[key]
	}
	return tree
}
