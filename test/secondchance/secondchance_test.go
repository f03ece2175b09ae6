package secondchance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
	"github.com/kruise-admission/kruise-admission/test/process"
	"github.com/kruise-admission/kruise-admission/webhook"
)

func TestMain(m *testing.M) { os.Exit(controlplane.Run(m)) }

const (
	markedEntry, firstEntry, secondEntry, lastEntry = "marked.mpod.kb.io", "mpod.kb.io", "second-chance.mpod.kb.io", "last-chance.mpod.kb.io"
	// mark is what somebody would send who has read how the first call marks pods.
	mark = "decided by kruise-admission"
)

// site is an installation with a second chance.
type site struct {
	t         *testing.T
	cluster   *controlplane.ControlPlane
	installed *installation.Installation
	namespace string
}

func newSite(t *testing.T) *site {
	cluster := controlplane.StartForTest(t, controlplane.Options{})
	installed, err := installation.Install(t.Context(), cluster, installation.Options{SecondChance: true})
	t.Cleanup(func() {
		if t.Failed() {
			t.Log("\n" + installed.LogTail(process.TailLines))
		}
		if err := installed.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return &site{t, cluster, installed, cluster.NamespaceForTest(t)}
}

func (s *site) create(text string) {
	s.t.Helper()
	object, err := installation.Parse(text)
	if err != nil {
		s.t.Fatal(err)
	}
	object.SetNamespace(s.namespace)
	if object.GetKind() == "SidecarSet" {
		object.SetNamespace("")
	}
	if _, err := s.installed.Client.Create(s.t.Context(), object); err != nil {
		s.t.Fatal(err)
	}
}

// newPod is a pod without a name.
func (s *site) newPod(change func(*corev1.Pod)) *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, GenerateName: "pod-"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app:1"}}},
	}
	change(pod)
	return pod
}

// pod creates a pod without a name.
func (s *site) pod(ctx context.Context, change func(*corev1.Pod), dryRun ...string) (*corev1.Pod, error) {
	return s.cluster.Client().CoreV1().Pods(s.namespace).Create(ctx, s.newPod(change), metav1.CreateOptions{DryRun: dryRun})
}

func selected(pod *corev1.Pod) { pod.Labels = map[string]string{"app": "web"} }
func plain(*corev1.Pod)        {}
func forged(pod *corev1.Pod) {
	selected(pod)
	pod.Status.Message = mark
}

// made are the calls of the entries for pods.
type made struct{ marked, first, second, last installation.Calls }

// calls are the calls that come of what is done.
func (s *site) calls(ctx context.Context, do func() error) (made, error) {
	before, err := installation.ReadCalls(ctx, s.cluster.Client())
	if err != nil {
		return made{}, err
	}
	done := do()
	after, err := installation.ReadCalls(ctx, s.cluster.Client())
	if err != nil {
		return made{}, err
	}
	since := func(entry string) installation.Calls {
		b, a := before[entry], after[entry]
		return installation.Calls{All: a.All - b.All, Failed: a.Failed - b.Failed, Open: a.Open - b.Open}
	}
	return made{since(markedEntry), since(firstEntry), since(secondEntry), since(lastEntry)}, done
}

func (s *site) wantCalls(what string, got, want made) {
	s.t.Helper()
	if got != want {
		s.t.Errorf("%s: calls %+v, want %+v", what, got, want)
	}
}

// lead lets an entry call a path, and waits until the API server acts on it: it reads configurations by a watch.
func (s *site) lead(entry, path string) {
	s.t.Helper()
	client := s.cluster.Client().AdmissionregistrationV1().MutatingWebhookConfigurations()
	for _, name := range []string{webhook.DefaultConfigurationName, installation.SecondChanceName} {
		configuration, err := client.Get(s.t.Context(), name, metav1.GetOptions{})
		if err != nil {
			s.t.Fatal(err)
		}
		for i := range configuration.Webhooks {
			if configuration.Webhooks[i].Name != entry {
				continue
			}
			patch := fmt.Sprintf(`[{"op":"replace","path":"/webhooks/%d/clientConfig/service/path","value":%q}]`, i, path)
			if _, err := client.Patch(s.t.Context(), name, types.JSONPatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
				s.t.Fatal(err)
			}
		}
	}
}

// eventually waits until the calls that a dry run makes are as wanted.
func (s *site) eventually(what string, pod func(*corev1.Pod), wanted func(calls made, err error) bool) {
	s.t.Helper()
	controlplane.Eventually(s.t, what, func(ctx context.Context) error {
		calls, err := s.calls(ctx, func() error {
			_, err := s.pod(ctx, pod, metav1.DryRunAll)
			return err
		})
		if !wanted(calls, err) {
			return fmt.Errorf("calls %+v, %v", calls, err)
		}
		return nil
	})
}

// wantOnce fails the test unless the pod has its sidecar, once, and nothing of the mark.
func (s *site) wantOnce(what string, pod *corev1.Pod, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Errorf("%s: %v", what, err)
		return
	}
	var containers []string
	for _, container := range pod.Spec.Containers {
		containers = append(containers, container.Name)
	}
	if slices.Sort(containers); !slices.Equal(containers, []string{"agent", "app"}) {
		s.t.Errorf("%s: containers %v, want the pod's own and its sidecar", what, containers)
	}
	s.wantNoMark(what, pod)
}

func (s *site) wantNoMark(what string, pod *corev1.Pod) {
	s.t.Helper()
	if text, err := json.Marshal(pod); err != nil || strings.Contains(string(text), mark) {
		s.t.Errorf("%s: something of the mark is in the pod that is stored: %s, %v", what, text, err)
	}
}

// TestSecondChance: see the package documentation.
func TestSecondChance(t *testing.T) {
	s := newSite(t)
	s.create(`
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: web}}
  containers: [{name: agent, image: "agent:1"}]`)
	controlplane.Eventually(t, "every replica injects the sidecar", func(ctx context.Context) error {
		return s.installed.AskEveryReplica(ctx, s.newPod(selected), func(pod *corev1.Pod) error {
			if len(pod.Spec.Containers) != 2 {
				return errors.New("no sidecar yet")
			}
			return nil
		})
	})
	var pod *corev1.Pod
	create := func(change func(*corev1.Pod)) func() error {
		return func() (err error) {
			pod, err = s.pod(t.Context(), change)
			return err
		}
	}
	once, open, failed := installation.Calls{All: 1}, installation.Calls{All: 1, Open: 1}, installation.Calls{All: 1, Failed: 1}

	calls, err := s.calls(t.Context(), create(selected))
	s.wantOnce("all is well", pod, err)
	s.wantCalls("all is well", calls, made{first: once})
	if calls, err = s.calls(t.Context(), create(plain)); err != nil {
		t.Fatal(err)
	}
	s.wantNoMark("nothing selects the pod", pod)
	s.wantCalls("nothing selects the pod", calls, made{first: once})
	calls, err = s.calls(t.Context(), create(forged))
	s.wantOnce("somebody sends the mark", pod, err)
	s.wantCalls("somebody sends the mark", calls, made{marked: once, first: once})

	s.countsOnce()

	s.lead(firstEntry, "/nowhere")
	s.eventually("the first call fails", plain, func(calls made, err error) bool { return err == nil && calls.first == open })
	calls, err = s.calls(t.Context(), create(selected))
	s.wantOnce("the first call fails", pod, err)
	s.wantCalls("the first call fails", calls, made{first: open, second: once})
	calls, err = s.calls(t.Context(), create(forged))
	s.wantOnce("the first call fails and somebody sends the mark", pod, err)
	s.wantCalls("the first call fails and somebody sends the mark", calls, made{marked: once, first: open})

	s.lead(secondEntry, "/nowhere")
	s.eventually("the second call fails, too", plain, func(calls made, err error) bool { return err == nil && calls.second == open })
	calls, err = s.calls(t.Context(), create(selected))
	s.wantOnce("two calls fail", pod, err)
	s.wantCalls("two calls fail", calls, made{first: open, second: open, last: once})

	s.lead(markedEntry, "/nowhere")
	s.eventually("the call of those who send the mark fails", forged, func(_ made, err error) bool { return err != nil })
	if calls, err = s.calls(t.Context(), create(forged)); err == nil {
		t.Error("a pod that brings the mark went undecided")
	}
	s.wantCalls("who sends the mark has one chance", calls, made{marked: failed})

	s.lead(lastEntry, "/nowhere")
	s.eventually("the last call fails", selected, func(_ made, err error) bool { return err != nil })
	if calls, err = s.calls(t.Context(), create(selected)); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("failed calling webhook %q", lastEntry)) {
		t.Errorf("all calls fail: %v", err)
	}
	s.wantCalls("all calls fail", calls, made{first: open, second: open, last: failed})

	s.lead(firstEntry, "/mutate-pod-mark")
	s.eventually("only the further calls fail", selected, func(_ made, err error) bool { return err == nil })
	for what, change := range map[string]func(*corev1.Pod){"a pod that is selected": selected, "one that is not": plain} {
		if calls, err = s.calls(t.Context(), create(change)); err != nil {
			t.Errorf("the further calls would fail: %s: %v", what, err)
		}
		s.wantCalls("the further calls would fail: "+what, calls, made{first: once})
	}
}

// countsOnce: pods without a name, which only the unique id of a call tells apart, take one place each in a WorkloadSpread.
func (s *site) countsOnce() {
	t := s.t
	s.create(`
apiVersion: apps.kruise.io/v1beta1
kind: CloneSet
metadata: {name: web}
spec:
  replicas: 0
  selector: {matchLabels: {spread: "yes"}}
  template:
    metadata: {labels: {spread: "yes"}}
    spec: {containers: [{name: app, image: "app:1"}]}`)
	cloneSet, err := installation.Parse("{apiVersion: apps.kruise.io/v1beta1, kind: CloneSet, metadata: {name: web, namespace: " + s.namespace + "}}")
	if err != nil {
		t.Fatal(err)
	}
	if cloneSet, err = s.installed.Client.Get(t.Context(), cloneSet); err != nil {
		t.Fatal(err)
	}
	s.create(`
apiVersion: apps.kruise.io/v1beta1
kind: WorkloadSpread
metadata: {name: web}
spec:
  targetRef: {apiVersion: apps.kruise.io/v1beta1, kind: CloneSet, name: web}
  subsets: [{name: a, maxReplicas: 50}, {name: b}]`)
	spreadPod := func(pod *corev1.Pod) {
		pod.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(cloneSet, cloneSet.GroupVersionKind())}
	}
	controlplane.Eventually(t, "every replica spreads pods", func(ctx context.Context) error {
		return s.installed.AskEveryReplica(ctx, s.newPod(spreadPod), func(pod *corev1.Pod) error {
			if pod.Annotations["apps.kruise.io/matched-workloadspread"] == "" {
				return errors.New("no subset yet")
			}
			return nil
		})
	})
	const pods = 6
	for range pods {
		if _, err := s.pod(t.Context(), spreadPod); err != nil {
			t.Fatal(err)
		}
	}
	spread, err := installation.Parse("{apiVersion: apps.kruise.io/v1beta1, kind: WorkloadSpread, metadata: {name: web, namespace: " + s.namespace + "}}")
	if err != nil {
		t.Fatal(err)
	}
	if spread, err = s.installed.Client.Get(t.Context(), spread); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(spread.Object["status"])
	if err != nil {
		t.Fatal(err)
	}
	var status struct {
		VersionedSubsetStatuses map[string][]struct {
			Name            string         `json:"name"`
			MissingReplicas int            `json:"missingReplicas"`
			CreatingPods    map[string]any `json:"creatingPods"`
		} `json:"versionedSubsetStatuses"`
	}
	if err := json.Unmarshal(text, &status); err != nil {
		t.Fatal(err)
	}
	subsets := status.VersionedSubsetStatuses["versionIgnored"]
	if len(subsets) != 2 || subsets[0].MissingReplicas != 50-pods || len(subsets[0].CreatingPods) != pods {
		t.Errorf("%d pods were created, the status says %s", pods, text)
	}
}
