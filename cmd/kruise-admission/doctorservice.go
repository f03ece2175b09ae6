package main

// Whether the Service is there, and has replicas behind it.

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

func (d *doctor) checkService(ctx context.Context) []check {
	name := d.serverNamespace + "/" + d.service
	service, err := d.client.CoreV1().Services(d.serverNamespace).Get(ctx, d.service, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return []check{isWrong("install the server (docs/install.md), or say where it is: --server-namespace, --service-name", "there is no Service %s", name)}
	case err != nil:
		return []check{notTold("Service "+name, err)}
	case service.Spec.Type == corev1.ServiceTypeExternalName:
		return []check{isOK("Service %s leads to %s, which is not looked into", name, service.Spec.ExternalName)}
	}
	slices, err := d.client.DiscoveryV1().EndpointSlices(d.serverNamespace).List(ctx, metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=" + d.service})
	if err != nil {
		return []check{notTold("the endpoints of Service "+name, err)}
	}
	ready, others := 0, 0
	for i := range slices.Items {
		for _, endpoint := range slices.Items[i].Endpoints {
			if endpoint.Conditions.Ready == nil || *endpoint.Conditions.Ready {
				ready++
			} else {
				others++
			}
		}
	}
	if ready > 0 {
		return []check{isOK("Service %s has %s", name, count(ready, "ready replica", "ready replicas"))}
	}
	return []check{d.withoutEndpoints(ctx, service, others)}
}

// withoutEndpoints says why a Service has no ready endpoint.
func (d *doctor) withoutEndpoints(ctx context.Context, service *corev1.Service, unready int) check {
	what := fmt.Sprintf("no replica behind Service %s/%s is ready", service.Namespace, service.Name)
	if len(service.Spec.Selector) == 0 {
		return isWrong("give the Service its selector (deploy/manifests/20-service.yaml)", "%s: it has no selector", what)
	}
	selector := labels.SelectorFromSet(service.Spec.Selector).String()
	pods, err := d.client.CoreV1().Pods(service.Namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	switch {
	case err != nil:
		return isWrong("see why the pods of the Deployment are not ready", "%s", what)
	case len(pods.Items) == 0:
		return isWrong("see whether the Deployment has replicas and may create pods (quota, Pod Security), and whether the labels of its pods are those of the selector",
			"%s: there is no pod with the labels %s", what, selector)
	}
	var states []string
	for i := range pods.Items {
		states = append(states, pods.Items[i].Name+" "+podState(&pods.Items[i]))
	}
	return isWrong("kubectl -n "+service.Namespace+" describe pods, and kubectl logs; /readyz says what a replica waits for",
		"%s: %s; %s", what, count(unready, "endpoint is not ready", "endpoints are not ready"), strings.Join(states, ", "))
}

// podState is the state of a pod, or of the first of its containers that waits.
func podState(pod *corev1.Pod) string {
	for _, container := range pod.Status.ContainerStatuses {
		if waiting := container.State.Waiting; waiting != nil && waiting.Reason != "" {
			return waiting.Reason
		}
	}
	for _, condition := range pod.Status.Conditions {
		if condition.Status == corev1.ConditionFalse && condition.Reason != "" {
			return fmt.Sprintf("%s (%s)", pod.Status.Phase, condition.Reason)
		}
	}
	return string(pod.Status.Phase)
}
