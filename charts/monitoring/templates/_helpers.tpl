{{/* The labels of every object. */}}
{{- define "monitoring.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: treehouse
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* Whether there are PrometheusRules: where they can be, unless the values say. */}}
{{- define "monitoring.rules" -}}
{{- $enabled := toString .Values.rules.enabled -}}
{{- if or (eq $enabled "true") (and (eq $enabled "auto") (.Capabilities.APIVersions.Has "monitoring.coreos.com/v1/PrometheusRule")) -}}
true
{{- end -}}
{{- end }}
