package podsteps

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	policyv1beta1 "github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
)

// View is what the steps ask of the cluster; a cluster.View satisfies it. What it returns is not changed. The lists are those of one
// namespace, sorted by name.
type View interface {
	WorkloadSpreads(namespace string) []*v1beta1.WorkloadSpread
	PodUnavailableBudgets(namespace string) []*policyv1beta1.PodUnavailableBudget
	PersistentPodStates(namespace string) []*v1beta1.PersistentPodState
	PodProbeMarkers(namespace string) []*v1alpha1.PodProbeMarker
	// Setting returns the value of a key of the settings ConfigMap.
	Setting(key string) (value string, ok bool)
}

// ReplicaSets looks ReplicaSets up in the cluster.
type ReplicaSets interface {
	// Controller returns the controller of a ReplicaSet: nil when it has none, or is not there. An error means "cannot tell".
	Controller(ctx context.Context, namespace, name string) (*metav1.OwnerReference, error)
}
