package cluster

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"

	"github.com/kruise-admission/kruise-admission/internal/panics"
)

func put(sets ...SidecarSet) Change {
	change := Change{SidecarSets: Delta[SidecarSet]{Put: map[string]SidecarSet{}}}
	for _, set := range sets {
		change.SidecarSets.Put[set.Object.Name] = set
	}
	return change
}

func putRevision(name, owner string, revision int64) Change {
	return Change{ControllerRevisions: Delta[*appsv1.ControllerRevision]{
		Put: map[string]*appsv1.ControllerRevision{name: testRevision(name, owner, revision)},
	}}
}

// deliver runs the deliveries of s until the test ends, and returns the calls so far. Only inside a bubble.
func deliver(t *testing.T, s *Store) (calls func() [][]string) {
	t.Helper()
	var got [][]string
	s.OnChange(func(names []string) { got = append(got, names) })
	go s.Deliver(t.Context())
	return func() [][]string {
		synctest.Wait()
		defer func() { got = nil }()
		return got
	}
}

func TestFirstCallNamesEverything(t *testing.T) {
	tests := []struct {
		name string
		fill []Change
		want [][]string
	}{
		{name: "nothing", want: [][]string{nil}},
		{name: "sorted and once", fill: []Change{put(testSet("b", "1"), testSet("a", "1")), put(testSet("a", "2")), putRevision("a-1", "a", 1)}, want: [][]string{{"a", "b"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newTestStore()
				calls := deliver(t, s)
				for _, change := range test.fill {
					s.Apply(change)
				}
				if got := calls(); got != nil {
					t.Errorf("called with %v before the store was filled", got)
				}
				s.Filled()
				s.Filled()
				if diff := cmp.Diff(test.want, calls()); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestCallsNameWhatChanged(t *testing.T) {
	tests := []struct {
		name   string
		change Change
		want   [][]string
	}{
		{name: "new", change: put(testSet("b", "1")), want: [][]string{{"b"}}},
		{name: "other content", change: put(testSet("a", "2")), want: [][]string{{"a"}}},
		{name: "same content", change: put(testSet("a", "1"))},
		{name: "dropped", change: Change{SidecarSets: Delta[SidecarSet]{Drop: []string{"a"}}}, want: [][]string{{"a"}}},
		{name: "dropped by a delta that is everything", change: Change{SidecarSets: Delta[SidecarSet]{All: true}}, want: [][]string{{"a"}}},
		{name: "drop of what was not there", change: Change{SidecarSets: Delta[SidecarSet]{Drop: []string{"x"}}}},
		{name: "new revision", change: putRevision("a-2", "a", 2), want: [][]string{{"a"}}},
		{name: "other number of a revision", change: putRevision("a-1", "a", 2), want: [][]string{{"a"}}},
		{name: "same revision", change: putRevision("a-1", "a", 1)},
		{name: "revision changes hands", change: putRevision("a-1", "b", 1), want: [][]string{{"a", "b"}}},
		{name: "dropped revision", change: Change{ControllerRevisions: Delta[*appsv1.ControllerRevision]{All: true}}, want: [][]string{{"a"}}},
		{name: "namespace", change: Change{Namespaces: Delta[map[string]string]{Put: map[string]map[string]string{"shop": {}}}}},
		{name: "settings", change: Change{ConfigMaps: Delta[map[string]string]{Put: map[string]map[string]string{SettingsConfigMap: {"k": "v"}}}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newTestStore()
				calls := deliver(t, s)
				s.Apply(put(testSet("a", "1")))
				s.Apply(putRevision("a-1", "a", 1))
				s.Filled()
				calls()
				s.Apply(test.change)
				if diff := cmp.Diff(test.want, calls()); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestSyncedOnlyAfterFirstCallReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestStore()
		compiled := make(chan struct{})
		s.OnChange(func([]string) { <-compiled })
		go s.Deliver(t.Context())
		s.Filled()
		synctest.Wait()
		if s.Synced() {
			t.Error("synced while the first call is running")
		}
		close(compiled)
		synctest.Wait()
		if !s.Synced() {
			t.Error("not synced after the first call")
		}
	})
}

func TestSlowListenerGetsOneCallForManyChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestStore()
		var running, overlaps atomic.Int32
		resume := make(chan struct{})
		var calls [][]string
		s.OnChange(func(names []string) {
			if running.Add(1) > 1 {
				overlaps.Add(1)
			}
			<-resume
			calls = append(calls, names)
			running.Add(-1)
		})
		go s.Deliver(t.Context())
		s.Filled()
		synctest.Wait()
		for i := range 100 {
			s.Apply(put(testSet("a", fmt.Sprint(i)), testSet("b", fmt.Sprint(i))))
			synctest.Wait()
		}
		resume <- struct{}{}
		resume <- struct{}{}
		synctest.Wait()
		if diff := cmp.Diff([][]string{nil, {"a", "b"}}, calls); diff != "" {
			t.Error(diff)
		}
		if overlaps.Load() > 0 {
			t.Error("calls overlap")
		}
	})
}

func TestEveryListenerIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestStore()
		var first []string
		s.OnChange(func(names []string) { first = append(first, names...) })
		calls := deliver(t, s)
		s.Apply(put(testSet("a", "1")))
		s.Filled()
		if diff := cmp.Diff([][]string{{"a"}}, calls()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"a"}, first); diff != "" {
			t.Error(diff)
		}
	})
}

func TestDeliverEndsBeforeTheStoreIsFilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := newTestStore()
		s.OnChange(func([]string) { t.Error("called although the store was never filled") })
		ended := false
		go func() {
			s.Deliver(ctx)
			ended = true
		}()
		synctest.Wait()
		cancel()
		synctest.Wait()
		if !ended || s.Synced() {
			t.Errorf("ended %v, synced %v", ended, s.Synced())
		}
	})
}

// A listener that panics is told again, what it missed and what came since, and the others are told in time.
func TestAPanicOfAListener(t *testing.T) {
	panics.Expect(t)
	synctest.Test(t, func(t *testing.T) {
		s := newTestStore()
		var broken atomic.Bool
		broken.Store(true)
		var told [][]string
		s.OnChange(func(names []string) {
			if broken.Load() {
				panic("mistake")
			}
			told = append(told, names)
		})
		others := deliver(t, s)
		s.Filled()
		if diff := cmp.Diff([][]string{nil}, others()); diff != "" || !s.Synced() {
			t.Errorf("the first call of the others, synced %t (-want +got):\n%s", s.Synced(), diff)
		}
		s.Apply(put(testSet("b", "1")))
		synctest.Wait()
		s.Apply(put(testSet("a", "1")))
		if diff := cmp.Diff([][]string{{"b"}, {"a"}}, others()); diff != "" {
			t.Errorf("calls of the others (-want +got):\n%s", diff)
		}
		broken.Store(false)
		time.Sleep(tellAgain)
		if diff := cmp.Diff([][]string(nil), others()); diff != "" {
			t.Errorf("the others were told again (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([][]string{{"a", "b"}}, told); diff != "" {
			t.Errorf("calls after the panics (-want +got):\n%s", diff)
		}
	})
}
