{{/* The name of all objects. */}}
{{- define "project-sync.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "project-sync.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "project-sync.labels" -}}
{{ include "project-sync.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "project-sync.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- define "project-sync.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "project-sync.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end -}}
{{- end -}}

{{/* Seconds between being told to end and beginning to: until nobody sends new requests any more. */}}
{{- define "project-sync.preStop" -}}5{{- end -}}

{{/* A number of the settings, or the program's default: (list $ "section" "key" default). */}}
{{- define "project-sync.setting" -}}
{{- $root := index . 0 -}}
{{- $section := get $root.Values.config (index . 1) | default dict -}}
{{- if hasKey $section (index . 2) -}}{{ get $section (index . 2) | int64 }}{{- else -}}{{ index . 3 }}{{- end -}}
{{- end -}}

{{/* Seconds that a part may take to end, by its settings: (list $ part). */}}
{{- define "project-sync.drain" -}}
{{- $root := index . 0 -}}
{{- $gateway := include "project-sync.setting" (list $root "gateway" "drain_seconds" 5) | int64 -}}
{{- $worker := include "project-sync.setting" (list $root "worker" "drain_seconds" 25) | int64 -}}
{{- $request := include "project-sync.setting" (list $root "api" "request_timeout_seconds" 30) | int64 -}}
{{- if eq (index . 1) "worker" -}}{{ $worker }}
{{- else if eq (index . 1) "gateway" -}}{{ add (include "project-sync.preStop" $root | int64) $gateway }}
{{- else -}}{{ add (include "project-sync.preStop" $root | int64) (max $gateway $request) }}
{{- end -}}
{{- end -}}

{{/* The grace period of a part, longer than it may take to end: (list $ part). */}}
{{- define "project-sync.grace" -}}
{{- $root := index . 0 -}}
{{- $part := index . 1 -}}
{{- $drain := include "project-sync.drain" . | int64 -}}
{{- $asked := (get $root.Values $part).terminationGracePeriodSeconds -}}
{{- if kindIs "invalid" $asked -}}{{ add $drain 10 }}
{{- else if le (int64 $asked) $drain -}}
{{- fail (printf "%s.terminationGracePeriodSeconds (%d) must be more than the %d seconds that it may take to end" $part (int64 $asked) $drain) -}}
{{- else -}}{{ int64 $asked }}
{{- end -}}
{{- end -}}

{{/* What no pod of ours needs is taken from it. */}}
{{- define "project-sync.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
# Reads the mounted secrets, which are for root and this group.
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "project-sync.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* One value in TOML; strings and lists are written alike in JSON. */}}
{{- define "project-sync.toml" -}}
{{- if kindIs "float64" . -}}
{{- if eq (floor .) . -}}{{ printf "%.0f" . }}{{- else -}}{{ . }}{{- end -}}
{{- else -}}{{ toJson . }}
{{- end -}}
{{- end -}}

{{/* Where secrets are mounted. */}}
{{- define "project-sync.secrets" -}}/etc/project-sync/secrets{{- end -}}

{{/* project-sync.toml: what the chart decides over what the values say. */}}
{{- define "project-sync.settings" -}}
{{- $secrets := include "project-sync.secrets" . -}}
{{- $own := dict
      "api" (dict "listen" (printf "%s:8080" .Values.bindAddress))
      "gateway" (dict "listen" (printf "%s:8081" .Values.bindAddress))
      "telemetry" (dict "metrics_listen" (printf "%s:9464" .Values.bindAddress))
      "source" (dict "scratch" "/scratch")
      "database" (dict "url_file" (printf "%s/database-url" $secrets))
      "queue" (dict "redis_url_file" (printf "%s/redis-url" $secrets)) -}}
{{- if .Values.rabbitmq.existingSecret }}{{ $_ := set $own "relay" (dict "amqp_url_file" (printf "%s/amqp-url" $secrets)) }}{{ end -}}
{{- if .Values.sealingKeys.existingSecret }}{{ $_ := set $own "secrets" (dict "key_file" (printf "%s/sealing-keys" $secrets)) }}{{ end -}}
{{- if .Values.apiToken.existingSecret }}{{ $_ := set $own.api "token_file" (printf "%s/api-token" $secrets) }}{{ end -}}
{{- if .Values.ticketKey.existingSecret }}{{ $_ := set $own.api "ticket_key_file" (printf "%s/ticket-key" $secrets) }}{{ end -}}
{{- range $section, $keys := mustMergeOverwrite (deepCopy .Values.config) $own }}
{{- if $keys }}
[{{ $section }}]
{{- range $key, $value := $keys }}
{{ $key }} = {{ include "project-sync.toml" $value }}
{{- end }}
{{ end }}
{{- end }}
{{- end -}}

{{/* The sources of the volume with secrets. */}}
{{- define "project-sync.secretSources" -}}
{{- $all := list
      (list .Values.database.existingSecret .Values.database.urlKey "database-url")
      (list .Values.redis.existingSecret .Values.redis.urlKey "redis-url")
      (list .Values.rabbitmq.existingSecret .Values.rabbitmq.urlKey "amqp-url")
      (list .Values.sealingKeys.existingSecret .Values.sealingKeys.key "sealing-keys")
      (list .Values.apiToken.existingSecret .Values.apiToken.key "api-token")
      (list .Values.ticketKey.existingSecret .Values.ticketKey.key "ticket-key") -}}
{{- range $all }}
{{- if index . 0 }}
- secret:
    name: {{ index . 0 | quote }}
    items:
      - key: {{ index . 1 | quote }}
        path: {{ index . 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Refuses values that cannot work together. */}}
{{- define "project-sync.check" -}}
{{- if not .Values.database.existingSecret }}{{ fail "database.existingSecret must name the Secret with the URL of Postgres" }}{{ end -}}
{{- if not .Values.redis.existingSecret }}{{ fail "redis.existingSecret must name the Secret with the URL of Redis" }}{{ end -}}
{{- if and .Values.migrations.enabled (not .Values.migrations.existingSecret) }}{{ fail "migrations.existingSecret must name the Secret with the migrator's URL of Postgres, or migrations.enabled be false" }}{{ end -}}
{{- with .Values.worker.autoscaling }}
{{- if and .hpa.enabled .keda.enabled }}{{ fail "worker.autoscaling: hpa and keda are both enabled; they would work against each other" }}{{ end -}}
{{- if and .keda.enabled (not .keda.prometheusAddress) }}{{ fail "worker.autoscaling.keda.prometheusAddress must say where Prometheus answers" }}{{ end -}}
{{- end }}
{{- $scaled := list (list "api" .Values.api.autoscaling) (list "gateway" .Values.gateway.autoscaling) (list "worker" .Values.worker.autoscaling.hpa) (list "worker" .Values.worker.autoscaling.keda) -}}
{{- range $scaled }}
{{- $bounds := index . 1 }}
{{- if gt (int64 $bounds.minReplicas) (int64 $bounds.maxReplicas) }}{{ fail (printf "%s: minReplicas is more than maxReplicas" (index . 0)) }}{{ end -}}
{{- end }}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) }}{{ fail "httpRoute.parentRefs must name a Gateway" }}{{ end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) }}{{ fail "ingress.hosts must name a host" }}{{ end -}}
{{- if and .Values.monitoring.monitors.enabled (not .Values.monitoring.monitors.tokenSecret) (not .Values.apiToken.existingSecret) }}{{ fail "monitoring.monitors needs a token to read metrics with: monitoring.monitors.tokenSecret or apiToken.existingSecret" }}{{ end -}}
{{- end -}}
