package protection_test

import (
	"context"
	"fmt"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/protection"
)

// everywhere is a cluster in which every namespace exists and has no labels.
type everywhere struct{}

func (everywhere) NamespaceLabels(context.Context, string) (map[string]string, bool, error) {
	return nil, true, nil
}

// A reviewer says whether a delete may go on, from the object as it is stored. Whoever has what is below objects (Options.Dependents) gets
// answers about namespaces, too.
func Example() {
	reviewer := protection.New(protection.Options{Enabled: true, Namespaces: everywhere{}, Now: time.Now})
	result, err := reviewer.Review(context.Background(), &admissionv1.AdmissionRequest{
		Operation: admissionv1.Delete,
		Kind:      metav1.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"},
		Resource:  metav1.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"},
		Namespace: "shop",
		Name:      "web",
		OldObject: runtime.RawExtension{Raw: []byte(`{"metadata":{"namespace":"shop","name":"web",
			"labels":{"policy.kruise.io/delete-protection":"Cascading"}},"spec":{"replicas":3}}`)},
	})
	if err != nil {
		panic(err) // it cannot tell, which is no refusal
	}
	fmt.Println(result.Allowed, result.Message)
	// Output:
	// false forbidden by ResourcesProtectionDeletion for policy.kruise.io/delete-protection=Cascading and replicas 3>0: to delete Deployment "web", scale it to 0 replicas first, or remove that label
}
