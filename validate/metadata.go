package validate

// Which object metadata is valid (spec/validate-workload-common.md 5).

import (
	"slices"
	"strings"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// objectMeta reports the faults of a workload's metadata in the strict variant, which also knows that a finalizer without a
// domain must be one of Kubernetes' own three. old is nil for a new object.
func (w *workload) objectMeta(old *workload, name apivalidation.ValidateNameFunc) field.ErrorList {
	errs := apivalidation.ValidateObjectMeta(&w.meta, true, name, metadataPath)
	if old != nil {
		return append(errs, w.objectMetaUpdate(old)...)
	}
	return append(errs, shortFinalizers(w.meta.Finalizers, nil)...)
}

// objectMetaUpdate reports what an update of a workload's metadata may not do. Finalizers without a domain that were there before
// are left in peace, or nothing about the object could be changed any more: a DaemonSet may be created with one, and OpenKruise then
// refuses each of its updates.
func (w *workload) objectMetaUpdate(old *workload) field.ErrorList {
	errs := apivalidation.ValidateObjectMetaUpdate(&w.meta, &old.meta, metadataPath)
	return append(errs, shortFinalizers(w.meta.Finalizers, old.meta.Finalizers)...)
}

// shortFinalizers refuses finalizers without a domain that Kubernetes does not know, apart from known ones.
func shortFinalizers(finalizers, known []string) field.ErrorList {
	var errs field.ErrorList
	for i, finalizer := range finalizers {
		if strings.Contains(finalizer, "/") || slices.Contains(known, finalizer) {
			continue
		}
		switch finalizer {
		case "kubernetes", metav1.FinalizerOrphanDependents, metav1.FinalizerDeleteDependents:
		default:
			errs = append(errs, field.Invalid(metadataPath.Child("finalizers").Index(i), finalizer,
				"a finalizer without a domain must be kubernetes, orphan or foregroundDeletion: write it as example.com/"+finalizer))
		}
	}
	return errs
}
