package validate

// Rules c4: the sidecars. OpenKruise reports several of them at paths such as spec[0]; here they have the path of the
// field.

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

func (c *sidecarSetCheck) containers() {
	spec, path := &c.set.Spec, specPath
	for i := range spec.InitContainers {
		container, at := &spec.InitContainers[i], path.Child("initContainers").Index(i)
		c.resourcesPolicy(container, true, at)
	}
	for i := range spec.Containers {
		container, at := &spec.Containers[i], path.Child("containers").Index(i)
		c.injectPolicy(container, at)
		c.shareVolumePolicy(container, at)
		c.transferEnv(container, at.Child("transferEnv"))
		c.resourcesPolicy(container, false, at)
	}
	c.add(sidecars(plain(spec.InitContainers), plain(spec.Containers), spec.Volumes, path)...)
}

// plain returns the Kubernetes part of sidecars.
func plain(containers []v1beta1.SidecarContainer) []corev1.Container {
	list := make([]corev1.Container, len(containers))
	for i := range containers {
		list[i] = containers[i].Container
	}
	return list
}

func (c *sidecarSetCheck) injectPolicy(container *v1beta1.SidecarContainer, path *field.Path) {
	switch container.PodInjectPolicy {
	case v1beta1.BeforeAppContainerType, v1beta1.AfterAppContainerType:
	default:
		c.invalid(path.Child("podInjectPolicy"), container.PodInjectPolicy, "must be BeforeAppContainer or AfterAppContainer")
	}
}

func (c *sidecarSetCheck) shareVolumePolicy(container *v1beta1.SidecarContainer, path *field.Path) {
	switch container.ShareVolumePolicy.Type {
	case v1beta1.ShareVolumePolicyEnabled, v1beta1.ShareVolumePolicyDisabled:
	default:
		c.invalid(path.Child("shareVolumePolicy", "type"), container.ShareVolumePolicy.Type, "must be enabled or disabled")
	}
}

// transferEnv checks from which label or annotation of the pod the name of the source container is read.
func (c *sidecarSetCheck) transferEnv(container *v1beta1.SidecarContainer, path *field.Path) {
	for i := range container.TransferEnv {
		from := container.TransferEnv[i].SourceContainerNameFrom
		if from != nil && from.FieldRef != nil {
			c.add(sourceContainerField(from.FieldRef, path.Index(i).Child("sourceContainerNameFrom", "fieldRef"))...)
		}
	}
}

// sourceContainerField says what is wrong with the field that names a source container. Only a label or an annotation
// can name it, although upstream documents metadata.name as well (quirk 36).
func sourceContainerField(ref *corev1.ObjectFieldSelector, path *field.Path) field.ErrorList {
	fieldPath := path.Child("fieldPath")
	switch {
	case ref.APIVersion == "":
		return field.ErrorList{field.Required(path.Child("apiVersion"), "v1")}
	case ref.FieldPath == "":
		return field.ErrorList{field.Required(fieldPath, "metadata.labels['KEY'] or metadata.annotations['KEY']")}
	case ref.APIVersion != "v1":
		return field.ErrorList{field.Invalid(path.Child("apiVersion"), ref.APIVersion, "must be v1")}
	}
	member, key, ok := subscript(ref.FieldPath)
	if !ok {
		return field.ErrorList{field.Invalid(fieldPath, ref.FieldPath, "must be metadata.labels['KEY'] or metadata.annotations['KEY']")}
	}
	return metadataKey(member, key, fieldPath)
}

// eachSidecar visits the init containers of a SidecarSet, then its containers.
func eachSidecar(set *v1beta1.SidecarSet, visit func(container *v1beta1.SidecarContainer, isInit bool, path *field.Path)) {
	for i := range set.Spec.InitContainers {
		visit(&set.Spec.InitContainers[i], true, specPath.Child("initContainers").Index(i))
	}
	for i := range set.Spec.Containers {
		visit(&set.Spec.Containers[i], false, specPath.Child("containers").Index(i))
	}
}
