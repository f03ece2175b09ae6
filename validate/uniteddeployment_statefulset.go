package validate

// What the StatefulSet of Kubernetes in a template must look like: as much as Kubernetes 1.32 checks of one. There are no defaults yet,
// except those that admission has stored in its pod template.

import (
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func statefulSetOfSubset(united *unitedDeployment) field.ErrorList {
	spec, path := &united.spec.Template.StatefulSetTemplate.Spec, united.one.path.Child("spec")
	var errs field.ErrorList
	switch policy := spec.PodManagementPolicy; policy {
	case "", appsv1.OrderedReadyPodManagement, appsv1.ParallelPodManagement:
	default:
		errs = append(errs, field.Invalid(path.Child("podManagementPolicy"), policy, "must be OrderedReady or Parallel"))
	}
	errs = append(errs, coreStatefulSetStrategy(&spec.UpdateStrategy, path.Child("updateStrategy"))...)
	errs = append(errs, coreClaimRetention(spec.PersistentVolumeClaimRetentionPolicy, path.Child("persistentVolumeClaimRetentionPolicy"))...)
	errs = append(errs, nonNegative(&spec.MinReadySeconds, path.Child("minReadySeconds"))...)
	if spec.Ordinals != nil {
		errs = append(errs, nonNegative(&spec.Ordinals.Start, path.Child("ordinals", "start"))...)
	}
	if united.pods.Spec.RestartPolicy == "" {
		errs = append(errs, field.Required(united.templatePath().Child("spec", "restartPolicy"),
			"Always; defaulting fills it in when the mutating webhook is installed and the gate TemplateNoDefaults is off"))
	}
	return append(errs, united.endlessPods()...)
}

func coreStatefulSetStrategy(strategy *appsv1.StatefulSetUpdateStrategy, path *field.Path) field.ErrorList {
	rollout := path.Child("rollingUpdate")
	switch strategy.Type {
	case appsv1.OnDeleteStatefulSetStrategyType:
		if strategy.RollingUpdate != nil {
			return field.ErrorList{field.Invalid(rollout, "set", "has no meaning with type OnDelete: remove it")}
		}
	case "", appsv1.RollingUpdateStatefulSetStrategyType:
		if strategy.RollingUpdate != nil && strategy.RollingUpdate.MaxUnavailable != nil {
			return coreMaxUnavailable(*strategy.RollingUpdate.MaxUnavailable, rollout.Child("maxUnavailable"))
		}
	default:
		return field.ErrorList{field.Invalid(path.Child("type"), strategy.Type, "must be RollingUpdate or OnDelete")}
	}
	return nil
}

// coreMaxUnavailable checks a budget that Kubernetes reads: more than none, and not more than all.
func coreMaxUnavailable(value intstr.IntOrString, path *field.Path) field.ErrorList {
	if errs := nonNegativeIntOrPercent(value, path); len(errs) > 0 {
		return errs
	}
	// Of 100 pods a percentage is its own number.
	if number, err := scaledPercent(value, 100); err != nil || number == 0 || (value.Type == intstr.String && number > 100) {
		return field.ErrorList{field.Invalid(path, asWritten(&value), "must be more than 0 and not more than 100%")}
	}
	return nil
}

func coreClaimRetention(policy *appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy, path *field.Path) field.ErrorList {
	if policy == nil {
		return nil
	}
	allowed := []appsv1.PersistentVolumeClaimRetentionPolicyType{
		appsv1.RetainPersistentVolumeClaimRetentionPolicyType, appsv1.DeletePersistentVolumeClaimRetentionPolicyType,
	}
	var errs field.ErrorList
	for _, member := range []struct {
		name  string
		value appsv1.PersistentVolumeClaimRetentionPolicyType
	}{{"whenDeleted", policy.WhenDeleted}, {"whenScaled", policy.WhenScaled}} {
		if member.value != allowed[0] && member.value != allowed[1] {
			errs = append(errs, field.NotSupported(path.Child(member.name), member.value, allowed))
		}
	}
	return errs
}
