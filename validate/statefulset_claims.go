package validate

// The claim templates of a StatefulSet as volumes of its pods. Unlike a CloneSet's, a claim template may have the name of a volume
// of the pod template, or of an earlier claim template: the controller puts the last one in its place.

import (
	"encoding/json"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
)

// statefulSetClaims checks the names of the claim templates, which OpenKruise leaves to the API server to find out.
func statefulSetClaims(set *statefulSet, found *findings) field.ErrorList {
	errs, taken := set.claimTemplateNames()
	for _, name := range taken {
		found.warn(fmt.Sprintf("%s %q is also the name of %s, whose place the claim takes: rename one of the two", name.path, name.name, name.by))
	}
	return errs
}

// withClaimsForVolumes returns the workload whose pod template is to be judged: volumes that a claim template takes the place of
// are claims. They stay at their index, so that paths are right.
func (s *statefulSet) withClaimsForVolumes() *workload {
	names := s.claimNames()
	replaced := func(volume corev1.Volume) bool { return slices.Contains(names, volume.Name) }
	if !slices.ContainsFunc(s.pods.Spec.Volumes, replaced) {
		return s.base()
	}
	var template map[string]any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(s.template, &template); err != nil {
		return s.base() // it was read before, so it is JSON
	}
	spec, _ := template["spec"].(map[string]any)
	volumes, _ := spec["volumes"].([]any)
	judged := s.workload
	judged.pods = *s.pods.DeepCopy()
	for i, volume := range s.pods.Spec.Volumes {
		if replaced(volume) && i < len(volumes) {
			judged.pods.Spec.Volumes[i].VolumeSource = corev1.VolumeSource{
				PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: volume.Name}}
			volumes[i] = map[string]any{"name": volume.Name, "persistentVolumeClaim": map[string]any{"claimName": volume.Name}}
		}
	}
	raw, err := json.Marshal(template)
	if err != nil {
		return s.base() // what was JSON can be written as JSON
	}
	judged.template = raw
	return &judged
}
