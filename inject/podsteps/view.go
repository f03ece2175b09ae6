package podsteps

import (
	"context"
	"encoding/json"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	policyv1beta1 "github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
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

// Workloads reads the owners of pods.
type Workloads interface {
	// Workload returns the JSON of an object: nil when there is none of that name. An error means "cannot tell".
	Workload(ctx context.Context, kind schema.GroupVersionKind, namespace, name string) (json.RawMessage, error)
}

// WorkloadSpreads chooses subsets of WorkloadSpreads for new pods.
type WorkloadSpreads interface {
	// Mutate returns what the chosen subset changes in the pod, as operations against raw, from which pod is decoded; neither is changed.
	// An error of type [inject.Refusal] refuses the pod.
	Mutate(ctx context.Context, request *admissionv1.AdmissionRequest, pod *corev1.Pod, raw []byte) ([]decision.Operation, error)
	// Release gives back the place of a pod that is not created after all. pod is what Mutate made of it.
	Release(ctx context.Context, request *admissionv1.AdmissionRequest, pod *corev1.Pod) error
}
