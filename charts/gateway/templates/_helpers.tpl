{{/* The labels that select this release's pods. They never change. */}}
{{- define "gateway.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: server
{{- end }}

{{/* The labels of every object but those that select. */}}
{{- define "gateway.common" -}}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | trunc 63 | trimAll "-._" | quote }}
app.kubernetes.io/part-of: treehouse
app.kubernetes.io/managed-by: {{ .Release.Service }}
treehouse.dev/environment: {{ .Values.environment }}
{{- end }}

{{- define "gateway.labels" -}}
{{ include "gateway.selector" . }}
{{ include "gateway.common" . }}
{{- end }}

{{/* A pod of `helm test` is not one of the Service's. */}}
{{- define "gateway.testLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: test
{{ include "gateway.common" . }}
{{- end }}

{{- define "gateway.image" -}}
{{- with .Values.image -}}
{{ if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{/* What the Pod Security standard "restricted" asks of a pod and of a container. */}}
{{- define "gateway.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}
{{- define "gateway.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "gateway.scheme" -}}
{{ if .Values.tls.secretName }}https{{ else }}http{{ end }}
{{- end }}

{{/* Whether the pods talk to the API server. */}}
{{- define "gateway.watches" -}}
{{ if eq .Values.predict.discovery "kubernetes" }}true{{ end }}
{{- end }}

{{/*
How callers are recognised, as environment variables: a release before this
one, to which an upgrade may be rolled back, takes no flag that it does not know.
*/}}
{{- define "gateway.authEnv" -}}
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
{{- end }}
{{- with .Values.corsOrigins }}
- {name: TREEHOUSE_CORS_ORIGINS, value: {{ join "," . | quote }}}
{{- end }}
{{- if .Values.admin.configSecretName }}
- {name: TREEHOUSE_ADMIN_CONFIG, value: /etc/treehouse/admin/web.yaml}
{{- end }}
{{- end }}

{{/* Whether `helm test` can ask: it needs a credential where callers do. */}}
{{- define "gateway.tested" -}}
{{ if or (ne .Values.auth.mode "policy") .Values.auth.testSecretName }}true{{ end }}
{{- end }}

{{/* Whether callers show who they are. */}}
{{- define "gateway.guarded" -}}
{{ if eq .Values.auth.mode "policy" }}true{{ end }}
{{- end }}

{{/* Limits, as environment variables for the same reason. */}}
{{- define "gateway.limitsEnv" -}}
{{- with .Values.limits }}
{{- if .rules }}
- {name: TREEHOUSE_ADDRESS_LIMITS, value: /etc/treehouse/limits/limits.yaml}
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
{{- with .Values.limits.trustedHops }}
- {name: TREEHOUSE_TRUSTED_HOPS, value: {{ . | quote }}}
{{- end }}
{{- end }}

{{- define "gateway.limitsMounts" -}}
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

{{- define "gateway.limitsVolumes" -}}
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
{{- define "gateway.validate" -}}
{{- $wrong := list }}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" .Release.Name) }}
{{- $wrong = append $wrong (printf "the release is named %q, and so is its Service; expected lower-case letters, digits and dashes, with a letter first" .Release.Name) }}
{{- end }}
{{- with .Values.autoscaling }}
{{- if gt (int .minReplicas) (int .maxReplicas) }}
{{- $wrong = append $wrong (printf "autoscaling.maxReplicas is %v, less than autoscaling.minReplicas, which is %v" .maxReplicas .minReplicas) }}
{{- end }}
{{- end }}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) }}
{{- $wrong = append $wrong "httpRoute.parentRefs is empty; name the Gateway, as in [{name: public, namespace: gateways}]" }}
{{- end }}
{{- if and .Values.networkPolicy.enabled (include "gateway.watches" .) (not .Values.networkPolicy.apiServerCIDRs) }}
{{- $wrong = append $wrong "networkPolicy.apiServerCIDRs is empty, but predict.discovery is kubernetes, which asks the API server; name its addresses, or set predict.discovery to dns" }}
{{- end }}
{{- with .Values.auth }}
{{- if not .mode }}
{{- $wrong = append $wrong "auth.mode is empty; set it to policy, with auth.rules and a way to recognise callers, or to open" }}
{{- else if eq .mode "open" }}
{{- if or .keysSecretName $.Values.oidc.issuer .rules .testSecretName }}
{{- $wrong = append $wrong "auth.mode is open, but there are auth.keysSecretName, oidc.issuer, auth.rules or auth.testSecretName; set auth.mode to policy, or leave them out" }}
{{- end }}
{{- else if not (or .keysSecretName $.Values.oidc.issuer) }}
{{- $wrong = append $wrong "auth.mode is policy, but callers are recognised by nothing; set auth.keysSecretName or oidc.issuer" }}
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
{{- if and .rules (or $.Values.ingress.enabled $.Values.httpRoute.enabled) (not .trustedHops) }}
{{- $wrong = append $wrong "limits.rules is set behind a load balancer, which would be the one address that is limited; set limits.trustedHops to 1" }}
{{- end }}
{{- end }}
{{- if $wrong }}
{{- fail (printf "\n\n  - %s\n" (join "\n  - " $wrong)) }}
{{- end }}
{{- end }}
