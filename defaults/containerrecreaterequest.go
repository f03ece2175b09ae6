package defaults

// What admission writes into a ContainerRecreateRequest, and what it refuses there (spec/validate-containerrecreaterequest.md):
// the two are one, because most of what is written is read from the pod, and the pod must have it. OpenKruise serves no
// validating webhook for the kind, so there is no other place. Both versions have the same spec.

import (
	"context"
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

// The label that marks virtual nodes and, with the same value, the requests for their pods: another daemon carries those out.
const (
	nodeTypeLabel      = "type"
	virtualKubeletType = "virtual-kubelet"
)

// ContainerRecreateRequest completes ContainerRecreateRequests of both versions on CREATE, refuses those that cannot be carried out, and keeps
// them from being changed on UPDATE. It implements [decision.Reviewer] for /mutate-apps-kruise-io-containerrecreaterequest.
//
// Refusals are 422, and tell all faults at once; those of OpenKruise are 400 or 403, and tell the first.
type ContainerRecreateRequest struct {
	// Pods reads the pod and its node. Nil: there is no cluster, and requests are allowed as far as they can be judged alone.
	Pods RunningPods
	// GateOff names the feature gate that the kind needs and that is off: nothing would carry requests out, and new ones are refused. OpenKruise
	// refuses updates as well, so that what is stored cannot even lose its finalizers. Empty: it is on.
	GateOff string
}

// RunningPods reads pods and nodes from the cluster as they are now. An error means "cannot tell", and names what could not be read.
type RunningPods interface {
	// Pod returns a pod, nil if there is none.
	Pod(ctx context.Context, namespace, name string) (*corev1.Pod, error)
	// Node returns the metadata of a node, nil if there is none.
	Node(ctx context.Context, name string) (*metav1.ObjectMeta, error)
}

// Review implements [decision.Reviewer].
func (r ContainerRecreateRequest) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	sent, err := readRecreateRequest(request.Resource.Version, request.Object.Raw)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}
	if request.Operation == admissionv1.Update {
		old, err := readRecreateRequest(request.Resource.Version, request.OldObject.Raw)
		if err != nil {
			return decision.Malformed("old object: " + err.Error()), nil
		}
		return decision.Invalid(recreateRequestUpdate(sent, old)), nil
	}
	if r.GateOff != "" {
		return decision.Forbid("nothing would recreate the containers: the feature gate " + r.GateOff + " is off; set it in --feature-gates"), nil
	}
	errs := recreateRequestSpec(&sent.Spec)
	if r.Pods == nil || sent.Spec.PodName == "" {
		answer := decision.Invalid(errs)
		if r.Pods == nil && answer.Allowed {
			answer.Warn("the pod was not looked at, because there is no cluster: the request lacks what is copied from it")
		}
		return answer, nil
	}
	return r.complete(ctx, request, sent, errs)
}

// complete copies what the request needs from the pod, given the faults that it has alone.
func (r ContainerRecreateRequest) complete(
	ctx context.Context, request *admissionv1.AdmissionRequest, sent *recreateRequest, errs field.ErrorList,
) (decision.Decision, error) {
	pod, err := r.Pods.Pod(ctx, sent.Namespace, sent.Spec.PodName)
	if err != nil {
		return decision.Decision{}, decision.CannotTell("whether containers of the pod can be recreated: %w", err)
	}
	if fault := podCannotRecreate(pod, sent); fault != nil {
		return decision.Invalid(append(errs, fault)), nil
	}
	node, err := r.Pods.Node(ctx, pod.Spec.NodeName)
	if err != nil {
		return decision.Decision{}, decision.CannotTell("whether containers of the pod can be recreated: %w", err)
	}
	if node == nil {
		errs = append(errs, field.Invalid(podNamePath, sent.Spec.PodName, fmt.Sprintf("is on node %q, which does not exist", pod.Spec.NodeName)))
	}
	if errs = append(errs, containersCannotRecreate(pod, &sent.Spec)...); len(errs) > 0 {
		return decision.Invalid(errs), nil
	}
	doc, err := openDocument(request.Object.Raw)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}
	fillRecreateRequest(doc.object, pod, node)
	answer, err := doc.decision("ContainerRecreateRequest", request.Name)
	if err != nil {
		return decision.Decision{}, err
	}
	for _, container := range sent.Spec.Containers {
		if hook := preStop(pod, container.Name); hook != nil && hook.Sleep != nil {
			answer.Warn(fmt.Sprintf("container %q has a preStop hook that sleeps: it is not run when the container is recreated", container.Name))
		}
	}
	return answer, nil
}

// fillRecreateRequest writes what the pod and the node say. Labels are overwritten: the daemon of the node finds its requests by them.
func fillRecreateRequest(request *object, pod *corev1.Pod, node *metav1.ObjectMeta) {
	labels := request.object("metadata").object("labels")
	labels.set(v1beta1.ContainerRecreateRequestActiveKey, "true")
	labels.set(v1beta1.ContainerRecreateRequestNodeNameKey, pod.Spec.NodeName)
	labels.set(v1beta1.ContainerRecreateRequestPodUIDKey, string(pod.UID))
	if node.Labels[nodeTypeLabel] == virtualKubeletType {
		labels.set(nodeTypeLabel, virtualKubeletType)
	}
	spec := request.object("spec")
	strategy := spec.object("strategy")
	strategy.fill("failurePolicy", string(v1beta1.FailContainerRecreateRequestFailurePolicyType))
	if seconds := pod.Spec.TerminationGracePeriodSeconds; seconds != nil {
		strategy.fillAbsent("terminationGracePeriodSeconds", *seconds)
	}
	for _, container := range spec.objects("containers") {
		fillRecreateContainer(container, pod)
	}
}

func fillRecreateContainer(container *object, pod *corev1.Pod) {
	name := container.text("name")
	if hook := preStop(pod, name); hook != nil {
		container.fillAbsent("preStop", v1beta1.ContainerRecreateRequestHandler{Exec: hook.Exec, HTTPGet: hook.HTTPGet, TCPSocket: hook.TCPSocket})
		if hook.HTTPGet != nil {
			container.fillAbsent("ports", containerOf(pod, name).Ports)
		}
	}
	if status := containerStatusOf(pod, name); status != nil {
		container.fillAbsent("statusContext", v1beta1.ContainerRecreateRequestContainerContext{
			ContainerID: status.ContainerID, RestartCount: status.RestartCount,
		})
	}
}

// recreateRequest is a ContainerRecreateRequest as the rules see it: metadata as it was sent, which conversion changes, and the spec of
// v1beta1.
type recreateRequest struct {
	metav1.ObjectMeta
	alpha bool
	Spec  v1beta1.ContainerRecreateRequestSpec
}

// readRecreateRequest reads a ContainerRecreateRequest of the version that the request names. Errors are for the user.
func readRecreateRequest(version string, raw []byte) (*recreateRequest, error) {
	var alpha v1alpha1.ContainerRecreateRequest
	var beta v1beta1.ContainerRecreateRequest
	if err := decode("ContainerRecreateRequest", version, raw, &alpha, &beta); err != nil {
		return nil, err
	}
	if version != v1alpha1.GroupVersion.Version {
		return &recreateRequest{ObjectMeta: beta.ObjectMeta, Spec: beta.Spec}, nil
	}
	err := alpha.ConvertTo(&beta)
	return &recreateRequest{ObjectMeta: alpha.ObjectMeta, alpha: true, Spec: beta.Spec}, err
}
