package convert

import (
	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// DaemonSet: v1beta1 has no Surging, a field for what v1alpha1 says in an annotation, and another name for the revision in the status
// (spec/server.md 12.2).

func daemonSetUp(root *object) error {
	_, annotations, spec, err := open(root)
	if err != nil {
		return err
	}
	if err := replaceSurging(spec); err != nil {
		return err
	}
	progressive, err := annotations.text(v1alpha1.ProgressiveCreatePodKey)
	if err != nil {
		return err
	}
	spec.delete("scaleStrategy")
	if progressive == "true" {
		annotations.delete(v1alpha1.ProgressiveCreatePodKey)
		spec.set("scaleStrategy", map[string]bool{"partitionedScaling": true})
	}
	return renameInStatus(root, "daemonSetHash", "updateRevision")
}

func daemonSetDown(root *object) error {
	_, annotations, spec, err := open(root)
	if err != nil {
		return err
	}
	scale, err := spec.child("scaleStrategy")
	if err != nil {
		return err
	}
	partitioned, err := scale.flag("partitionedScaling")
	if err != nil {
		return err
	}
	spec.delete("scaleStrategy")
	progressive, err := annotations.text(v1alpha1.ProgressiveCreatePodKey)
	if err != nil {
		return err
	}
	if partitioned {
		annotations.set(v1alpha1.ProgressiveCreatePodKey, "true")
	} else if progressive == "true" {
		annotations.delete(v1alpha1.ProgressiveCreatePodKey)
	}
	return renameInStatus(root, "updateRevision", "daemonSetHash")
}

func replaceSurging(spec *object) error {
	_, rolling, err := openUpdateStrategy(spec)
	if err != nil {
		return err
	}
	kind, err := rolling.text("rollingUpdateType")
	if err != nil || kind != string(v1alpha1.DeprecatedSurgingRollingUpdateType) {
		return err
	}
	rolling.set("rollingUpdateType", v1beta1.StandardRollingUpdateType)
	if !rolling.has("maxSurge") {
		rolling.set("maxSurge", 1)
	}
	if !rolling.has("maxUnavailable") {
		rolling.set("maxUnavailable", 0)
	}
	return nil
}

func renameInStatus(root *object, from, to string) error {
	status, err := root.child("status")
	if err != nil {
		return err
	}
	status.rename(from, to)
	return nil
}
