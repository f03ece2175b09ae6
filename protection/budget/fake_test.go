package budget_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	jsonpatch "github.com/evanphx/json-patch/v5"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
	"github.com/kruise-admission/kruise-admission/protection/budget"
)

var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// cluster is a ledger with one budget, and one pod.
type cluster struct {
	mu     sync.Mutex
	budget *v1beta1.PodUnavailableBudget
	pod    *corev1.Pod
	// broken fails every question.
	broken error
	// races is how often somebody else writes first, after decide and before its result is taken.
	races  int
	writes int
}

func (c *cluster) Take(_ context.Context, namespace, name string, decide func(*v1beta1.PodUnavailableBudget) (map[string]any, error)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken != nil {
		return c.broken
	}
	if c.budget == nil || c.budget.Namespace != namespace || c.budget.Name != name {
		_, err := decide(nil)
		return err
	}
	status, err := decide(c.budget.DeepCopy())
	for ; c.races > 0 && status != nil; c.races-- {
		c.budget.Status.UnavailableAllowed--
		status, err = decide(c.budget.DeepCopy())
	}
	if status == nil || err != nil {
		return err
	}
	c.writes++
	patch, err := json.Marshal(map[string]any{"status": status})
	if err != nil {
		return err
	}
	before, err := json.Marshal(c.budget)
	if err != nil {
		return err
	}
	after, err := jsonpatch.MergePatch(before, patch)
	if err != nil {
		return err
	}
	c.budget = &v1beta1.PodUnavailableBudget{}
	return json.Unmarshal(after, c.budget)
}

func (c *cluster) Pod(_ context.Context, namespace, name string) (*corev1.Pod, error) {
	if c.broken != nil {
		return nil, c.broken
	}
	if c.pod == nil || c.pod.Namespace != namespace || c.pod.Name != name {
		return nil, nil
	}
	return c.pod, nil
}

// terminating answers for every namespace.
type terminating struct {
	answer bool
	err    error
}

func (n terminating) NamespaceTerminating(context.Context, string) (bool, error) {
	return n.answer, n.err
}

// newBudget has seven of eight pods available that must be, and lets one more go.
func newBudget(changes ...func(*v1beta1.PodUnavailableBudget)) *v1beta1.PodUnavailableBudget {
	b := &v1beta1.PodUnavailableBudget{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web"},
		Status:     v1beta1.PodUnavailableBudgetStatus{UnavailableAllowed: 1, CurrentAvailable: 8, DesiredAvailable: 7, TotalReplicas: 8},
	}
	for _, change := range changes {
		change(b)
	}
	return b
}

func allowing(count int32) func(*v1beta1.PodUnavailableBudget) {
	return func(b *v1beta1.PodUnavailableBudget) { b.Status.UnavailableAllowed = count }
}

func protecting(operations ...v1beta1.PubOperation) func(*v1beta1.PodUnavailableBudget) {
	return func(b *v1beta1.PodUnavailableBudget) { b.Spec.ProtectOperations = operations }
}

func protectingText(text string) func(*v1beta1.PodUnavailableBudget) {
	return func(b *v1beta1.PodUnavailableBudget) {
		b.Annotations = map[string]string{v1beta1.ProtectOperationsAnnotation: text}
	}
}

// letGo makes the budget list pods as let go, "web-0" and so on.
func letGo(disrupted, updated []string) func(*v1beta1.PodUnavailableBudget) {
	return func(b *v1beta1.PodUnavailableBudget) {
		b.Status.DisruptedPods, b.Status.UnavailablePods = map[string]metav1.Time{}, map[string]metav1.Time{}
		for _, name := range disrupted {
			b.Status.DisruptedPods[name] = metav1.NewTime(now)
		}
		for _, name := range updated {
			b.Status.UnavailablePods[name] = metav1.NewTime(now)
		}
	}
}

// readyPod is a pod of the budget that is available.
const readyPod = `
apiVersion: v1
kind: Pod
metadata:
  name: web-1
  namespace: shop
  uid: u1
  labels: {app: web}
  annotations: {pub.kruise.io/related-pub: web}
spec:
  containers:
  - name: main
    image: main:1
    resources: {requests: {cpu: 1, memory: 1Gi}}
  - name: log
    image: log:1
status:
  phase: Running
  conditions: [{type: Ready, status: "True"}]
  containerStatuses:
  - {name: main, image: "main:1", imageID: "main@sha256:1111111111111111111111111111111111111111111111111111111111111111"}
  - {name: log, image: "log:1", imageID: "log@sha256:2222222222222222222222222222222222222222222222222222222222222222"}
`

// edit is a change of a pod.
type edit func(*corev1.Pod)

func newPod(t testing.TB, edits ...edit) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{}
	if err := yaml.UnmarshalStrict([]byte(readyPod), pod); err != nil {
		t.Fatal(err)
	}
	for _, edit := range edits {
		edit(pod)
	}
	return pod
}

func annotated(key, value string) edit {
	return func(pod *corev1.Pod) { metav1.SetMetaDataAnnotation(&pod.ObjectMeta, key, value) }
}

func withoutBudget(pod *corev1.Pod) {
	delete(pod.Annotations, v1beta1.RelatedPubAnnotation)
	delete(pod.Annotations, v1beta1.LegacyRelatedPubAnnotation)
}

func labelled(key, value string) edit {
	return func(pod *corev1.Pod) { metav1.SetMetaDataLabel(&pod.ObjectMeta, key, value) }
}

func image(text string) edit {
	return func(pod *corev1.Pod) { pod.Spec.Containers[0].Image = text }
}

func raw(t testing.TB, object any) []byte {
	t.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func request(operation admissionv1.Operation, subresource string) *admissionv1.AdmissionRequest {
	return &admissionv1.AdmissionRequest{
		Operation: operation, SubResource: subresource, Namespace: "shop", Name: "web-1",
		Resource: metav1.GroupVersionResource{Version: "v1", Resource: "pods"},
	}
}

func deletes(t testing.TB, pod *corev1.Pod) *admissionv1.AdmissionRequest {
	t.Helper()
	r := request(admissionv1.Delete, "")
	r.OldObject.Raw = raw(t, pod)
	return r
}

func updates(t testing.TB, old, pod *corev1.Pod) *admissionv1.AdmissionRequest {
	t.Helper()
	r := request(admissionv1.Update, "")
	r.OldObject.Raw, r.Object.Raw = raw(t, old), raw(t, pod)
	return r
}

func evicts(body string) *admissionv1.AdmissionRequest {
	r := request(admissionv1.Create, "eviction")
	r.Object.Raw = []byte(body)
	return r
}

const eviction = `{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"web-1","namespace":"shop"}}`

// reviewer has both gates of budgets on.
func reviewer(c *cluster, changes ...func(*budget.Options)) *budget.Reviewer {
	options := budget.Options{Ledger: c, Pods: c, Now: func() time.Time { return now }, Deletes: true, Updates: true}
	for _, change := range changes {
		change(&options)
	}
	return budget.New(options)
}
