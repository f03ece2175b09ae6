package validate

// What the four templates of a UnitedDeployment must look like (rule (c) 6). Each is checked for other things: a cloneSetTemplate for
// nothing, so that what is wrong there is a warning.

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// template checks the only template. selectable says that the selector is valid.
func (r UnitedDeployment) template(ctx context.Context, united *unitedDeployment, selectable, changed bool, found *findings) error {
	if united.spec.Template.CloneSetTemplate != nil {
		united.adviseAll(selectable, changed, found)
		return nil
	}
	if selectable {
		found.add(united.selects(united.one.labels, "workloads", united.one.path.Child("metadata", "labels")))
		found.add(united.podSelector())
	}
	found.add(united.noReplicas())
	switch {
	case united.spec.Template.StatefulSetTemplate != nil:
		found.add(noPartition(coreRollingPartition(united.spec.Template.StatefulSetTemplate.Spec.UpdateStrategy), united.one))
		found.add(statefulSetOfSubset(united))
	case united.spec.Template.AdvancedStatefulSetTemplate != nil:
		found.add(noPartition(rollingPartition(united), united.one))
	default:
		found.add(united.endlessPods())
		return templateReview{cluster: r.Templates}.check(ctx, united.base(), changed, found)
	}
	found.add(templateMetadata(&united.pods, united.templatePath()))
	if changed {
		united.adviseOnPods(found)
	}
	return nil
}

// noReplicas refuses replicas in the template: those of the subsets count.
func (u *unitedDeployment) noReplicas() field.ErrorList {
	if u.one.replicas == nil {
		return nil
	}
	return field.ErrorList{field.Invalid(u.one.path.Child("spec", "replicas"), *u.one.replicas,
		"would not be used: remove it, and write spec.replicas or the replicas of subsets")}
}

// noPartition refuses a partition in the template: those of the update strategy count.
func noPartition(partition *int32, workload *subsetWorkload) field.ErrorList {
	if partition == nil {
		return nil
	}
	return field.ErrorList{field.Invalid(workload.path.Child("spec", "updateStrategy", "rollingUpdate", "partition"), *partition,
		"would not be used: remove it, and write spec.updateStrategy.manualUpdate.partitions")}
}

// coreRollingPartition is the partition of a StatefulSet of Kubernetes that says RollingUpdate, nil without one.
func coreRollingPartition(strategy appsv1.StatefulSetUpdateStrategy) *int32 {
	if strategy.Type != appsv1.RollingUpdateStatefulSetStrategyType || strategy.RollingUpdate == nil {
		return nil
	}
	return strategy.RollingUpdate.Partition
}

// rollingPartition is the same of an Advanced StatefulSet.
func rollingPartition(united *unitedDeployment) *int32 {
	strategy := united.spec.Template.AdvancedStatefulSetTemplate.Spec.UpdateStrategy
	if strategy.Type != appsv1.RollingUpdateStatefulSetStrategyType || strategy.RollingUpdate == nil {
		return nil
	}
	return strategy.RollingUpdate.Partition
}

// adviseAll warns of everything that other templates are refused for.
func (u *unitedDeployment) adviseAll(selectable, changed bool, found *findings) {
	errs := u.noReplicas()
	if selectable {
		errs = append(errs, u.podSelector()...)
	}
	found.warnOf(errs)
	if changed {
		u.adviseOnPods(found)
	}
}

// mostAdvice is how many faults of pods are told: there is room for few warnings, and the cluster tells the rest.
const mostAdvice = 3

// adviseOnPods warns of what pods of the template would be refused for, as far as that is not refused already.
func (u *unitedDeployment) adviseOnPods(found *findings) {
	errs := templateRules{claims: u.claimNames()}.template(&u.pods, u.templatePath())
	told := 0
	for _, err := range errs {
		if found.has(metav1.StatusCause{Type: metav1.CauseType(err.Type), Message: err.ErrorBody(), Field: err.Field}) {
			continue
		}
		if told == mostAdvice {
			return
		}
		told++
		found.warn(fmt.Sprintf("pods cannot be created unless the patch of their subset mends %s: %s", err.Field, err.ErrorBody()))
	}
}
