package budget

import (
	"bytes"
	"context"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/wire"
	"github.com/kruise-admission/kruise-admission/decision"
)

// subject is the pod that a request is about, and what happens to it (spec 2.3).
type subject struct {
	pod       *corev1.Pod
	operation v1beta1.PubOperation
	dryRun    bool
}

// subjectOf reads a request. Without a result the decision or the error is the answer.
func (r *Reviewer) subjectOf(ctx context.Context, request *admissionv1.AdmissionRequest) (*subject, decision.Decision, error) {
	if request.Resource.Group != "" || request.Resource.Resource != "pods" {
		return nil, decision.Allow(), nil
	}
	switch {
	case request.Operation == admissionv1.Delete && request.SubResource == "" && r.options.Deletes:
		return deletion(request)
	case request.Operation == admissionv1.Create && request.SubResource == "eviction" && r.options.Deletes:
		return r.eviction(ctx, request)
	case request.Operation == admissionv1.Update && (request.SubResource == "" || request.SubResource == "resize") && r.options.Updates:
		return update(request)
	default:
		return nil, decision.Allow(), nil
	}
}

func deletion(request *admissionv1.AdmissionRequest) (*subject, decision.Decision, error) {
	if isAbsent(request.OldObject.Raw) { // as API servers before 1.16 send it
		return nil, decision.Allow(), nil
	}
	pod, err := readPod(request.OldObject.Raw)
	if err != nil {
		return nil, decision.Malformed("old object: " + err.Error()), nil
	}
	return &subject{pod: pod, operation: v1beta1.PubDeleteOperation, dryRun: wire.IsDryRun(request)}, decision.Decision{}, nil
}

// eviction reads the pod from the API server: the request carries no more than its name.
func (r *Reviewer) eviction(ctx context.Context, request *admissionv1.AdmissionRequest) (*subject, decision.Decision, error) {
	if err := wire.CheckMetadata(request.Object.Raw); err != nil {
		return nil, decision.Malformed("the Eviction cannot be decoded: " + err.Error()), nil
	}
	if err := json.UnmarshalCaseSensitivePreserveInts(request.Object.Raw, &policyv1.Eviction{}); err != nil {
		return nil, decision.Malformed("the Eviction cannot be decoded: " + err.Error()), nil
	}
	// The name is part of the URL, which the API server repeats in the request.
	pod, err := r.options.Pods.Pod(ctx, request.Namespace, request.Name)
	if err != nil {
		return nil, decision.Decision{}, decision.CannotTell("whether a PodUnavailableBudget protects pod %q: %w", request.Name, err)
	}
	if pod == nil {
		return nil, decision.Allow(), nil
	}
	return &subject{pod: pod, operation: v1beta1.PubEvictOperation, dryRun: wire.IsDryRun(request)}, decision.Decision{}, nil
}

func update(request *admissionv1.AdmissionRequest) (*subject, decision.Decision, error) {
	pod, err := readPod(request.Object.Raw)
	if err != nil {
		return nil, decision.Malformed(err.Error()), nil
	}
	old, err := readPod(request.OldObject.Raw)
	if err != nil {
		return nil, decision.Malformed("old object: " + err.Error()), nil
	}
	operation := v1beta1.PubUpdateOperation
	switch {
	case harmless(old, pod):
		return nil, decision.Allow(), nil
	case resizesInPlace(old, pod):
		operation = v1beta1.PubResizeOperation
	}
	return &subject{pod: old, operation: operation, dryRun: wire.IsDryRun(request)}, decision.Decision{}, nil
}

func readPod(raw []byte) (*corev1.Pod, error) {
	pod := &corev1.Pod{}
	return pod, wire.Decode(raw, corev1.SchemeGroupVersion.WithKind("Pod"), pod)
}

func isAbsent(raw []byte) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) == 0 || bytes.Equal(raw, []byte("null"))
}
