package validate

// Which resources a container may ask for.

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (c *podChecker) resources(resources *corev1.ResourceRequirements, path *field.Path) {
	limits, requests := path.Child("limits"), path.Child("requests")
	for _, name := range slices.Sorted(maps.Keys(resources.Limits)) {
		c.quantity(name, resources.Limits[name], limits.Key(string(name)))
	}
	for _, name := range slices.Sorted(maps.Keys(resources.Requests)) {
		request := resources.Requests[name]
		c.quantity(name, request, requests.Key(string(name)))
		limit, limited := resources.Limits[name]
		switch {
		case !limited && !overcommittable(name):
			c.required(limits, fmt.Sprintf("a limit of %s equal to its request: it cannot be overcommitted", name))
		case !limited:
		case !overcommittable(name) && request.Cmp(limit) != 0:
			c.invalid(requests, request.String(), fmt.Sprintf("must be equal to the %s limit of %s", name, limit.String()))
		case request.Cmp(limit) > 0:
			c.invalid(requests, request.String(), fmt.Sprintf("must not be more than the %s limit of %s", name, limit.String()))
		}
	}
	if asksFor(resources, isHugePages) && !asksFor(resources, isCPUOrMemory) {
		c.add(field.Forbidden(path, "huge pages need a request or limit of cpu or memory beside them"))
	}
}

// quantity checks one amount and the name of its resource.
func (c *podChecker) quantity(name corev1.ResourceName, amount resource.Quantity, path *field.Path) {
	if messages := validation.IsQualifiedName(string(name)); len(messages) > 0 {
		c.invalid(path, string(name), messages...)
	} else if !isContainerResource(name) {
		c.invalid(path, string(name), "must be cpu, memory, ephemeral-storage, hugepages-<size> or a name with a domain, such as example.com/gpu")
	}
	if amount.Sign() < 0 {
		c.invalid(path, amount.String(), "must be 0 or more")
	}
	if isExtended(name) && amount.MilliValue()%1000 != 0 {
		c.invalid(path, amount.String(), "must be an integer")
	}
}

func asksFor(resources *corev1.ResourceRequirements, wanted func(corev1.ResourceName) bool) bool {
	for name := range resources.Limits {
		if wanted(name) {
			return true
		}
	}
	for name := range resources.Requests {
		if wanted(name) {
			return true
		}
	}
	return false
}

func isCPUOrMemory(name corev1.ResourceName) bool {
	return name == corev1.ResourceCPU || name == corev1.ResourceMemory
}

func isHugePages(name corev1.ResourceName) bool {
	return strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix)
}

// isNative reports whether a resource is Kubernetes' own: without a domain, or with one that ends in kubernetes.io.
func isNative(name corev1.ResourceName) bool {
	return !strings.Contains(string(name), "/") || strings.Contains(string(name), corev1.ResourceDefaultNamespacePrefix)
}

// isExtended reports whether a resource is one that a device plugin or an operator adds to nodes.
func isExtended(name corev1.ResourceName) bool {
	if isNative(name) || strings.HasPrefix(string(name), corev1.DefaultResourceRequestsPrefix) {
		return false
	}
	// Quota counts it under this name, which must be valid as well.
	return len(validation.IsQualifiedName(corev1.DefaultResourceRequestsPrefix+string(name))) == 0
}

func isContainerResource(name corev1.ResourceName) bool {
	if strings.Contains(string(name), "/") {
		return isNative(name) || isExtended(name)
	}
	return isCPUOrMemory(name) || name == corev1.ResourceEphemeralStorage || isHugePages(name)
}

// overcommittable reports whether the limit of a resource may exceed its request.
func overcommittable(name corev1.ResourceName) bool { return isNative(name) && !isHugePages(name) }
