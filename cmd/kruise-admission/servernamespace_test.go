package main

import (
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
)

// TestNamespaceOfServer finds the server whose decisions are asked for among the entries of the cluster.
func TestNamespaceOfServer(t *testing.T) {
	entry := func(configuration, namespace string) podWebhook {
		w := podWebhook{configuration: configuration}
		if namespace != "" {
			w.ClientConfig.Service = &admissionregistrationv1.ServiceReference{Namespace: namespace}
		}
		return w
	}
	for name, test := range map[string]struct {
		entries []podWebhook
		want    string
	}{
		"nothing is installed":      {nil, ""},
		"called by a URL":           {[]podWebhook{entry("kruise-admission", "")}, ""},
		"alone":                     {[]podWebhook{entry("sidecars", "ours")}, "ours"},
		"a second chance":           {[]podWebhook{entry("sidecars", "ours"), entry("sidecars-second-chance", "ours")}, "ours"},
		"beside OpenKruise":         {[]podWebhook{entry(openKruiseConfiguration, "kruise-system"), entry("sidecars", "ours")}, "ours"},
		"in place of OpenKruise":    {[]podWebhook{entry(openKruiseConfiguration, "kruise-system")}, "kruise-system"},
		"by a URL and OpenKruise's": {[]podWebhook{entry(openKruiseConfiguration, "kruise-system"), entry("sidecars", "")}, "kruise-system"},
	} {
		if got := namespaceOfServer(test.entries); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
