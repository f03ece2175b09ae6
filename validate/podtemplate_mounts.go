package validate

// Which volume mounts and devices of a container are valid, and what to say to somebody whose mount names a volume that
// does not exist.

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// mounts checks the volumeMounts of a container; path is that of the list.
func (c *podChecker) mounts(container *corev1.Container, path *field.Path) {
	deviceNames, devicePaths := map[string]bool{}, map[string]bool{}
	for _, device := range container.VolumeDevices {
		deviceNames[device.Name], devicePaths[device.DevicePath] = true, true
	}
	mountPaths := map[string]bool{}
	for i := range container.VolumeMounts {
		mount, at := &container.VolumeMounts[i], path.Index(i)
		if mount.Name == "" {
			c.required(at.Child("name"), "the name of the volume to mount")
		} else if _, ok := c.volumes[mount.Name]; !ok {
			c.add(c.volumeNotFound(at.Child("name"), mount.Name))
		}
		if mount.MountPath == "" {
			c.required(at.Child("mountPath"), "where to mount the volume")
		} else if mountPaths[mount.MountPath] {
			c.invalid(at.Child("mountPath"), mount.MountPath, "must be unique: another mount of this container has this path")
		}
		mountPaths[mount.MountPath] = true
		if deviceNames[mount.Name] {
			c.invalid(at.Child("name"), mount.Name, "must not also be in volumeDevices: a volume is a file system or a block device")
		}
		if devicePaths[mount.MountPath] {
			c.invalid(at.Child("mountPath"), mount.MountPath, "must not also be the path of a volume device")
		}
		c.subPath(mount, at)
		c.propagation(mount, container.SecurityContext, at)
	}
}

// subPath checks the part of the volume that is mounted.
func (c *podChecker) subPath(mount *corev1.VolumeMount, path *field.Path) {
	if mount.SubPath != "" && mount.SubPathExpr != "" {
		c.invalid(path.Child("subPathExpr"), mount.SubPathExpr, "must not be set beside subPath: remove one of the two")
	}
	c.relativePath(mount.SubPath, path.Child("subPath"))
	c.relativePath(mount.SubPathExpr, path.Child("subPathExpr"))
}

// propagation checks how mounts travel between container and host.
func (c *podChecker) propagation(mount *corev1.VolumeMount, security *corev1.SecurityContext, path *field.Path) {
	if mount.MountPropagation == nil {
		return
	}
	switch *mount.MountPropagation {
	case corev1.MountPropagationNone, corev1.MountPropagationHostToContainer:
	case corev1.MountPropagationBidirectional:
		if security == nil || security.Privileged == nil || !*security.Privileged {
			c.add(field.Forbidden(path.Child("mountPropagation"), "Bidirectional needs securityContext.privileged: true"))
		}
	default:
		c.add(field.NotSupported(path.Child("mountPropagation"), *mount.MountPropagation, []corev1.MountPropagationMode{
			corev1.MountPropagationNone, corev1.MountPropagationHostToContainer, corev1.MountPropagationBidirectional}))
	}
}

// devices checks the volumeDevices of a container; path is that of the list.
func (c *podChecker) devices(container *corev1.Container, path *field.Path) {
	mountNames, mountPaths := map[string]bool{}, map[string]bool{}
	for _, mount := range container.VolumeMounts {
		mountNames[mount.Name], mountPaths[mount.MountPath] = true, true
	}
	names, devicePaths := map[string]bool{}, map[string]bool{}
	for i := range container.VolumeDevices {
		device, at := &container.VolumeDevices[i], path.Index(i)
		volume, found := c.volumes[device.Name]
		switch {
		case device.Name == "":
			c.required(at.Child("name"), "the name of the volume to attach")
		case !found:
			c.add(c.volumeNotFound(at.Child("name"), device.Name))
		case !volume.block:
			c.invalid(at.Child("name"), device.Name, "a block device must come from a persistentVolumeClaim or ephemeral volume")
		case names[device.Name]:
			c.invalid(at.Child("name"), device.Name, "must be unique")
		case mountNames[device.Name]:
			c.invalid(at.Child("name"), device.Name, "must not also be in volumeMounts: a volume is a file system or a block device")
		}
		names[device.Name] = true
		switch {
		case device.DevicePath == "":
			c.required(at.Child("devicePath"), "where the device appears")
		case hasBackstep(device.DevicePath):
			c.invalid(at.Child("devicePath"), device.DevicePath, "must not contain '..'")
		case devicePaths[device.DevicePath]:
			c.invalid(at.Child("devicePath"), device.DevicePath, "must be unique")
		case mountPaths[device.DevicePath]:
			c.invalid(at.Child("devicePath"), device.DevicePath, "must not also be the path of a volume mount")
		}
		devicePaths[device.DevicePath] = true
	}
}

// volumeNotFound says that no volume has the name, and what its writer probably meant.
func (c *podChecker) volumeNotFound(path *field.Path, name string) *field.Error {
	err := field.NotFound(path, name)
	err.Detail = c.volumeHint(name)
	return err
}

func (c *podChecker) volumeHint(name string) string {
	if c.sidecar {
		return "a sidecar mounts volumes of its own SidecarSet: declare it under spec.volumes, " +
			"or set shareVolumePolicy.type: enabled to have the mounts of the application's containers"
	}
	if similar, ok := closest(name, c.volumes); ok {
		return fmt.Sprintf("there is a volume %q: is that the one you mean?", similar)
	}
	switch len(c.claims) {
	case 0:
		return "declare it under volumes"
	case 1:
		return fmt.Sprintf("the only volume claim template is %q: use that name or rename the claim template", c.claims[0])
	default:
		return fmt.Sprintf("the volume claim templates are %s: use one of these names or declare the volume", quoted(c.claims))
	}
}

// closest returns the volume whose name differs from name in case, separators or an added part only, if there is
// exactly one. Names of one or two letters are part of too many others to say anything.
func closest(name string, volumes map[string]volumeFacts) (string, bool) {
	const tellingLength = 3
	simple := simplified(name)
	if len(simple) < tellingLength {
		return "", false
	}
	var found []string
	for candidate := range volumes {
		other := simplified(candidate)
		if len(other) >= tellingLength && (strings.Contains(simple, other) || strings.Contains(other, simple)) {
			found = append(found, candidate)
		}
	}
	if len(found) != 1 {
		return "", false
	}
	return found[0], true
}

func simplified(name string) string {
	return strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(name))
}

// relativePath refuses a path that leaves the directory it starts from.
func (c *podChecker) relativePath(value string, path *field.Path) {
	if strings.HasPrefix(value, "/") {
		c.invalid(path, value, "must be a relative path: remove the leading /")
	}
	if hasBackstep(value) {
		c.invalid(path, value, "must not contain '..'")
	}
}

func hasBackstep(path string) bool {
	for part := range strings.SplitSeq(path, "/") {
		if part == ".." {
			return true
		}
	}
	return false
}
