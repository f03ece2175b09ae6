package validate

// Which workload a WorkloadSpread may name, and that no two name the same one (rules 1 to 5 and 23).

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	workloadlist "github.com/kruise-admission/kruise-admission/api/whitelist"
	"github.com/kruise-admission/kruise-admission/api/workloadspread"
	"github.com/kruise-admission/kruise-admission/decision"
)

var spreadTargetPath = specPath.Child("targetRef")

// target checks the reference. An error means that the white list cannot be read.
func (r WorkloadSpread) target(reference *v1beta1.TargetReference) (field.ErrorList, error) {
	if reference == nil {
		return field.ErrorList{field.Required(spreadTargetPath, "the workload whose pods are spread: apiVersion, kind and name")}, nil
	}
	var errs field.ErrorList
	for _, member := range []struct{ name, value string }{
		{"apiVersion", reference.APIVersion}, {"kind", reference.Kind}, {"name", reference.Name},
	} {
		if member.value == "" {
			errs = append(errs, field.Required(spreadTargetPath.Child(member.name), "which workload is spread"))
		}
	}
	if len(errs) > 0 {
		return errs, nil
	}
	target, ok := workloadspread.TargetOf(reference)
	if !ok {
		return field.ErrorList{field.Invalid(spreadTargetPath.Child("apiVersion"), reference.APIVersion, "must be group/version, such as apps/v1")}, nil
	}
	if groups := workloadspread.BuiltInGroups(reference.Kind); groups != nil {
		if slices.Contains(groups, target.Group) {
			return nil, nil
		}
		return field.ErrorList{field.Invalid(spreadTargetPath.Child("apiVersion"), reference.APIVersion, fmt.Sprintf(
			"a %s is of the group %s", reference.Kind, strings.Join(groups, " or ")))}, nil
	}
	list, err := workloadlist.Read(r.Cluster, workloadlist.WorkloadSpreadKey)
	if err != nil {
		return nil, decision.CannotTell("%s: %w", spreadTargetPath, err)
	}
	if _, listed := list.Find(target.GroupKind); !listed {
		return field.ErrorList{field.Invalid(spreadTargetPath.Child("kind"), target.GroupKind.String(), fmt.Sprintf(
			"must be CloneSet, Deployment, ReplicaSet, Job or StatefulSet, or be listed under %s in the ConfigMap kruise-configuration",
			workloadlist.WorkloadSpreadKey))}, nil
	}
	return nil, nil
}

// conflict reports another WorkloadSpread of the same workload: only the first would be applied.
func (r WorkloadSpread) conflict(namespace string, spread *workloadSpread) field.ErrorList {
	target, ok := workloadspread.TargetOf(spread.spec.TargetReference)
	if !ok {
		return nil
	}
	for _, other := range r.Cluster.WorkloadSpreads(namespace) {
		if theirs, ok := workloadspread.TargetOf(other.Spec.TargetReference); ok && theirs == target && other.Name != spread.meta.Name {
			return field.ErrorList{field.Invalid(spreadTargetPath, target.String(), fmt.Sprintf(
				"is spread by WorkloadSpread %q already: change that one, or delete it first", other.Name))}
		}
	}
	return nil
}

// sameTarget refuses to change the workload: the status counts the pods of the old one.
func (s *workloadSpread) sameTarget(old *workloadSpread) field.ErrorList {
	before, ok := workloadspread.TargetOf(old.spec.TargetReference)
	now, stillOK := workloadspread.TargetOf(s.spec.TargetReference)
	if !ok || !stillOK || before == now {
		return nil
	}
	return field.ErrorList{field.Invalid(spreadTargetPath, now.String(), fmt.Sprintf(
		"is immutable: it is %s; keep it, or make another WorkloadSpread", before))}
}
