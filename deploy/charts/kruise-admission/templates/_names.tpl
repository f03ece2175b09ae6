{{/* Names and labels. */}}

{{- define "kruise-admission.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{/* 50 characters leave room for the suffixes below. */}}
{{- define "kruise-admission.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "kruise-admission.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "kruise-admission.service" -}}
{{- $name := default (printf "%s-webhook" (include "kruise-admission.fullname" .)) .Values.service.name -}}
{{- if not (regexMatch "^[a-z][-a-z0-9]*$" $name) -}}
{{- fail (printf "service.name: a Service cannot be called %q, because its name must begin with a letter and have no dots; set service.name" $name) -}}
{{- end -}}
{{- $name -}}
{{- end -}}

{{- define "kruise-admission.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "kruise-admission.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "kruise-admission.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Pods are selected as in deploy/manifests, so that an installation from there can be taken over. */}}
{{- define "kruise-admission.selector" -}}
app.kubernetes.io/name: kruise-admission
{{- end -}}

{{- define "kruise-admission.labels" -}}
{{ include "kruise-admission.selector" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}
