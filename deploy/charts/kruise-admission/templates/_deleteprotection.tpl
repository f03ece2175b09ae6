{{/* The ConfigMap with the configuration of delete protection, which is the chart's or one of the user's; empty without any. */}}
{{- define "kruise-admission.configMap" -}}
{{- if .Values.deleteProtection.config -}}
{{- printf "%s-delete-protection" (include "kruise-admission.fullname" .) -}}
{{- else -}}
{{- .Values.deleteProtection.configMap -}}
{{- end -}}
{{- end -}}

{{/* Checks what would leave unprotected what somebody has configured. */}}
{{- define "kruise-admission.checkDeleteProtection" -}}
{{- with .Values.deleteProtection -}}
{{- $value := ternary "config" "configMap" (not (empty .config)) -}}
{{- if and (or .config .configMap) (not $.Values.featureGates.ResourcesDeletionProtection) -}}
{{- fail (printf "deleteProtection.%s: %q protects nothing while featureGates.ResourcesDeletionProtection is not true" $value (index . $value | trunc 60)) -}}
{{- end -}}
{{- if and .config .configMap -}}
{{- fail (printf "deleteProtection.configMap: %q cannot be used together with deleteProtection.config" .configMap) -}}
{{- end -}}
{{- if ne (empty .config) (empty .webhooks) -}}
{{- fail "deleteProtection.config and deleteProtection.webhooks: one without the other protects nothing; `kruise-admission generate values --config FILE` prints both" -}}
{{- end -}}
{{- end -}}
{{- end -}}
