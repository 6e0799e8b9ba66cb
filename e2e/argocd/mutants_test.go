//go:build argocd

package argocd

import (
	"os"
	"strings"
	"testing"
)

// Each check must notice something: a copy with one thing wrong is refused, and
// the refusal says what.
func TestEachMistakeIsNoticed(t *testing.T) {
	const environments, projects, helpers, applications = "argocd/root/templates/environments.yaml", "argocd/root/templates/projects.yaml",
		"argocd/root/templates/_helpers.tpl", "argocd/root/templates/applications.yaml"
	for _, m := range []struct{ name, file, old, new, says string }{
		{"a misspelt field", helpers, "selfHeal: true", "selfHeel: true", "selfHeel"},
		{"a wrong type", helpers, "limit: 5", `limit: "five"`, "limit"},
		{"no pruning", helpers, "prune: true", "prune: false", "no automated.prune"},
		{"other retries", helpers, "limit: 5", "limit: 2", "no retry.limit of 5"},
		{"no server-side apply", environments, "        syncOptions: [ServerSideApply=true]", "        syncOptions: []", "no ServerSideApply=true"},
		{"another namespace", environments, "      destination: {server: {{ $.Values.server | quote }}, namespace: {{ $namespace }}}", `      destination: {server: {{ $.Values.server | quote }}, namespace: kube-system}`, "project models does not allow the namespace kube-system"},
		{"another cluster", environments, "      destination: {server: {{ $.Values.server | quote }}, namespace: {{ $namespace }}}", `      destination: {server: "https://203.0.113.1", namespace: {{ $namespace }}}`, "of https://203.0.113.1"},
		{"another repository", environments, "      source:\n        repoURL: {{ $.Values.repoURL | quote }}", "      source:\n        repoURL: https://git.example.com/else.git", "does not allow the repository https://git.example.com/else.git"},
		{"another project", environments, "project: models", "project: modules", `there is no project "modules"`},
		{"a kind that is not allowed", projects, "    - {group: policy, kind: PodDisruptionBudget}\n    - {group: rbac.authorization.k8s.io, kind: Role}\n    - {group: rbac.authorization.k8s.io, kind: RoleBinding}\n  {{- if", "    - {group: rbac.authorization.k8s.io, kind: Role}\n    - {group: rbac.authorization.k8s.io, kind: RoleBinding}\n  {{- if", "project models does not allow the kind PodDisruptionBudget"},
		{"a kind of the cluster", "charts/gateway/templates/pdb.yaml", "kind: PodDisruptionBudget", "kind: ClusterRole", "project models does not allow the kind ClusterRole"},
		{"an object elsewhere", "charts/gateway/templates/pdb.yaml", "namespace: {{ .Release.Namespace | quote }}", "namespace: kube-system", "does not allow the namespace kube-system of PodDisruptionBudget"},
		{"a floating chart", applications, `"3.13.0"`, `"3.x"`, `the version "3.x"`},
		{"values that are not there", applications, `"name" . "project" "platform" "namespace" "kube-system" "wave" "-2"
  "repo" "https://kubernetes-sigs`, `"name" "metrics" "project" "platform" "namespace" "kube-system" "wave" "-2"
  "repo" "https://kubernetes-sigs`, "argocd/values/metrics.yaml"},
		{"production goes with its set", environments, "{preserveResourcesOnDeletion: {{ $protected }}}", "{preserveResourcesOnDeletion: false}", "ApplicationSet prod: preserveResourcesOnDeletion is false"},
		{"production goes with its namespace", environments, "if not $protected", "if true", "its finalizer would take production along"},
		{"no sync window", projects, `{{- if has "prod" $environments }}`, "{{- if false }}", "no sync window where prod runs"},
		{"a template of nothing", environments, "{{.path.basename}}", "{{.path.basenam}}", "basenam"},
		{"a model without a digest", "argocd/envs/dev/predict/models.yaml", `sha256: "f36c`, `sha256: "36c`, "models.yaml:4: expected a line as in"},
		{"a model in another form", "argocd/envs/prod/predict/models.yaml", "  - {name: housing, version: 3", "  - {version: 3, name: housing", "models.yaml:4"},
		{"a version in another form", "argocd/envs/prod/gateway/version.yaml", `  tag: "0.1.0"`, "  tag: latest", "expected image.tag and image.digest"},
		{"values of another environment", "argocd/envs/prod/predict/values.yaml", "environment: prod", "environment: dev", "expected environment: prod"},
		{"a value that the chart does not know", "argocd/envs/dev/predict/values.yaml", "startupSeconds: 60", "startupSecond: 60", "startupSecond"},
		{"production without a digest of its models", "argocd/envs/prod/predict/models.yaml", `, sha256: "f36c0a242d9f7dde35685d255bd9ee810d05b58dadcc96eb0f412e593d67afc6"`, "", "sha256 is missing"},
		{"an environment that is not one", "argocd/clusters/prod.yaml", "[prod]", "[production]", "environments"},
	} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			tr := copied(t)
			text, err := os.ReadFile(tr.path(m.file))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), m.old) {
				t.Fatalf("%s has no %q", m.file, m.old)
			}
			if err := os.WriteFile(tr.path(m.file), []byte(strings.ReplaceAll(string(text), m.old, m.new)), 0o644); err != nil {
				t.Fatal(err)
			}
			problems := strings.Join(check(t, tr), "\n")
			if !strings.Contains(problems, m.says) {
				t.Errorf("the refusal does not say %q:\n%s", m.says, problems)
			}
		})
	}
}
