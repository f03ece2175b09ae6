package defaults

// How resource quantities are written: rounded up to a thousandth and in canonical form, as Kubernetes does with the
// resources of a pod. Hashes are computed over this form.

import (
	"encoding/json"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/api/resource"
)

// quantities rewrites every quantity of a resource list such as resources.limits.
func quantities(list *object) {
	for _, name := range slices.Sorted(maps.Keys(list.members)) {
		text, err := json.Marshal(list.members[name])
		if err != nil || !list.has(name) {
			continue
		}
		var quantity resource.Quantity
		if err := quantity.UnmarshalJSON(text); err != nil {
			continue // the object was decoded before, so every value is a quantity
		}
		quantity.RoundUp(resource.Milli)
		list.set(name, quantity.String())
	}
}

// containerResources rewrites the limits and requests of a container.
func containerResources(container *object) {
	resources := container.object("resources")
	quantities(resources.object("limits"))
	quantities(resources.object("requests"))
}
