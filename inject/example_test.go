package inject_test

import (
	"context"
	"fmt"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/inject"
)

// oneSet is a cluster with a single SidecarSet.
type oneSet struct{ set *v1beta1.SidecarSet }

func (v oneSet) SidecarSet(name string) (*v1beta1.SidecarSet, []byte, bool) {
	return v.set, nil, name == v.set.Name
}

func (oneSet) ControllerRevision(string) (*appsv1.ControllerRevision, bool) { return nil, false }

func (oneSet) ControllerRevisions(string) []*appsv1.ControllerRevision { return nil }

func (oneSet) NamespaceLabels(context.Context, string) (map[string]string, bool, error) {
	return nil, false, nil
}

// An engine decides about pods wherever it is linked in: here without any server or cluster.
func Example() {
	view := oneSet{&v1beta1.SidecarSet{
		ObjectMeta: metav1.ObjectMeta{Name: "log-agents"},
		Spec: v1beta1.SidecarSetSpec{
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "shop"}},
			Containers: []v1beta1.SidecarContainer{{
				Container:       corev1.Container{Name: "log-agent", Image: "log-agent:1"},
				PodInjectPolicy: v1beta1.BeforeAppContainerType,
			}},
		},
	}}
	engine, err := inject.New(inject.Options{View: view, Clock: time.Now})
	if err != nil {
		panic(err)
	}
	engine.Changed([]string{"log-agents"})

	pod := []byte(`{"metadata":{"labels":{"app":"shop"}},"spec":{"containers":[{"name":"shop","image":"shop:7"}]}}`)
	result, err := engine.Review(context.Background(), &admissionv1.AdmissionRequest{
		Operation: admissionv1.Create,
		Resource:  metav1.GroupVersionResource{Version: "v1", Resource: "pods"},
		Object:    runtime.RawExtension{Raw: pod},
	})
	if err != nil {
		panic(err)
	}
	for _, operation := range result.Patch[1:] { // after the annotations
		fmt.Println(operation.Op, operation.Path, string(operation.Value))
	}
	reasons, err := engine.Explain(context.Background(), "default", []byte(`{"metadata":{"labels":{"app":"other"}}}`))
	if err != nil {
		panic(err)
	}
	fmt.Println(reasons[0])
	// Output:
	// add /spec/containers/0 {"image":"log-agent:1","name":"log-agent","env":[{"name":"IS_INJECTED","value":"true"}],"resources":{}}
	// log-agents: selector: wants app=shop, the pod has app=other
}
