{{/* The desired set, as predict reads it. */}}
{{- define "predict.models" -}}
apiVersion: treehouse.dev/v1
kind: DesiredSet
models:
  {{- range .Values.models }}
  - name: {{ .name | quote }}
    version: {{ int64 .version }}
    {{- with .sha256 }}
    sha256: {{ . | quote }}
    {{- end }}
    {{- if .default }}
    default: true
    {{- end }}
    {{- with .objectVersion }}
    objectVersion: {{ . | quote }}
    {{- end }}
  {{- end }}
{{- end }}

{{- define "predict.modelsHash" -}}
{{ include "predict.models" . | sha256sum }}
{{- end }}

{{/* The name of the ConfigMap has the hash of what is in it: see models.yaml. */}}
{{- define "predict.modelsName" -}}
{{ .Release.Name }}-models-{{ include "predict.modelsHash" . | trunc 10 }}
{{- end }}
