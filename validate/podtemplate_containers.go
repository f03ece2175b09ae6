package validate

// What a container must look like: its name, image and policies. Ports, environment, mounts, probes and resources have
// files of their own.

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// containers checks the regular containers of a pod.
func (c *podChecker) containers(containers []corev1.Container, path *field.Path) {
	seen := map[string]bool{}
	for i := range containers {
		container, at := &containers[i], path.Index(i)
		c.container(container, at)
		if seen[container.Name] {
			c.add(field.Duplicate(at.Child("name"), container.Name))
		}
		seen[container.Name] = true
		c.lifecycle(container.Lifecycle, at.Child("lifecycle"))
		c.probes(container, at)
		c.restartPolicy(container, at)
	}
	c.hostPortsOnce(containers, path)
}

// initContainers checks the init containers of a pod; their names must also differ from those of regular.
func (c *podChecker) initContainers(containers, regular []corev1.Container, path *field.Path) {
	seen := map[string]bool{}
	for i := range regular {
		seen[regular[i].Name] = true
	}
	for i := range containers {
		container, at := &containers[i], path.Index(i)
		c.container(container, at)
		if container.Name != "" && seen[container.Name] {
			c.add(field.Duplicate(at.Child("name"), container.Name))
		}
		seen[container.Name] = true
		// Plain init containers run one after another, so only the ports of one and the same container can clash.
		c.hostPortsOnceAt(container.Ports, at.Child("ports"), map[string]bool{})
		c.initRestartPolicy(container, at)
		if isNativeSidecar(container) {
			c.lifecycle(container.Lifecycle, at.Child("lifecycle"))
			c.probes(container, at)
		} else {
			c.nothingThatKeepsRunning(container, at)
		}
		if c.sidecar && len(container.ResizePolicy) > 0 {
			c.add(field.Invalid(at.Child("resizePolicy"), len(container.ResizePolicy), "must not be set for init containers"))
		}
	}
}

// isNativeSidecar reports whether an init container keeps running beside the regular containers.
func isNativeSidecar(container *corev1.Container) bool {
	return container.RestartPolicy != nil && *container.RestartPolicy == corev1.ContainerRestartPolicyAlways
}

// container checks what holds for every container of a pod template.
func (c *podChecker) container(container *corev1.Container, path *field.Path) {
	c.containerItself(container, path)
	c.mounts(container, path.Child("volumeMounts"))
	c.devices(container, path.Child("volumeDevices"))
	c.resources(&container.Resources, path.Child("resources"))
	c.resizePolicy(container.ResizePolicy, path.Child("resizePolicy"))
}

// containerItself checks what holds for every container, apart from the volumes of its pod.
func (c *podChecker) containerItself(container *corev1.Container, path *field.Path) {
	if container.Name == "" {
		c.required(path.Child("name"), "every container needs a name")
	} else {
		c.invalid(path.Child("name"), container.Name, validation.IsDNS1123Label(container.Name)...)
	}
	switch {
	case container.Image == "":
		c.required(path.Child("image"), "every container needs an image")
	case c.sidecar && container.Image != strings.TrimSpace(container.Image):
		// A workload's template may hold such an image (openshift/origin#14659), a pod may not.
		c.invalid(path.Child("image"), container.Image, "must not begin or end with a blank")
	}
	oneOf(c, path.Child("terminationMessagePolicy"), container.TerminationMessagePolicy,
		corev1.TerminationMessageReadFile, corev1.TerminationMessageFallbackToLogsOnError)
	oneOf(c, path.Child("imagePullPolicy"), container.ImagePullPolicy,
		corev1.PullAlways, corev1.PullIfNotPresent, corev1.PullNever)
	c.ports(container.Ports, path.Child("ports"))
	c.env(container.Env, path.Child("env"))
	c.envFrom(container.EnvFrom, path.Child("envFrom"))
	c.securityContext(container.SecurityContext, path.Child("securityContext"))
}

// restartPolicy checks a regular container's own restart policy, which Kubernetes knows since 1.34 only.
func (c *podChecker) restartPolicy(container *corev1.Container, path *field.Path) {
	if container.RestartPolicy == nil {
		return
	}
	if c.sidecar {
		c.add(field.Forbidden(path.Child("restartPolicy"),
			"only init containers may set it: to run a native sidecar, move the container to initContainers"))
		return
	}
	oneOf(c, path.Child("restartPolicy"), *container.RestartPolicy, containerRestartPolicies...)
}

var containerRestartPolicies = []corev1.ContainerRestartPolicy{
	corev1.ContainerRestartPolicyAlways, corev1.ContainerRestartPolicyOnFailure, corev1.ContainerRestartPolicyNever,
}

// initRestartPolicy checks an init container's restart policy: before Kubernetes 1.34 it is Always or absent.
func (c *podChecker) initRestartPolicy(container *corev1.Container, path *field.Path) {
	if container.RestartPolicy == nil {
		return
	}
	allowed := containerRestartPolicies
	if c.sidecar {
		allowed = []corev1.ContainerRestartPolicy{corev1.ContainerRestartPolicyAlways}
	}
	// An empty value is no value, but it was written: it is not one of the allowed ones.
	if !slices.Contains(allowed, *container.RestartPolicy) {
		c.add(field.NotSupported(path.Child("restartPolicy"), *container.RestartPolicy, allowed))
	}
}

// nothingThatKeepsRunning refuses probes and hooks on an init container that ends before the regular ones start.
func (c *podChecker) nothingThatKeepsRunning(container *corev1.Container, path *field.Path) {
	for _, member := range []struct {
		name string
		set  bool
	}{
		{"lifecycle", container.Lifecycle != nil},
		{"livenessProbe", container.LivenessProbe != nil},
		{"readinessProbe", container.ReadinessProbe != nil},
		{"startupProbe", container.StartupProbe != nil},
	} {
		if member.set {
			c.add(field.Forbidden(path.Child(member.name), "an init container may set it only with restartPolicy: Always"))
		}
	}
}
