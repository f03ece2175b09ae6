package validate_test

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// hardened makes the valid SidecarSet one that needs no advice.
func hardened(s *v1beta1.SidecarSet) {
	limited(s)
	s.Spec.Containers[0].SecurityContext = &corev1.SecurityContext{
		AllowPrivilegeEscalation: ptr.To(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}}
}

// probing is a defaulted probe, by TCP if a host is given for that.
func probing(httpHost, tcpHost string) *corev1.Probe {
	probe := &corev1.Probe{TimeoutSeconds: 1, PeriodSeconds: 10, SuccessThreshold: 1, FailureThreshold: 3}
	if tcpHost != "" {
		probe.TCPSocket = &corev1.TCPSocketAction{Host: tcpHost, Port: intstr.FromInt32(80)}
	} else {
		probe.HTTPGet = &corev1.HTTPGetAction{Host: httpHost, Path: "/", Port: intstr.FromInt32(80), Scheme: corev1.URISchemeHTTP}
	}
	return probe
}

// TestSidecarSetWarnings checks that each piece of advice is given where it is due, and none to a SidecarSet without fault.
func TestSidecarSetWarnings(t *testing.T) {
	transfer := func(variable v1beta1.TransferEnvVar) func(*v1beta1.SidecarSet) {
		return first(func(c *v1beta1.SidecarContainer) { c.TransferEnv = []v1beta1.TransferEnvVar{variable} })
	}
	for _, c := range []struct {
		name   string
		change func(*v1beta1.SidecarSet)
		want   string // part of the only warning; empty: no warning
	}{
		{"nothing to say", asIs, ""},
		{"no resources", first(func(c *v1beta1.SidecarContainer) { c.Resources = corev1.ResourceRequirements{} }), "ResourceQuota"},
		{"resources are computed", first(func(c *v1beta1.SidecarContainer) {
			c.Resources, c.ResourcesPolicy = corev1.ResourceRequirements{}, policyWith(".*", &v1beta1.ResourceExprs{CPU: "cpu"}, nil)
		}), ""},
		{"privileged", first(func(c *v1beta1.SidecarContainer) {
			c.SecurityContext = &corev1.SecurityContext{Privileged: ptr.To(true)}
		}), "baseline forbids test-sidecar"},
		{"added capability", first(func(c *v1beta1.SidecarContainer) {
			c.SecurityContext.Capabilities.Add = []corev1.Capability{"NET_ADMIN"}
		}), "baseline"},
		{"harmless capability", first(func(c *v1beta1.SidecarContainer) {
			c.SecurityContext.Capabilities.Add = []corev1.Capability{"NET_BIND_SERVICE"}
		}), ""},
		{"host port", first(func(c *v1beta1.SidecarContainer) { c.Ports = []corev1.ContainerPort{{ContainerPort: 80, HostPort: 80}} }), "baseline"},
		{"a probe of another host", first(func(c *v1beta1.SidecarContainer) { c.LivenessProbe = probing("10.0.0.1", "") }), "spec.containers[0].livenessProbe.httpGet.host: remove it"},
		{"a probe of another host by TCP", first(func(c *v1beta1.SidecarContainer) { c.ReadinessProbe = probing("", "localhost") }), "spec.containers[0].readinessProbe.tcpSocket.host"},
		{"a startup probe of another host", first(func(c *v1beta1.SidecarContainer) {
			c.StartupProbe = probing("10.0.0.1", "")
			c.StartupProbe.SuccessThreshold = 1
		}), "spec.containers[0].startupProbe.httpGet.host"},
		{"a probe of the pod", first(func(c *v1beta1.SidecarContainer) { c.ReadinessProbe = probing("", "") }), ""},
		{"a hook that calls another host", first(func(c *v1beta1.SidecarContainer) {
			c.Lifecycle = &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{HTTPGet: probing("169.254.169.254", "").HTTPGet}}
		}), "spec.containers[0].lifecycle.preStop.httpGet.host"},
		{"a hook after the start that calls another host", first(func(c *v1beta1.SidecarContainer) {
			c.Lifecycle = &corev1.Lifecycle{PostStart: &corev1.LifecycleHandler{HTTPGet: probing("169.254.169.254", "").HTTPGet}}
		}), "spec.containers[0].lifecycle.postStart.httpGet.host"},
		{"no security context", first(func(c *v1beta1.SidecarContainer) { c.SecurityContext = nil }), "restricted wants"},
		{"unused volume", volume("spare", corev1.VolumeSource{}), `no container of the SidecarSet mounts "spare"`},
		{"unknown update type", strategy(func(u *v1beta1.SidecarSetUpdateStrategy) { u.Type = "Foo" }), `"Foo" is unknown`},
		{"no pod is ever updated", maxUnavailable(intstr.FromInt32(0)), "no pod is ever updated"},
		{"unknown upgrade type", first(func(c *v1beta1.SidecarContainer) { c.UpgradeStrategy.UpgradeType = "Warm" }), "treated as ColdUpgrade"},
		{"transfer without name", transfer(v1beta1.TransferEnvVar{SourceContainerName: "app"}), "set envName or envNames"},
		{"transfer without source", transfer(v1beta1.TransferEnvVar{EnvName: "E"}), "set sourceContainerName"},
		{"transfer with an empty source", transfer(v1beta1.TransferEnvVar{EnvName: "E", SourceContainerNameFrom: &v1beta1.SourceContainerNameSource{}}), "set sourceContainerName"},
		{"transfer", transfer(v1beta1.TransferEnvVar{EnvName: "E", SourceContainerName: "app"}), ""},
		{"annotations without whitelist", writes("Retain", "k", "v"), "no whitelist applies"},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer := sidecarSetCase{change: all(hardened, c.change)}.review(t)
			if !answer.Allowed {
				t.Fatalf("refused: %s", answer.Message)
			}
			switch {
			case c.want == "" && len(answer.Warnings) > 0:
				t.Errorf("unexpected warnings: %q", answer.Warnings)
			case c.want != "" && (len(answer.Warnings) != 1 || !strings.Contains(answer.Warnings[0], c.want)):
				t.Errorf("warnings: %q, want one with %q", answer.Warnings, c.want)
			}
			for _, warning := range answer.Warnings {
				if len(warning) > 256 {
					t.Errorf("the API server cuts this warning at 256 characters: %q", warning)
				}
			}
		})
	}
}

func TestSidecarSetPartialWithoutPercentageWarns(t *testing.T) {
	c := sidecarSetCase{change: all(hardened, pinned(ptr.To("mine"), nil, "Partial"))}
	c.revisions = append(c.revisions, revision("mine", "test-sidecarset", "", 1, goodData))
	if answer := c.review(t); !answer.Allowed || len(answer.Warnings) != 1 || !strings.Contains(answer.Warnings[0], "percentage") {
		t.Errorf("allowed %t, warnings %q", answer.Allowed, answer.Warnings)
	}
	c.change = all(c.change, partition(intstr.FromString("30%")))
	if answer := c.review(t); !answer.Allowed || len(answer.Warnings) != 0 {
		t.Errorf("allowed %t, warnings %q", answer.Allowed, answer.Warnings)
	}
}

func TestSidecarSetInitContainerWarnings(t *testing.T) {
	container := plainInit("i")
	container.Resources, container.PodInjectPolicy = validSidecarSet(hardened).Spec.Containers[0].Resources, "Middle"
	container.SecurityContext = validSidecarSet(hardened).Spec.Containers[0].SecurityContext
	container.TransferEnv = []v1beta1.TransferEnvVar{{EnvName: "E", SourceContainerNameFrom: &v1beta1.SourceContainerNameSource{
		FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: "metadata.name"}}}}
	answer := sidecarSetCase{change: all(hardened, inits(container))}.review(t)
	if !answer.Allowed || len(answer.Warnings) != 2 ||
		!strings.Contains(answer.Warnings[0], `"Middle" is unknown`) || !strings.Contains(answer.Warnings[1], "copies nothing") {
		t.Errorf("allowed %t, warnings %q", answer.Allowed, answer.Warnings)
	}
}

// TestSidecarSetKnownFaultsAreWarnings checks that an update is not refused for what was there before.
func TestSidecarSetKnownFaultsAreWarnings(t *testing.T) {
	answer := sidecarSetCase{change: hot(""), before: hot("")}.review(t)
	known := func(warning string) bool { return strings.Contains(warning, "already so before this update") }
	if !answer.Allowed || !slices.ContainsFunc(answer.Warnings, known) {
		t.Errorf("allowed %t, warnings %q", answer.Allowed, answer.Warnings)
	}
}

// TestSidecarSetV1alpha1 checks that errors and warnings name the fields of the version that was sent.
func TestSidecarSetV1alpha1(t *testing.T) {
	set := func(change func(*v1alpha1.SidecarSet)) *v1alpha1.SidecarSet {
		valid := validSidecarSet(hardened, first(func(c *v1beta1.SidecarContainer) {
			c.PodInjectPolicy, c.ShareVolumePolicy.Type, c.ImagePullPolicy, c.TerminationMessagePolicy = "BeforeAppContainer", "disabled", "Always", "File"
		}))
		old := &v1alpha1.SidecarSet{ObjectMeta: valid.ObjectMeta,
			Spec: v1alpha1.SidecarSetSpec{Selector: valid.Spec.Selector, Containers: valid.Spec.Containers}}
		change(old)
		return old
	}
	other := func(change func(*v1beta1.SidecarSet)) *v1beta1.SidecarSet {
		return validSidecarSet(named("other"), change)
	}
	byName := func(namespace string) func(*v1beta1.SidecarSet) {
		return func(s *v1beta1.SidecarSet) { s.Spec.NamespaceSelector = labelled(corev1.LabelMetadataName, namespace) }
	}
	for _, c := range []struct {
		name   string
		change func(*v1alpha1.SidecarSet)
		other  *v1beta1.SidecarSet
		want   string // the causes, joined
		warn   string
	}{
		{name: "plain", change: func(*v1alpha1.SidecarSet) {}},
		{name: "namespace", change: func(s *v1alpha1.SidecarSet) { s.Spec.Namespace = "ns1" }},
		{name: "namespace that is no label value", change: func(s *v1alpha1.SidecarSet) { s.Spec.Namespace = "vv shop" }, want: "Invalid spec.namespace"},
		{name: "7 namespace and selector", change: func(s *v1alpha1.SidecarSet) {
			s.Spec.Namespace, s.Spec.NamespaceSelector = "ns1", labelled("a", "b")
		}, warn: "spec.namespaceSelector is ignored"},
		{name: "8 namespace and broken selector", change: func(s *v1alpha1.SidecarSet) {
			s.Spec.Namespace, s.Spec.NamespaceSelector = "ns1", &metav1.LabelSelector{}
		}, warn: "spec.namespaceSelector is ignored"},
		{name: "broken selector alone", change: func(s *v1alpha1.SidecarSet) { s.Spec.NamespaceSelector = &metav1.LabelSelector{} }, want: "Invalid spec.namespaceSelector"},
		{name: "conflict in the namespace", change: func(s *v1alpha1.SidecarSet) { s.Spec.Namespace = "ns1" }, other: other(byName("ns1")), want: "Invalid spec.containers[0].name"},
		{name: "other namespace", change: func(s *v1alpha1.SidecarSet) { s.Spec.Namespace = "ns1" }, other: other(byName("ns2"))},
	} {
		t.Run(c.name, func(t *testing.T) {
			var others []*v1beta1.SidecarSet
			if c.other != nil {
				others = append(others, c.other)
			}
			answer := v1alpha1Review(t, set(c.change), others...)
			if got := strings.Join(causes(answer), ", "); got != c.want {
				t.Errorf("causes %q, want %q", got, c.want)
			}
			if got := strings.Join(answer.Warnings, "\n"); (c.warn == "") != (got == "") || !strings.Contains(got, c.warn) {
				t.Errorf("warnings %q, want %q", got, c.warn)
			}
		})
	}
}
