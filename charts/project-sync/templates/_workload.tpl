{{/*
A Deployment of one part: (dict "root" $ "part" name "port" number "portName" name "replicas" number or nil "surge" text
"unavailable" text "args" list).
*/}}
{{- define "project-sync.deployment" -}}
{{- $root := .root -}}
{{- $part := .part -}}
{{- $values := get $root.Values $part -}}
{{- $name := printf "%s-%s" (include "project-sync.fullname" $root) $part -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}
  labels:
    {{- include "project-sync.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ $part }}
spec:
  {{- if not (kindIs "invalid" .replicas) }}
  replicas: {{ .replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  selector:
    matchLabels:
      {{- include "project-sync.selector" $root | nindent 6 }}
      app.kubernetes.io/component: {{ $part }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: {{ .surge }}
      maxUnavailable: {{ .unavailable }}
  template:
    metadata:
      labels:
        {{- include "project-sync.labels" $root | nindent 8 }}
        app.kubernetes.io/component: {{ $part }}
        {{- with $values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        # Other settings are other pods.
        checksum/config: {{ include "project-sync.settings" $root | sha256sum }}
        {{- with $values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "project-sync.serviceAccount" $root }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      # More than it may take to end by its settings.
      terminationGracePeriodSeconds: {{ include "project-sync.grace" (list $root $part) }}
      {{- with $root.Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.priorityClassName }}
      priorityClassName: {{ . | quote }}
      {{- end }}
      securityContext:
        {{- include "project-sync.podSecurity" $root | nindent 8 }}
      containers:
        - name: {{ $part }}
          image: {{ include "project-sync.image" $root | quote }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          args: {{ toJson .args }}
          {{- with $values.extraEnv }}
          env:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          ports:
            - name: {{ .portName }}
              containerPort: {{ .port }}
          securityContext:
            {{- include "project-sync.containerSecurity" $root | nindent 12 }}
          # It refuses to start until the database is migrated, and is then started again by itself.
          startupProbe:
            httpGet: {path: /healthz, port: {{ .portName }}}
            periodSeconds: 2
            failureThreshold: 30
          livenessProbe:
            httpGet: {path: /healthz, port: {{ .portName }}}
            periodSeconds: 10
            timeoutSeconds: 3
            failureThreshold: 6
          # Without database or queue nothing is sent here; that is no reason to begin anew.
          readinessProbe:
            httpGet: {path: /readyz, port: {{ .portName }}}
            periodSeconds: 5
            timeoutSeconds: 5
            failureThreshold: 3
          {{- if ne $part "worker" }}
          lifecycle:
            preStop:
              # Until load balancers know that it is going; the image has no shell to wait in.
              sleep: {seconds: {{ include "project-sync.preStop" $root }}}
          {{- end }}
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          volumeMounts:
            - name: config
              mountPath: /etc/project-sync/config
              readOnly: true
            - name: secrets
              mountPath: {{ include "project-sync.secrets" $root }}
              readOnly: true
            - name: tmp
              mountPath: /tmp
            - name: scratch
              mountPath: /scratch
      volumes:
        - name: config
          configMap:
            name: {{ include "project-sync.fullname" $root }}
        - name: secrets
          projected:
            defaultMode: 0440
            sources:
              {{- include "project-sync.secretSources" $root | nindent 14 }}
        - name: tmp
          emptyDir:
            sizeLimit: 1Gi
        - name: scratch
          emptyDir:
            sizeLimit: {{ if eq $part "worker" }}{{ $values.scratch.sizeLimit }}{{ else }}1Gi{{ end }}
      {{- with $values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      topologySpreadConstraints:
        {{- if $values.topologySpreadConstraints }}
        {{- toYaml $values.topologySpreadConstraints | nindent 8 }}
        {{- else }}
        {{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
        - maxSkew: 1
          topologyKey: {{ $key }}
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "project-sync.selector" $root | nindent 14 }}
              app.kubernetes.io/component: {{ $part }}
        {{- end }}
        {{- end }}
{{- end -}}

{{/* A HorizontalPodAutoscaler by CPU: (dict "root" $ "part" name "bounds" values). */}}
{{- define "project-sync.hpa" -}}
{{- $name := printf "%s-%s" (include "project-sync.fullname" .root) .part -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ $name }}
  labels:
    {{- include "project-sync.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .part }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ $name }}
  minReplicas: {{ .bounds.minReplicas }}
  maxReplicas: {{ .bounds.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ .bounds.targetCPUUtilizationPercentage }}
  behavior:
    scaleDown:
      # Syncs of a worker that goes begin anew elsewhere, and clients of a gateway come again: not for a short lull.
      stabilizationWindowSeconds: 300
{{- end -}}

{{/* A PodDisruptionBudget: (list $ part). */}}
{{- define "project-sync.pdb" -}}
{{- $root := index . 0 -}}
{{- $part := index . 1 -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "project-sync.fullname" $root }}-{{ $part }}
  labels:
    {{- include "project-sync.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ $part }}
spec:
  maxUnavailable: {{ (get $root.Values $part).podDisruptionBudget.maxUnavailable }}
  # One that is not ready keeps no node from being emptied.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "project-sync.selector" $root | nindent 6 }}
      app.kubernetes.io/component: {{ $part }}
{{- end -}}

{{/* A Service: (list $ part portName). */}}
{{- define "project-sync.service" -}}
{{- $root := index . 0 -}}
{{- $part := index . 1 -}}
{{- $service := (get $root.Values $part).service -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "project-sync.fullname" $root }}-{{ $part }}
  labels:
    {{- include "project-sync.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ $part }}
  {{- with $service.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ $service.type }}
  ports:
    - name: http
      port: {{ $service.port }}
      targetPort: http
  selector:
    {{- include "project-sync.selector" $root | nindent 4 }}
    app.kubernetes.io/component: {{ $part }}
{{- end -}}
