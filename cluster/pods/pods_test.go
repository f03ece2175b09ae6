package pods

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/metadata/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kruise-admission/kruise-admission/internal/panics"
	"github.com/kruise-admission/kruise-admission/survive"
)

func newFake(t *testing.T, names ...string) *fake.FakeMetadataClient {
	t.Helper()
	scheme := fake.NewTestScheme()
	if err := metav1.AddMetaToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	var objects []runtime.Object
	for _, name := range names {
		objects = append(objects, &metav1.PartialObjectMetadata{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
			ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name, UID: "uid"},
		})
	}
	return fake.NewSimpleMetadataClient(scheme, objects...)
}

func TestPodsReturnsThoseThatExist(t *testing.T) {
	client := newFake(t, "a", "b", "other")
	pods, err := NewReader(client).Pods(context.Background(), "shop", []string{"a", "gone", "b", "", "..", "x/y"})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for name, pod := range pods {
		if pod.Name != name {
			t.Errorf("%s has the metadata of %s", name, pod.Name)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"a", "b"}, names); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	if got := len(client.Actions()); got != 3 {
		t.Errorf("%d reads, want 3: names that no pod can have are not asked for", got)
	}
}

func TestPodsOfAnotherNamespaceAreNotFound(t *testing.T) {
	pods, err := NewReader(newFake(t, "a")).Pods(context.Background(), "lab", []string{"a"})
	if err != nil || len(pods) != 0 {
		t.Errorf("pods %v, error %v", pods, err)
	}
}

func TestAFailedReadIsAnError(t *testing.T) {
	client := newFake(t, "a", "b")
	broken := errors.New("connection refused")
	client.PrependReactor("get", "pods", func(action clienttesting.Action) (bool, runtime.Object, error) {
		return action.(clienttesting.GetAction).GetName() == "b", nil, broken
	})
	if _, err := NewReader(client).Pods(context.Background(), "shop", []string{"a", "b"}); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}

func TestAPanicOverAPodIsAnError(t *testing.T) {
	panics.Expect(t)
	client := newFake(t, "a", "b")
	client.PrependReactor("get", "pods", func(action clienttesting.Action) (bool, runtime.Object, error) { panic("mistake") })
	if pods, err := NewReader(client).Pods(t.Context(), "shop", []string{"a", "b"}); !errors.Is(err, survive.ErrPanicked) {
		t.Errorf("pods %v, error %v", pods, err)
	}
}
