package protection

import (
	"path/filepath"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kruise-admission/kruise-admission/test/installation"
)

// TestRecommendedManifests: the API server takes what deploy/policies/recommended holds, and finds nothing wrong with its expressions.
func TestRecommendedManifests(t *testing.T) {
	cluster := prepare(t)
	admin := as(t, cluster)
	read := func(file string) []*unstructured.Unstructured {
		objects, err := installation.Read(filepath.Join(installation.Root(), "deploy", "policies", "recommended", file))
		if err != nil {
			t.Fatal(err)
		}
		return objects
	}
	for _, file := range []string{"configmap.yaml", "rbac.yaml", "webhooks.yaml", "policies.yaml"} {
		for _, o := range read(file) {
			o.SetNamespace("") // that of the product need not exist here
			_, err := admin.resource(t, o).Create(t.Context(), o, metav1.CreateOptions{
				DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict,
			})
			if err != nil {
				t.Errorf("%s: %s %s: %v", file, o.GetKind(), o.GetName(), err)
			}
		}
	}
	policies := read("policies.yaml")
	applyTwin(t, cluster, policies)
	checkTypes(t, cluster, policies)
}
