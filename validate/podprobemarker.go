package validate

// The rules of PodProbeMarker: what is read, in which order the rules run, and when (spec/validate-podprobemarker.md (c) and (d),
// whose numbers the comments give).

import (
	"context"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/wire"
	"github.com/kruise-admission/kruise-admission/decision"
)

// PodProbeMarker validates PodProbeMarkers on CREATE and UPDATE; other operations pass. There is one version, v1alpha1. It implements
// [decision.Reviewer] for /validate-apps-kruise-io-podprobemarker.
//
// Departures from OpenKruise: all faults are told, with the field of the probe that has them, where OpenKruise stops at the first and does
// not say which probe it is; an update that leaves the spec alone passes whatever is wrong with it; a condition that others write is a
// warning.
type PodProbeMarker struct {
	// GateOff names the feature gate that the kind needs and that is off. Empty: all are on.
	GateOff string
}

// Review implements [decision.Reviewer].
func (r PodProbeMarker) Review(_ context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	if request.Operation != admissionv1.Create && request.Operation != admissionv1.Update {
		return decision.Allow(), nil
	}
	marker, err := readPodProbeMarker(request.Object.Raw)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}
	found := &findings{}
	if request.Operation == admissionv1.Update {
		old, err := readPodProbeMarker(request.OldObject.Raw)
		if err != nil {
			return decision.Malformed("old object: " + err.Error()), nil
		}
		if equality.Semantic.DeepEqual(marker.Spec, old.Spec) {
			return decision.Allow(), nil
		}
		if !equality.Semantic.DeepEqual(marker.Spec.Selector, old.Spec.Selector) { // (d)
			found.add(field.ErrorList{field.Forbidden(specPath.Child("selector"),
				"cannot change, because the marks of other pods would stay: create another PodProbeMarker and delete this one")})
		}
	}
	if r.GateOff != "" {
		return gateOff("nothing would be probed", r.GateOff), nil
	}
	found.add(probedPods(marker)) // 1 to 4
	markerProbes(marker.Spec.Probes, found)
	return found.decision(), nil
}

// probedPods checks the selector, which must not find all pods.
func probedPods(marker *v1alpha1.PodProbeMarker) field.ErrorList {
	selector, path := marker.Spec.Selector, specPath.Child("selector")
	switch {
	case selector == nil:
		return field.ErrorList{field.Required(path, "say which pods are probed, for example matchLabels: {app: web}")}
	case selectsEverything(selector):
		return field.ErrorList{field.Invalid(path, "{}", "must name at least one label or expression: all pods of the namespace cannot be probed at once")}
	default:
		return labelSelector(selector, path)
	}
}

// readPodProbeMarker reads a PodProbeMarker. Errors are for the user.
func readPodProbeMarker(raw []byte) (*v1alpha1.PodProbeMarker, error) {
	marker := &v1alpha1.PodProbeMarker{}
	return marker, wire.Decode(raw, v1alpha1.GroupVersion.WithKind("PodProbeMarker"), marker)
}
