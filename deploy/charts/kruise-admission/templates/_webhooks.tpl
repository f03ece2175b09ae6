{{/*
The entries of one webhook configuration, from files/webhooks.yaml, which is generated from the server's endpoint table.
Takes a dict: root, list (mutating or validating), part (first or second; see _secondchance.tpl). What the values say is laid over what the
table says.
*/}}
{{- define "kruise-admission.webhooks" -}}
{{- $root := .root -}}
{{- $all := $root.Values.webhooks -}}
{{- $part := .part -}}
{{- $entries := list -}}
{{- $strict := list -}}
{{- range index (include "kruise-admission.table" $root | fromYaml) .list -}}
{{- $entry := .webhook -}}
{{- if not (has $entry.name $all.skip) -}}
{{- $values := index $all .concern -}}
{{- $_ := set $entry "clientConfig" (include "kruise-admission.clientConfig" (dict "root" $root "path" $entry.clientConfig.service.path) | fromYaml) -}}
{{- with $values.failurePolicy }}{{ $_ := set $entry "failurePolicy" . }}{{ end -}}
{{- with $values.timeoutSeconds }}{{ $_ := set $entry "timeoutSeconds" (int .) }}{{ end -}}
{{- with $values.matchConditions }}{{ $_ := set $entry "matchConditions" (concat (default list $entry.matchConditions) .) }}{{ end -}}
{{- with $values.objectSelector }}{{ $_ := set $entry "objectSelector" . }}{{ end -}}
{{- with $values.namespaceSelector }}{{ $_ := set $entry "namespaceSelector" . }}{{ end -}}
{{- with $values.excludedNamespaces -}}
{{- $own := dict "key" "kubernetes.io/metadata.name" "operator" "NotIn" "values" . -}}
{{- $_ := set $entry.namespaceSelector "matchExpressions" (append $entry.namespaceSelector.matchExpressions $own) -}}
{{- end -}}
{{- if $values.strictNamespaceLabel -}}
{{- /* Two entries that no namespace can match both. */ -}}
{{- $lenient := deepCopy $entry -}}
{{- $_ := set $lenient "name" (printf "lenient.%s" $entry.name) -}}
{{- $_ := set $lenient "failurePolicy" "Ignore" -}}
{{- $optedIn := dict "key" $values.strictNamespaceLabel "operator" "Exists" -}}
{{- $others := dict "key" $values.strictNamespaceLabel "operator" "DoesNotExist" -}}
{{- $_ := set $lenient.namespaceSelector "matchExpressions" (append $lenient.namespaceSelector.matchExpressions $others) -}}
{{- $_ := set $entry.namespaceSelector "matchExpressions" (append $entry.namespaceSelector.matchExpressions $optedIn) -}}
{{- $entries = append $entries $lenient -}}
{{- end -}}
{{- $entries = append $entries $entry -}}
{{- if and (eq .concern "pods") $all.pods.secondChance -}}{{- $strict = append $strict $entry.name -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- $made := list -}}
{{- range $entry := $entries -}}
{{- range $field, $value := index $all.entries $entry.name -}}
{{- $_ := set $entry $field $value -}}
{{- end -}}
{{- if and (has $entry.name $strict) (eq $entry.failurePolicy "Fail") -}}
{{- $made = concat $made (include "kruise-admission.chances" (dict "root" $root "entry" $entry "part" $part) | fromYamlArray) -}}
{{- else if eq $part "first" -}}
{{- $made = append $made $entry -}}
{{- end -}}
{{- end -}}
{{- if and (eq $part "second") (not $made) -}}
{{- fail "webhooks.pods.secondChance: there is no entry for pods with failurePolicy Fail, and others need none" -}}
{{- end -}}
{{- toYaml $made -}}
{{- end -}}

{{/* The table, with the placeholders of the generator replaced, and with the entries of protection that the values have instead. */}}
{{- define "kruise-admission.table" -}}
{{- $table := .Files.Get "files/webhooks.yaml" | replace "RELEASE-NAMESPACE" .Release.Namespace | replace "RELEASE-SERVICE" (include "kruise-admission.service" .) -}}
{{- if .Values.deleteProtection.webhooks -}}
{{- $table = fromYaml $table -}}
{{- $validating := list -}}
{{- range $table.validating -}}
{{- if ne .concern "protection" }}{{ $validating = append $validating . }}{{ end -}}
{{- end -}}
{{- range .Values.deleteProtection.webhooks -}}
{{- $validating = append $validating (dict "concern" "protection" "webhook" .) -}}
{{- end -}}
{{- $table = set $table "validating" $validating | toYaml -}}
{{- end -}}
{{- $table -}}
{{- end -}}

{{/* One configuration. Takes a dict: root, is (kind and name), annotations, webhooks. */}}
{{- define "kruise-admission.configuration" -}}
{{- if eq .root.Values.certificates.mode "selfManaged" -}}
# There is no caBundle: the server publishes it at run time.
{{ end -}}
apiVersion: admissionregistration.k8s.io/v1
kind: {{ .is.kind }}
metadata:
  name: {{ .is.name }}
  labels:
    {{- include "kruise-admission.labels" .root | nindent 4 }}
  {{- with .annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
webhooks:
{{ toYaml .webhooks }}
{{- end -}}

{{/* Whether a hook registers: at the installation, so that it comes after the wait for the replicas. */}}
{{- define "kruise-admission.registerByHook" -}}
{{- if and (eq .Values.webhooks.registration "WhenReady") .Release.IsInstall -}}true{{- end -}}
{{- end -}}

{{/* Checks that every name in webhooks.skip and webhooks.entries is one of the table: a typing mistake must not go unnoticed. */}}
{{- define "kruise-admission.checkWebhookValues" -}}
{{- $table := include "kruise-admission.table" . | fromYaml -}}
{{- $known := list -}}
{{- range concat $table.mutating $table.validating -}}
{{- $known = append $known .webhook.name -}}
{{- if and $.Values.webhooks.pods.strictNamespaceLabel (eq .concern "pods") -}}
{{- $known = append $known (printf "lenient.%s" .webhook.name) -}}
{{- end -}}
{{- if and $.Values.webhooks.pods.secondChance (eq .concern "pods") -}}
{{- $name := .webhook.name -}}
{{- range concat $table.secondChance.first $table.secondChance.second -}}
{{- with .prefix }}{{ $known = append $known (printf "%s%s" . $name) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $name := concat .Values.webhooks.skip (keys .Values.webhooks.entries) -}}
{{- if not (has $name $known) -}}
{{- fail (printf "webhooks: no entry has the name %q; known: %s" $name (join ", " $known)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
