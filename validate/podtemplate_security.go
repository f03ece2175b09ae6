package validate

// Which security contexts and resize policies of a container are valid. What depends on the operating system, AppArmor and
// the pod's own security context is left to the API server.

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (c *podChecker) securityContext(security *corev1.SecurityContext, path *field.Path) {
	if security == nil {
		return
	}
	if user := security.RunAsUser; user != nil {
		c.invalid(path.Child("runAsUser"), *user, validation.IsValidUserID(*user)...)
	}
	if group := security.RunAsGroup; group != nil {
		c.invalid(path.Child("runAsGroup"), *group, validation.IsValidGroupID(*group)...)
	}
	if escalation := security.AllowPrivilegeEscalation; escalation != nil && !*escalation {
		at := path.Child("allowPrivilegeEscalation")
		if security.Privileged != nil && *security.Privileged {
			c.invalid(at, false, "a privileged container can always escalate: remove it or privileged")
		}
		if security.Capabilities != nil {
			for _, capability := range security.Capabilities.Add {
				if capability == "CAP_SYS_ADMIN" {
					c.invalid(at, false, "a container with CAP_SYS_ADMIN can always escalate: remove it or the capability")
				}
			}
		}
	}
	c.seccomp(security.SeccompProfile, path.Child("seccompProfile"))
}

func (c *podChecker) seccomp(profile *corev1.SeccompProfile, path *field.Path) {
	if profile == nil {
		return
	}
	switch profile.Type {
	case corev1.SeccompProfileTypeLocalhost:
		if profile.LocalhostProfile == nil {
			c.required(path.Child("localhostProfile"), "type Localhost needs the file of the profile")
		} else {
			c.relativePath(*profile.LocalhostProfile, path.Child("localhostProfile"))
		}
		return
	case corev1.SeccompProfileTypeRuntimeDefault, corev1.SeccompProfileTypeUnconfined:
	case "":
		c.required(path.Child("type"), "one of RuntimeDefault, Localhost, Unconfined")
	default:
		c.add(field.NotSupported(path.Child("type"), profile.Type, []corev1.SeccompProfileType{
			corev1.SeccompProfileTypeLocalhost, corev1.SeccompProfileTypeRuntimeDefault, corev1.SeccompProfileTypeUnconfined}))
	}
	if profile.LocalhostProfile != nil {
		c.invalid(path.Child("localhostProfile"), *profile.LocalhostProfile, "only type Localhost has one")
	}
}

// resizePolicy checks how a container takes new resources while it runs.
func (c *podChecker) resizePolicy(policies []corev1.ContainerResizePolicy, path *field.Path) {
	seen := map[corev1.ResourceName]bool{}
	for i, policy := range policies {
		at := path.Index(i)
		if seen[policy.ResourceName] {
			c.add(field.Duplicate(at, string(policy.ResourceName)))
		}
		seen[policy.ResourceName] = true
		if !isCPUOrMemory(policy.ResourceName) {
			c.add(field.NotSupported(at.Child("resourceName"), policy.ResourceName, []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory}))
		}
		switch policy.RestartPolicy {
		case corev1.NotRequired, corev1.RestartContainer:
		default:
			c.add(field.NotSupported(at.Child("restartPolicy"), policy.RestartPolicy,
				[]corev1.ResourceResizeRestartPolicy{corev1.NotRequired, corev1.RestartContainer}))
		}
	}
}
