package missed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	kubernetesfake "k8s.io/client-go/kubernetes/fake"
	metadatafake "k8s.io/client-go/metadata/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kruise-admission/kruise-admission/internal/panics"
)

// world is a cluster of pods, and an auditor that looks at it once a minute. Its judge misses the sidecars that the label lacks names.
type world struct {
	t       *testing.T
	client  *kubernetesfake.Clientset
	pods    *metadatafake.FakeMetadataClient
	options Options
	auditor *Auditor
	created atomic.Int32
	broken  error // of the judge

	mu sync.Mutex
	// evicting answers evictions; the default deletes the pod.
	evicting func(pod string) error
	names    []string // of pods whose eviction was asked for
}

var podResource = corev1.SchemeGroupVersion.WithResource("pods")

func newWorld(t *testing.T) *world {
	scheme := metadatafake.NewTestScheme()
	if err := metav1.AddMetaToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, client: kubernetesfake.NewClientset(), pods: metadatafake.NewSimpleMetadataClient(scheme)}
	w.evicting = w.delete
	w.client.PrependReactor("create", "pods", func(action clienttesting.Action) (bool, runtime.Object, error) {
		eviction := action.(clienttesting.CreateAction).GetObject().(*policyv1.Eviction)
		if action.GetSubresource() != "eviction" || eviction.DeleteOptions.Preconditions.UID == nil {
			t.Errorf("an eviction of whatever is called %s: %v", eviction.Name, eviction.DeleteOptions)
		}
		w.mu.Lock()
		w.names = append(w.names, eviction.Name)
		answer := w.evicting
		w.mu.Unlock()
		return true, nil, answer(eviction.Name)
	})
	w.options = Options{
		Namespace: "kruise-admission", Identity: "replica", Interval: time.Minute,
		Begin: func(context.Context) (Judge, error) {
			return func(_ context.Context, raw []byte) ([]string, error) {
				var pod metav1.PartialObjectMetadata
				if err := json.Unmarshal(raw, &pod); err != nil {
					return nil, err
				}
				return strings.FieldsFunc(pod.Labels["lacks"], func(r rune) bool { return r == '.' }), w.broken
			}, nil
		},
	}
	return w
}

// owner is a controller of pods.
type owner struct{ apiVersion, kind, uid string }

var replicaSet = &owner{"apps/v1", "ReplicaSet", "web"}

// pod creates a pod in the namespace shop now.
func (w *world) pod(lacks string, owner *owner) string { return w.podIn("shop", lacks, owner) }

func (w *world) podIn(namespace, lacks string, owner *owner) string {
	name := fmt.Sprintf("pod-%d", w.created.Add(1))
	pod := &metav1.PartialObjectMetadata{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: name, UID: types.UID(name), Labels: map[string]string{"lacks": lacks}, CreationTimestamp: metav1.Now(),
		},
	}
	if owner != nil {
		yes := true
		pod.OwnerReferences = []metav1.OwnerReference{{APIVersion: owner.apiVersion, Kind: owner.kind, Name: "o", UID: types.UID(owner.uid), Controller: &yes}}
	}
	if err := w.pods.Tracker().Create(podResource, pod, namespace); err != nil {
		w.t.Fatal(err)
	}
	return name
}

// evictWith says how evictions are answered from now on.
func (w *world) evictWith(answer func(pod string) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.evicting = answer
}

// evicted names the pods whose eviction was asked for.
func (w *world) evicted() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.names)
}

func (w *world) delete(pod string) error { return w.pods.Tracker().Delete(podResource, "shop", pod) }

// run starts the auditor, which looks at once, and stops it at the end.
func (w *world) run() {
	w.t.Helper()
	auditor, err := New(w.client, w.pods, w.options)
	if err != nil {
		w.t.Fatal(err)
	}
	w.auditor = auditor
	ctx, stop := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := auditor.Run(ctx); err != nil {
			w.t.Error(err)
		}
	}()
	w.t.Cleanup(func() {
		stop()
		<-done
		if status := auditor.Status(); status.Missed != nil || !status.Completed.IsZero() {
			w.t.Errorf("a replica that no longer leads says %v", status)
		}
	})
	auditor.Changed(nil)
	w.after(time.Second)
}

// after lets time go by.
func (w *world) after(d time.Duration) {
	time.Sleep(d) // the clock of a bubble
	synctest.Wait()
}

// events counts the Events by pod.
func (w *world) events() map[string]int {
	w.t.Helper()
	list, err := w.client.EventsV1().Events("").List(w.t.Context(), metav1.ListOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	counts := map[string]int{}
	for _, event := range list.Items {
		counts[event.Regarding.Name]++
	}
	return counts
}

// bubble runs a test with a clock of its own. Events are kept under names of their own, as the API server does.
func bubble(t *testing.T, test func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		n := 0
		w.client.PrependReactor("create", "events", func(action clienttesting.Action) (bool, runtime.Object, error) {
			n++
			event := action.(clienttesting.CreateAction).GetObject().(*eventsv1.Event)
			event.Name = fmt.Sprintf("%s%d", event.GenerateName, n)
			return false, nil, nil
		})
		test(t, w)
	})
}

func TestMissedPodsAreCountedAndTold(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.pod("", nil)
		first, second := w.pod("agent", nil), w.pod("agent.proxy", nil)
		w.run()
		if diff := cmp.Diff(map[string]int{"agent": 2, "proxy": 1}, w.auditor.Status().Missed); diff != "" {
			t.Errorf("missed (-want +got):\n%s", diff)
		}
		list, err := w.client.EventsV1().Events("shop").List(t.Context(), metav1.ListOptions{})
		if err != nil || len(list.Items) != 2 {
			t.Fatalf("%d Events, error %v", len(list.Items), err)
		}
		for _, event := range list.Items {
			if event.Regarding.Kind != "Pod" || event.Regarding.UID != types.UID(event.Regarding.Name) || event.Reason != eventReason ||
				event.Type != corev1.EventTypeWarning || !strings.Contains(event.Note, "agent") {
				t.Errorf("Event %+v", event)
			}
		}
		third := w.pod("proxy", nil)
		if err := w.delete(first); err != nil {
			t.Fatal(err)
		}
		w.after(time.Minute)
		if diff := cmp.Diff(map[string]int{"agent": 1, "proxy": 2}, w.auditor.Status().Missed); diff != "" {
			t.Errorf("missed after a minute (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]int{first: 1, second: 1, third: 1}, w.events()); diff != "" {
			t.Errorf("Events after a minute (-want +got):\n%s", diff)
		}
		if len(w.evicted()) > 0 {
			t.Errorf("%v evicted, which nobody asked for", w.evicted())
		}
	})
}

func TestEventsAreBounded(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		for range eventsPerPass + 5 {
			w.pod("agent", nil)
		}
		w.run()
		if got := len(w.events()); got != eventsPerPass {
			t.Errorf("%d Events after a pass, want %d", got, eventsPerPass)
		}
		w.after(time.Minute)
		if got := len(w.events()); got != eventsPerPass+5 {
			t.Errorf("%d Events after two, want %d", got, eventsPerPass+5)
		}
	})
}

func TestAnEventThatFailsIsTriedAgain(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var refuse atomic.Bool
		refuse.Store(true)
		w.client.PrependReactor("create", "events", func(clienttesting.Action) (bool, runtime.Object, error) {
			return refuse.Load(), nil, errors.New("no right")
		})
		pod := w.pod("agent", nil)
		w.run()
		refuse.Store(false)
		w.after(time.Minute)
		if diff := cmp.Diff(map[string]int{pod: 1}, w.events()); diff != "" {
			t.Errorf("Events (-want +got):\n%s", diff)
		}
	})
}

// No Event can be written in a namespace that is being deleted, which may take for ever; pods of the others must not wait for that.
func TestANamespaceWithoutEventsHoldsUpNoOther(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		tries := 0
		w.client.PrependReactor("create", "events", func(action clienttesting.Action) (bool, runtime.Object, error) {
			if action.GetNamespace() != "going" {
				return false, nil, nil
			}
			tries++
			return true, nil, errors.New("the namespace is being terminated")
		})
		w.podIn("going", "agent", nil)
		w.podIn("going", "agent", nil)
		pod := w.podIn("shop", "agent", nil)
		w.run()
		if diff := cmp.Diff(map[string]int{pod: 1}, w.events()); diff != "" {
			t.Errorf("Events (-want +got):\n%s", diff)
		}
		if tries != 1 {
			t.Errorf("%d tries in a namespace where none succeeds, want 1", tries)
		}
	})
}

func TestAPassThatFailsSaysNothing(t *testing.T) {
	for name, fail := range map[string]func(w *world){
		"the judge": func(w *world) { w.broken = errors.New("no answer") },
		"its beginning": func(w *world) {
			w.options.Begin = func(context.Context) (Judge, error) { return nil, errors.New("no answer") }
		},
		"a panic": func(w *world) { w.options.Begin = func(context.Context) (Judge, error) { panic("oops") } },
		"the list": func(w *world) {
			w.pods.PrependReactor("list", "pods", func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, errors.New("no answer") })
		},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "a panic" {
				panics.Expect(t)
			}
			bubble(t, func(t *testing.T, w *world) {
				w.pod("agent", nil)
				fail(w)
				w.run()
				if status := w.auditor.Status(); status.Failures != 1 || status.Missed != nil || !status.Completed.IsZero() {
					t.Errorf("status %+v", status)
				}
				w.after(time.Minute)
				if status := w.auditor.Status(); status.Failures != 2 {
					t.Errorf("%d failures, want 2: it is tried again", status.Failures)
				}
			})
		})
	}
}

func TestRequiredOptions(t *testing.T) {
	begin := func(context.Context) (Judge, error) { return nil, nil }
	client, pods := kubernetesfake.NewClientset(), newWorld(t).pods
	for want, options := range map[string]Options{
		"begin: required":                      {Interval: 1, Namespace: "n", Identity: "i"},
		"interval: invalid":                    {Begin: begin, Namespace: "n", Identity: "i"},
		"namespace: required":                  {Begin: begin, Interval: 1, Identity: "i"},
		"identity: required":                   {Begin: begin, Interval: 1, Namespace: "n"},
		"per minute: invalid":                  {Begin: begin, Interval: 1, Namespace: "n", Identity: "i", EvictionsPerMinute: -1},
		"invalid value 601, expected 0 to 600": {Begin: begin, Interval: 1, Namespace: "n", Identity: "i", EvictionsPerMinute: 601},
	} {
		if _, err := New(client, pods, options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
