//go:build charts

package charts

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// namespace is the one that argocd/namespace makes.
const namespace = "mlops-housing"

const root = "../../"

// charts are all charts, with the files of example values in their ci folder.
func examples(t *testing.T, chart string) []string {
	t.Helper()
	files, err := filepath.Glob(root + "charts/" + chart + "/ci/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no example values in charts/%s/ci (%v)", chart, err)
	}
	return files
}

// helm renders a chart as a release of the same name, or says what Helm did.
func helm(chart string, arguments ...string) ([]byte, error) {
	return template(chart, root+"charts/"+chart, arguments...)
}

func template(release, folder string, arguments ...string) ([]byte, error) {
	command := exec.Command("helm", append([]string{"template", release, folder, "--namespace", namespace}, arguments...)...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, stderr.String())
	}
	return out, nil
}

// render renders a chart with a file of its ci folder; an empty one is the
// gateway's that says the least.
func render(t *testing.T, chart, example string) []unstructured.Unstructured {
	t.Helper()
	if example == "" {
		example = "open.yaml" // as it comes, but for what has to be said
	}
	out, err := helm(chart, "--values", root+"charts/"+chart+"/ci/"+example)
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, out)
}

// manifests are the objects of argocd/namespace.
func manifests(t *testing.T) []unstructured.Unstructured {
	t.Helper()
	out, err := template("namespace", root+"argocd/namespace")
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, out)
}

func decode(t *testing.T, text []byte) []unstructured.Unstructured {
	t.Helper()
	var objects []unstructured.Unstructured
	for decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096); ; {
		var object unstructured.Unstructured
		err := decoder.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			return objects
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
}

// typed converts the objects of a kind; a field that the kind does not have
// fails the test.
func typed[T any](t *testing.T, objects []unstructured.Unstructured, kind string) []T {
	t.Helper()
	var all []T
	for _, object := range objects {
		if object.GetKind() != kind {
			continue
		}
		var one T
		if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, &one, true); err != nil {
			t.Fatalf("%s %s: %v", kind, object.GetName(), err)
		}
		all = append(all, one)
	}
	return all
}
