package validate

// When two references name the same workload, for kinds of which only one may be about it.

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
)

// sameWorkload compares group, kind and name. A version is only a way to speak about it.
func sameWorkload(a, b *v1beta1.TargetReference) bool {
	groupOf := func(target *v1beta1.TargetReference) string {
		groupVersion, err := schema.ParseGroupVersion(target.APIVersion)
		if err != nil { // stored before anybody looked
			return ""
		}
		return groupVersion.Group
	}
	return groupOf(a) == groupOf(b) && a.Kind == b.Kind && a.Name == b.Name
}
