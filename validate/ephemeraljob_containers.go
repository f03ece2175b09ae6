package validate

// The containers of an EphemeralJob: rules 1 to 15. They go into pods that run, on any version of Kubernetes, and nothing fills in defaults, so
// they are checked as strictly as sidecars.

import (
	"reflect"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func ephemeralContainers(containers []corev1.EphemeralContainer, path *field.Path) field.ErrorList {
	c := &podChecker{templateRules: templateRules{sidecar: true}}
	seen := map[string]bool{}
	for i := range containers {
		if len(c.errs) >= maxCauses {
			break // more would not be told
		}
		container, at := (*corev1.Container)(&containers[i].EphemeralContainerCommon), path.Index(i)
		c.containerItself(container, at) // 1 to 12
		c.procMount(container.SecurityContext, at.Child("securityContext"))
		if seen[container.Name] { // 13
			c.add(field.Duplicate(at.Child("name"), container.Name))
		}
		seen[container.Name] = true
		c.nothingForEphemeral(container, at) // 14, 15
	}
	return c.errs
}

// procMount refuses an unmasked /proc, which needs a user namespace of the pod: whether every selected pod has one is not known.
func (c *podChecker) procMount(security *corev1.SecurityContext, path *field.Path) {
	if security == nil || security.ProcMount == nil {
		return
	}
	path = path.Child("procMount")
	switch mount := *security.ProcMount; mount {
	case corev1.DefaultProcMount:
	case corev1.UnmaskedProcMount:
		c.invalid(path, mount, "needs a pod with hostUsers: false, and any pod may be selected: remove it")
	default:
		c.add(field.NotSupported(path, mount, []corev1.ProcMountType{corev1.DefaultProcMount, corev1.UnmaskedProcMount}))
	}
}

// nothingForEphemeral refuses what Kubernetes does not let an ephemeral container have. What was written counts, even if it is empty.
func (c *podChecker) nothingForEphemeral(container *corev1.Container, path *field.Path) {
	for _, member := range []struct {
		name  string
		value any
	}{
		{"ports", container.Ports},
		{"resources", container.Resources},
		{"resizePolicy", container.ResizePolicy},
		{"restartPolicy", container.RestartPolicy},
		{"livenessProbe", container.LivenessProbe},
		{"readinessProbe", container.ReadinessProbe},
		{"startupProbe", container.StartupProbe},
		{"lifecycle", container.Lifecycle},
	} {
		if !reflect.ValueOf(member.value).IsZero() {
			c.add(field.Forbidden(path.Child(member.name), "an ephemeral container cannot have it: remove it"))
		}
	}
	for i, mount := range container.VolumeMounts {
		at := path.Child("volumeMounts").Index(i)
		if mount.SubPath != "" {
			c.add(field.Forbidden(at.Child("subPath"), "an ephemeral container mounts whole volumes only: remove it"))
		}
		if mount.SubPathExpr != "" {
			c.add(field.Forbidden(at.Child("subPathExpr"), "an ephemeral container mounts whole volumes only: remove it"))
		}
	}
}
