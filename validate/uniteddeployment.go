package validate

// The rules of UnitedDeployment: what is checked, and in which order (spec/validate-uniteddeployment.md (c) and (d), whose
// numbers the comments give).

import (
	"context"

	admissionv1 "k8s.io/api/admission/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/decision"
)

// UnitedDeployment validates UnitedDeployments of both versions on CREATE and UPDATE and allows every other operation. It implements
// [decision.Reviewer] for /validate-apps-kruise-io-uniteddeployment; deletion is the business of package protection.
//
// Pods of a template that OpenKruise accepts unseen (all but those of a deploymentTemplate) are looked at too, but what is found there is
// a warning: the patch of a subset may complete its pods.
//
// Departures from OpenKruise: an update that leaves the spec alone is not judged by it, and one that leaves the template alone not by the
// template; and errors about an advancedStatefulSetTemplate name that, and members of it.
type UnitedDeployment struct {
	// Templates asks the API server about the pods of a deploymentTemplate. Nil: there is none, and the built-in short list decides.
	Templates TemplateChecker
}

// Review implements [decision.Reviewer].
func (r UnitedDeployment) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	if request.Operation != admissionv1.Create && request.Operation != admissionv1.Update {
		return decision.Allow(), nil
	}
	united, err := readUnitedDeployment(request.Resource.Version, request.Object.Raw)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}
	var old *unitedDeployment
	if request.Operation == admissionv1.Update {
		if old, err = readUnitedDeployment(request.Resource.Version, request.OldObject.Raw); err != nil {
			return decision.Malformed("old object: " + err.Error()), nil
		}
	}
	found := &findings{}
	found.add(united.objectMeta(old.base(), apivalidation.NameIsDNSSubdomain)) // (c) 1, (d)
	if old == nil || !sameUnitedDeploymentSpec(united, old) {
		if err := r.spec(ctx, united, old, found); err != nil {
			return decision.Decision{}, err
		}
	}
	return found.decision(), nil
}

// spec checks everything below spec.
func (r UnitedDeployment) spec(ctx context.Context, united, old *unitedDeployment, found *findings) error {
	found.add(nonNegative(united.spec.Replicas, specPath.Child("replicas"))) // (c) 2
	badSelector := united.validSelector()
	found.add(badSelector)                   // 3, 5
	found.add(reservation(&united.spec))     // 4
	found.add(oneTemplate(united.workloads)) // 6
	if united.one != nil {
		templateChanged := old == nil || old.one == nil || old.one.member != united.one.member || !sameTemplates(united.base(), old.base())
		if err := r.template(ctx, united, len(badSelector) == 0, templateChanged, found); err != nil {
			return err
		}
	}
	found.add(subsetReplicas(&united.spec))  // 7
	found.add(topologySubsets(&united.spec)) // 8
	found.add(manualUpdate(&united.spec))    // 9
	unitedDeploymentHints(united, found)
	if old != nil {
		found.add(keptWorkload(united, old))
		found.add(sameNodes(united, old))
		changedSelectorHint(united, old, found)
	}
	return nil
}

// oneTemplate checks that there is exactly one template.
func oneTemplate(workloads []*subsetWorkload) field.ErrorList {
	const choice = "one of statefulSetTemplate, advancedStatefulSetTemplate, cloneSetTemplate and deploymentTemplate"
	if len(workloads) == 0 {
		return field.ErrorList{field.Required(templatePath, choice)}
	}
	if len(workloads) == 1 {
		return nil
	}
	members := make([]string, len(workloads))
	for i, workload := range workloads {
		members[i] = workload.member
	}
	return field.ErrorList{field.Invalid(templatePath, members, "must have only "+choice)}
}
