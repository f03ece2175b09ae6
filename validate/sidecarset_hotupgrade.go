package validate

// What a hot-upgrade sidecar needs, which becomes two containers in the pod: an image for the idle one, two valid and
// free names, and no port of the node. OpenKruise checks none of this, and then every matching pod is refused (quirk 34).

import (
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

// hotUpgraded reports whether a sidecar becomes two containers. A plain init container never does.
func hotUpgraded(container *v1beta1.SidecarContainer, isInit bool) bool {
	if container.UpgradeStrategy.UpgradeType != v1beta1.SidecarContainerHotUpgrade {
		return false
	}
	return !isInit || isNativeSidecar(&container.Container)
}

// namesInPod are the names that a sidecar takes in a pod.
func namesInPod(container *v1beta1.SidecarContainer, isInit bool) []string {
	if hotUpgraded(container, isInit) {
		return []string{container.Name + sidecarset.HotUpgradeSuffix1, container.Name + sidecarset.HotUpgradeSuffix2}
	}
	return []string{container.Name}
}

func hotUpgradeFaults(set *v1beta1.SidecarSet) field.ErrorList {
	var errs field.ErrorList
	taken := map[string]bool{}
	eachSidecar(set, func(container *v1beta1.SidecarContainer, isInit bool, _ *field.Path) {
		if !hotUpgraded(container, isInit) {
			taken[container.Name] = true
		}
	})
	eachSidecar(set, func(container *v1beta1.SidecarContainer, isInit bool, path *field.Path) {
		if !hotUpgraded(container, isInit) {
			return
		}
		if container.UpgradeStrategy.HotUpgradeEmptyImage == "" {
			errs = append(errs, field.Required(path.Child("upgradeStrategy", "hotUpgradeEmptyImage"),
				"HotUpgrade injects a second, idle container, which needs an image"))
		}
		if limit := validation.DNS1123LabelMaxLength - len(sidecarset.HotUpgradeSuffix1); len(container.Name) > limit {
			errs = append(errs, field.Invalid(path.Child("name"), container.Name,
				"HotUpgrade injects it with -1 and -2 added: it must be no more than 61 characters"))
		}
		for _, name := range namesInPod(container, isInit) {
			if taken[name] {
				err := field.Duplicate(path.Child("name"), name)
				err.Detail = "HotUpgrade injects this sidecar with -1 and -2 added: rename one of the two"
				errs = append(errs, err)
			}
			taken[name] = true
		}
		for i, port := range container.Ports {
			if port.HostPort != 0 {
				errs = append(errs, field.Invalid(path.Child("ports").Index(i).Child("hostPort"), port.HostPort,
					"HotUpgrade injects the container twice, and a port of the node can be taken only once: remove it"))
			}
		}
	})
	return errs
}
