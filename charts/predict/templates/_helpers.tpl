{{/* The labels that select this release's pods. They never change. */}}
{{- define "predict.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: server
{{- end }}

{{/* The labels of every object but those that select. */}}
{{- define "predict.common" -}}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | trunc 63 | trimAll "-._" | quote }}
app.kubernetes.io/part-of: treehouse
app.kubernetes.io/managed-by: {{ .Release.Service }}
treehouse.dev/environment: {{ .Values.environment }}
{{- end }}

{{- define "predict.labels" -}}
{{ include "predict.selector" . }}
{{ include "predict.common" . }}
{{- end }}

{{/* A pod of `helm test` is not one of the Service's. */}}
{{- define "predict.testLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: test
{{ include "predict.common" . }}
{{- end }}

{{- define "predict.image" -}}
{{- with .Values.image -}}
{{ if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{/* What the Pod Security standard "restricted" asks of a pod and of a container. */}}
{{- define "predict.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}
{{- define "predict.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* The size of the cache in bytes. */}}
{{- define "predict.cacheBytes" -}}
{{- $units := dict "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 }}
{{- $size := .Values.repository.cacheSize }}
{{- mul (regexFind "^[0-9]+" $size | int64) (get $units (regexFind "[A-Z]i$" $size)) }}
{{- end }}

{{/* Whether `helm test` can ask: it needs a certificate and a credential where callers do. */}}
{{- define "predict.tested" -}}
{{ if and (or (not .Values.tls.clientCASecretName) .Values.tls.testSecretName) (or (ne .Values.auth.mode "policy") .Values.auth.testSecretName) }}true{{ end }}
{{- end }}

{{/*
How callers are recognised, as environment variables: a release before this
one, to which an upgrade may be rolled back, takes no flag that it does not know.
*/}}
{{- define "predict.authEnv" -}}
{{- if eq .Values.auth.mode "open" -}}
- {name: TREEHOUSE_AUTH, value: "off"}
{{- else -}}
- {name: TREEHOUSE_AUTH_POLICY, value: /etc/treehouse/policy/policy.yaml}
{{- if .Values.auth.keysSecretName }}
- {name: TREEHOUSE_AUTH_KEYS, value: /etc/treehouse/keys/keys.yaml}
{{- end }}
{{- with .Values.oidc }}
{{- if .issuer }}
- {name: TREEHOUSE_AUTH_OIDC_ISSUER, value: {{ .issuer | quote }}}
- {name: TREEHOUSE_AUTH_OIDC_AUDIENCE, value: {{ .audience | quote }}}
{{- with .groupsClaim }}
- {name: TREEHOUSE_AUTH_OIDC_GROUPS, value: {{ . | quote }}}
{{- end }}
{{- if .caSecretName }}
- {name: TREEHOUSE_AUTH_OIDC_CA, value: /etc/treehouse/oidc/ca.crt}
{{- end }}
{{- end }}
{{- end }}
{{- if .Values.auth.mtls }}
- {name: TREEHOUSE_AUTH_MTLS, value: "true"}
{{- end }}
{{- end }}
{{- if .Values.admin.configSecretName }}
- {name: TREEHOUSE_ADMIN_CONFIG, value: /etc/treehouse/admin/web.yaml}
- {name: TREEHOUSE_PROBE_ADDRESS, value: ":9092"}
{{- end }}
{{- end }}

{{/* Where the kubelet asks: it shows nothing that a protected admin port asks for. */}}
{{- define "predict.probePort" -}}
{{ if .Values.admin.configSecretName }}probes{{ else }}admin{{ end }}
{{- end }}

{{/* Whether callers show who they are. */}}
{{- define "predict.guarded" -}}
{{ if eq .Values.auth.mode "policy" }}true{{ end }}
{{- end }}

{{/* Limits, as environment variables for the same reason. */}}
{{- define "predict.limitsEnv" -}}
{{- with .Values.limits }}
{{- if .rules }}
- {name: TREEHOUSE_LIMITS, value: /etc/treehouse/limits/limits.yaml}
{{- end }}
{{- with .redisURL }}
- {name: TREEHOUSE_REDIS, value: {{ . | quote }}}
- {name: TREEHOUSE_REDIS_PREFIX, value: {{ printf "treehouse:%s:%s" $.Release.Namespace $.Release.Name | quote }}}
{{- end }}
{{- if .redisPasswordSecretName }}
- {name: TREEHOUSE_REDIS_PASSWORD_FILE, value: /etc/treehouse/redis/password}
{{- end }}
{{- if .redisCASecretName }}
- {name: TREEHOUSE_REDIS_CA, value: /etc/treehouse/redis-ca/ca.crt}
{{- end }}
{{- end }}
{{- end }}

{{- define "predict.limitsMounts" -}}
{{- if .Values.limits.rules }}
- {name: limits, mountPath: /etc/treehouse/limits, readOnly: true}
{{- end }}
{{- if .Values.limits.redisPasswordSecretName }}
- {name: redis, mountPath: /etc/treehouse/redis, readOnly: true}
{{- end }}
{{- if .Values.limits.redisCASecretName }}
- {name: redis-ca, mountPath: /etc/treehouse/redis-ca, readOnly: true}
{{- end }}
{{- end }}

{{- define "predict.limitsVolumes" -}}
{{- if .Values.limits.rules }}
- name: limits
  configMap: {name: {{ .Release.Name }}-limits}
{{- end }}
{{- with .Values.limits.redisPasswordSecretName }}
- name: redis
  secret: {secretName: {{ . | quote }}, defaultMode: 0440, items: [{key: password, path: password}]}
{{- end }}
{{- with .Values.limits.redisCASecretName }}
- name: redis-ca
  secret: {secretName: {{ . | quote }}, defaultMode: 0440, items: [{key: ca.crt, path: ca.crt}]}
{{- end }}
{{- end }}

{{/* What the schema cannot say. Each message names the value and what to do. */}}
{{- define "predict.validate" -}}
{{- $wrong := list }}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" .Release.Name) }}
{{- $wrong = append $wrong (printf "the release is named %q, and so is its Service; expected lower-case letters, digits and dashes, with a letter first" .Release.Name) }}
{{- end }}
{{- with .Values.repository }}
{{- $sources := compact (list .claimName .image .url) }}
{{- if ne (len $sources) 1 }}
{{- $wrong = append $wrong (printf "%s of repository.claimName, repository.image and repository.url are set; set exactly one, as in --set repository.claimName=models" (len $sources | toString | replace "0" "none")) }}
{{- end }}
{{- end }}
{{- with .Values.payloadLog }}
{{- if and .url .claimName }}
{{- $wrong = append $wrong "payloadLog.url and payloadLog.claimName are set; set one of them" }}
{{- end }}
{{- if and (or .url .claimName) (not .models) }}
{{- $wrong = append $wrong "payloadLog.models is empty, which logs nothing; list the models to be logged, as in payloadLog.models: [housing]" }}
{{- end }}
{{- if and .models (not (or .url .claimName)) }}
{{- $wrong = append $wrong "payloadLog.models is set without a place for the log; set payloadLog.url or payloadLog.claimName" }}
{{- end }}
{{- end }}
{{- $strict := ne .Values.environment "dev" }}
{{- if and $strict (not .Values.models) }}
{{- $wrong = append $wrong (printf "models is empty, which serves the newest version of everything; list what is to be served, as in models: [{name: housing, version: 3, sha256: \"…\"}], because environment is %s, not dev" .Values.environment) }}
{{- end }}
{{- $versions := dict }}
{{- $defaults := dict }}
{{- range $i, $m := .Values.models }}
{{- $number := int64 .version | toString }}
{{- if and $strict (not .sha256) }}
{{- $wrong = append $wrong (printf "models[%d].sha256 is missing for %s version %s; it stands in the version's model.yaml, and is required because environment is %s, not dev" $i .name $number $.Values.environment) }}
{{- end }}
{{- if has $number (get $versions .name | default list) }}
{{- $wrong = append $wrong (printf "models[%d]: %s version %s is listed twice" $i .name $number) }}
{{- end }}
{{- $_ := set $versions .name (append (get $versions .name | default list) $number) }}
{{- if .default }}
{{- $_ := set $defaults .name (add1 (get $defaults .name | default 0)) }}
{{- end }}
{{- end }}
{{- range $name, $numbers := $versions }}
{{- if and (gt (len $numbers) 1) (ne (get $defaults $name | default 0 | int) 1) }}
{{- $wrong = append $wrong (printf "models: %s has %d versions, of which %d have default: true; expected one" $name (len $numbers) (get $defaults $name | default 0 | int)) }}
{{- end }}
{{- end }}
{{- with .Values.autoscaling }}
{{- if gt (int .minReplicas) (int .maxReplicas) }}
{{- $wrong = append $wrong (printf "autoscaling.maxReplicas is %v, less than autoscaling.minReplicas, which is %v" .maxReplicas .minReplicas) }}
{{- end }}
{{- end }}
{{- with .Values.tls }}
{{- if and .clientCASecretName (not .secretName) }}
{{- $wrong = append $wrong "tls.clientCASecretName asks for client certificates, which takes TLS; set tls.secretName" }}
{{- end }}
{{- end }}
{{- with .Values.auth }}
{{- if not .mode }}
{{- $wrong = append $wrong "auth.mode is empty; set it to policy, with auth.rules and a way to recognise callers, or to open" }}
{{- else if eq .mode "open" }}
{{- if or .keysSecretName $.Values.oidc.issuer .mtls .rules .testSecretName }}
{{- $wrong = append $wrong "auth.mode is open, but there are auth.keysSecretName, oidc.issuer, auth.mtls, auth.rules or auth.testSecretName; set auth.mode to policy, or leave them out" }}
{{- end }}
{{- else if not (or .keysSecretName $.Values.oidc.issuer .mtls) }}
{{- $wrong = append $wrong "auth.mode is policy, but callers are recognised by nothing; set auth.keysSecretName, oidc.issuer or auth.mtls" }}
{{- end }}
{{- with $.Values.oidc }}
{{- if and .issuer (not .audience) }}
{{- $wrong = append $wrong "oidc.issuer is set without oidc.audience; set the audience that tokens must be for, or tokens for others would count" }}
{{- end }}
{{- if and (or .audience .groupsClaim .caSecretName) (not .issuer) }}
{{- $wrong = append $wrong "oidc has no issuer; set oidc.issuer, or leave the rest of it out" }}
{{- end }}
{{- end }}
{{- end }}
{{- if and .Values.auth.mtls (not .Values.tls.clientCASecretName) }}
{{- $wrong = append $wrong "auth.mtls knows callers by their certificates, which nobody asks for; set tls.clientCASecretName" }}
{{- end }}
{{- with .Values.networkPolicy }}
{{- if and .enabled $.Values.oidc.issuer (not (or .issuerCIDRs .issuerNamespace)) }}
{{- $wrong = append $wrong "networkPolicy.issuerCIDRs and networkPolicy.issuerNamespace are empty, but oidc.issuer has to be reached; set one of them" }}
{{- end }}
{{- end }}
{{- if and (eq .Values.serviceMonitor.scheme "https") (not .Values.admin.configSecretName) }}
{{- $wrong = append $wrong "serviceMonitor.scheme is https, but the metrics are plain text; set admin.configSecretName, or serviceMonitor.scheme to http" }}
{{- end }}
{{- with .Values.limits }}
{{- if and .redisURL (not .rules) }}
{{- $wrong = append $wrong "limits.redisURL is set, but there are no limits.rules that it could share; set both or neither" }}
{{- end }}
{{- if and (or .redisPasswordSecretName .redisCASecretName) (not .redisURL) }}
{{- $wrong = append $wrong "limits.redisPasswordSecretName or limits.redisCASecretName is set without limits.redisURL; set it, too" }}
{{- end }}
{{- if and .redisURL $.Values.networkPolicy.enabled (not $.Values.networkPolicy.redisCIDRs) (not $.Values.networkPolicy.redisNamespace) }}
{{- $wrong = append $wrong "limits.redisURL is set, but the network policy lets nobody reach it; set networkPolicy.redisCIDRs or networkPolicy.redisNamespace" }}
{{- end }}
{{- end }}
{{- if $wrong }}
{{- fail (printf "\n\n  - %s\n" (join "\n  - " $wrong)) }}
{{- end }}
{{- end }}
