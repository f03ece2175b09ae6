package validate

// The rules of PodUnavailableBudget: what is read, in which order the rules run, and when (spec/validate-podunavailablebudget.md
// (c) and (d), whose numbers the comments give).

import (
	"context"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/policy/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/wire"
	"github.com/kruise-admission/kruise-admission/decision"
)

// PodUnavailableBudget validates PodUnavailableBudgets of both versions on CREATE and UPDATE; other operations pass. It implements
// [decision.Reviewer] for /validate-policy-kruise-io-podunavailablebudget.
//
// Departures from OpenKruise, each because it keeps users from repairing what they have, or hides what is wrong:
//
//   - an annotation that cannot be read is an error of that annotation, and not one of the conversion; it does not matter in the old
//     object, where nobody can change it any more;
//   - an update that leaves spec and annotations alone is not judged by them, so that a budget that was stored with a fault can still
//     be labelled and released from its finalizers;
//   - errors name one field each ("spec.selector"), not two at once, and the field that the user sent.
//
// Selectors that can select the same pod without using the same keys are let through, as there, but with a warning.
type PodUnavailableBudget struct {
	// Cluster knows the other budgets. Nil: there are none.
	Cluster PodUnavailableBudgetCluster
	// Unenforced says that the gates PodUnavailableBudgetDeleteGate and PodUnavailableBudgetUpdateGate are both off, so that no
	// budget would protect anything.
	Unenforced bool
}

// PodUnavailableBudgetCluster is what the rules ask of the cluster, answered from memory.
type PodUnavailableBudgetCluster interface {
	// PodUnavailableBudgets lists the budgets of a namespace.
	PodUnavailableBudgets(namespace string) []*v1beta1.PodUnavailableBudget
}

// podUnavailableBudget is one budget under validation.
type podUnavailableBudget struct {
	*v1beta1.PodUnavailableBudget
	// alpha says that it was sent as v1alpha1.
	alpha bool
	// annotations are those that were sent: conversion makes fields of some.
	annotations map[string]string
}

// Review implements [decision.Reviewer].
func (r PodUnavailableBudget) Review(_ context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	if request.Operation != admissionv1.Create && request.Operation != admissionv1.Update {
		return decision.Allow(), nil
	}
	budget, err := readPodUnavailableBudget(request.Resource.Version, request.Object.Raw)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}
	found := &findings{}
	if request.Operation == admissionv1.Update {
		old, err := readPodUnavailableBudget(request.Resource.Version, request.OldObject.Raw)
		if err != nil {
			return decision.Malformed("old object: " + err.Error()), nil
		}
		if budget.saysTheSame(old) {
			return decision.Allow(), nil
		}
		found.add(budget.sameTarget(old)) // (d)
	}
	if r.Unenforced {
		return decision.Forbid("a PodUnavailableBudget would protect nothing: the feature gates PodUnavailableBudgetDeleteGate and " +
			"PodUnavailableBudgetUpdateGate are both off; set one of them in --feature-gates"), nil
	}
	found.add(budget.totalReplicas())
	found.add(budget.target())
	found.add(budget.limits())
	found.add(budget.operations())
	found.add(budget.ignoredPods())
	budget.hints(found)
	if r.Cluster != nil && len(found.causes) == 0 {
		budget.conflicts(r.Cluster.PodUnavailableBudgets(request.Namespace), found)
	}
	return found.decision(), nil
}

// readPodUnavailableBudget reads a budget of the version that the request names. Errors are for the user.
func readPodUnavailableBudget(version string, raw []byte) (*podUnavailableBudget, error) {
	var alpha v1alpha1.PodUnavailableBudget
	beta := &v1beta1.PodUnavailableBudget{}
	kind := schema.GroupKind{Group: v1beta1.GroupVersion.Group, Kind: "PodUnavailableBudget"}
	if err := wire.DecodeVersion(raw, kind, version, &alpha, beta); err != nil {
		return nil, err
	}
	if version != v1alpha1.GroupVersion.Version {
		return &podUnavailableBudget{PodUnavailableBudget: beta, annotations: beta.Annotations}, nil
	}
	err := alpha.ConvertTo(beta)
	return &podUnavailableBudget{PodUnavailableBudget: beta, alpha: true, annotations: alpha.Annotations}, err
}

// saysTheSame reports whether an update leaves alone what the rules look at.
func (b *podUnavailableBudget) saysTheSame(old *podUnavailableBudget) bool {
	for _, key := range []string{v1beta1.ProtectTotalReplicasAnnotation, v1beta1.ProtectOperationsAnnotation, v1alpha1.KeptIgnoredPodSelectorKey} {
		if b.annotations[key] != old.annotations[key] {
			return false
		}
	}
	return equality.Semantic.DeepEqual(b.Spec, old.Spec)
}

// sameTarget reports a target that changes: the counts in the status belong to the old pods.
func (b *podUnavailableBudget) sameTarget(old *podUnavailableBudget) field.ErrorList {
	var errs field.ErrorList
	const remedy = "cannot change: create another PodUnavailableBudget and delete this one"
	if !equality.Semantic.DeepEqual(b.Spec.Selector, old.Spec.Selector) {
		errs = append(errs, field.Invalid(selectorOfBudget, b.Spec.Selector, remedy))
	}
	if !equality.Semantic.DeepEqual(b.Spec.TargetReference, old.Spec.TargetReference) {
		errs = append(errs, field.Invalid(targetOfBudget, b.Spec.TargetReference, remedy))
	}
	return errs
}
