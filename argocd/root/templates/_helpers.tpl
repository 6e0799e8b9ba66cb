{{/* An environment's namespace. Production has a cluster of its own, or the plain name. */}}
{{- define "root.namespace" -}}
mlops-housing{{ if ne . "prod" }}-{{ . }}{{ end }}
{{- end }}

{{/*
How every application is synced. A retry takes the newest revision, so that a
revert mends a sync that fails.
*/}}
{{- define "root.syncPolicy" -}}
automated: {prune: true, selfHeal: true}
retry:
  limit: 5
  refresh: true
  backoff: {duration: 5s, factor: 2, maxDuration: 3m}
{{- end }}

{{/* An application without this finalizer leaves its objects behind when it goes. */}}
{{- define "root.finalizers" -}}
finalizers: [resources-finalizer.argocd.argoproj.io]
{{- end }}

{{- define "root.labels" -}}
app.kubernetes.io/part-of: treehouse
app.kubernetes.io/managed-by: argocd
{{- end }}

{{/* A value that an AWS controller cannot do without. */}}
{{- define "root.aws" -}}
{{- $key := index . 1 -}}
{{- get (index . 0).Values.aws $key | required (printf "aws.%s is empty; the AWS controllers need it: Terraform hands it over when it starts Argo CD" $key) -}}
{{- end }}

{{/*
An application of somebody else's chart: top, name, project, namespace, wave,
repo, version; makes, if it makes its namespace; values, beside those of
../values/<name>.yaml.
*/}}
{{- define "root.chart" -}}
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {{ .name }}
  namespace: argocd
  labels: {{- include "root.labels" .top | nindent 4 }}
  annotations: {argocd.argoproj.io/sync-wave: {{ .wave | quote }}}
  {{- include "root.finalizers" .top | nindent 2 }}
spec:
  project: {{ .project }}
  sources:
    - repoURL: {{ .repo }}
      chart: {{ .name }}
      targetRevision: {{ .version }}
      helm:
        releaseName: {{ .name }}
        valueFiles: [$values/argocd/values/{{ .name }}.yaml]
        {{- with .values }}
        valuesObject: {{- toYaml . | nindent 10 }}
        {{- end }}
    - repoURL: {{ .top.Values.repoURL | quote }}
      targetRevision: {{ .top.Values.revision | quote }}
      ref: values
  destination: {server: {{ .top.Values.server | quote }}, namespace: {{ .namespace }}}
  syncPolicy:
    {{- include "root.syncPolicy" .top | nindent 4 }}
    syncOptions: [ServerSideApply=true{{ if .makes }}, CreateNamespace=true{{ end }}]
{{- end }}
