{{/* How API servers call the server: by its Service, or by a URL. */}}

{{/* The clientConfig for a path. Takes a dict: root, path. */}}
{{- define "kruise-admission.clientConfig" -}}
{{- with include "kruise-admission.caBundle" .root }}
caBundle: {{ . }}
{{- end }}
{{- if .root.Values.webhooks.url }}
url: {{ printf "%s%s" (trimSuffix "/" .root.Values.webhooks.url) .path }}
{{- else }}
service:
  namespace: {{ .root.Release.Namespace }}
  name: {{ include "kruise-admission.service" .root }}
  path: {{ .path }}
  port: {{ .root.Values.service.port }}
{{- end }}
{{- end -}}

{{/* The host of the URL, which the certificate must have; empty without one. */}}
{{- define "kruise-admission.urlHost" -}}
{{- with .Values.webhooks.url }}{{ (urlParse .).hostname }}{{ end -}}
{{- end -}}
