{{/* The second chance of pods; webhook/secondchance.go says why it is made as it is. */}}

{{/* The names of all webhook configurations, with commas. */}}
{{- define "kruise-admission.configurationNames" -}}
{{- if and .Values.webhooks.names .Values.webhooks.create -}}
{{- fail "webhooks.names: for configurations that others create, so set webhooks.create to false" -}}
{{- else if .Values.webhooks.names -}}
{{- join "," .Values.webhooks.names -}}
{{- else -}}
{{- include "kruise-admission.fullname" . -}}
{{- if .Values.webhooks.pods.secondChance }},{{ include "kruise-admission.secondChanceName" . }}{{ end -}}
{{- end -}}
{{- end -}}

{{- define "kruise-admission.secondChanceName" -}}
{{- include "kruise-admission.fullname" . -}}{{- (include "kruise-admission.table" . | fromYaml).secondChance.suffix -}}
{{- end -}}

{{/* Those entries of one configuration into which an entry for pods is split. Takes a dict: root, entry, part (first or second). */}}
{{- define "kruise-admission.chances" -}}
{{- $root := .root -}}
{{- $usual := .entry -}}
{{- $table := (include "kruise-admission.table" $root | fromYaml).secondChance -}}
{{- $entries := list -}}
{{- range $chance := index $table .part -}}
{{- $entry := deepCopy $usual -}}
{{- $_ := set $entry "name" (printf "%s%s" $chance.prefix $usual.name) -}}
{{- $_ := set $entry "clientConfig" (include "kruise-admission.clientConfig" (dict "root" $root "path" $chance.path) | fromYaml) -}}
{{- if not $chance.last -}}
{{- $_ := set $entry "failurePolicy" "Ignore" -}}
{{- $_ := set $entry "timeoutSeconds" (min (int $usual.timeoutSeconds) (int $table.timeoutSeconds)) -}}
{{- end -}}
{{- with $chance.matchConditions -}}
{{- $_ := set $entry "matchConditions" (concat (default list $usual.matchConditions) .) -}}
{{- end -}}
{{- if $chance.prefix -}}
{{- range $field, $value := index $root.Values.webhooks.entries $entry.name -}}
{{- $_ := set $entry $field $value -}}
{{- end -}}
{{- end -}}
{{- $entries = append $entries $entry -}}
{{- end -}}
{{- toYaml $entries -}}
{{- end -}}
