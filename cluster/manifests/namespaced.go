package manifests

import (
	"cmp"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/cluster"
)

// addNamespaced takes an object of a namespaced kind of OpenKruise. It returns false when the object is none.
func (c *collector) addNamespaced(at place, object []byte, h header) bool {
	switch {
	case h.is(cluster.WorkloadSpreadKind):
		addNamespaced(c, at, object, h, cluster.WorkloadSpreadKind, c.view.WorkloadSpreads.Put)
	case h.is(cluster.PodUnavailableBudgetKind):
		addNamespaced(c, at, object, h, cluster.PodUnavailableBudgetKind, c.view.PodUnavailableBudgets.Put)
	case h.is(cluster.PersistentPodStateKind):
		addNamespaced(c, at, object, h, cluster.PersistentPodStateKind, c.view.PersistentPodStates.Put)
	case h.is(cluster.PodProbeMarkerKind):
		addNamespaced(c, at, object, h, cluster.PodProbeMarkerKind, c.view.PodProbeMarkers.Put)
	default:
		return false
	}
	return true
}

// is says whether the object is of the kind, in any version.
func (h header) is(kind cluster.Kind) bool {
	group, _, _ := strings.Cut(h.APIVersion, "/")
	return h.Kind == kind.Kind && group == kind.Versions[0].Group
}

func addNamespaced[T any, P interface {
	*T
	metav1.Object
}](c *collector, at place, object []byte, h header, kind cluster.Kind, into map[string]P) {
	namespace := cmp.Or(h.Metadata.Namespace, metav1.NamespaceDefault)
	key := cluster.Key(namespace, h.Metadata.Name)
	if !c.claim(at, h, key) {
		return
	}
	read, err := cluster.ReadObject[T, P](kind, object)
	if err != nil {
		c.fail(at, "%s %q: %w", kind.Kind, key, err)
		return
	}
	read.SetNamespace(namespace)
	into[key] = read
}
