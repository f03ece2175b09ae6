package follow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kruise-admission/kruise-admission/internal/panics"
	"github.com/kruise-admission/kruise-admission/survive"
)

// TestPace: the first try comes at once, and an API server that was away for any time is asked again within seconds.
func TestPace(t *testing.T) {
	pace := Backoff()
	if first := pace.Step(); first > 150*time.Millisecond {
		t.Errorf("the first pause is %v", first)
	}
	for range 100 {
		if pause := pace.Step(); pause > 7500*time.Millisecond {
			t.Fatalf("a later pause is %v", pause)
		}
	}
	if steady := pace.Step(); steady < 5*time.Second {
		t.Errorf("an API server that stays away is asked again after %v", steady)
	}
}

// A try that panics is followed by another.
func TestForeverOutlivesAPanic(t *testing.T) {
	panics.Expect(t)
	ctx, stop := context.WithCancel(t.Context())
	tries := 0
	Forever(ctx, func(context.Context) {
		if tries++; tries == 2 {
			stop()
			return
		}
		panic("mistake")
	})
	if tries != 2 {
		t.Errorf("tried %d times, want 2", tries)
	}
}

// api is an API server with one ConfigMap, which can be away.
type api struct {
	mu      sync.Mutex
	away    bool
	object  *corev1.ConfigMap // nil: there is none
	watches []*watch.FakeWatcher
	asked   []string // field selectors
}

func (a *api) List(_ context.Context, options metav1.ListOptions) (*corev1.ConfigMapList, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, options.FieldSelector)
	if a.away {
		return nil, fmt.Errorf("list: %w", syscall.ECONNREFUSED)
	}
	list := &corev1.ConfigMapList{ListMeta: metav1.ListMeta{ResourceVersion: "1"}}
	if a.object != nil {
		list.Items = append(list.Items, *a.object)
	}
	return list, nil
}

func (a *api) Watch(_ context.Context, options metav1.ListOptions) (watch.Interface, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, options.FieldSelector)
	if a.away {
		return nil, fmt.Errorf("watch: %w", syscall.ECONNREFUSED)
	}
	opened := watch.NewFakeWithOptions(watch.FakeOptions{ChannelSize: 10})
	a.watches = append(a.watches, opened)
	return opened, nil
}

// last waits for a watch after the first n, and returns the newest.
func (a *api) last(t *testing.T, n int) *watch.FakeWatcher {
	t.Helper()
	var opened *watch.FakeWatcher
	eventually(t, "a watch is open", func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		if len(a.watches) <= n {
			return false
		}
		opened = a.watches[len(a.watches)-1]
		return true
	})
	return opened
}

func configMap(value string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "settings", ResourceVersion: "2"}, Data: map[string]string{"value": value}}
}

// follower remembers what it was told.
type follower struct {
	mu     sync.Mutex
	seen   []string
	failed []error
}

func follow(t *testing.T, from *api, seen func(object any)) *follower {
	f := &follower{}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		Follow(ctx, from, Object{
			Name: "settings", Example: &corev1.ConfigMap{},
			Seen: func(object any) {
				if seen != nil {
					seen(object)
				}
				f.mu.Lock()
				defer f.mu.Unlock()
				if object == nil {
					f.seen = append(f.seen, "none")
					return
				}
				f.seen = append(f.seen, object.(*corev1.ConfigMap).Data["value"])
			},
			Failed: func(err error) {
				f.mu.Lock()
				defer f.mu.Unlock()
				f.failed = append(f.failed, err)
			},
		})
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
	return f
}

func (f *follower) saw(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	defer func() {
		if t.Failed() {
			t.Logf("saw %q", got)
		}
	}()
	eventually(t, fmt.Sprintf("%q is seen", want), func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		got = slices.Clone(f.seen)
		return slices.Equal(got, want)
	})
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestFollow(t *testing.T) {
	from := &api{}
	f := follow(t, from, nil)
	f.saw(t, "none")
	opened := from.last(t, 0)
	other := configMap("of another")
	other.Name = "other"
	opened.Add(other)
	opened.Add(configMap("a"))
	opened.Delete(other)
	opened.Modify(configMap("b"))
	opened.Delete(configMap("b"))
	f.saw(t, "none", "a", "b", "none")
	from.mu.Lock()
	defer from.mu.Unlock()
	for _, fields := range from.asked {
		if fields != "metadata.name=settings" {
			t.Errorf("asked for %q", fields)
		}
	}
}

// An API server that goes away and comes back is asked how the object is: it may have been changed, and may be older than what was seen before.
func TestFollowOverAnOutage(t *testing.T) {
	from := &api{object: configMap("a")}
	f := follow(t, from, nil)
	f.saw(t, "a")
	opened := from.last(t, 0)
	opened.Modify(configMap("later"))
	f.saw(t, "a", "later")
	from.mu.Lock()
	from.away = true
	before := len(from.asked)
	from.mu.Unlock()
	opened.Stop()
	eventually(t, "it is asked again and again", func() bool {
		from.mu.Lock()
		defer from.mu.Unlock()
		return len(from.asked) > before+2
	})
	from.mu.Lock()
	from.away = false
	from.mu.Unlock()
	f.saw(t, "a", "later", "a")
	from.last(t, 1).Modify(configMap("b"))
	f.saw(t, "a", "later", "a", "b")
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.failed) == 0 {
		t.Error("nothing was reported")
	}
}

// A panic over one state of the object is reported, and the next state is seen.
func TestFollowOverAPanic(t *testing.T) {
	panics.Expect(t)
	from := &api{}
	f := follow(t, from, func(object any) {
		if object != nil && object.(*corev1.ConfigMap).Data["value"] == "bad" {
			panic("mistake")
		}
	})
	opened := from.last(t, 0)
	opened.Add(configMap("bad"))
	opened.Modify(configMap("good"))
	f.saw(t, "none", "good")
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.failed) != 1 || !errors.Is(f.failed[0], survive.ErrPanicked) {
		t.Errorf("reported %v", f.failed)
	}
}
