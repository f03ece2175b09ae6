{{/* The flags of the server, by the values that set them. What is empty is left to the server's default. */}}
{{- define "kruise-admission.flags" -}}
audit-interval: {{ .Values.audit.interval | quote }}
cluster-domain: {{ .Values.certificates.clusterDomain | quote }}
config: {{ ternary "" "/etc/kruise-admission/config.yaml" (empty (include "kruise-admission.configMap" .)) | quote }}
container-clash: {{ .Values.clashes.container | quote }}
drain-delay: {{ .Values.drainDelaySeconds }}s
evict-missed: {{ int .Values.audit.evictMissed | default "" | quote }}
health-address: {{ printf ":%d" (int .Values.ports.health) | quote }}
listen-address: {{ printf ":%d" (int .Values.ports.webhook) | quote }}
log-format: {{ .Values.logFormat | quote }}
log-level: {{ .Values.logLevel | quote }}
long-names: {{ .Values.longNames | quote }}
max-in-flight: {{ int .Values.maxInFlight | default "" | quote }}
metrics-address: {{ printf ":%d" (int .Values.ports.metrics) | quote }}
mount-path-clash: {{ .Values.clashes.mountPath | quote }}
narrow-pods: {{ ternary "true" "" .Values.webhooks.pods.narrow | quote }}
record-revisions: {{ .Values.recordRevisions | quote }}
service-name: {{ include "kruise-admission.service" . | quote }}
tls-min-version: {{ .Values.tlsMinVersion | quote }}
tracing-endpoint: {{ .Values.tracing.endpoint | quote }}
volume-clash: {{ .Values.clashes.volume | quote }}
webhook-configuration: {{ include "kruise-admission.configurationNames" . | quote }}
{{- $gates := list }}
{{- range $gate, $on := .Values.featureGates }}
{{- $gates = append $gates (printf "%s=%t" $gate $on) }}
{{- end }}
feature-gates: {{ join "," $gates | quote }}
{{- if eq .Values.certificates.mode "selfManaged" }}
{{- with .Values.certificates.selfManaged }}
ca-lifetime: {{ .authorityLifetime | quote }}
ca-settle: {{ .authoritySettle | quote }}
certificate-lifetime: {{ .lifetime | quote }}
certificate-names: {{ append .names (include "kruise-admission.urlHost" $) | compact | uniq | join "," | quote }}
{{- end }}
{{- else }}
tls-cert-file: /var/run/kruise-admission/certificate/tls.crt
tls-key-file: /var/run/kruise-admission/certificate/tls.key
{{- end }}
{{- end -}}

{{/* Values that exclude each other: the server would refuse to start with them. */}}
{{- define "kruise-admission.checkFlagValues" -}}
{{- if and .Values.audit.evictMissed (regexMatch "^0+[a-z]*$" .Values.audit.interval) -}}
{{- fail (printf "audit.evictMissed: %d cannot be used together with audit.interval %s, which looks for no pods" (int .Values.audit.evictMissed) .Values.audit.interval) -}}
{{- end -}}
{{- include "kruise-admission.checkDeleteProtection" . -}}
{{- with .Values.certificates.certManager.issuerRef -}}
{{- if not .name -}}
{{- fail "certificates.certManager.issuerRef.name: needed, or leave issuerRef out for an authority of the chart's own" -}}
{{- end -}}
{{- end -}}
{{- if and .Values.webhooks.url .Values.webhooks.pods.narrow -}}
{{- fail (printf "webhooks.pods.narrow: the server keeps conditions of entries with a Service only, and webhooks.url is %q" .Values.webhooks.url) -}}
{{- end -}}
{{- end -}}
