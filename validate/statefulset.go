package validate

// The rules of Advanced StatefulSet: what is checked, in which order, and what is looked up (spec/validate-statefulset.md (c) and
// (d), whose numbers the comments give).

import (
	"context"
	"encoding/json"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

// StatefulSet validates Advanced StatefulSets of both versions on CREATE and UPDATE and allows every other operation. It
// implements [decision.Reviewer] for /validate-apps-kruise-io-statefulset; deletion is the business of package protection.
//
// Departures from OpenKruise, each because objects that it lets through cannot work, or because it refuses ones that can:
//
//   - the whole pod template is checked, not only its labels and annotations, and the names of claim templates and of the service,
//     which become names in the pods;
//   - InPlaceOnly compares templates after defaulting, and does not take a change of imagePullPolicy for one of the image;
//   - names that make pods impossible are refused on CREATE, and names are not judged on UPDATE;
//   - an update that leaves the spec alone is not judged by it, and one that leaves the templates alone not by the templates.
//
// Resources of containers are not among what InPlaceOnly lets change, whatever the gate InPlaceWorkloadVerticalScaling says: it is
// so in OpenKruise.
type StatefulSet struct {
	// Templates asks the API server about pod templates. Nil: there is none, and the built-in short list decides.
	Templates TemplateChecker
	// Defaults gives a pod template the defaults of admission, so that InPlaceOnly does not take them for changes.
	// [defaults.PodTemplate] is meant. Nil: templates are compared as they are.
	Defaults func(template json.RawMessage) (json.RawMessage, error)
	// StorageClasses reads the classes of claims that are to be resized. Nil: there are none to read, and resizing is accepted.
	StorageClasses StorageClassReader
	// AutoResizePVC is the gate StatefulSetAutoResizePVCGate: the controller resizes claims, so claim templates may only be changed
	// in ways that it can carry out.
	AutoResizePVC bool
	// NamesWarnOnly accepts names that are too long for their pods, with a warning.
	NamesWarnOnly bool
}

// Review implements [decision.Reviewer].
func (r StatefulSet) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	if request.Operation != admissionv1.Create && request.Operation != admissionv1.Update {
		return decision.Allow(), nil
	}
	set, err := readStatefulSet(request.Resource.Version, request.Object.Raw)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}
	var old *statefulSet
	if request.Operation == admissionv1.Update {
		if old, err = readStatefulSet(request.Resource.Version, request.OldObject.Raw); err != nil {
			return decision.Malformed("old object: " + err.Error()), nil
		}
	}

	found := &findings{}
	if old == nil {
		found.add(set.objectMeta(nil, apivalidation.NameIsDNSLabel)) // rule (c) 1
	} else {
		found.add(set.objectMeta(old.base(), apivalidation.NameIsDNSSubdomain)) // (d) 1
	}
	found.names(statefulSetName(set.meta.Name), old == nil && !r.NamesWarnOnly)
	if old == nil || !sameStatefulSetSpec(set, old) {
		if err := r.spec(ctx, set, old, found); err != nil {
			return decision.Decision{}, err
		}
	}
	return found.decision(), nil
}

// spec checks everything below spec.
func (r StatefulSet) spec(ctx context.Context, set, old *statefulSet, found *findings) error {
	found.add(podManagement(set))          // 2, 3
	found.add(reserveOrdinals(set))        // 4 to 6
	found.add(scaleBudget(set))            // 7
	found.add(statefulSetStrategy(set))    // 8 to 20
	found.add(claimRetention(set))         // 21
	found.add(replicas(set.spec.Replicas)) // 22
	found.add(set.podSelector())           // 23 to 26
	found.add(set.endlessPods())           // 28, 29
	templatesChanged := old == nil || !sameTemplates(set.base(), old.base())
	if templatesChanged {
		found.add(statefulSetClaims(set, found))
	}
	templates := templateReview{cluster: r.Templates, defaults: r.Defaults}
	if err := templates.check(ctx, set.withClaimsForVolumes(), templatesChanged, found); err != nil { // 27
		return err
	}
	serviceName(set, old, found)
	statefulSetHints(set, found)
	if old == nil {
		return nil
	}
	found.add(statefulSetImmutable(set, old))              // (d) 2
	if err := r.resize(ctx, set, old, found); err != nil { // (d) 4
		return err
	}
	if set.podUpdatePolicy() == v1beta1.InPlaceOnlyPodUpdateStrategyType { // (d) 5
		return templates.inPlaceOnly(ctx, set.base(), old.base(), podUpdatePolicyPath, found)
	}
	return nil
}

// sameStatefulSetSpec reports whether an update leaves the spec alone, spelling apart.
func sameStatefulSetSpec(set, old *statefulSet) bool {
	return equality.Semantic.DeepEqual(set.spec, old.spec) && samePodSpec(set.base(), old.base())
}
