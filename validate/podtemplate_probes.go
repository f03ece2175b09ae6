package validate

// Which probes and lifecycle hooks are valid.

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// probes checks the three probes of a container.
func (c *podChecker) probes(container *corev1.Container, path *field.Path) {
	c.probe(container.LivenessProbe, c.sidecar, path.Child("livenessProbe"))
	c.probe(container.ReadinessProbe, c.sidecar, path.Child("readinessProbe"))
	c.probe(container.StartupProbe, false, path.Child("startupProbe"))

	c.succeedsOnce(container.LivenessProbe, c.sidecar, path.Child("livenessProbe"))
	c.succeedsOnce(container.StartupProbe, false, path.Child("startupProbe"))
	if probe := container.ReadinessProbe; probe != nil && probe.TerminationGracePeriodSeconds != nil {
		c.invalid(path.Child("readinessProbe", "terminationGracePeriodSeconds"), *probe.TerminationGracePeriodSeconds,
			"must not be set: a failing readiness probe does not end the container")
	}
}

// succeedsOnce refuses a successThreshold other than 1, the default, on probes that restart the container.
func (c *podChecker) succeedsOnce(probe *corev1.Probe, defaulted bool, path *field.Path) {
	if probe == nil || probe.SuccessThreshold == 1 || (probe.SuccessThreshold == 0 && !defaulted) {
		return
	}
	c.invalid(path.Child("successThreshold"), probe.SuccessThreshold, "must be 1")
}

// probe checks what holds for every probe. defaulted says that what the API server would fill in must be there.
func (c *podChecker) probe(probe *corev1.Probe, defaulted bool, path *field.Path) {
	if probe == nil {
		return
	}
	handler := probe.ProbeHandler
	c.handler(handlers{exec: handler.Exec, httpGet: handler.HTTPGet, tcpSocket: handler.TCPSocket, grpc: handler.GRPC}, defaulted, path)
	for _, number := range []struct {
		member string
		value  int32
	}{
		{"initialDelaySeconds", probe.InitialDelaySeconds},
		{"timeoutSeconds", probe.TimeoutSeconds},
		{"periodSeconds", probe.PeriodSeconds},
		{"successThreshold", probe.SuccessThreshold},
		{"failureThreshold", probe.FailureThreshold},
	} {
		if number.value < 0 {
			c.invalid(path.Child(number.member), number.value, "must be 0 or more")
		}
	}
	if seconds := probe.TerminationGracePeriodSeconds; seconds != nil && *seconds <= 0 {
		c.invalid(path.Child("terminationGracePeriodSeconds"), *seconds, "must be more than 0")
	}
}

// lifecycle checks the hooks of a container.
func (c *podChecker) lifecycle(lifecycle *corev1.Lifecycle, path *field.Path) {
	if lifecycle == nil {
		return
	}
	if hook := lifecycle.PostStart; hook != nil {
		c.handler(handlers{exec: hook.Exec, httpGet: hook.HTTPGet, tcpSocket: hook.TCPSocket, sleep: hook.Sleep}, c.sidecar, path.Child("postStart"))
	}
	if hook := lifecycle.PreStop; hook != nil {
		c.handler(handlers{exec: hook.Exec, httpGet: hook.HTTPGet, tcpSocket: hook.TCPSocket, sleep: hook.Sleep}, c.sidecar, path.Child("preStop"))
	}
}

// handlers are the ways in which a probe or hook reaches its container.
type handlers struct {
	exec      *corev1.ExecAction
	httpGet   *corev1.HTTPGetAction
	tcpSocket *corev1.TCPSocketAction
	grpc      *corev1.GRPCAction
	sleep     *corev1.SleepAction
}

// handler checks that there is exactly one way, and that it is valid.
func (c *podChecker) handler(h handlers, defaulted bool, path *field.Path) {
	found := ""
	only := func(member string, set bool) bool {
		if !set {
			return false
		}
		if found != "" {
			c.add(field.Forbidden(path.Child(member), fmt.Sprintf("only one handler may be set, and %s is: remove one of the two", found)))
			return false
		}
		found = member
		return true
	}
	if only("exec", h.exec != nil) && len(h.exec.Command) == 0 {
		c.required(path.Child("exec", "command"), "the command to run")
	}
	if only("httpGet", h.httpGet != nil) {
		c.httpGet(h.httpGet, defaulted, path.Child("httpGet"))
	}
	if only("tcpSocket", h.tcpSocket != nil) {
		c.port(h.tcpSocket.Port, path.Child("tcpSocket", "port"))
	}
	if only("grpc", h.grpc != nil) {
		c.port(intstr.FromInt32(h.grpc.Port), path.Child("grpc", "port"))
	}
	if only("sleep", h.sleep != nil) {
		c.sleep(h.sleep.Seconds, path.Child("sleep"))
	}
	if found == "" {
		c.required(path, "a handler: exec, httpGet, tcpSocket, or grpc for a probe and sleep for a hook")
	}
}

func (c *podChecker) httpGet(action *corev1.HTTPGetAction, defaulted bool, path *field.Path) {
	if action.Path == "" && defaulted {
		c.required(path.Child("path"), "such as /")
	}
	c.port(action.Port, path.Child("port"))
	if action.Scheme != "" || defaulted {
		if action.Scheme != corev1.URISchemeHTTP && action.Scheme != corev1.URISchemeHTTPS {
			c.add(field.NotSupported(path.Child("scheme"), action.Scheme, []corev1.URIScheme{corev1.URISchemeHTTP, corev1.URISchemeHTTPS}))
		}
	}
	for _, header := range action.HTTPHeaders {
		c.invalid(path.Child("httpHeaders"), header.Name, validation.IsHTTPHeaderName(header.Name)...)
	}
}

// port checks a port given by number or by the name of a container port.
func (c *podChecker) port(port intstr.IntOrString, path *field.Path) {
	if port.Type == intstr.Int {
		c.invalid(path, port.IntVal, validation.IsValidPortNum(int(port.IntVal))...)
		return
	}
	c.invalid(path, port.StrVal, validation.IsValidPortName(port.StrVal)...)
}

// sleep checks how long a hook sleeps. Zero is accepted since Kubernetes 1.32.
func (c *podChecker) sleep(seconds int64, path *field.Path) {
	if seconds < 0 || (seconds == 0 && c.sidecar) || seconds > c.gracePeriod {
		c.invalid(path, seconds, fmt.Sprintf("must be more than 0 and at most terminationGracePeriodSeconds (%d)", c.gracePeriod))
	}
}
