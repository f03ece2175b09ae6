package workloadspread

import (
	"context"
	"encoding/json"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/wire"
	"github.com/kruise-admission/kruise-admission/api/workloadspread"
	"github.com/kruise-admission/kruise-admission/decision"
)

// View is what the step asks of the cluster, answered from memory; a cluster.View satisfies it.
type View interface {
	// WorkloadSpreads lists those of a namespace, sorted by name.
	WorkloadSpreads(namespace string) []*v1beta1.WorkloadSpread
	// Setting returns the value of a key of the settings ConfigMap.
	Setting(key string) (value string, ok bool)
}

// Workloads reads the owners of pods.
type Workloads interface {
	// Workload returns the JSON of an object, nil if there is none of that name. An error is made by decision.CannotTell.
	Workload(ctx context.Context, kind schema.GroupVersionKind, namespace, name string) (json.RawMessage, error)
}

// Ledger keeps the status of WorkloadSpreads where all replicas see it.
type Ledger interface {
	// Take reads the WorkloadSpread as it is now and calls decide with it; nil means that there is none. What decide returns is merged into
	// the status, under the condition that nobody has changed the WorkloadSpread since; otherwise it starts again, until ctx ends. Nil
	// changes nothing. An error of decide ends it, and is returned; others are made by decision.CannotTell.
	Take(ctx context.Context, namespace, name string, decide func(*v1beta1.WorkloadSpread) (status map[string]any, err error)) error
}

// Options configure a [Step].
type Options struct {
	// View is the cluster. Required.
	View View
	// Workloads reads owners. Nil: there is no cluster to ask, so that only direct owners count and percentages are of nothing.
	Workloads Workloads
	// Ledger counts pods. Nil: there is no cluster to write to, and each pod is decided as the view says, as in a dry run.
	Ledger Ledger
	// Now is the time that is written beside the name of a pod. Required.
	Now func() time.Time
}

// Step puts new pods into subsets. It is safe for concurrent use.
type Step struct{ options Options }

// New makes a Step.
func New(options Options) *Step { return &Step{options: options} }

// Mutate returns what the subset that a new pod gets changes in it. pod is decoded from raw, which the operations are against; neither is
// changed. No operations: no WorkloadSpread is for the pod, none of its subsets has room, or the pod has everything already. An error means
// "cannot tell".
func (s *Step) Mutate(ctx context.Context, request *admissionv1.AdmissionRequest, pod *corev1.Pod, raw []byte) ([]decision.Operation, error) {
	if !isActive(pod) {
		return nil, nil
	}
	about := newcomer{pod: pod, namespace: namespaceOf(request, pod), request: string(request.UID)}
	spread, err := s.match(ctx, &about)
	if err != nil || spread == nil {
		return nil, err
	}
	chosen, err := s.choose(ctx, spread, &about, wire.IsDryRun(request))
	if err != nil || chosen.subset == nil {
		return nil, err
	}
	operations, err := place(raw, chosen.subset, chosen.matched)
	if err != nil {
		// The creator of a pod without a name asks again under another one, and each would take a place. Should that fail, the controller finds
		// out after a while that no pod came.
		_ = s.giveBack(ctx, request, pod, chosen.matched)
		return nil, err
	}
	return operations, nil
}

// newcomer is a pod that is being created.
type newcomer struct {
	pod       *corev1.Pod
	namespace string
	// request is the unique id of the request, which stands for a pod without a name.
	request string
}

// placed is what a pod gets.
type placed struct {
	subset  *v1beta1.WorkloadSpreadSubset // nil: nothing
	matched workloadspread.Matched
}

// isActive says whether a pod counts: it has not ended and is not being deleted.
func isActive(pod *corev1.Pod) bool {
	return pod.DeletionTimestamp == nil && pod.Status.Phase != corev1.PodSucceeded && pod.Status.Phase != corev1.PodFailed
}

func namespaceOf(request *admissionv1.AdmissionRequest, pod *corev1.Pod) string {
	if request.Namespace != "" {
		return request.Namespace
	}
	if pod.Namespace != "" {
		return pod.Namespace
	}
	return metav1.NamespaceDefault
}
