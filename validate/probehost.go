package validate

// Probes and hooks that leave their pod. The kubelet, or OpenKruise's daemon, sends them from the network of the node, which reaches what no
// pod does: the metadata of the cloud, the API of the kubelet, whatever listens on the loopback interface. Pod Security level baseline
// forbids such hosts since Kubernetes 1.34.

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// foreignHosts reports the hosts of a probe or hook; path is its own.
func foreignHosts(httpGet *corev1.HTTPGetAction, tcpSocket *corev1.TCPSocketAction, path *field.Path) field.ErrorList {
	const remedy = "must not be set: the request would be sent there from the network of the node; without it, it goes to the pod"
	var errs field.ErrorList
	if httpGet != nil && httpGet.Host != "" {
		errs = append(errs, field.Invalid(path.Child("httpGet", "host"), httpGet.Host, remedy+"; to send a Host header, set it in httpHeaders"))
	}
	if tcpSocket != nil && tcpSocket.Host != "" {
		errs = append(errs, field.Invalid(path.Child("tcpSocket", "host"), tcpSocket.Host, remedy))
	}
	return errs
}

// foreignHostsOf reports the hosts of all probes and hooks of a container.
func foreignHostsOf(container *corev1.Container, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, probe := range []struct {
		member string
		probe  *corev1.Probe
	}{
		{"livenessProbe", container.LivenessProbe}, {"readinessProbe", container.ReadinessProbe}, {"startupProbe", container.StartupProbe},
	} {
		if probe.probe != nil {
			errs = append(errs, foreignHosts(probe.probe.HTTPGet, probe.probe.TCPSocket, path.Child(probe.member))...)
		}
	}
	if lifecycle := container.Lifecycle; lifecycle != nil {
		for _, hook := range []struct {
			member string
			hook   *corev1.LifecycleHandler
		}{{"postStart", lifecycle.PostStart}, {"preStop", lifecycle.PreStop}} {
			if hook.hook != nil {
				errs = append(errs, foreignHosts(hook.hook.HTTPGet, hook.hook.TCPSocket, path.Child("lifecycle", hook.member))...)
			}
		}
	}
	return errs
}
