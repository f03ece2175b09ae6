package validate_test

import (
	"context"
	"encoding/json"
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/defaults"
	"github.com/kruise-admission/kruise-admission/validate"
)

// Rules judge an object as an API server would send it, after its defaults. Without a cluster the built-in check judges pod templates; the
// rules that need more, such as which pods a CloneSet has, then do not ask for it.
func Example() {
	cloneSets := validate.CloneSet{Defaults: func(template json.RawMessage) (json.RawMessage, error) { return defaults.PodTemplate(template, false) }}
	result, err := cloneSets.Review(context.Background(), &admissionv1.AdmissionRequest{
		Operation: admissionv1.Create,
		Kind:      metav1.GroupVersionKind{Group: "apps.kruise.io", Version: "v1beta1", Kind: "CloneSet"},
		Resource:  metav1.GroupVersionResource{Group: "apps.kruise.io", Version: "v1beta1", Resource: "clonesets"},
		Object: runtime.RawExtension{Raw: []byte(`{"apiVersion":"apps.kruise.io/v1beta1","kind":"CloneSet","metadata":{"name":"web","namespace":"shop"},
			"spec":{"replicas":-1,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},
			"spec":{"containers":[{"name":"web","image":"web:1","volumeMounts":[{"name":"data","mountPath":"/data"}]}]}}}}`)},
	})
	if err != nil {
		panic(err) // it cannot tell, which is no refusal
	}
	fmt.Println(result.Allowed, result.Code, result.Reason)
	for _, cause := range result.Causes {
		fmt.Println(cause.Field)
	}
	// Output:
	// false 422 Invalid
	// spec.replicas
	// spec.template.spec.containers[0].volumeMounts[0].name
}
