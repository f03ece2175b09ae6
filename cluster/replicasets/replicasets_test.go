package replicasets

import (
	"errors"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/metadata/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kruise-admission/kruise-admission/decision"
)

func newFake(t *testing.T, owners ...metav1.OwnerReference) *fake.FakeMetadataClient {
	t.Helper()
	scheme := fake.NewTestScheme()
	if err := metav1.AddMetaToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	return fake.NewSimpleMetadataClient(scheme, &metav1.PartialObjectMetadata{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "ReplicaSet"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web-1", OwnerReferences: owners},
	})
}

func TestController(t *testing.T) {
	yes := true
	deployment := metav1.OwnerReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "web", Controller: &yes}
	tests := []struct {
		name, namespace, replicaSet string
		owners                      []metav1.OwnerReference
		want                        string
		reads                       int
	}{
		{name: "of a Deployment", namespace: "shop", replicaSet: "web-1", owners: []metav1.OwnerReference{deployment}, want: "web", reads: 1},
		{name: "an owner that does not control it", namespace: "shop", replicaSet: "web-1", owners: []metav1.OwnerReference{{Kind: "Deployment", Name: "web"}}, reads: 1},
		{name: "of nobody", namespace: "shop", replicaSet: "web-1", reads: 1},
		{name: "not there", namespace: "shop", replicaSet: "web-2", reads: 1},
		{name: "of another namespace", namespace: "lab", replicaSet: "web-1", reads: 1},
		{name: "a name that is a path", namespace: "shop", replicaSet: "../pods"},
		{name: "a namespace that is a path", namespace: "..", replicaSet: "web-1"},
		{name: "no name", namespace: "shop"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client := newFake(t, test.owners...)
			got, err := NewReader(client).Controller(t.Context(), test.namespace, test.replicaSet)
			if err != nil {
				t.Fatal(err)
			}
			if name := controllerName(got); name != test.want {
				t.Errorf("got %q, want %q", name, test.want)
			}
			if reads := len(client.Actions()); reads != test.reads {
				t.Errorf("%d reads, want %d", reads, test.reads)
			}
		})
	}
}

func controllerName(owner *metav1.OwnerReference) string {
	if owner == nil {
		return ""
	}
	return owner.Name
}

func TestAFailedReadCannotTell(t *testing.T) {
	client := newFake(t)
	broken := errors.New("connection refused")
	client.PrependReactor("get", "replicasets", func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, broken })
	_, err := NewReader(client).Controller(t.Context(), "shop", "web-1")
	if _, again := decision.RetryAfter(err); !errors.Is(err, broken) || !again {
		t.Errorf("error %v, want %v, worth another try", err, broken)
	}
}
