//go:build argocd

package argocd

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
)

func TestEveryClusterIsSound(t *testing.T) {
	for _, problem := range check(t, here) {
		t.Error(problem)
	}
}

// check tells everything that is wrong with a tree.
func check(t *testing.T, tr tree) []string {
	t.Helper()
	var problems []string
	for _, cluster := range tr.clusters(t) {
		objects, err := tr.root(cluster)
		if err != nil {
			problems = append(problems, err.Error())
			continue
		}
		projects, applications, found := tr.split(objects)
		problems = append(problems, found...)
		for _, a := range applications {
			p := projects[a.Spec.Project]
			if p == nil {
				problems = append(problems, fmt.Sprintf("application %s: there is no project %q", a.Metadata.Name, a.Spec.Project))
				continue
			}
			problems = append(problems, p.refuses(a)...)
			problems = append(problems, synced(a)...)
			made, err := tr.render(a)
			if err != nil {
				problems = append(problems, fmt.Sprintf("application %s: %v", a.Metadata.Name, err))
			}
			for _, object := range made {
				problems = append(problems, p.refusesObject(a, object)...)
			}
		}
		problems = append(problems, production(objects, projects, applications)...)
	}
	return append(problems, tr.environments()...)
}

// synced tells what of an application's policy is not as all have it.
func synced(a *application) []string {
	var problems []string
	s := a.Spec.SyncPolicy
	for what, is := range map[string]bool{
		"automated.prune": s.Automated.Prune, "automated.selfHeal": s.Automated.SelfHeal, "retry.limit of 5": s.Retry.Limit == 5,
		"retry.refresh": s.Retry.Refresh, "retry.backoff": s.Retry.Backoff.Duration != "", "ServerSideApply=true": slices.Contains(s.SyncOptions, "ServerSideApply=true"),
	} {
		if !is {
			problems = append(problems, fmt.Sprintf("application %s: its syncPolicy has no %s", a.Metadata.Name, what))
		}
	}
	return problems
}

var exactVersion = regexp.MustCompile(`^v?[0-9]+\.[0-9]+\.[0-9]+$`)

// render renders an application as Argo CD would; of a chart from elsewhere
// nothing but its version and our values can be looked at.
func (tr tree) render(a *application) ([]unstructured.Unstructured, error) {
	var all []unstructured.Unstructured
	for _, s := range a.sources() {
		switch {
		case s.Ref != "":
		case s.Chart != "":
			if !exactVersion.MatchString(s.TargetRevision) {
				return nil, fmt.Errorf("the chart %s has the version %q; expected an exact one", s.Chart, s.TargetRevision)
			}
			for _, file := range s.Helm.ValueFiles {
				if err := tr.readValues(strings.TrimPrefix(file, "$values/")); err != nil {
					return nil, err
				}
			}
		default:
			if _, err := os.Stat(tr.path(s.Path, "Chart.yaml")); err != nil {
				return nil, err
			}
			arguments, err := tr.values(s)
			if err != nil {
				return nil, err
			}
			release := s.Helm.ReleaseName
			if release == "" { // then Argo CD takes the application's name
				release = a.Metadata.Name
			}
			objects, err := tr.helm(release, s.Path, a.Spec.Destination.Namespace, arguments...)
			if err != nil {
				return nil, err
			}
			for _, object := range objects {
				if hooks := object.GetAnnotations()["helm.sh/hook"]; !strings.HasPrefix(hooks, "test") { // Argo CD makes no tests
					all = append(all, object)
				}
			}
		}
	}
	return all, nil
}

func (tr tree) readValues(file string) error {
	text, err := os.ReadFile(tr.path(file))
	if err != nil {
		return err
	}
	var values map[string]any
	if err := yaml.Unmarshal(text, &values); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// values are Helm's arguments for a source. Only models.yaml may be missing,
// and only where there are no models.
func (tr tree) values(s source) ([]string, error) {
	var arguments []string
	for _, file := range s.Helm.ValueFiles {
		_, err := os.Stat(tr.path(file))
		if os.IsNotExist(err) && s.Helm.IgnoreMissingValueFiles && filepath.Base(file) == "models.yaml" && s.Helm.ReleaseName != "predict" {
			continue
		}
		if err != nil {
			return nil, err
		}
		arguments = append(arguments, "--values", tr.path(file))
	}
	if s.Path == "argocd/root" {
		arguments = append(arguments, "--set", "aws.clusterName=main,aws.region=us-west-2,aws.vpcId=vpc-0a1b")
	}
	for key, value := range s.Helm.ValuesObject {
		encoded, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		if key != "aws" { // what the bootstrap hands over, set above
			arguments = append(arguments, "--set-json", key+"="+string(encoded))
		}
	}
	return arguments, nil
}

// production holds prod to what protects it.
func production(objects []unstructured.Unstructured, projects map[string]*project, applications []*application) []string {
	var problems []string
	for _, object := range objects {
		if object.GetKind() != "ApplicationSet" {
			continue
		}
		keeps, _, _ := unstructured.NestedBool(object.Object, "spec", "syncPolicy", "preserveResourcesOnDeletion")
		if prod := object.GetName() == "prod"; prod != keeps {
			problems = append(problems, fmt.Sprintf("ApplicationSet %s: preserveResourcesOnDeletion is %v", object.GetName(), keeps))
		} else if prod && (projects["models"] == nil || len(projects["models"].Spec.SyncWindows) == 0) {
			problems = append(problems, "project models: no sync window where prod runs")
		}
	}
	for _, a := range applications {
		e := a.Metadata.Labels["treehouse.dev/environment"]
		if e == "" {
			continue
		}
		want := "mlops-housing-" + e
		if e == "prod" {
			want = "mlops-housing"
			if len(a.Metadata.Finalizers) > 0 {
				problems = append(problems, fmt.Sprintf("application %s: its finalizer would take production along", a.Metadata.Name))
			}
		}
		if n := a.Spec.Destination.Namespace; n != want {
			problems = append(problems, fmt.Sprintf("application %s: its namespace is %s; expected %s", a.Metadata.Name, n, want))
		}
	}
	return problems
}

var (
	modelLine   = regexp.MustCompile(`^  - \{name: [a-z0-9][a-z0-9._-]*, version: [1-9][0-9]*, sha256: "[0-9a-f]{64}"(, objectVersion: "[^"]+")?(, default: true)?\}$`)
	versionFile = regexp.MustCompile(`^(#.*\n)*image:\n  tag: "[A-Za-z0-9_][A-Za-z0-9_.-]*"\n  digest: "(sha256:[0-9a-f]{64})?"\n$`)
)

// environments holds the files of argocd/envs to the forms that `make promote`
// and the deploy workflow read and write, line by line.
func (tr tree) environments() []string {
	var problems []string
	files, _ := filepath.Glob(tr.path("argocd", "envs", "*", "*", "*.yaml"))
	if len(files) < 15 {
		problems = append(problems, fmt.Sprintf("argocd/envs has only %d files", len(files)))
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			problems = append(problems, err.Error())
		}
		environment := filepath.Base(filepath.Dir(filepath.Dir(file)))
		switch filepath.Base(file) {
		case "version.yaml":
			if !versionFile.Match(text) {
				problems = append(problems, file+": expected image.tag and image.digest, as `make set-version` writes them")
			}
		case "models.yaml":
			for i, line := range strings.Split(strings.TrimRight(string(text), "\n"), "\n") {
				if !strings.HasPrefix(line, "#") && line != "models:" && line != "models: []" && !modelLine.MatchString(line) {
					problems = append(problems, fmt.Sprintf("%s:%d: expected a line as in   - {name: housing, version: 3, sha256: \"…\", default: true}", file, i+1))
				}
			}
		case "values.yaml":
			if !strings.Contains(string(text), "\nenvironment: "+environment+"\n") {
				problems = append(problems, fmt.Sprintf("%s: expected environment: %s", file, environment))
			}
		default:
			problems = append(problems, file+": expected values.yaml, version.yaml or models.yaml")
		}
	}
	return problems
}
