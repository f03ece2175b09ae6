package dependents

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// MountingPods finds the pods of the namespace that use the claim, ConfigMap or Secret of that name and are neither finished nor
// terminating. What a pod uses is in its spec, so this look-up reads whole pods.
func (l *Live) MountingPods(ctx context.Context, namespace string, resource schema.GroupResource, name string) (names []string, more bool, err error) {
	find, known := references[resource]
	if !known {
		return nil, false, fmt.Errorf("no field of a pod refers to %s", resource)
	}
	return firstLive(ctx, metav1.ListOptions{FieldSelector: unfinished},
		func(ctx context.Context, options metav1.ListOptions) (page, error) {
			list, err := l.core.Pods(namespace).List(ctx, options)
			if err != nil {
				return page{}, err
			}
			p := page{next: list.Continue}
			for i := range list.Items {
				pod := &list.Items[i]
				used := false
				find(pod, func(reference string) { used = used || reference == name })
				if used && pod.DeletionTimestamp == nil {
					p.live = append(p.live, pod.Name)
				}
			}
			return p, nil
		})
}

// references visit the names of all objects of a resource that a pod uses, in its own namespace.
var references = map[schema.GroupResource]func(pod *corev1.Pod, visit func(name string)){
	{Resource: "persistentvolumeclaims"}: visitClaims,
	{Resource: "configmaps"}:             visitConfigMaps,
	{Resource: "secrets"}:                visitSecrets,
}

func visitClaims(pod *corev1.Pod, visit func(name string)) {
	for i := range pod.Spec.Volumes {
		volume := &pod.Spec.Volumes[i]
		if volume.PersistentVolumeClaim != nil {
			visit(volume.PersistentVolumeClaim.ClaimName)
		}
		if volume.Ephemeral != nil { // its claim has a fixed name
			visit(pod.Name + "-" + volume.Name)
		}
	}
}

func visitConfigMaps(pod *corev1.Pod, visit func(name string)) {
	for i := range pod.Spec.Volumes {
		volume := &pod.Spec.Volumes[i]
		if volume.ConfigMap != nil {
			visit(volume.ConfigMap.Name)
		}
		for _, source := range projections(volume) {
			if source.ConfigMap != nil {
				visit(source.ConfigMap.Name)
			}
		}
	}
	visitEnv(pod, func(from *corev1.EnvFromSource) {
		if from.ConfigMapRef != nil {
			visit(from.ConfigMapRef.Name)
		}
	}, func(from *corev1.EnvVarSource) {
		if from.ConfigMapKeyRef != nil {
			visit(from.ConfigMapKeyRef.Name)
		}
	})
}

func visitSecrets(pod *corev1.Pod, visit func(name string)) {
	for _, reference := range pod.Spec.ImagePullSecrets {
		visit(reference.Name)
	}
	for i := range pod.Spec.Volumes {
		volume := &pod.Spec.Volumes[i]
		if volume.Secret != nil {
			visit(volume.Secret.SecretName)
		}
		for _, source := range projections(volume) {
			if source.Secret != nil {
				visit(source.Secret.Name)
			}
		}
		visitStorageSecret(&volume.VolumeSource, visit)
	}
	visitEnv(pod, func(from *corev1.EnvFromSource) {
		if from.SecretRef != nil {
			visit(from.SecretRef.Name)
		}
	}, func(from *corev1.EnvVarSource) {
		if from.SecretKeyRef != nil {
			visit(from.SecretKeyRef.Name)
		}
	})
}

// visitStorageSecret visits the Secret with which a volume is reached.
func visitStorageSecret(source *corev1.VolumeSource, visit func(name string)) {
	var reference *corev1.LocalObjectReference
	switch {
	case source.AzureFile != nil:
		visit(source.AzureFile.SecretName)
	case source.CSI != nil:
		reference = source.CSI.NodePublishSecretRef
	case source.FlexVolume != nil:
		reference = source.FlexVolume.SecretRef
	case source.ISCSI != nil:
		reference = source.ISCSI.SecretRef
	case source.CephFS != nil:
		reference = source.CephFS.SecretRef
	case source.Cinder != nil:
		reference = source.Cinder.SecretRef
	case source.RBD != nil:
		reference = source.RBD.SecretRef
	case source.ScaleIO != nil:
		reference = source.ScaleIO.SecretRef
	case source.StorageOS != nil:
		reference = source.StorageOS.SecretRef
	}
	if reference != nil {
		visit(reference.Name)
	}
}

func projections(volume *corev1.Volume) []corev1.VolumeProjection {
	if volume.Projected == nil {
		return nil
	}
	return volume.Projected.Sources
}

// visitEnv visits where the variables of all containers come from: whole objects, and single keys.
func visitEnv(pod *corev1.Pod, whole func(*corev1.EnvFromSource), key func(*corev1.EnvVarSource)) {
	container := func(envFrom []corev1.EnvFromSource, env []corev1.EnvVar) {
		for i := range envFrom {
			whole(&envFrom[i])
		}
		for i := range env {
			if env[i].ValueFrom != nil {
				key(env[i].ValueFrom)
			}
		}
	}
	for i := range pod.Spec.InitContainers {
		container(pod.Spec.InitContainers[i].EnvFrom, pod.Spec.InitContainers[i].Env)
	}
	for i := range pod.Spec.Containers {
		container(pod.Spec.Containers[i].EnvFrom, pod.Spec.Containers[i].Env)
	}
	for i := range pod.Spec.EphemeralContainers {
		container(pod.Spec.EphemeralContainers[i].EnvFrom, pod.Spec.EphemeralContainers[i].Env)
	}
}
