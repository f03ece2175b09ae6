package validate

// Which object metadata is valid (Annex §5 of the workload specification).

import (
	"strings"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// coreObjectMeta reports the faults of a namespaced object's metadata in the strict variant of the workloads, which
// also knows that a finalizer without a domain must be one of Kubernetes' own three.
func coreObjectMeta(meta *metav1.ObjectMeta, name apivalidation.ValidateNameFunc, path *field.Path) field.ErrorList {
	errs := apivalidation.ValidateObjectMeta(meta, true, name, path)
	return append(errs, shortFinalizers(meta.Finalizers, path.Child("finalizers"))...)
}

// coreObjectMetaUpdate reports what an update of a workload's metadata may not do. The name is not checked again: it
// cannot change.
func coreObjectMetaUpdate(meta, old *metav1.ObjectMeta, path *field.Path) field.ErrorList {
	errs := apivalidation.ValidateObjectMetaUpdate(meta, old, path)
	return append(errs, shortFinalizers(meta.Finalizers, path.Child("finalizers"))...)
}

// shortFinalizers refuses finalizers without a domain that Kubernetes does not know.
func shortFinalizers(finalizers []string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, finalizer := range finalizers {
		if strings.Contains(finalizer, "/") {
			continue
		}
		switch finalizer {
		case "kubernetes", metav1.FinalizerOrphanDependents, metav1.FinalizerDeleteDependents:
		default:
			errs = append(errs, field.Invalid(path.Index(i), finalizer,
				"a finalizer without a domain must be kubernetes, orphan or foregroundDeletion: write it as example.com/"+finalizer))
		}
	}
	return errs
}
