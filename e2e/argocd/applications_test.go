//go:build argocd

package argocd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"text/template"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// An application is what of Argo CD's kind is looked at here.
type application struct {
	Metadata struct {
		Name        string            `json:"name"`
		Labels      map[string]string `json:"labels"`
		Finalizers  []string          `json:"finalizers"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec struct {
		Project     string   `json:"project"`
		Source      *source  `json:"source"`
		Sources     []source `json:"sources"`
		Destination struct {
			Server    string `json:"server"`
			Namespace string `json:"namespace"`
		} `json:"destination"`
		SyncPolicy struct {
			Automated struct {
				Prune    bool `json:"prune"`
				SelfHeal bool `json:"selfHeal"`
			} `json:"automated"`
			Retry struct {
				Limit   int  `json:"limit"`
				Refresh bool `json:"refresh"`
				Backoff struct {
					Duration string `json:"duration"`
				} `json:"backoff"`
			} `json:"retry"`
			SyncOptions []string `json:"syncOptions"`
		} `json:"syncPolicy"`
	} `json:"spec"`
}

type source struct {
	RepoURL        string `json:"repoURL"`
	TargetRevision string `json:"targetRevision"`
	Path           string `json:"path"`
	Chart          string `json:"chart"`
	Ref            string `json:"ref"`
	Helm           struct {
		ReleaseName             string         `json:"releaseName"`
		ValueFiles              []string       `json:"valueFiles"`
		ValuesObject            map[string]any `json:"valuesObject"`
		IgnoreMissingValueFiles bool           `json:"ignoreMissingValueFiles"`
	} `json:"helm"`
}

func (a *application) sources() []source {
	if a.Spec.Source != nil {
		return append([]source{*a.Spec.Source}, a.Spec.Sources...)
	}
	return a.Spec.Sources
}

// generate makes the applications of an ApplicationSet, of the one form that is
// used here: a Git generator over files, whose paths a Go template gets. What
// Argo CD itself makes of it is seen by `make gitops-e2e`.
func (tr tree) generate(set unstructured.Unstructured) ([]unstructured.Unstructured, error) {
	name := set.GetName()
	generators, _, _ := unstructured.NestedSlice(set.Object, "spec", "generators")
	if len(generators) != 1 {
		return nil, fmt.Errorf("ApplicationSet %s: %d generators; expected one", name, len(generators))
	}
	files, _, _ := unstructured.NestedSlice(generators[0].(map[string]any), "git", "files")
	if len(files) != 1 {
		return nil, fmt.Errorf("ApplicationSet %s: expected a git generator over one pattern of files", name)
	}
	if goTemplate, _, _ := unstructured.NestedBool(set.Object, "spec", "goTemplate"); !goTemplate {
		return nil, fmt.Errorf("ApplicationSet %s: expected goTemplate", name)
	}
	options, _, _ := unstructured.NestedStringSlice(set.Object, "spec", "goTemplateOptions")
	pattern, _, _ := unstructured.NestedString(files[0].(map[string]any), "path")
	matches, _ := filepath.Glob(tr.path(pattern))
	if len(matches) == 0 {
		return nil, fmt.Errorf("ApplicationSet %s: no file matches %s", name, pattern)
	}
	body, _, _ := unstructured.NestedMap(set.Object, "spec", "template")
	var all []unstructured.Unstructured
	for _, match := range matches {
		folder, err := filepath.Rel(string(tr), filepath.Dir(match))
		if err != nil {
			return nil, err
		}
		path := map[string]any{"path": map[string]any{"path": folder, "basename": filepath.Base(folder), "filename": filepath.Base(match)}}
		filled, err := fill(body, path, options)
		if err != nil {
			return nil, fmt.Errorf("ApplicationSet %s: %w", name, err)
		}
		object := unstructured.Unstructured{Object: filled.(map[string]any)}
		object.SetAPIVersion("argoproj.io/v1alpha1")
		object.SetKind("Application")
		object.SetNamespace("argocd")
		all = append(all, object)
	}
	return all, nil
}

// fill executes every text in a value as a Go template.
func fill(value any, data map[string]any, options []string) (any, error) {
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	parsed, err := template.New("").Option(options...).Parse(string(encoded))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, data); err != nil {
		return nil, err
	}
	var filled any
	return filled, json.Unmarshal(out.Bytes(), &filled)
}

// split sorts what the root application makes, and makes what its sets do.
func (tr tree) split(objects []unstructured.Unstructured) (projects map[string]*project, applications []*application, problems []string) {
	projects = map[string]*project{}
	var all []unstructured.Unstructured
	for _, object := range objects {
		problems = append(problems, invalid(object)...)
		switch object.GetKind() {
		case "AppProject":
			p := &project{}
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, p); err != nil {
				problems = append(problems, err.Error())
			}
			projects[object.GetName()] = p
		case "Application":
			all = append(all, object)
		case "ApplicationSet":
			made, err := tr.generate(object)
			if err != nil {
				problems = append(problems, err.Error())
			}
			for _, one := range made {
				problems = append(problems, invalid(one)...)
			}
			all = append(all, made...)
		}
	}
	for _, object := range all {
		a := &application{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, a); err != nil {
			problems = append(problems, err.Error())
			continue
		}
		if slices.ContainsFunc(applications, func(other *application) bool { return other.Metadata.Name == a.Metadata.Name }) {
			problems = append(problems, fmt.Sprintf("application %s stands twice", a.Metadata.Name))
		}
		applications = append(applications, a)
	}
	return projects, applications, problems
}
