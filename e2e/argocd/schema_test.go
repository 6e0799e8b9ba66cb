//go:build argocd

package argocd

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kube-openapi/pkg/validation/strfmt"
	"k8s.io/kube-openapi/pkg/validation/validate"
)

// argoCD is the release whose definitions of its kinds are the schemas.
const argoCD = "github.com/argoproj/argo-cd/v3@v3.2.6"

// schemas are Argo CD's kinds, as its own definitions have them; a field that
// they do not know is an error.
var schemas = sync.OnceValues(func() (map[string]*spec.Schema, error) {
	download := exec.Command("go", "mod", "download", "-json", argoCD)
	download.Dir = os.TempDir() // of no module
	download.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	out, err := download.Output()
	if err != nil {
		return nil, fmt.Errorf("go mod download %s: %w: %s", argoCD, err, out)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(module.Dir, "manifests", "crds", "*-crd.yaml"))
	if err != nil {
		return nil, err
	}
	if len(files) < 3 {
		return nil, fmt.Errorf("%d definitions in %s; expected three", len(files), module.Dir)
	}
	all := map[string]*spec.Schema{}
	for _, file := range files {
		kind, schema, err := readDefinition(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all[kind] = schema
	}
	return all, nil
})

func readDefinition(file string) (string, *spec.Schema, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", nil, err
	}
	var definition struct {
		Spec struct {
			Names    struct{ Kind string }
			Versions []struct {
				Schema struct{ OpenAPIV3Schema map[string]any }
			}
		}
	}
	if err := yaml.Unmarshal(text, &definition); err != nil {
		return "", nil, err
	}
	if len(definition.Spec.Versions) != 1 {
		return "", nil, fmt.Errorf("%d versions", len(definition.Spec.Versions))
	}
	open := definition.Spec.Versions[0].Schema.OpenAPIV3Schema
	closeObjects(open)
	encoded, err := json.Marshal(open)
	if err != nil {
		return "", nil, err
	}
	var schema spec.Schema
	return definition.Spec.Names.Kind, &schema, json.Unmarshal(encoded, &schema)
}

// closeObjects makes every object that lists its fields allow no other, as the
// API server's strict validation does.
func closeObjects(schema map[string]any) {
	if fields, ok := schema["properties"].(map[string]any); ok {
		if schema["additionalProperties"] == nil && schema["x-kubernetes-preserve-unknown-fields"] != true {
			schema["additionalProperties"] = false
		}
		for _, field := range fields {
			closeObjects(field.(map[string]any))
		}
	}
	for _, key := range []string{"items", "additionalProperties"} {
		if below, ok := schema[key].(map[string]any); ok {
			closeObjects(below)
		}
	}
}

// invalid tells what is wrong with an object by its kind's schema.
func invalid(object unstructured.Unstructured) []string {
	all, err := schemas()
	if err != nil {
		return []string{err.Error()}
	}
	schema := all[object.GetKind()]
	if schema == nil {
		return []string{fmt.Sprintf("%s %s: no kind of Argo CD's", object.GetKind(), object.GetName())}
	}
	var problems []string
	for _, err := range validate.NewSchemaValidator(schema, nil, "", strfmt.Default).Validate(object.Object).Errors {
		problems = append(problems, fmt.Sprintf("%s %s: %v", object.GetKind(), object.GetName(), err))
	}
	return problems
}
