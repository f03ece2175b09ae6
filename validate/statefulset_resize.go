package validate

// How claim templates may change while the controller resizes claims (rule (d) 4): in size only, and only where the storage class can
// be found and does not forbid it. The strategy of the stored object decides whether the rule holds.

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

// StorageClassReader reads storage classes. An error means "cannot tell".
type StorageClassReader interface {
	// StorageClass returns the class of that name, nil when there is none.
	StorageClass(ctx context.Context, name string) (*storagev1.StorageClass, error)
	// DefaultStorageClass returns the class that claims without one get, nil when there is none.
	DefaultStorageClass(ctx context.Context) (*storagev1.StorageClass, error)
}

// resizeCheckAnnotation is the audit annotation that says why storage classes were not looked up.
const resizeCheckAnnotation = "claim-resize"

// resize checks the claim templates of an update.
func (r StatefulSet) resize(ctx context.Context, set, old *statefulSet, found *findings) error {
	strategy := old.spec.VolumeClaimUpdateStrategy.Type
	if !r.AutoResizePVC || strategy == "" || strategy == v1beta1.OnPVCDeleteVolumeClaimUpdateStrategyType {
		return nil
	}
	if len(set.claims) != len(old.claims) {
		found.add(field.ErrorList{field.Invalid(specPath.Child("volumeClaimTemplates"), set.claimNames(), fmt.Sprintf(
			"must stay %s while volumeClaimUpdateStrategy is %s: claims are resized, not added or removed", quoted(old.claimNames()), strategy))})
		return nil
	}
	for i := range set.claims {
		claim, path := &set.claims[i], claimTemplatePath(i)
		before := slices.Index(old.claimNames(), claim.Name)
		if before < 0 {
			found.add(field.ErrorList{field.Forbidden(path.Child("metadata", "name"), fmt.Sprintf(
				"cannot be renamed to %q while volumeClaimUpdateStrategy is %s: keep %s", claim.Name, strategy, quoted(old.claimNames())))})
			continue
		}
		errs := sameVolume(claim, &old.claims[before], path)
		found.add(errs)
		if len(errs) > 0 || sameSize(claim, &old.claims[before]) {
			continue
		}
		shrinkingHint(claim, &old.claims[before], path, found)
		known, err := r.expandable(ctx, claim, path, found)
		if err != nil || !known { // one fault of a class is enough: each takes a look-up
			return err
		}
	}
	return nil
}

// sameVolume refuses what resizing cannot change.
func sameVolume(claim, old *corev1.PersistentVolumeClaim, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	is, was := claim.Spec.StorageClassName, old.Spec.StorageClassName
	if is != nil && was != nil && *is != *was {
		errs = append(errs, field.Invalid(path.Child("spec", "storageClassName"), *is, fmt.Sprintf("must stay %q: a claim cannot change its class", *was)))
	}
	if !slices.Equal(claim.Spec.AccessModes, old.Spec.AccessModes) {
		errs = append(errs, field.Invalid(path.Child("spec", "accessModes"), claim.Spec.AccessModes, fmt.Sprintf(
			"must stay %s, in this order: a claim cannot change them", quoted(old.Spec.AccessModes))))
	}
	return errs
}

func sameSize(claim, old *corev1.PersistentVolumeClaim) bool {
	is, was := claim.Spec.Resources, old.Spec.Resources
	return is.Requests.Storage().Cmp(*was.Requests.Storage()) == 0 && is.Limits.Storage().Cmp(*was.Limits.Storage()) == 0
}

// shrinkingHint warns of what OpenKruise takes for a resize and the API server refuses.
func shrinkingHint(claim, old *corev1.PersistentVolumeClaim, path *field.Path, found *findings) {
	is, was := claim.Spec.Resources.Requests.Storage(), old.Spec.Resources.Requests.Storage()
	if is.Cmp(*was) < 0 {
		found.warn(fmt.Sprintf("%s goes from %s to %s: claims that exist cannot shrink", path.Child("spec", "resources", "requests", "storage"), was, is))
	}
}

// expandable checks the class of a claim whose size changes. known says that there is no need to stop.
func (r StatefulSet) expandable(ctx context.Context, claim *corev1.PersistentVolumeClaim, path *field.Path, found *findings) (known bool, err error) {
	if r.StorageClasses == nil {
		found.annotate(resizeCheckAnnotation, "storage classes not looked up, without an API server")
		return false, nil
	}
	var class *storagev1.StorageClass
	if name := claim.Spec.StorageClassName; name == nil {
		if class, err = r.StorageClasses.DefaultStorageClass(ctx); err != nil {
			return false, decision.CannotTell("look up the default storage class: %w", err)
		}
		if class == nil {
			return true, nil // the claims have none, and will not be resized through it
		}
	} else {
		if class, err = r.StorageClasses.StorageClass(ctx, *name); err != nil {
			return false, decision.CannotTell("look up %s: %w", path.Child("spec", "storageClassName"), err)
		}
		if class == nil {
			found.add(field.ErrorList{field.Invalid(path.Child("spec", "storageClassName"), *name,
				"there is no such storage class, so its claims cannot be resized: create it, or leave the size as it is")})
			return false, nil
		}
	}
	size := path.Child("spec", "resources", "requests", "storage")
	switch expansion := class.AllowVolumeExpansion; {
	case expansion == nil:
		// OpenKruise takes this for a yes, the API server for a no.
		found.warn(fmt.Sprintf("%s: storage class %q does not say allowVolumeExpansion: true, so the API server will refuse to resize its claims", size, class.Name))
	case !*expansion:
		found.add(field.ErrorList{field.Forbidden(size, fmt.Sprintf(
			"storage class %q does not let claims grow: leave the size as it is, or set allowVolumeExpansion of the class", class.Name))})
		return false, nil
	}
	return true, nil
}
