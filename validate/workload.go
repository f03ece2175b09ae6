package validate

// What the rules that CloneSet, Advanced StatefulSet and Advanced DaemonSet share know of an object.

import (
	"bytes"
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
)

type workload struct {
	// kind is how messages call it.
	kind     string
	meta     metav1.ObjectMeta
	selector *metav1.LabelSelector
	// pods is the pod template, template the same as it was sent, with members that this build does not know.
	pods     corev1.PodTemplateSpec
	template json.RawMessage
	// templateAt is where the template is; nil for spec.template.
	templateAt *field.Path
	// claims are the volume claim templates; a DaemonSet has none.
	claims []corev1.PersistentVolumeClaim
}

var (
	metadataPath       = field.NewPath("metadata")
	specPath           = field.NewPath("spec")
	templatePath       = specPath.Child("template")
	updateStrategyPath = specPath.Child("updateStrategy")
)

// sentTemplate returns the pod template of a raw object; an object without one has an empty one.
func sentTemplate(raw []byte) (json.RawMessage, error) { return sentMember(raw, "spec", "template") }

// sentMember returns a member of a raw object, at the end of a path; it is an empty object when it is absent.
func sentMember(raw json.RawMessage, path ...string) (json.RawMessage, error) {
	for _, name := range path {
		var members map[string]json.RawMessage
		if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &members); err != nil {
			return nil, err
		}
		if raw = members[name]; raw == nil {
			return json.RawMessage("{}"), nil
		}
	}
	return raw, nil
}

// templatePath is where the pod template is.
func (w *workload) templatePath() *field.Path {
	if w.templateAt != nil {
		return w.templateAt
	}
	return templatePath
}

// claimNames returns the names of the volume claim templates.
func (w *workload) claimNames() []string {
	names := make([]string, len(w.claims))
	for i := range w.claims {
		names[i] = w.claims[i].Name
	}
	return names
}

// claimTemplatePath is where the volume claim template with an index is.
func claimTemplatePath(i int) *field.Path { return specPath.Child("volumeClaimTemplates").Index(i) }

// sameTemplates reports whether an update changes neither the pod template nor the claim templates.
func sameTemplates(w, old *workload) bool {
	return equality.Semantic.DeepEqual(w.pods, old.pods) && equality.Semantic.DeepEqual(w.claims, old.claims) && samePodSpec(w, old)
}

// samePodSpec compares pod specs whose known members are the same: there may be others.
func samePodSpec(w, old *workload) bool {
	if bytes.Equal(w.template, old.template) {
		return true
	}
	before, err := comparablePodSpec(old.template)
	if err != nil {
		return false
	}
	after, err := comparablePodSpec(w.template)
	return err == nil && equality.Semantic.DeepEqual(before, after)
}
