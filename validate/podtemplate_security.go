package validate

// Which security contexts and resize policies of a container are valid. What depends on the operating system of the pod and on the
// pod's own security context is left to the API server.

import (
	"strings"

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
	c.appArmor(security.AppArmorProfile, path.Child("appArmorProfile"))
	c.windows(security.WindowsOptions, path.Child("windowsOptions"))
}

func (c *podChecker) seccomp(profile *corev1.SeccompProfile, path *field.Path) {
	if profile != nil {
		localProfile(c, profile.Type, profile.LocalhostProfile, path, c.relativePath)
	}
}

func (c *podChecker) appArmor(profile *corev1.AppArmorProfile, path *field.Path) {
	if profile == nil {
		return
	}
	localProfile(c, profile.Type, profile.LocalhostProfile, path, func(name string, path *field.Path) {
		switch {
		case name == "":
			c.required(path, "the name of a profile that is loaded on the nodes")
		case strings.TrimSpace(name) != name:
			c.invalid(path, name, "must not begin or end with white space")
		}
	})
}

// localProfile checks what profiles of seccomp and of AppArmor have in common; check is for what they name on the node.
func localProfile[T ~string](c *podChecker, kind T, local *string, path *field.Path, check func(local string, path *field.Path)) {
	const onNode, ofRuntime, none = "Localhost", "RuntimeDefault", "Unconfined"
	localPath := path.Child("localhostProfile")
	switch kind {
	case onNode:
		if local == nil {
			c.required(localPath, "type Localhost needs a profile of the node")
		} else {
			check(*local, localPath)
		}
		return
	case ofRuntime, none:
	case "":
		c.required(path.Child("type"), "one of RuntimeDefault, Localhost, Unconfined")
	default:
		c.add(field.NotSupported(path.Child("type"), kind, []T{onNode, ofRuntime, none}))
	}
	if local != nil {
		c.invalid(localPath, *local, "only type Localhost has one")
	}
}

// windows checks the names in the options. Which users and credentials Windows knows is left to Windows.
func (c *podChecker) windows(options *corev1.WindowsSecurityContextOptions, path *field.Path) {
	if options == nil {
		return
	}
	if name := options.GMSACredentialSpecName; name != nil {
		c.invalid(path.Child("gmsaCredentialSpecName"), *name, validation.IsDNS1123Subdomain(*name)...)
	}
	if spec := options.GMSACredentialSpec; spec != nil && *spec == "" {
		c.invalid(path.Child("gmsaCredentialSpec"), *spec, "must not be empty: remove it")
	}
	if user := options.RunAsUserName; user != nil && *user == "" {
		c.invalid(path.Child("runAsUserName"), *user, "must not be empty: remove it")
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
