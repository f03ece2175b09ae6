package validate

// The rules of CloneSet: what is checked, in which order, and what is looked up (spec/validate-cloneset.md (c) and (d), whose
// numbers the comments give).

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
	found.add(set.objectMeta(old.base(), apivalidation.NameIsDNSSubdomain)) // rules (c) 1 and (d) 1
	found.names(cloneSetNames(set.meta.Name, set.claimNames(), r.ShortHash), old == nil && !r.NamesWarnOnly)
	deprecatedInCloneSet(set, found)
	if old == nil || !sameCloneSetSpec(set, old) {
		if err := r.spec(ctx, set, old, found); err != nil {
			return decision.Decision{}, err
		}
	}
	return found.decision(), nil
}

// spec checks everything below spec.
func (r CloneSet) spec(ctx context.Context, set, old *cloneSet, found *findings) error {
	templates := templateReview{cluster: r.Templates, defaults: r.Defaults}
	before := old.base()
	if old != nil {
		found.add(set.sameSelector(before)) // (d) 2, whose list of the fields that may change names all others
	}
	if old != nil && set.inPlaceOnly() { // (d) 3
		if err := templates.inPlaceOnly(ctx, &set.workload, before, set.policyPath, found); err != nil {
			return err
		}
	}
	found.add(replicas(set.spec.Replicas)) // 2
	found.add(set.podSelector())           // 3 to 7
	templatesChanged := old == nil || !sameTemplates(&set.workload, before)
	if templatesChanged {
		found.add(cloneSetClaims(set))
	}
	if err := templates.check(ctx, &set.workload, templatesChanged, found); err != nil { // 8
		return err
	}
	found.add(set.endlessPods())                                 // 9, 10
	if err := r.podsToDelete(ctx, set, old, found); err != nil { // 11, 12
		return err
	}
	found.add(cloneSetStrategy(set)) // 13 to 24
	found.add(cloneSetDeadline(set)) // 25, 26
	cloneSetHints(set, found)
	return nil
}

// cloneSetClaims checks the names of the claim templates. OpenKruise reports one that is taken as that of a volume which the user
// has not written.
func cloneSetClaims(set *cloneSet) field.ErrorList {
	errs, taken := set.claimTemplateNames()
	for _, name := range taken {
		duplicate := field.Duplicate(name.path, name.name)
		duplicate.Detail = "is also the name of " + name.by + ": rename one of the two"
		errs = append(errs, duplicate)
	}
	return errs
}

// sameCloneSetSpec reports whether an update leaves the spec alone, spelling apart.
func sameCloneSetSpec(set, old *cloneSet) bool {
	return set.updateType == old.updateType && equality.Semantic.DeepEqual(set.spec, old.spec) && samePodSpec(&set.workload, &old.workload)
}
