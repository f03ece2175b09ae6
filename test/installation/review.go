package installation

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/internal/recorded"
)

// AskEveryReplica asks each running replica about the creation of a pod in its namespace, by itself and as a dry run, and returns the
// first error of check about what one of them makes of the pod.
//
// Replicas learn of objects by watches of their own. What the API server is told says nothing about the others: calls one after the
// other use one connection, and so ask one replica.
func (i *Installation) AskEveryReplica(ctx context.Context, pod *corev1.Pod, check func(*corev1.Pod) error) error {
	asked := 0
	for _, replica := range i.Replicas() {
		select {
		case <-replica.process.Exited():
			continue
		default:
		}
		asked++
		decided, err := replica.create(ctx, pod)
		if err == nil {
			err = check(decided)
		}
		if err != nil {
			return fmt.Errorf("the replica at %s: %w", replica.Address(), err)
		}
	}
	if asked == 0 {
		return errors.New("no replica runs")
	}
	return nil
}

// reviewers calls replicas. Who answers is the question of test/certs.
var reviewers = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}

// create sends the review of a creation to this replica and applies the patch in its answer.
func (r *Replica) create(ctx context.Context, pod *corev1.Pod) (*corev1.Pod, error) {
	pod = pod.DeepCopy()
	pod.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}
	object, err := json.Marshal(pod)
	if err != nil {
		return nil, err
	}
	dryRun := true
	review, err := json.Marshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"},
		Request: &admissionv1.AdmissionRequest{
			UID: "test", Operation: admissionv1.Create, Namespace: pod.Namespace, Name: pod.Name, DryRun: &dryRun,
			Kind:     metav1.GroupVersionKind{Version: "v1", Kind: "Pod"},
			Resource: metav1.GroupVersionResource{Version: "v1", Resource: "pods"},
			UserInfo: authenticationv1.UserInfo{Username: "test"},
			Object:   runtime.RawExtension{Raw: object},
		},
	})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+r.Address()+"/mutate-pod", bytes.NewReader(review))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := reviewers.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	var answer admissionv1.AdmissionReview
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("HTTP %d", response.StatusCode)
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, err
	}
	if answer.Response == nil || !answer.Response.Allowed {
		return nil, fmt.Errorf("the pod is not allowed: %v", answer.Response)
	}
	if len(answer.Response.Patch) == 0 {
		return pod, nil
	}
	var operations []decision.Operation
	if err := json.Unmarshal(answer.Response.Patch, &operations); err != nil {
		return nil, err
	}
	if object, err = recorded.Patched(object, operations); err != nil {
		return nil, err
	}
	decided := &corev1.Pod{}
	return decided, json.Unmarshal(object, decided)
}
