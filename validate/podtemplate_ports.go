package validate

// Which container ports are valid, and which host ports clash.

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (c *podChecker) ports(ports []corev1.ContainerPort, path *field.Path) {
	names := map[string]bool{}
	for i, port := range ports {
		at := path.Index(i)
		if port.Name != "" {
			if messages := validation.IsValidPortName(port.Name); len(messages) > 0 {
				c.invalid(at.Child("name"), port.Name, messages...)
			} else if names[port.Name] {
				c.add(field.Duplicate(at.Child("name"), port.Name))
			}
			names[port.Name] = true
		}
		if port.ContainerPort == 0 {
			c.required(at.Child("containerPort"), "1 to 65535")
		} else {
			c.invalid(at.Child("containerPort"), port.ContainerPort, validation.IsValidPortNum(int(port.ContainerPort))...)
		}
		if port.HostPort != 0 {
			c.invalid(at.Child("hostPort"), port.HostPort, validation.IsValidPortNum(int(port.HostPort))...)
		}
		oneOf(c, at.Child("protocol"), port.Protocol, corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP)
	}
}

// hostPortsOnce refuses the same port of the node twice in containers that run side by side.
func (c *podChecker) hostPortsOnce(containers []corev1.Container, path *field.Path) {
	taken := map[string]bool{}
	for i := range containers {
		c.hostPortsOnceAt(containers[i].Ports, path.Index(i).Child("ports"), taken)
	}
}

func (c *podChecker) hostPortsOnceAt(ports []corev1.ContainerPort, path *field.Path, taken map[string]bool) {
	for i, port := range ports {
		if port.HostPort == 0 {
			continue
		}
		protocol := port.Protocol
		if protocol == "" {
			protocol = corev1.ProtocolTCP
		}
		key := fmt.Sprintf("%s/%s/%d", protocol, port.HostIP, port.HostPort)
		if taken[key] {
			c.add(field.Duplicate(path.Index(i).Child("hostPort"), key))
		}
		taken[key] = true
	}
}

// hostNetworkPorts refuses to map a port in a pod that has the node's network: there is nothing to map.
func (c *podChecker) hostNetworkPorts(containers []corev1.Container, path *field.Path) {
	for i := range containers {
		for j, port := range containers[i].Ports {
			if port.HostPort != 0 && port.HostPort != port.ContainerPort {
				c.invalid(path.Index(i).Child("ports").Index(j).Child("hostPort"), port.HostPort,
					"with hostNetwork it must be absent or equal to containerPort")
			}
		}
	}
}
