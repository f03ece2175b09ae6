package chart

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// TestNetworkPolicyLetsInCallsAndScrapes: nothing but the ports for them, whose names the pods have; everybody may call, because an API server
// is no pod, and pods may scrape; what is set narrows both.
func TestNetworkPolicyLetsInCallsAndScrapes(t *testing.T) {
	for name, test := range map[string]struct {
		set                       string
		callers, scrapers, egress int
	}{
		"nothing set": {"networkPolicy.enabled=true", 0, 1, 0},
		"all set": {"networkPolicy.enabled=true,networkPolicy.webhookFrom[0].ipBlock.cidr=10.0.0.0/8,networkPolicy.webhookFrom[1].ipBlock.cidr=192.0.2.0/24," +
			"networkPolicy.metricsFrom[0].podSelector.matchLabels.app=prometheus,networkPolicy.metricsFrom[1].podSelector.matchLabels.app=agent,networkPolicy.egress[0].ports[0].port=443", 2, 2, 1},
	} {
		t.Run(name, func(t *testing.T) {
			objects := render(t, "--set", test.set)
			var policy networkingv1.NetworkPolicy
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(find(objects, "NetworkPolicy", release).Object, &policy); err != nil {
				t.Fatal(err)
			}
			server := podsOf(t, objects)["server"]
			open := map[string]int{}
			for _, rule := range policy.Spec.Ingress {
				for _, port := range rule.Ports {
					open[port.Port.StrVal] = len(rule.From)
					if !slices.ContainsFunc(server.Spec.Containers[0].Ports, func(p corev1.ContainerPort) bool { return p.Name == port.Port.StrVal }) {
						t.Errorf("the pods have no port %s", port.Port.StrVal)
					}
				}
			}
			if len(open) != 2 || open["https"] != test.callers || open["metrics"] != test.scrapers {
				t.Errorf("got ports with numbers of peers %v, want https with %d and metrics with %d", open, test.callers, test.scrapers)
			}
			if isolated := slices.Contains(policy.Spec.PolicyTypes, networkingv1.PolicyTypeEgress); len(policy.Spec.Egress) != test.egress || isolated != (test.egress > 0) {
				t.Errorf("got %d egress rules, policy types %v", len(policy.Spec.Egress), policy.Spec.PolicyTypes)
			}
			if policy.Spec.PodSelector.MatchLabels["app.kubernetes.io/name"] != server.Labels["app.kubernetes.io/name"] {
				t.Errorf("it selects %v", policy.Spec.PodSelector)
			}
		})
	}
}

// TestServiceMonitorFindsTheMetrics: it selects the Service of the metrics and not that of the webhooks, and names its port.
func TestServiceMonitorFindsTheMetrics(t *testing.T) {
	objects := render(t, "--set", "serviceMonitor.enabled=true,serviceMonitor.labels.release=prometheus")
	monitor := find(objects, "ServiceMonitor", release)
	if monitor.GetLabels()["release"] != "prometheus" {
		t.Errorf("got labels %v", monitor.GetLabels())
	}
	wanted, _, err := unstructured.NestedStringMap(monitor.Object, "spec", "selector", "matchLabels")
	if err != nil {
		t.Fatal(err)
	}
	endpoints, _, err := unstructured.NestedSlice(monitor.Object, "spec", "endpoints")
	if err != nil || len(endpoints) != 1 {
		t.Fatal(endpoints, err)
	}
	found := map[string]bool{}
	for _, object := range objects {
		if object.GetKind() != "Service" {
			continue
		}
		var service corev1.Service
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &service); err != nil {
			t.Fatal(err)
		}
		matches := true
		for key, value := range wanted {
			matches = matches && service.Labels[key] == value
		}
		found[service.Name] = matches
		if matches && service.Spec.Ports[0].Name != endpoints[0].(map[string]any)["port"] {
			t.Errorf("got port %s of Service %s, want %v", service.Spec.Ports[0].Name, service.Name, endpoints[0])
		}
	}
	if !found[release+"-metrics"] || found[release+"-webhook"] || len(found) != 2 {
		t.Errorf("it selects, of the Services: %v", found)
	}
}
