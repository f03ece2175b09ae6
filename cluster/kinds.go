package cluster

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	policyv1alpha1 "github.com/kruise-admission/kruise-admission/api/policy/v1alpha1"
	policyv1beta1 "github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
)

// The namespaced kinds of a view.
var (
	WorkloadSpreadKind = Kind{"WorkloadSpread", "workloadspreads", []schema.GroupVersion{v1beta1.GroupVersion, v1alpha1.GroupVersion}}

	PodUnavailableBudgetKind = Kind{"PodUnavailableBudget", "podunavailablebudgets",
		[]schema.GroupVersion{policyv1beta1.GroupVersion, policyv1alpha1.GroupVersion}}

	PersistentPodStateKind = Kind{"PersistentPodState", "persistentpodstates", []schema.GroupVersion{v1beta1.GroupVersion, v1alpha1.GroupVersion}}

	PodProbeMarkerKind = Kind{"PodProbeMarker", "podprobemarkers", []schema.GroupVersion{v1alpha1.GroupVersion}}
)

// Kinds says which namespaced kinds a view is to know. The zero value is none.
type Kinds struct {
	WorkloadSpreads, PodUnavailableBudgets, PersistentPodStates, PodProbeMarkers bool
}
