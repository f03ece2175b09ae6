{{/* Certificates that do not come from the server itself. */}}

{{/* The Secret that is mounted; empty when the server makes its own certificates. */}}
{{- define "kruise-admission.certificateSecret" -}}
{{- if eq .Values.certificates.mode "secret" -}}
{{- required "certificates.secret.name: needed when certificates.mode is secret" .Values.certificates.secret.name -}}
{{- else if eq .Values.certificates.mode "certManager" -}}
{{- include "kruise-admission.fullname" . }}-certificate
{{- end -}}
{{- end -}}

{{/* The annotation by which cert-manager's cainjector publishes the CA. */}}
{{- define "kruise-admission.caAnnotation" -}}
{{- if eq .Values.certificates.mode "certManager" -}}
cert-manager.io/inject-ca-from: {{ .Release.Namespace }}/{{ include "kruise-admission.fullname" . }}
{{- end -}}
{{- end -}}

{{/* The CA that the chart itself publishes; empty when somebody else does. */}}
{{- define "kruise-admission.caBundle" -}}
{{- if eq .Values.certificates.mode "secret" -}}
{{- .Values.certificates.secret.caBundle -}}
{{- end -}}
{{- end -}}
