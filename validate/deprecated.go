package validate

// What an object of v1alpha1 says in fields, labels and annotations that v1beta1 replaced. It works as before, so it is a warning
// that names the field of v1beta1.

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
)

// keyReplacedInV1beta1 is the key of a label or an annotation and the field that took its place.
type keyReplacedInV1beta1 struct{ key, field string }

var (
	cloneSetLabelsReplaced = []keyReplacedInV1beta1{
		{v1alpha1.CloneSetScalingExcludePreparingDeleteKey, "spec.scaleStrategy.excludePreparingDelete"},
	}
	cloneSetAnnotationsReplaced = []keyReplacedInV1beta1{
		{v1alpha1.ImagePreDownloadParallelismKey, "spec.updateStrategy.rollingUpdate.inPlaceUpdateStrategy.imagePreDownloadParallelism"},
		{v1alpha1.ImagePreDownloadTimeoutSecondsKey, "spec.updateStrategy.rollingUpdate.inPlaceUpdateStrategy.imagePreDownloadTimeoutSeconds"},
		{v1alpha1.ImagePreDownloadMinUpdatedReadyPodsKey, "spec.updateStrategy.rollingUpdate.inPlaceUpdateStrategy.imagePreDownloadMinUpdatedReadyPods"},
	}
	daemonSetAnnotationsReplaced = []keyReplacedInV1beta1{
		{v1alpha1.ProgressiveCreatePodKey, "spec.scaleStrategy.partitionedScaling"},
	}
)

// deprecatedKeys warns of keys that v1beta1 has a field for.
func deprecatedKeys(keys map[string]string, path *field.Path, replaced []keyReplacedInV1beta1, found *findings) {
	for _, r := range replaced {
		if _, set := keys[r.key]; set {
			found.warn(fmt.Sprintf("%s is deprecated: in apps.kruise.io/v1beta1 write %s", path.Key(r.key), r.field))
		}
	}
}

// deprecatedInCloneSet warns of what a CloneSet of v1alpha1 would say otherwise in v1beta1.
func deprecatedInCloneSet(set *cloneSet, found *findings) {
	if !set.flat {
		return
	}
	deprecatedKeys(set.meta.Labels, metadataPath.Child("labels"), cloneSetLabelsReplaced, found)
	deprecatedKeys(set.meta.Annotations, metadataPath.Child("annotations"), cloneSetAnnotationsReplaced, found)
	if set.disablesPVCReuse {
		found.warn("spec.scaleStrategy.disablePVCReuse is deprecated: in apps.kruise.io/v1beta1 write enablePVCReuse, which is its opposite")
	}
}
