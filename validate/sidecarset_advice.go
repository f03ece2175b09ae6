package validate

// What is allowed but probably not meant, as warnings: values that OpenKruise ignores, containers that quotas or Pod Security
// will refuse in somebody else's pod (spec/user-pains.md P8), and what one version of the API hides from the other.

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

func (c *sidecarSetCheck) advise() {
	c.adviseNamespace()
	c.adviseStrategies()
	eachSidecar(c.set, c.adviseContainer)
	c.adviseVolumes()
	c.adviseResources()
	c.advisePodSecurity()
}

// adviseNamespace tells of the namespace that a version hides (quirks 6 and 14).
func (c *sidecarSetCheck) adviseNamespace() {
	if c.sent.unknownNamespace {
		c.warn("spec.namespace does not exist in v1beta1 and is ignored: the SidecarSet is for all namespaces; " +
			"use spec.namespaceSelector with matchLabels kubernetes.io/metadata.name")
	}
	if c.sent.ignoredSelector {
		c.warn("spec.namespaceSelector is ignored because spec.namespace is set: remove one of the two")
	}
}

func (c *sidecarSetCheck) adviseStrategies() {
	strategy, path := &c.set.Spec.UpdateStrategy, updateStrategyPath
	switch strategy.Type {
	case v1beta1.RollingUpdateSidecarSetStrategyType:
		if m := strategy.MaxUnavailable; m != nil && (m.Type == intstr.Int && m.IntVal == 0 || m.StrVal == "0%") {
			c.warn("%s: with 0 no pod is ever updated", path.Child("maxUnavailable"))
		}
	case v1beta1.NotUpdateSidecarSetStrategyType, "":
	default:
		c.warn("%s: %q is unknown, and the rest of the strategy is not checked; use RollingUpdate or NotUpdate", path.Child("type"), strategy.Type)
	}
	pinned := c.set.Spec.InjectionStrategy.Revision
	if pinned != nil && pinned.Policy == v1beta1.PartialSidecarSetInjectRevisionPolicy &&
		(strategy.Partition == nil || strategy.Partition.Type == intstr.Int) { // quirk 28
		c.warn("spec.injectionStrategy.revision.policy Partial needs a percentage in %s, such as \"30%%\": without it new pods get the latest version",
			path.Child("partition"))
	}
}

// adviseContainer tells of members that injection ignores, which OpenKruise checks in regular containers only, and of probes that leave the
// pod. Those are no fault of Kubernetes' either, and SidecarSets with them exist.
func (c *sidecarSetCheck) adviseContainer(container *v1beta1.SidecarContainer, isInit bool, path *field.Path) {
	for _, err := range foreignHostsOf(&container.Container, path) {
		c.warn("%s: remove it: the request is sent there from the network of the node, and Pod Security level baseline forbids that", err.Field)
	}
	switch container.UpgradeStrategy.UpgradeType {
	case "", v1beta1.SidecarContainerColdUpgrade, v1beta1.SidecarContainerHotUpgrade:
	default:
		c.warn("%s: %q is unknown and treated as ColdUpgrade", path.Child("upgradeStrategy", "upgradeType"), container.UpgradeStrategy.UpgradeType)
	}
	if isInit {
		switch container.PodInjectPolicy {
		case "", v1beta1.BeforeAppContainerType, v1beta1.AfterAppContainerType:
		default:
			c.warn("%s: %q is unknown; use BeforeAppContainer or AfterAppContainer", path.Child("podInjectPolicy"), container.PodInjectPolicy)
		}
	}
	for i, transfer := range container.TransferEnv {
		at := path.Child("transferEnv").Index(i)
		from := transfer.SourceContainerNameFrom
		switch {
		case transfer.EnvName == "" && len(transfer.EnvNames) == 0:
			c.warn("%s copies nothing: set envName or envNames", at)
		case from != nil && from.FieldRef != nil:
			if errs := sourceContainerField(from.FieldRef, at.Child("sourceContainerNameFrom", "fieldRef")); isInit && len(errs) > 0 {
				c.warn("%s copies nothing: %s", at, errs.ToAggregate().Error())
			}
		case transfer.SourceContainerName == "":
			c.warn("%s copies nothing: set sourceContainerName or sourceContainerNameFrom.fieldRef", at)
		}
	}
}

// adviseVolumes tells of volumes that no sidecar mounts: injection leaves them out.
func (c *sidecarSetCheck) adviseVolumes() {
	used := map[string]bool{}
	eachSidecar(c.set, func(container *v1beta1.SidecarContainer, _ bool, _ *field.Path) {
		for _, mount := range container.VolumeMounts {
			used[mount.Name] = true
		}
		for _, device := range container.VolumeDevices {
			used[device.Name] = true
		}
	})
	for i, volume := range c.set.Spec.Volumes {
		if !used[volume.Name] {
			c.warn("spec.volumes[%d]: no container of the SidecarSet mounts %q", i, volume.Name)
		}
	}
}

// adviseResources tells of containers that a quota will refuse: the error appears on a ReplicaSet that the author of the
// SidecarSet never looks at.
func (c *sidecarSetCheck) adviseResources() {
	var without []string
	eachSidecar(c.set, func(container *v1beta1.SidecarContainer, _ bool, _ *field.Path) {
		if container.ResourcesPolicy == nil && len(container.Resources.Limits) == 0 && len(container.Resources.Requests) == 0 {
			without = append(without, container.Name)
		}
	})
	if len(without) > 0 {
		c.warn("no resources are requested by %s: namespaces with a ResourceQuota may refuse the pods", strings.Join(without, ", "))
	}
}

// advisePodSecurity tells of containers and volumes that namespaces refuse which enforce a Pod Security level. Of the
// level restricted only the fields that belong to a container are looked at: the rest is the application's.
func (c *sidecarSetCheck) advisePodSecurity() {
	var baseline, restricted []string
	eachSidecar(c.set, func(container *v1beta1.SidecarContainer, _ bool, _ *field.Path) {
		switch {
		case beyondBaseline(&container.Container):
			baseline = append(baseline, container.Name)
		case beyondRestricted(&container.Container):
			restricted = append(restricted, container.Name)
		}
	})
	for _, volume := range c.set.Spec.Volumes {
		if volume.HostPath != nil {
			baseline = append(baseline, "volume "+volume.Name)
		}
	}
	if len(baseline) > 0 {
		c.warn("Pod Security level baseline forbids %s (privileged, added capabilities, host ports, host paths): namespaces that enforce it refuse the pods",
			strings.Join(baseline, ", "))
	}
	if len(restricted) > 0 {
		c.warn("Pod Security level restricted wants securityContext.allowPrivilegeEscalation: false and capabilities.drop: [ALL] in %s: namespaces that enforce it refuse the pods",
			strings.Join(restricted, ", "))
	}
}

// baselineCapabilities may be added under the level baseline.
var baselineCapabilities = []corev1.Capability{
	"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID",
	"SETPCAP", "SETUID", "SYS_CHROOT",
}

func beyondBaseline(container *corev1.Container) bool {
	for _, port := range container.Ports {
		if port.HostPort != 0 {
			return true
		}
	}
	security := container.SecurityContext
	if security == nil {
		return false
	}
	if security.Privileged != nil && *security.Privileged {
		return true
	}
	return security.Capabilities != nil && slices.ContainsFunc(security.Capabilities.Add, func(capability corev1.Capability) bool {
		return !slices.Contains(baselineCapabilities, capability)
	})
}

func beyondRestricted(container *corev1.Container) bool {
	security := container.SecurityContext
	return security == nil ||
		security.AllowPrivilegeEscalation == nil || *security.AllowPrivilegeEscalation ||
		security.Capabilities == nil || !slices.Contains(security.Capabilities.Drop, corev1.Capability("ALL"))
}
