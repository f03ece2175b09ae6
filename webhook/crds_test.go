package webhook

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

// TestConvertedCRDs proves that the CRDs in deploy/ that convert by webhook are those that the certificate source publishes
// its authority into, that they call our Service and path, and that the role in deploy/ covers them.
func TestConvertedCRDs(t *testing.T) {
	files, err := filepath.Glob("../deploy/crds/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no CRDs in deploy/crds: %v", err)
	}
	var converted []string
	for _, file := range files {
		var crd apiextensionsv1.CustomResourceDefinition
		readYAML(t, file, &crd)
		if crd.Spec.Conversion == nil || crd.Spec.Conversion.Strategy != apiextensionsv1.WebhookConverter {
			continue
		}
		converted = append(converted, crd.Name)
		service := crd.Spec.Conversion.Webhook.ClientConfig.Service
		if service.Namespace != DefaultNamespace || service.Name != DefaultServiceName || *service.Path != ConvertPath {
			t.Errorf("%s converts through %s/%s%s, want %s/%s%s", crd.Name, service.Namespace, service.Name, *service.Path,
				DefaultNamespace, DefaultServiceName, ConvertPath)
		}
	}
	slices.Sort(converted)
	if !slices.Equal(converted, ConvertedCRDs()) {
		t.Errorf("deploy/crds converts %v, the server publishes into %v", converted, ConvertedCRDs())
	}
	if granted := grantedCRDs(t); !slices.Equal(converted, granted) {
		t.Errorf("deploy/crds converts %v, the role covers %v", converted, granted)
	}
}

// grantedCRDs are the CRDs that the ClusterRole in deploy/ may patch.
func grantedCRDs(t *testing.T) []string {
	text, err := os.ReadFile("../deploy/manifests/10-rbac.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, document := range splitYAML(text) {
		var role rbacv1.ClusterRole
		if err := yaml.Unmarshal(document, &role); err != nil {
			t.Fatal(err)
		}
		for _, rule := range role.Rules {
			if role.Kind == "ClusterRole" && slices.Contains(rule.Resources, "customresourcedefinitions") {
				return rule.ResourceNames
			}
		}
	}
	return nil
}

func readYAML(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(text, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

func splitYAML(text []byte) [][]byte { return bytes.Split(text, []byte("\n---\n")) }
