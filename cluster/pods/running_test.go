package pods

import (
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	kubernetesfake "k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/metadata/fake"
	clienttesting "k8s.io/client-go/testing"
)

func newRunning(t *testing.T) (*Running, *kubernetesfake.Clientset, *fake.FakeMetadataClient) {
	t.Helper()
	pods := kubernetesfake.NewClientset(&corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "a"}, Status: corev1.PodStatus{Phase: corev1.PodRunning},
	})
	scheme := fake.NewTestScheme()
	if err := metav1.AddMetaToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	nodes := fake.NewSimpleMetadataClient(scheme, &metav1.PartialObjectMetadata{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Node"}, ObjectMeta: metav1.ObjectMeta{Name: "node-a", Labels: map[string]string{"type": "x"}},
	})
	return NewRunning(pods.CoreV1(), nodes), pods, nodes
}

func TestRunningReadsThePodWholeAndTheLabelsOfTheNode(t *testing.T) {
	running, _, _ := newRunning(t)
	pod, err := running.Pod(t.Context(), "shop", "a")
	if err != nil || pod == nil || pod.Status.Phase != corev1.PodRunning {
		t.Errorf("pod %+v, error %v", pod, err)
	}
	node, err := running.Node(t.Context(), "node-a")
	if err != nil || node == nil || node.Labels["type"] != "x" {
		t.Errorf("node %+v, error %v", node, err)
	}
}

func TestRunningFindsNoneUnderOtherNames(t *testing.T) {
	running, pods, nodes := newRunning(t)
	for _, name := range [][2]string{{"shop", "b"}, {"lab", "a"}, {"", "a"}, {"shop", ""}, {"shop", ".."}, {"x/y", "a"}} {
		if pod, err := running.Pod(t.Context(), name[0], name[1]); pod != nil || err != nil {
			t.Errorf("pod %q: %v, %v", name, pod, err)
		}
	}
	for _, name := range []string{"node-b", "", "..", "x/y"} {
		if node, err := running.Node(t.Context(), name); node != nil || err != nil {
			t.Errorf("node %q: %v, %v", name, node, err)
		}
	}
	if asked := len(pods.Actions()) + len(nodes.Actions()); asked != 3 {
		t.Errorf("%d reads, want 3: names that no object can have are not asked for", asked)
	}
}

func TestRunningFailsWhenTheAPIServerDoes(t *testing.T) {
	running, pods, nodes := newRunning(t)
	broken := errors.New("connection refused")
	fail := func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, broken }
	pods.PrependReactor("get", "pods", fail)
	nodes.PrependReactor("get", "nodes", fail)
	if _, err := running.Pod(t.Context(), "shop", "a"); !errors.Is(err, broken) {
		t.Errorf("pod: %v", err)
	}
	if _, err := running.Node(t.Context(), "node-a"); !errors.Is(err, broken) {
		t.Errorf("node: %v", err)
	}
}
