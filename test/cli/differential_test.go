package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

// rich are two SidecarSets that bring of everything.
var rich = []string{`
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: differential-first}
spec:
  selector: {matchLabels: {cli: differential}}
  updateStrategy: {type: NotUpdate}
  imagePullSecrets: [{name: registry}]
  initContainers: [{name: proxy, image: "proxy:1", restartPolicy: Always}]
  containers:
  - name: reader
    image: reader:1
    shareVolumePolicy: {type: enabled}
    transferEnv: [{sourceContainerName: main, envNames: [CITY]}]
    resourcesPolicy:
      targetContainersMode: sum
      targetContainersNameRegex: ".*"
      resourcesExpr: {requests: {cpu: "max(cpu*25%, 50m)"}}
    volumeMounts: [{name: spool, mountPath: /spool}]
  volumes: [{name: spool, emptyDir: {}}]
`, `
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: differential-second}
spec:
  selector: {matchExpressions: [{key: cli, operator: In, values: [differential]}]}
  containers:
  - name: mesh
    image: mesh:1
    podInjectPolicy: AfterAppContainer
    upgradeStrategy: {upgradeType: HotUpgrade, hotUpgradeEmptyImage: "empty:1"}
`}

// TestInjectIsWhatIsStored: a pod that the command has injected is stored as the pod is that goes to the cluster as it was written, but for the times
// at which they came.
func TestInjectIsWhatIsStored(t *testing.T) {
	s := newSite(t)
	namespace := s.NamespaceForTest(t)
	for _, set := range rich {
		s.create(t, "", set)
	}
	metadata := "metadata: {name: p, labels: {cli: differential}}\n"
	s.waitStored(t, namespace, "apiVersion: v1\nkind: Pod\n"+metadata+"spec: {containers: [{name: main, image: \"main:1\"}]}")
	for name, pod := range map[string]string{
		"a small pod": metadata + "spec: {containers: [{name: main, image: \"main:1\"}]}",
		"annotations, init containers and volumes": `
metadata:
  name: p
  annotations: {"a/b": "yes"}   # not a boolean
  labels: {cli: differential}
spec:
  initContainers: [{name: first, image: "first:1"}]
  containers:
  - name: main
    image: main:1
    env: [{name: CITY, value: Oslo}, {name: OTHER, value: "1"}]
    resources: {requests: {cpu: 400m}}
    volumeMounts: [{name: logs, mountPath: /logs, readOnly: true}]
  - {name: helper, image: "helper:1", resources: {requests: {cpu: "1"}}}
  imagePullSecrets: [{name: own}]
  volumes: [{name: logs, emptyDir: {}}]
`,
		"a volume and a container of the same names": metadata + `
spec:
  containers:
  - {name: main, image: "main:1"}
  - {name: reader, image: "mine:1"}
  volumes: [{name: spool, emptyDir: {medium: Memory}}]
`,
		"a pod that no SidecarSet selects": "metadata: {name: p}\nspec: {containers: [{name: main, image: \"main:1\"}]}",
	} {
		t.Run(name, func(t *testing.T) {
			written := "apiVersion: v1\nkind: Pod\n" + strings.TrimPrefix(pod, "\n")
			printed := s.ask(t, written, "inject", "-f", "-", "-n", namespace)
			printed.has(t, 0)
			if diff := cmp.Diff(s.stored(t, namespace, written), s.stored(t, namespace, printed.stdout)); diff != "" {
				t.Errorf("what is stored (-as it was written +as it was injected by the command):\n%s", diff)
			}
			again := s.ask(t, printed.stdout, "inject", "-f", "-", "-n", namespace)
			again.has(t, 0)
			if diff := cmp.Diff(printed.stdout, again.stdout); diff != "" {
				t.Errorf("injected twice (-once +twice):\n%s", diff)
			}
		})
	}
}

// waitStored waits until both SidecarSets are in pods with the revisions that the server records a little later.
func (s *site) waitStored(t *testing.T, namespace, pod string) {
	t.Helper()
	controlplane.Eventually(t, "pods are injected by both", func(ctx context.Context) error {
		created, err := s.tryPod(ctx, namespace, pod)
		if err == nil && strings.Count(created.Annotations["kruise.io/sidecarset-hash"], "controllerRevision") < len(rich) {
			err = errors.New(created.Annotations["kruise.io/sidecarset-hash"])
		}
		return err
	})
}

func (s *site) tryPod(ctx context.Context, namespace, text string) (*corev1.Pod, error) {
	pod := &corev1.Pod{}
	if err := yaml.UnmarshalStrict([]byte(text), pod); err != nil {
		return nil, err
	}
	// The API server adds the volume of the token before it asks webhooks, and so elsewhere than to a pod that was injected before.
	withoutToken := false
	pod.Spec.AutomountServiceAccountToken = &withoutToken
	return s.Client().CoreV1().Pods(namespace).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
}

// whenInjected are the times in the records of injected pods.
var whenInjected = regexp.MustCompile(`"updateTimestamp":"[^"]*"`)

// stored is a pod as the API server would store it, without what differs every time.
func (s *site) stored(t *testing.T, namespace, text string) *corev1.Pod {
	t.Helper()
	pod, err := s.tryPod(t.Context(), namespace, text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	pod.UID, pod.CreationTimestamp, pod.ManagedFields = "", metav1.Time{}, nil
	for key, value := range pod.Annotations {
		pod.Annotations[key] = whenInjected.ReplaceAllString(value, `"updateTimestamp":""`)
	}
	return pod
}

// TestPinnedRevision: the commands find the revisions where the server keeps them, without being told its namespace.
func TestPinnedRevision(t *testing.T) {
	s := newSite(t)
	namespace := s.NamespaceForTest(t)
	set := s.create(t, "", named(agent, "pinned"))
	s.waitInjected(t, namespace, map[string]string{"cli": "pinned"})
	set, err := s.installed.Client.Get(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	revision, _, err := unstructured.NestedString(set.Object, "status", "latestRevision")
	if err != nil || revision == "" {
		t.Fatalf("revision %q, error %v", revision, err)
	}
	patch := fmt.Sprintf(`{"spec":{"injectionStrategy":{"revision":{"revisionName":%q}},"containers":[{"name":"agent","image":"agent:2"}]}}`, revision)
	if _, err := s.installed.Client.Patch(t.Context(), set, patch); err != nil {
		t.Fatal(err)
	}
	text := named(pod, "pinned")
	s.ask(t, text, "explain", "-f", "-", "-n", namespace).has(t, 0, "pinned revision "+revision, "Result: injected")
	s.ask(t, text, "inject", "-f", "-", "-n", namespace).has(t, 0, "agent:1")
	s.ask(t, text, "inject", "-f", "-", "-n", namespace, "--server-namespace", "default").has(t, 1, "refused")
}
