package chart

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kruise-admission/kruise-admission/test/installation"
)

// TestCalledByURL: with webhooks.url the entries are those of `kruise-admission generate webhooks --url`, the CRDs convert by the same address,
// and its host is in the certificate, whoever makes that.
func TestCalledByURL(t *testing.T) {
	binary, err := installation.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := exec.CommandContext(t.Context(), binary, "generate", "webhooks", "--url=https://hooks.example.com:9443").Output()
	if err != nil {
		t.Fatal(err)
	}
	rendered := renderAll(t, "--set", "webhooks.url=https://hooks.example.com:9443,certificates.selfManaged.names={10.0.0.10}")
	for _, printed := range parse(t, string(text)) {
		object := find(rendered, printed.GetKind(), printed.GetName())
		if diff := cmp.Diff(withoutMarks(printed), withoutMarks(object)); diff != "" {
			t.Errorf("%s (-printed +rendered):\n%s", printed.GetKind(), diff)
		}
	}
	for _, crd := range crdsOf(rendered) {
		for path, config := range clientConfigs(crd) {
			if diff := cmp.Diff(map[string]any{"url": "https://hooks.example.com:9443/convert"}, config); diff != "" {
				t.Errorf("%s%s (-want +got):\n%s", crd.GetName(), path, diff)
			}
		}
	}
	if args := deployment(t, rendered).Spec.Template.Spec.Containers[0].Args; !slices.Contains(args, "--certificate-names=10.0.0.10,hooks.example.com") {
		t.Errorf("the server is not told the host: %q", args)
	}
	for host, field := range map[string]string{"hooks.example.com": "dnsNames", "10.0.0.1": "ipAddresses", "[fd00::1]": "ipAddresses"} {
		certificate := find(render(t, "--set", "certificates.mode=certManager,webhooks.url=https://"+host), "Certificate", release)
		names, _, err := unstructured.NestedStringSlice(certificate.Object, "spec", field)
		if err != nil || !slices.Contains(names, strings.Trim(host, "[]")) {
			t.Errorf("%s is not in %s: %q, %v", host, field, names, err)
		}
	}
}

// TestURLComesAndGoesByUpgrades: the Service and the URL replace each other in place, in the configurations and in the CRDs, which stay as the
// last upgrade left them: Helm changes no fields of CRDs that an installation finds.
func TestURLComesAndGoesByUpgrades(t *testing.T) {
	cluster, client := start(t)
	if _, err := helmIn(t.Context(), t, cluster, "install", release, chartDir()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := helmIn(context.Background(), t, cluster, "uninstall", release); err != nil {
			t.Error(err)
		}
	})
	for _, url := range []string{"https://hooks.example.com", ""} {
		if _, err := helmIn(t.Context(), t, cluster, "upgrade", release, chartDir(), "--set", "webhooks.url="+url); err != nil {
			t.Fatal(err)
		}
		rendered := renderAll(t)
		for _, object := range append(configurationsOf(rendered), crdsOf(rendered)...) {
			stored, err := client.Get(t.Context(), object)
			if err != nil {
				t.Fatal(err)
			}
			for path, config := range clientConfigs(stored) {
				if (config["url"] != nil) != (url != "") || (config["service"] != nil) != (url == "") {
					t.Errorf("with %q: %s %s%s: %v", url, object.GetKind(), object.GetName(), path, config)
				}
			}
		}
	}
}
