package chart

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kruise-admission/kruise-admission/test/installation"
)

// everythingConfigured has of each section of the configuration what changes webhooks and rights.
const everythingConfigured = `# Why: INC-4711
apiVersion: config.kruise-admission.io/v1alpha1
kind: DeleteProtection
rules:
- resources: [{group: "", resource: configmaps, kind: ConfigMap, versions: [v1]}]
  cascading: {mountedBy: {}}
- {resources: [{group: "", resource: services}], mode: Warn}
breakGlass: {groups: [oncall]}
labelGuard: {groups: [admins]}
namespaceContent: {resources: [{group: "", resource: configmaps}]}
crdInstances: {groups: [db.example.com]}
`

// TestGeneratedValues: with the values that are generated from a configuration, the chart installs what `generate` prints for it: the
// configuration itself, mounted where the server reads it, the rights, and the webhooks. Values about protection hold for these webhooks, too.
func TestGeneratedValues(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(config, []byte(everythingConfigured), 0o600); err != nil {
		t.Fatal(err)
	}
	values := filepath.Join(t.TempDir(), "values.yaml")
	if err := os.WriteFile(values, []byte(generate(t, "values", config)), 0o600); err != nil {
		t.Fatal(err)
	}
	rendered := render(t, "--values", values)

	configMap := find(rendered, "ConfigMap", release+"-delete-protection")
	if configMap == nil {
		t.Fatal("there is no ConfigMap")
	}
	if diff := cmp.Diff(map[string]any{"config.yaml": everythingConfigured}, configMap.Object["data"]); diff != "" {
		t.Error(diff)
	}
	pod := deployment(t, rendered).Spec.Template
	container := pod.Spec.Containers[0]
	if volume := pod.Spec.Volumes[0]; volume.ConfigMap == nil || volume.ConfigMap.Name != configMap.GetName() ||
		container.VolumeMounts[0].Name != volume.Name || !slices.Contains(container.Args, "--config="+container.VolumeMounts[0].MountPath+"/config.yaml") {
		t.Errorf("volume %+v, mount %+v, arguments %q", volume, container.VolumeMounts[0], container.Args)
	}
	role := find(rendered, "ClusterRole", release+"-delete-protection")
	if diff := cmp.Diff(find(parse(t, generate(t, "rbac", config)), "ClusterRole", "kruise-admission-delete-protection").Object["rules"], role.Object["rules"]); diff != "" {
		t.Error(diff)
	}
	if find(rendered, "ClusterRoleBinding", release+"-delete-protection") == nil {
		t.Error("nobody has the rights")
	}
	want := webhooksByName(find(parse(t, generate(t, "webhooks", config)), "ValidatingWebhookConfiguration", release))
	if diff := cmp.Diff(want, webhooksByName(find(rendered, "ValidatingWebhookConfiguration", release))); diff != "" {
		t.Error(diff)
	}

	t.Run("another configuration makes other pods", func(t *testing.T) {
		const checksum = "checksum/delete-protection"
		other := deployment(t, render(t, "--values", values, "--set-string", "deleteProtection.config=other")).Spec.Template
		if pod.Annotations[checksum] == "" || pod.Annotations[checksum] == other.Annotations[checksum] {
			t.Errorf("annotations %v and %v", pod.Annotations, other.Annotations)
		}
	})
	t.Run("with values about protection", func(t *testing.T) {
		ignored := webhooksByName(find(render(t, "--values", values, "--set", "webhooks.protection.failurePolicy=Ignore"), "ValidatingWebhookConfiguration", release))
		if got := ignored["vdeleteprotection.kb.io"].(map[string]any)["failurePolicy"]; got != "Ignore" {
			t.Errorf("failurePolicy %v", got)
		}
		skipped := webhooksByName(find(render(t, "--values", values, "--set", "webhooks.skip={vdeleteprotection.kb.io}"), "ValidatingWebhookConfiguration", release))
		if _, there := skipped["vdeleteprotection.kb.io"]; there {
			t.Error("it is not skipped")
		}
	})
	t.Run("without rights", func(t *testing.T) {
		if find(render(t, "--values", values, "--set", "rbac.create=false"), "ClusterRole", release+"-delete-protection") != nil {
			t.Error("there is a role")
		}
	})
	for set, want := range map[string]string{
		"deleteProtection.webhooks=null":                 "one without the other protects nothing",
		"deleteProtection.config=null":                   "one without the other protects nothing",
		"deleteProtection.configMap=other":               "cannot be used together with deleteProtection.config",
		"featureGates.ResourcesDeletionProtection=false": "protects nothing while featureGates.ResourcesDeletionProtection is not true",
		"deleteProtection.webhook=a":                     "additional properties 'webhook' not allowed",
	} {
		if _, err := helm(t.Context(), t, "template", release, chartDir(), "--namespace", namespace, "--values", values, "--set", set); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error that says %q", set, err, want)
		}
	}
}

// generate runs the generate command of the product.
func generate(t *testing.T, what, config string) string {
	t.Helper()
	binary, err := installation.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := exec.CommandContext(t.Context(), binary, "generate", what, "--config="+config).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func webhooksByName(configuration *unstructured.Unstructured) map[string]any {
	byName := map[string]any{}
	webhooks, _, _ := unstructured.NestedSlice(configuration.Object, "webhooks")
	for _, webhook := range webhooks {
		byName[webhook.(map[string]any)["name"].(string)] = webhook
	}
	return byName
}
