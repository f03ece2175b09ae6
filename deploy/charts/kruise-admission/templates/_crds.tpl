{{/* CRDs: files/crds holds what controller-gen makes of the types in api/, which knows no conversion webhook. */}}

{{/* Whether a CRD, given as text, converts: one that is served in one version need not. */}}
{{- define "kruise-admission.converts" -}}
{{- if gt (regexFindAll "(?m)^    served: true$" . -1 | len) 1 -}}true{{- end -}}
{{- end -}}

{{/* The names of those that do, with commas between. */}}
{{- define "kruise-admission.convertedCRDs" -}}
{{- $names := list -}}
{{- range $path, $text := .Files.Glob "files/crds/*.yaml" -}}
{{- if include "kruise-admission.converts" (toString $text) -}}
{{- $parts := base $path | trimSuffix ".yaml" | splitList "_" -}}
{{- $names = append $names (printf "%s.%s" (last $parts) (first $parts)) -}}
{{- end -}}
{{- end -}}
{{- $names | sortAlpha | join ", " -}}
{{- end -}}

{{- define "kruise-admission.conversion" -}}
strategy: Webhook
webhook:
  clientConfig:
    {{- include "kruise-admission.clientConfig" (dict "root" . "path" "/convert") | nindent 4 }}
  conversionReviewVersions: [v1, v1beta1]
{{- end -}}
