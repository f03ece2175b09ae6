package validate

// What a PodUnavailableBudget must say by itself: which pods, how many of them, and what it is asked about
// (spec/validate-podunavailablebudget.md (c) 1 to 12).

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/policy/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
)

var (
	selectorOfBudget        = specPath.Child("selector")
	targetOfBudget          = specPath.Child("targetRef")
	ignoredPodsOfBudget     = specPath.Child("ignoredPodSelector")
	totalReplicasAnnotation = metadataPath.Child("annotations").Key(v1beta1.ProtectTotalReplicasAnnotation)
	operationsAnnotation    = metadataPath.Child("annotations").Key(v1beta1.ProtectOperationsAnnotation)
	keptSelectorAnnotation  = metadataPath.Child("annotations").Key(v1alpha1.KeptIgnoredPodSelectorKey)
)

// totalReplicas is rules 1 and 2: the annotation is a number, and that of the field when there is one.
func (b *podUnavailableBudget) totalReplicas() field.ErrorList {
	text, set := b.annotations[v1beta1.ProtectTotalReplicasAnnotation]
	if !set {
		return nil
	}
	if _, err := v1beta1.ParseTotalReplicas(text); err != nil {
		return field.ErrorList{field.Invalid(totalReplicasAnnotation, text, "must be a decimal number of at most 32 bits, such as 10")}
	}
	total := b.Spec.ProtectTotalReplicas
	switch {
	case total == nil || v1beta1.FormatTotalReplicas(*total) == text:
		return nil
	case b.alpha:
		return field.ErrorList{field.Invalid(totalReplicasAnnotation, text, fmt.Sprintf("must be written as %d", *total))}
	default:
		return field.ErrorList{field.Invalid(totalReplicasAnnotation, text,
			fmt.Sprintf("must be %d like spec.protectTotalReplicas: remove the annotation", *total))}
	}
}

// target is rules 3 to 7: a selector or a workload, and not both.
func (b *podUnavailableBudget) target() field.ErrorList {
	selector, target := b.Spec.Selector, b.Spec.TargetReference
	switch {
	case selector == nil && target == nil:
		return field.ErrorList{field.Required(selectorOfBudget, "say which pods: set spec.selector, or spec.targetRef for those of a workload")}
	case selector != nil && target != nil:
		return field.ErrorList{field.Forbidden(selectorOfBudget, "excludes spec.targetRef: remove one of the two")}
	case selector != nil:
		errs := labelSelector(selector, selectorOfBudget)
		if selectsEverything(selector) {
			errs = append(errs, field.Invalid(selectorOfBudget, "{}", "selects every pod of the namespace: name at least one label"))
		}
		return errs
	}
	var errs field.ErrorList
	for _, member := range []struct{ name, value, example string }{
		{"apiVersion", target.APIVersion, "apps/v1"}, {"kind", target.Kind, "Deployment"}, {"name", target.Name, "shop"},
	} {
		if member.value == "" {
			errs = append(errs, field.Required(targetOfBudget.Child(member.name), "say which workload, such as "+member.example))
		}
	}
	if _, err := schema.ParseGroupVersion(target.APIVersion); err != nil {
		errs = append(errs, field.Invalid(targetOfBudget.Child("apiVersion"), target.APIVersion, "must be group/version, such as apps/v1"))
	}
	return errs
}

// limits is rules 8 to 10: one limit, and not both.
func (b *podUnavailableBudget) limits() field.ErrorList {
	maximum, minimum := specPath.Child("maxUnavailable"), specPath.Child("minAvailable")
	switch {
	case b.Spec.MaxUnavailable == nil && b.Spec.MinAvailable == nil:
		return field.ErrorList{field.Required(maximum, "say how many pods may be unavailable at once, or set spec.minAvailable")}
	case b.Spec.MaxUnavailable != nil && b.Spec.MinAvailable != nil:
		return field.ErrorList{field.Forbidden(minimum, "excludes spec.maxUnavailable: remove one of the two")}
	case b.Spec.MaxUnavailable != nil:
		return numberOrPart(*b.Spec.MaxUnavailable, maximum)
	default:
		return numberOrPart(*b.Spec.MinAvailable, minimum)
	}
}

// numberOrPart is an integer of at least 0, or digits followed by "%" and at most 100.
func numberOrPart(value intstr.IntOrString, path *field.Path) field.ErrorList {
	if errs := nonNegativeIntOrPercent(value, path); len(errs) > 0 || value.Type == intstr.Int {
		return errs
	}
	if percent, err := strconv.Atoi(strings.TrimSuffix(value.StrVal, "%")); err != nil || percent > 100 {
		return field.ErrorList{field.Invalid(path, value.StrVal, "must be at most 100%")}
	}
	return nil
}

// operations is rule 11. v1alpha1 says them in an annotation.
func (b *podUnavailableBudget) operations() field.ErrorList {
	if b.alpha {
		text := b.annotations[v1beta1.ProtectOperationsAnnotation]
		if _, err := v1beta1.ParseProtectOperations(text); err != nil {
			return field.ErrorList{field.Invalid(operationsAnnotation, text, err.Error()+"; write them with commas between")}
		}
		return nil
	}
	var errs field.ErrorList
	for i, operation := range b.Spec.ProtectOperations {
		if !slices.Contains(v1beta1.PubOperations(), operation) {
			errs = append(errs, field.NotSupported(specPath.Child("protectOperations").Index(i), operation, v1beta1.PubOperations()))
		}
	}
	return errs
}

// ignoredPods is rule 12. In v1alpha1 the selector is in the annotation that keeps it.
func (b *podUnavailableBudget) ignoredPods() field.ErrorList {
	selector, path := b.Spec.IgnoredPodSelector, ignoredPodsOfBudget
	if b.alpha {
		path = keptSelectorAnnotation
	}
	errs := labelSelector(selector, path)
	if selectsEverything(selector) {
		errs = append(errs, field.Invalid(path, "{}", "ignores every pod, so that nothing is protected: name at least one label, or remove it"))
	}
	return errs
}

// coreVersion is what an apiVersion of the core group looks like.
var coreVersion = regexp.MustCompile(`^v[0-9]+((alpha|beta)[0-9]+)?$`)

// hints warn of what is valid and surely not meant.
func (b *podUnavailableBudget) hints(found *findings) {
	if target := b.Spec.TargetReference; target != nil && !strings.Contains(target.APIVersion, "/") &&
		target.APIVersion != "" && !coreVersion.MatchString(target.APIVersion) {
		found.warn(fmt.Sprintf("spec.targetRef.apiVersion %q has no slash, so it is a version of the core group and no group: write %s/v1 for a group",
			target.APIVersion, target.APIVersion))
	}
	if total := b.Spec.ProtectTotalReplicas; total != nil && *total < 1 && b.alpha {
		found.warn(fmt.Sprintf("%s is %d, which v1beta1 refuses: write 1 or more, or remove it", totalReplicasAnnotation, *total))
	}
	text, set := b.annotations[v1beta1.ProtectOperationsAnnotation]
	if b.alpha || !set {
		return
	}
	operations, err := v1beta1.ParseProtectOperations(text)
	switch {
	case len(b.Spec.ProtectOperations) > 0 && !slices.Equal(operations, b.Spec.ProtectOperations):
		found.warn(fmt.Sprintf("%s does not count beside spec.protectOperations: remove it", operationsAnnotation))
	case len(b.Spec.ProtectOperations) == 0 && err != nil:
		found.warn(fmt.Sprintf("%s: %v, and protects from nothing: use spec.protectOperations", operationsAnnotation, err))
	}
}
