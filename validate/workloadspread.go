package validate

// The rules of WorkloadSpread: what is read, in which order the rules run, and when (spec/validate-workloadspread.md (c) and (d),
// whose numbers the comments give).

import (
	"context"
	"encoding/json"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

// WorkloadSpread validates WorkloadSpreads of both versions on CREATE and UPDATE and allows every other operation. It implements
// [decision.Reviewer] for /validate-apps-kruise-io-workloadspread.
//
// Departures from OpenKruise, each because objects that it lets through cannot work, or because it refuses ones that can:
//
//   - a patch is judged with the workload that targetRef names; OpenKruise looks for a StatefulSet of Kubernetes where an Advanced
//     StatefulSet is meant;
//   - labels and annotations that a patch gives to pods are checked like the rest of it;
//   - a workload that cannot be read is "cannot tell" and not "no workload";
//   - an update that leaves the spec alone is not judged by it, nor by the gate, and one that leaves a patch alone not by the patch, so that
//     an object whose workload has changed can still be edited, and every one be released from its finalizers.
type WorkloadSpread struct {
	// Cluster answers what the rules ask; required.
	Cluster WorkloadSpreadCluster
	// Workloads reads the workload whose pods are spread. Nil: there is none to read, and patches are not judged.
	Workloads WorkloadReader
	// Templates asks the API server about the pods that a patch makes. Nil: there is none, and the built-in short list decides.
	Templates TemplateChecker
	// Disabled says that the gate WorkloadSpread is off, so that no pod would be spread.
	Disabled bool
}

// WorkloadSpreadCluster is what the rules of WorkloadSpreads ask of the cluster, answered from memory.
type WorkloadSpreadCluster interface {
	// WorkloadSpreads lists those of a namespace.
	WorkloadSpreads(namespace string) []*v1beta1.WorkloadSpread
	// Setting returns the value of a key of the ConfigMap kruise-configuration.
	Setting(key string) (value string, ok bool)
}

// WorkloadReader reads workloads.
type WorkloadReader interface {
	// Workload returns the JSON of a workload, nil if there is none of that name. An error is made by decision.CannotTell.
	Workload(ctx context.Context, kind schema.GroupVersionKind, namespace, name string) (json.RawMessage, error)
}

// workloadSpread is one WorkloadSpread under validation.
type workloadSpread struct {
	meta metav1.ObjectMeta
	spec v1beta1.WorkloadSpreadSpec
	// requiredNodeSelector and preferredNodeSelector are how the version that was sent calls these fields.
	requiredNodeSelector, preferredNodeSelector string
}

// Review implements [decision.Reviewer].
func (r WorkloadSpread) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	if request.Operation != admissionv1.Create && request.Operation != admissionv1.Update {
		return decision.Allow(), nil
	}
	spread, err := readWorkloadSpread(request.Resource.Version, request.Object.Raw)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}
	var old *workloadSpread
	found := &findings{}
	if request.Operation == admissionv1.Update {
		if old, err = readWorkloadSpread(request.Resource.Version, request.OldObject.Raw); err != nil {
			return decision.Malformed("old object: " + err.Error()), nil
		}
		found.add((&workload{meta: spread.meta}).objectMetaUpdate(&workload{meta: old.meta})) // (d)
		if equality.Semantic.DeepEqual(spread.spec, old.spec) {
			return found.decision(), nil
		}
	}
	if r.Disabled {
		return gateOff("no pod would be spread", "WorkloadSpread"), nil
	}
	if err := r.spec(ctx, request.Namespace, spread, old, found); err != nil {
		return decision.Decision{}, err
	}
	return found.decision(), nil
}

// spec checks everything below spec.
func (r WorkloadSpread) spec(ctx context.Context, namespace string, spread, old *workloadSpread, found *findings) error {
	errs, err := r.target(spread.spec.TargetReference) // 1 to 5
	if err != nil {
		return err
	}
	found.add(errs)
	spread.subsets(found)                                                                 // 6 to 10, 12 to 16
	if err := r.patches(ctx, namespace, spread, old, len(errs) == 0, found); err != nil { // 11
		return err
	}
	found.add(spread.strategy()) // 17 to 20
	found.add(spread.filter())   // 21
	found.add(r.conflict(namespace, spread))
	if old != nil {
		found.add(spread.sameTarget(old)) // (d)
	}
	return nil
}

// readWorkloadSpread reads a WorkloadSpread of the version that the request names. Errors are for the user.
func readWorkloadSpread(version string, raw []byte) (*workloadSpread, error) {
	read, err := readAsBeta[v1beta1.WorkloadSpread](version, "WorkloadSpread", raw, &v1alpha1.WorkloadSpread{})
	if err != nil {
		return nil, err
	}
	spread := &workloadSpread{read.ObjectMeta, read.Spec, "requiredNodeSelector", "preferredNodeSelector"}
	if version == v1alpha1.GroupVersion.Version {
		spread.requiredNodeSelector, spread.preferredNodeSelector = "requiredNodeSelectorTerm", "preferredNodeSelectorTerms"
	}
	return spread, nil
}

// filter checks which pods are spread.
func (s *workloadSpread) filter() field.ErrorList {
	if s.spec.TargetFilter == nil {
		return nil
	}
	return labelSelector(s.spec.TargetFilter.Selector, specPath.Child("targetFilter", "selector"))
}
