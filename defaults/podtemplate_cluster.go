package defaults

// The defaults that the cluster itself would give a pod template. They come after OpenKruise's, so that a workload has the
// same template here and there, and add what a newer Kubernetes fills in and OpenKruise does not know. Filling it in at
// admission keeps it from appearing later as a change of the template.

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	sigsjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/decision"
)

// TemplateDefaulter gives a pod template, as JSON, the defaults of the cluster's version. claims are the names of the
// workload's volume claim templates, which the template may mount. A template that the cluster refuses comes back as causes,
// without defaults. An error means "cannot tell".
type TemplateDefaulter interface {
	CheckTemplate(ctx context.Context, template json.RawMessage, claims []string) (
		defaulted json.RawMessage, causes, warnings []metav1.StatusCause, err error)
}

// PodTemplate returns a pod template with the defaults that admission writes without asking a cluster. hostPorts is the gate
// DefaultHostNetworkHostPortsInPodTemplates. It fails only for what is not a JSON object.
func PodTemplate(template json.RawMessage, hostPorts bool) (json.RawMessage, error) {
	doc, err := openDocument(template)
	if err != nil {
		return nil, err
	}
	podTemplate(doc.object, hostPorts)
	return doc.encode()
}

// clusterDefaults adds the cluster's defaults to the template of a workload's spec. A refused template gets none: validation
// asks again, and tells the user why.
func clusterDefaults(ctx context.Context, templates TemplateDefaulter, spec *object) error {
	template := spec.object("template")
	if templates == nil || template.members == nil {
		return nil
	}
	asked, err := json.Marshal(template.members)
	if err != nil {
		return decision.CannotTell("encode the pod template: %w", err)
	}
	defaulted, causes, _, err := templates.CheckTemplate(ctx, asked, claimNames(spec))
	if err != nil || len(causes) > 0 {
		return err
	}
	var answer map[string]any
	if err := sigsjson.UnmarshalCaseSensitivePreserveInts(defaulted, &answer); err != nil {
		return decision.CannotTell("decode the cluster's defaults of the pod template: %w", err)
	}
	podSpec, _ := answer["spec"].(map[string]any)
	// The old name of serviceAccountName, which the API server repeats in every pod spec.
	delete(podSpec, "serviceAccount")
	addMissing(template, answer)
	return nil
}

// addMissing writes the values that only the cluster's answer has. Null and empty objects in it come from how Kubernetes
// encodes its types and say nothing.
func addMissing(to *object, answer map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(answer)) {
		switch value := answer[key].(type) {
		case nil:
		case map[string]any:
			addMissing(to.object(key), value)
		case []any:
			addMissingElements(to, key, value)
		default:
			to.fillAbsent(key, value)
		}
	}
}

// addMissingElements goes through a list, whose elements the API server keeps in order. The answer may be longer than what was
// sent: the claim templates are volumes at its end.
func addMissingElements(to *object, key string, answer []any) {
	if !to.has(key) {
		return
	}
	for i, element := range to.objects(key) {
		if i >= len(answer) {
			return
		}
		if members, ok := answer[i].(map[string]any); ok {
			addMissing(element, members)
		}
	}
}

// claimNames returns the names of the volume claim templates of a workload's spec.
func claimNames(spec *object) []string {
	var names []string
	for _, claim := range spec.objects("volumeClaimTemplates") {
		names = append(names, claim.object("metadata").text("name"))
	}
	return names
}
