package validate

// The rules of Advanced DaemonSet: what is checked, and in which order (spec/validate-daemonset.md (c) and (d), whose numbers the
// comments give).

import (
	"context"
	"encoding/json"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"

	"github.com/kruise-admission/kruise-admission/decision"
)

// DaemonSet validates Advanced DaemonSets of both versions on CREATE and UPDATE and allows every other operation. It implements
// [decision.Reviewer] for /validate-apps-kruise-io-daemonset. OpenKruise does not protect DaemonSets from deletion.
//
// Departures from OpenKruise, each because objects that it lets through cannot work, or because it refuses ones that can:
//
//   - names that make revisions impossible are refused on CREATE;
//   - a finalizer without a domain, which a DaemonSet may be created with, does not stop its updates;
//   - an update that leaves the spec alone is not judged by it, and one that leaves the template alone not by the template.
type DaemonSet struct {
	// Templates asks the API server about pod templates. Nil: there is none, and the built-in short list decides.
	Templates TemplateChecker
	// Defaults gives a pod template the defaults that count when it is judged; they are not stored. [defaults.PodTemplate] is meant.
	// Nil: it is judged as it is.
	Defaults func(template json.RawMessage) (json.RawMessage, error)
	// NamesWarnOnly accepts names that are too long for their revisions, with a warning.
	NamesWarnOnly bool
}

// Review implements [decision.Reviewer].
func (r DaemonSet) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	if request.Operation != admissionv1.Create && request.Operation != admissionv1.Update {
		return decision.Allow(), nil
	}
	set, err := readDaemonSet(request.Resource.Version, request.Object.Raw)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}
	var old *daemonSet
	if request.Operation == admissionv1.Update {
		if old, err = readDaemonSet(request.Resource.Version, request.OldObject.Raw); err != nil {
			return decision.Malformed("old object: " + err.Error()), nil
		}
	}

	found := &findings{}
	if old == nil {
		found.add(apivalidation.ValidateObjectMeta(&set.meta, true, apivalidation.NameIsDNSSubdomain, metadataPath)) // rule (c) 1
	} else {
		found.add(set.objectMetaUpdate(&old.workload)) // (d) 1
	}
	found.names(daemonSetName(set.meta.Name), old == nil && !r.NamesWarnOnly)
	if set.alpha {
		deprecatedKeys(set.meta.Annotations, metadataPath.Child("annotations"), daemonSetAnnotationsReplaced, found)
	}
	if old == nil || !sameDaemonSetSpec(set, old) {
		if err := r.spec(ctx, set, old, found); err != nil {
			return decision.Decision{}, err
		}
	}
	return found.decision(), nil
}

// spec checks everything below spec.
func (r DaemonSet) spec(ctx context.Context, set, old *daemonSet, found *findings) error {
	templateChanged := true
	if old != nil {
		found.add(set.sameSelector(&old.workload)) // (d) 2, whose list of the fields that may change names all others
		templateChanged = !sameTemplates(&set.workload, &old.workload)
	}
	found.add(set.podSelector()) // 2 to 4
	judged, err := set.withDefaults(r.Defaults)
	if err != nil {
		return err
	}
	if err := (templateReview{cluster: r.Templates}).check(ctx, judged, templateChanged, found); err != nil { // 5
		return err
	}
	found.add(set.endlessPods())      // 6, 7
	found.add(daemonSetSpec(set))     // 8, 20, 21
	found.add(daemonSetStrategy(set)) // 9 to 19
	daemonSetHints(set, found)
	return nil
}

// sameDaemonSetSpec reports whether an update leaves the spec alone, spelling apart.
func sameDaemonSetSpec(set, old *daemonSet) bool {
	return equality.Semantic.DeepEqual(set.spec, old.spec) && samePodSpec(&set.workload, &old.workload)
}
