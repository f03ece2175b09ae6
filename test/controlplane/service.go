package controlplane

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"
)

// ServiceToLoopback creates a Service through which the API server reaches a webhook server on a loopback port, as it
// reaches one in a pod: over HTTP/1.1, expecting a certificate for <name>.<namespace>.svc. It is of type ExternalName
// and names localhost; there is no kube-proxy here that could lead a cluster IP anywhere.
//
// An ExternalName maps no ports, so the clientConfig of the webhook must name the port that the server listens on:
//
//	clientConfig: {service: {namespace: <namespace>, name: <name>, port: <port>, path: /...}, caBundle: ...}
func ServiceToLoopback(ctx context.Context, client kubernetes.Interface, namespace, name string, port int32) (*corev1.Service, error) {
	return client.CoreV1().Services(namespace).Create(ctx, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: corev1.ServiceSpec{
			Type:         corev1.ServiceTypeExternalName,
			ExternalName: "localhost",
			Ports:        []corev1.ServicePort{{Name: "https", Port: port, TargetPort: intstr.FromInt32(port), Protocol: corev1.ProtocolTCP}},
		},
	}, metav1.CreateOptions{})
}
