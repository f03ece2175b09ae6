package workloadspread

// The pods that go: those that are deleted or evicted, and those that are not created after all.

import (
	"context"
	"fmt"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/wire"
	"github.com/kruise-admission/kruise-admission/api/workloadspread"
	"github.com/kruise-admission/kruise-admission/decision"
)

// Pods reads pods.
type Pods interface {
	// Pod returns the pod as the API server has it now, nil when there is none. An error means "cannot tell".
	Pod(ctx context.Context, namespace, name string) (*corev1.Pod, error)
}

// Leaving makes room in the subsets of pods that are deleted or evicted. It implements [decision.Reviewer] for DELETE of pods and CREATE of
// pods/eviction, and always allows: what could not be counted is a warning, and OpenKruise's controller counts it. Ask it last, when nothing
// else keeps the pod.
type Leaving struct {
	// Ledger counts pods. Required.
	Ledger Ledger
	// Pods reads the pods that are evicted. Required.
	Pods Pods
	// Now is the time that is written beside the name of a pod. Required.
	Now func() time.Time
}

// Review implements [decision.Reviewer].
func (l Leaving) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	answer := decision.Allow()
	if err := l.count(ctx, request); err != nil {
		answer.Warn(fmt.Sprintf("the WorkloadSpread of the pod was not told that it goes, and may find out later: %v", err))
	}
	return answer, nil
}

// count makes room for another pod, if the one that goes is counted.
func (l Leaving) count(ctx context.Context, request *admissionv1.AdmissionRequest) error {
	pod, err := l.pod(ctx, request)
	if err != nil || pod == nil || !isActive(pod) || metav1.GetControllerOf(pod) == nil {
		return err
	}
	matched, ok := workloadspread.MatchedOf(pod.Annotations)
	if !ok {
		return nil
	}
	return l.Ledger.Take(ctx, request.Namespace, matched.Name, func(spread *v1beta1.WorkloadSpread) (map[string]any, error) {
		if spread == nil {
			return nil, nil
		}
		if _, free := freeOfCounting(spread, pod.Name); free {
			return nil, nil
		}
		b := open(spread, versionOf(pod))
		b.release(matched.Subset, []string{pod.Name, matched.Key(pod.Name)}, pod.Name, l.Now())
		return b.changes(), nil
	})
}

// pod is the pod that goes; nil if none does. An eviction says no more than its name.
func (l Leaving) pod(ctx context.Context, request *admissionv1.AdmissionRequest) (*corev1.Pod, error) {
	if request.Resource.Group != "" || request.Resource.Resource != "pods" || wire.IsDryRun(request) {
		return nil, nil
	}
	switch {
	case request.Operation == admissionv1.Delete && request.SubResource == "" && len(request.OldObject.Raw) > 0:
		return readable(request.OldObject.Raw), nil
	case request.Operation == admissionv1.Create && request.SubResource == "eviction":
		return l.Pods.Pod(ctx, request.Namespace, request.Name)
	default:
		return nil, nil
	}
}

// readable is the pod, or nil: what cannot be read has no place, and the rules that protect pods say what is wrong with it.
func readable(raw []byte) *corev1.Pod {
	pod := &corev1.Pod{}
	if wire.Decode(raw, corev1.SchemeGroupVersion.WithKind("Pod"), pod) != nil {
		return nil
	}
	return pod
}

// Release gives back the place of a new pod that another step of admission refuses. pod is what [Step.Mutate] made of it, with the annotation
// that says where its place is. OpenKruise leaves that to its controller, which needs a while to find out that no pod came.
func (s *Step) Release(ctx context.Context, request *admissionv1.AdmissionRequest, pod *corev1.Pod) error {
	matched, ok := workloadspread.MatchedOf(pod.Annotations)
	if !ok {
		return nil
	}
	return s.giveBack(ctx, request, pod, matched)
}

// giveBack gives back the place that a new pod has got.
func (s *Step) giveBack(ctx context.Context, request *admissionv1.AdmissionRequest, pod *corev1.Pod, matched workloadspread.Matched) error {
	if s.options.Ledger == nil || wire.IsDryRun(request) {
		return nil
	}
	return s.options.Ledger.Take(ctx, namespaceOf(request, pod), matched.Name, func(spread *v1beta1.WorkloadSpread) (map[string]any, error) {
		if spread == nil {
			return nil, nil
		}
		b := open(spread, versionOf(pod))
		b.undo(matched.Key(pod.Name))
		return b.changes(), nil
	})
}
