package validate

// The rules of CloneSet: what is checked, in which order, and what is looked up (specification validate-cloneset.md (c) and
// (d), whose numbers the comments give).

import (
	"context"
	"encoding/json"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/decision"
)

// CloneSet validates CloneSets of both versions on CREATE and UPDATE and allows every other operation. It implements
// [decision.Reviewer] for /validate-apps-kruise-io-cloneset; deletion is the business of package protection.
//
// Departures from OpenKruise, each because objects that it lets through cannot work, or because it refuses ones that can:
//
//   - InPlaceOnly is enforced in v1beta1 too, and templates are compared after defaulting;
//   - names that make pods impossible are refused on CREATE;
//   - maxUnavailable 0 with a positive maxSurge is accepted in v1beta1 as in v1alpha1;
//   - an update that leaves the spec alone is not judged by it, and one that leaves the template alone not by the template,
//     so that an object which a newer cluster would refuse can still be labelled, scaled and released from its finalizers.
type CloneSet struct {
	// Templates asks the API server about pod templates. Nil: there is none, and the built-in short list decides.
	Templates TemplateChecker
	// Defaults gives a pod template the defaults of admission, so that InPlaceOnly does not take them for changes.
	// [defaults.PodTemplate] is meant. Nil: templates are compared as they are.
	Defaults func(template json.RawMessage) (json.RawMessage, error)
	// Pods reads the pods that are to be deleted. Nil: there are none to read, and the names are accepted.
	Pods PodReader
	// ShortHash is the gate CloneSetShortHash: the name is not part of a pod label.
	ShortHash bool
	// NamesWarnOnly accepts names that are too long for their pods, with a warning.
	NamesWarnOnly bool
}

// TemplateChecker asks an API server about a pod template, as JSON. claims are the names of the workload's volume claim
// templates, which the template may mount. A valid template comes back with its defaults, a refused one with causes; the
// Field of causes and warnings is relative to the template. An error means "cannot tell".
type TemplateChecker interface {
	CheckTemplate(ctx context.Context, template json.RawMessage, claims []string) (
		defaulted json.RawMessage, causes, warnings []metav1.StatusCause, err error)
}

// PodReader reads the metadata of those of the named pods that exist. An error means "cannot tell".
type PodReader interface {
	Pods(ctx context.Context, namespace string, names []string) (map[string]*metav1.ObjectMeta, error)
}

// Review implements [decision.Reviewer].
func (r CloneSet) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	if request.Operation != admissionv1.Create && request.Operation != admissionv1.Update {
		return decision.Allow(), nil
	}
	set, err := readCloneSet(request.Resource.Version, request.Object.Raw)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}
	var old *cloneSet
	if request.Operation == admissionv1.Update {
		if old, err = readCloneSet(request.Resource.Version, request.OldObject.Raw); err != nil {
			return decision.Malformed("old object: " + err.Error()), nil
		}
	}

	found := &findings{}
	found.add(cloneSetMeta(set, old)) // rules (c) 1 and (d) 1
	r.names(set, old, found)
	if old == nil || !sameSpec(set, old) {
		if err := r.spec(ctx, set, old, found); err != nil {
			return decision.Decision{}, err
		}
	}
	return found.decision(), nil
}

// spec checks everything below spec.
func (r CloneSet) spec(ctx context.Context, set, old *cloneSet, found *findings) error {
	if old != nil {
		found.add(cloneSetImmutable(set, old))                      // (d) 2
		if err := r.inPlaceOnly(ctx, set, old, found); err != nil { // (d) 3
			return err
		}
	}
	found.add(cloneSetReplicas(set))                         // 2
	found.add(cloneSetSelector(set))                         // 3 to 7
	if err := r.template(ctx, set, old, found); err != nil { // 8
		return err
	}
	found.add(cloneSetPodSpec(set))                              // 9, 10
	if err := r.podsToDelete(ctx, set, old, found); err != nil { // 11, 12
		return err
	}
	found.add(cloneSetStrategy(set)) // 13 to 24
	found.add(cloneSetDeadline(set)) // 25, 26
	cloneSetHints(set, found)
	return nil
}

// cloneSetMeta checks the metadata.
func cloneSetMeta(set, old *cloneSet) field.ErrorList {
	path := field.NewPath("metadata")
	errs := coreObjectMeta(&set.meta, apivalidation.NameIsDNSSubdomain, path)
	if old != nil {
		errs = append(errs, coreObjectMetaUpdate(&set.meta, &old.meta, path)...)
	}
	return errs
}

// names refuses names of a new CloneSet that are too long. An existing one cannot get another name, so that refusing its
// updates would help nobody.
func (r CloneSet) names(set, old *cloneSet, found *findings) {
	errs := cloneSetNames(set.meta.Name, set.claimNames(), r.ShortHash)
	if old == nil && !r.NamesWarnOnly {
		found.add(errs)
		return
	}
	for _, err := range errs {
		found.warn(err.Field + " " + err.Detail)
	}
}

// sameSpec reports whether an update leaves the spec alone, spelling apart.
func sameSpec(set, old *cloneSet) bool {
	return set.updateType == old.updateType && equality.Semantic.DeepEqual(set.spec, old.spec) && samePodSpec(set, old)
}
