{{/* What all programs have in common. Each is given a dict: root (the chart's context), name, program. */}}

{{- define "motcua.labels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "motcua.image" -}}
{{ .root.Values.image.repository }}-{{ .name }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{/* `OPEN_DATA` for `open-data`, the prefix of its settings. */}}
{{- define "motcua.prefix" -}}
{{ .name | upper | replace "-" "_" }}
{{- end }}

{{- define "motcua.env" -}}
{{- $prefix := include "motcua.prefix" . -}}
{{- $settings := dict
      (printf "%s_HOST" $prefix) "0.0.0.0"
      (printf "%s_PORT" $prefix) "8000"
      (printf "%s_PUBLIC_URL" $prefix) .root.Values.publicUrl
      (printf "%s_ISSUER" $prefix) .root.Values.publicUrl
      (printf "%s_JWKS_URL" $prefix) "http://identity:8000/.well-known/jwks.json" -}}
{{- $secrets := list (printf "%s_DATABASE_URL" $prefix) -}}
{{- $optional := list "KAFKA_SASL_USERNAME" "KAFKA_SASL_PASSWORD" -}}
{{- if eq .name "identity" -}}
{{- $secrets = append $secrets "IDENTITY_MASTER_KEY" -}}
{{- else if eq .name "procedures" -}}
{{- $secrets = concat $secrets (list "PROCEDURES_TRACKING_KEY" "PROCEDURES_MASTER_KEY") -}}
{{- $optional = concat $optional (list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY") -}}
{{- else if eq .name "open-data" -}}
{{- $_ := set $settings "OPEN_DATA_STORE" "/var/lib/motcua/open-data" -}}
{{- else if eq .name "gateway" -}}
{{- $secrets = append $secrets "GATEWAY_WEBHOOKS__SECRETS_KEY" -}}
{{- range list "identity" "procedures" "open-data" "participation" -}}
{{- $_ := set $settings (printf "GATEWAY_%s__URL" (. | upper | replace "-" "_")) (printf "http://%s:8000" .) -}}
{{- end -}}
{{- $_ := set $settings "GATEWAY_TRUSTED_PROXIES" (.root.Values.ingress.networks | toJson) -}}
{{- $_ := set $settings "GATEWAY_OPERATORS" (.root.Values.monitoring.networks | toJson) -}}
{{- end -}}
{{- $settings = merge (deepCopy .program.settings) .root.Values.kafka $settings -}}
{{- range $name, $value := $settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- $secret := .root.Values.secret }}
{{- range $secrets }}
- name: {{ . }}
  valueFrom: {secretKeyRef: {name: {{ $secret }}, key: {{ . }}}}
{{- end }}
{{- range $optional }}
- name: {{ . }}
  valueFrom: {secretKeyRef: {name: {{ $secret }}, key: {{ . }}, optional: true}}
{{- end }}
{{- end }}

{{- define "motcua.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "motcua.container" -}}
name: {{ .name }}
image: {{ include "motcua.image" . }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
env:
  {{- include "motcua.env" . | nindent 2 }}
resources:
  {{- toYaml (.program.resources | default .root.Values.resources) | nindent 2 }}
{{- end }}
