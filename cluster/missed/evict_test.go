package missed

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

func TestEvictionIsSpread(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.options.EvictionsPerMinute = 2
		for range 5 {
			w.pod("agent", replicaSet)
		}
		w.run()
		for _, want := range []int{0, 0, 1, 2, 2} { // from the second pass on; two fit into an interval of a minute, and the next pass begins a minute after them
			if got := len(w.evicted()); got != want {
				t.Errorf("%d evicted, want %d", got, want)
			}
			w.after(30 * time.Second)
		}
		w.after(5 * time.Minute)
		if got := w.auditor.Status().Evictions[Evicted]; got != 5 || len(w.evicted()) != 5 {
			t.Errorf("%d of 5 evicted: %v", got, w.evicted())
		}
	})
}

// Evictions are spread over the time until the next pass. Who takes a SidecarSet away in the meantime, or keeps a namespace out, ends them at once.
func TestWhatIsNoLongerMissedIsNotEvicted(t *testing.T) {
	for name, end := range map[string]func() (Judge, error){
		"no pod is missed": func() (Judge, error) {
			return func(context.Context, []byte) ([]string, error) { return nil, nil }, nil
		},
		"there is no SidecarSet": func() (Judge, error) { return nil, nil },
		"it cannot be told":      func() (Judge, error) { return nil, errors.New("no answer") },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.options.EvictionsPerMinute = 2
				var ended atomic.Bool
				begin := w.options.Begin
				w.options.Begin = func(ctx context.Context) (Judge, error) {
					if ended.Load() {
						return end()
					}
					return begin(ctx)
				}
				for range 5 {
					w.pod("agent", replicaSet)
				}
				w.run()
				w.after(time.Minute) // the second pass
				ended.Store(true)
				w.after(10 * time.Minute)
				if len(w.evicted()) != 1 {
					t.Errorf("%v evicted, want the first one only", w.evicted())
				}
			})
		})
	}
}

func TestEvictionEndsWhenItDoesNotHelp(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.options.EvictionsPerMinute = 60
		w.evictWith(func(pod string) error {
			// In its place, and again without. Not here: the client holds a lock meanwhile, for which the elector would wait in vain.
			time.AfterFunc(2*time.Second, func() { w.pod("agent", replicaSet) })
			return w.delete(pod)
		})
		w.pod("agent", replicaSet)
		w.run()
		w.after(10 * time.Minute)
		if len(w.evicted()) != 1 {
			t.Errorf("%v evicted, want the first one only", w.evicted())
		}
		other := w.pod("agent", &owner{"apps/v1", "StatefulSet", "db"})
		w.evictWith(w.delete)
		w.after(3 * time.Minute)
		if diff := cmp.Diff([]string{"pod-1", other}, w.evicted()); diff != "" {
			t.Errorf("evicted (-want +got):\n%s", diff)
		}
	})
}

func TestOnlyPodsThatAreReplacedAreEvicted(t *testing.T) {
	for _, test := range []struct {
		owner *owner
		want  bool
	}{
		{nil, false},
		{&owner{"batch/v1", "Job", "u"}, false},
		{&owner{"v1", "Node", "u"}, false},
		{&owner{"example.com/v1", "ReplicaSet", "u"}, false},
		{&owner{"v1", "ReplicationController", "u"}, true},
		{&owner{"apps/v1", "DaemonSet", "u"}, true},
		{&owner{"apps.kruise.io/v1alpha1", "CloneSet", "u"}, true},
	} {
		bubble(t, func(t *testing.T, w *world) {
			w.options.EvictionsPerMinute = 60
			w.pod("agent", test.owner)
			w.run()
			w.after(time.Minute)
			if evicted := len(w.evicted()) > 0; evicted != test.want {
				t.Errorf("%v: evicted %t, want %t", test.owner, evicted, test.want)
			}
		})
	}
}

func TestOutcomesOfEvictions(t *testing.T) {
	pods := podResource.GroupResource()
	for outcome, answers := range map[Eviction][]error{
		Held: {
			apierrors.NewTooManyRequests("a budget", 0),
			apierrors.NewForbidden(pods, "p", errors.New(`admission webhook "vpodeviction.kb.io" denied the request`)),
		},
		Gone:   {apierrors.NewNotFound(pods, "p"), apierrors.NewConflict(pods, "p", errors.New("another uid"))},
		Failed: {apierrors.NewForbidden(pods, "p", errors.New("no right")), errors.New("connection refused")},
	} {
		for _, answer := range answers {
			bubble(t, func(t *testing.T, w *world) {
				w.options.EvictionsPerMinute = 60
				w.evictWith(func(string) error { return answer })
				w.pod("agent", replicaSet)
				w.run()
				w.after(time.Minute)
				if diff := cmp.Diff(map[Eviction]uint64{outcome: 1}, w.auditor.Status().Evictions); diff != "" {
					t.Errorf("%v (-want +got):\n%s", answer, diff)
				}
			})
		}
	}
}
