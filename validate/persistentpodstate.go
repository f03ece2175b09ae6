package validate

// The rules of PersistentPodState (spec/validate-persistentpodstate.md (c) and (d), whose numbers the comments give).

import (
	"context"
	"fmt"
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	policyv1beta1 "github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
	workloadlist "github.com/kruise-admission/kruise-admission/api/whitelist"
	"github.com/kruise-admission/kruise-admission/decision"
)

// PersistentPodState validates PersistentPodStates of both versions on CREATE and UPDATE; other operations pass. It implements
// [decision.Reviewer] for /validate-apps-kruise-io-persistentpodstate.
//
// Departures from OpenKruise: a white list that cannot be read concerns only those whose kind must be in it, and is then "cannot tell" and no
// refusal; an update that leaves the spec alone passes whatever is wrong with it.
type PersistentPodState struct {
	// Cluster answers what the rules ask; required.
	Cluster PersistentPodStateCluster
}

// PersistentPodStateCluster is what the rules ask of the cluster, answered from memory.
type PersistentPodStateCluster interface {
	workloadlist.Settings
	// PersistentPodStates lists those of a namespace.
	PersistentPodStates(namespace string) []*v1beta1.PersistentPodState
}

var targetRefPath = specPath.Child("targetRef")

// Review implements [decision.Reviewer].
func (r PersistentPodState) Review(_ context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	if request.Operation != admissionv1.Create && request.Operation != admissionv1.Update {
		return decision.Allow(), nil
	}
	state, err := readPersistentPodState(request.Resource.Version, request.Object.Raw)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}
	found := &findings{}
	if request.Operation == admissionv1.Update {
		old, err := readPersistentPodState(request.Resource.Version, request.OldObject.Raw)
		if err != nil {
			return decision.Malformed("old object: " + err.Error()), nil
		}
		if equality.Semantic.DeepEqual(state.Spec, old.Spec) {
			return decision.Allow(), nil
		}
		if state.Spec.TargetReference != old.Spec.TargetReference { // (d)
			found.add(field.ErrorList{field.Forbidden(targetRefPath,
				"cannot change, because what is remembered is about other pods: create another PersistentPodState and delete this one")})
		}
	}
	faults, err := r.target(&state.Spec.TargetReference) // 0, 1, 2
	if err != nil {
		return decision.Decision{}, err
	}
	found.add(faults)
	if state.Spec.RequiredPersistentTopology == nil && len(state.Spec.PreferredPersistentTopology) == 0 { // 3
		found.add(field.ErrorList{field.Required(specPath.Child("requiredPersistentTopology"),
			"say by which labels of nodes pods go back: set requiredPersistentTopology or preferredPersistentTopology")})
	}
	found.add(sharedTarget(state, r.Cluster.PersistentPodStates(request.Namespace))) // 4, 5
	topologyHints(&state.Spec, request.Resource.Version, found)
	return found.decision(), nil
}

// target is rules 1 and 2: a StatefulSet of Kubernetes or OpenKruise, or a kind of the white list.
func (r PersistentPodState) target(target *v1beta1.TargetReference) (field.ErrorList, error) {
	var errs field.ErrorList
	for _, part := range []struct{ member, value string }{{"apiVersion", target.APIVersion}, {"kind", target.Kind}, {"name", target.Name}} {
		if part.value == "" {
			errs = append(errs, field.Required(targetRefPath.Child(part.member), "names the workload whose pods are remembered"))
		}
	}
	if target.APIVersion == "" || target.Kind == "" {
		return errs, nil
	}
	kind, ok := groupKindOf(target)
	if !ok {
		return append(errs, field.Invalid(targetRefPath.Child("apiVersion"), target.APIVersion, "must be GROUP/VERSION, such as apps/v1")), nil
	}
	if kind.Kind == "StatefulSet" && (kind.Group == "apps" || kind.Group == v1beta1.GroupVersion.Group) {
		return errs, nil
	}
	allowed, err := workloadlist.Read(r.Cluster, workloadlist.PersistentPodStateKey)
	if err != nil {
		return nil, decision.CannotTell("whether pods of a %s may be remembered: %w", kind, err)
	}
	if _, ok := allowed.Find(kind); !ok {
		errs = append(errs, field.Invalid(targetRefPath.Child("kind"), target.Kind,
			"must be StatefulSet of apps or apps.kruise.io, or a kind of the key "+workloadlist.PersistentPodStateKey+" of the ConfigMap kruise-configuration"))
	}
	return errs, nil
}

// groupKindOf is the kind of a workload, of which the version does not count. ok is false if the apiVersion is none.
func groupKindOf(target *v1beta1.TargetReference) (kind schema.GroupKind, ok bool) {
	version, err := schema.ParseGroupVersion(target.APIVersion)
	return schema.GroupKind{Group: version.Group, Kind: target.Kind}, err == nil
}

// sharedTarget is rule 5: only one PersistentPodState a workload, whatever version of it they name.
func sharedTarget(state *v1beta1.PersistentPodState, others []*v1beta1.PersistentPodState) field.ErrorList {
	mine := policyv1beta1.TargetReference(state.Spec.TargetReference)
	i := slices.IndexFunc(others, func(other *v1beta1.PersistentPodState) bool {
		theirs := policyv1beta1.TargetReference(other.Spec.TargetReference)
		return other.Name != state.Name && sameWorkload(&mine, &theirs)
	})
	if i < 0 {
		return nil
	}
	return field.ErrorList{field.Invalid(targetRefPath.Child("name"), mine.Name,
		fmt.Sprintf("PersistentPodState %q of this namespace has the same target: change that one, or delete it first", others[i].Name))}
}

// topologyHints warns of what OpenKruise accepts and nobody means, once of each list.
func topologyHints(spec *v1beta1.PersistentPodStateSpec, version string, found *findings) {
	keys := "keys"
	if version == v1alpha1.GroupVersion.Version {
		keys = "nodeTopologyKeys"
	}
	if term := spec.RequiredPersistentTopology; term != nil && len(term.Keys) == 0 {
		found.warn(fmt.Sprintf("%s is empty: pods go to any node", specPath.Child("requiredPersistentTopology", keys)))
	}
	for i, term := range spec.PreferredPersistentTopology {
		at := specPath.Child("preferredPersistentTopology").Index(i)
		if term.Weight < 0 {
			found.warn(fmt.Sprintf("%s is %d: v1beta1 allows 0 or more", at.Child("weight"), term.Weight))
			break
		}
		if len(term.Preference.Keys) == 0 {
			found.warn(fmt.Sprintf("%s is empty: it prefers no node", at.Child("preference", keys)))
			break
		}
	}
	unknownHint(spec.PersistentPodStateRetentionPolicy, specPath.Child("persistentPodStateRetentionPolicy"), found,
		v1beta1.PersistentPodStateRetentionPolicyWhenScaled, v1beta1.PersistentPodStateRetentionPolicyWhenDeleted)
}

func readPersistentPodState(version string, raw []byte) (*v1beta1.PersistentPodState, error) {
	return readAsBeta[v1beta1.PersistentPodState](version, "PersistentPodState", raw, &v1alpha1.PersistentPodState{})
}
