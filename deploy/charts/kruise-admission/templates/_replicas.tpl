{{/* How many replicas there may be, and beside whom. */}}

{{/* The number of replicas to begin with. */}}
{{- define "kruise-admission.replicas" -}}
{{- ternary .Values.autoscaling.minReplicas .Values.replicas .Values.autoscaling.enabled | int -}}
{{- end -}}

{{- define "kruise-admission.checkReplicas" -}}
{{- if and (eq (include "kruise-admission.replicas" .) "0") .Values.webhooks.create -}}
{{- fail "replicas: 0 would stop all that the webhooks match, because nobody answers them; set webhooks.create=false as well" -}}
{{- end -}}
{{- if .Values.autoscaling.enabled -}}
{{- if gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas) -}}
{{- fail (printf "autoscaling.minReplicas: %d is more than autoscaling.maxReplicas, %d" (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- end -}}
{{- if not (dig "requests" "cpu" "" (default dict .Values.resources)) -}}
{{- fail "autoscaling.enabled: needs resources.requests.cpu, of which it compares the use" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A Service selects all pods of the server in its namespace, and those of another release have certificates with another name. */}}
{{- define "kruise-admission.checkNeighbours" -}}
{{- $name := include "kruise-admission.fullname" . -}}
{{- $selector := include "kruise-admission.selector" . | fromYaml -}}
{{- range (lookup "apps/v1" "Deployment" .Release.Namespace "").items -}}
{{- $release := dig "annotations" "meta.helm.sh/release-name" "" .metadata -}}
{{- if and (eq (toJson .spec.selector.matchLabels) (toJson $selector)) (ne .metadata.name $name) (ne $release $.Release.Name) -}}
{{- fail (printf "namespace %s: deployment %q is another installation of this server, and each needs a namespace of its own" $.Release.Namespace .metadata.name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
