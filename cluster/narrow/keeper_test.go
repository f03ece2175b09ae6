package narrow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/internal/panics"
)

// view is a cluster of SidecarSets.
type view struct {
	mu     sync.Mutex
	sets   map[string]*v1beta1.SidecarSet
	broken bool // panics when it is asked for all
}

func (v *view) SidecarSets() (all []*v1beta1.SidecarSet) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.broken {
		panic("mistake")
	}
	for _, set := range v.sets {
		all = append(all, set)
	}
	return all
}

func (v *view) SidecarSet(name string) (*v1beta1.SidecarSet, []byte, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	set, ok := v.sets[name]
	return set, nil, ok
}

func (v *view) NamespacesInUse() []string { return nil }

// put stores a SidecarSet for pods of the app of its name, and tells the keeper.
func (v *view) put(k *Keeper, name string, generation int64) {
	set := setOf(labelled("app", name), nil)
	set.ObjectMeta = metav1.ObjectMeta{Name: name, UID: types.UID(name), Generation: generation}
	v.mu.Lock()
	v.sets[name] = set
	v.mu.Unlock()
	k.Changed([]string{name})
}

// keep starts a keeper beside two configurations whose entries for pods have these conditions.
func keep(t *testing.T, options Options, conditions ...admissionregistrationv1.MatchCondition) (*fake.Clientset, *view, *Keeper) {
	t.Helper()
	configuration := func(name, path string) *admissionregistrationv1.MutatingWebhookConfiguration {
		return &admissionregistrationv1.MutatingWebhookConfiguration{
			ObjectMeta: metav1.ObjectMeta{Name: name, ResourceVersion: "1"},
			Webhooks:   []admissionregistrationv1.MutatingWebhook{entry("ours", path, conditions...)},
		}
	}
	client := fake.NewClientset(configuration("ka", markPath), configuration("ka-second", podPath))
	client.PrependReactor("create", "events", func(action clienttesting.Action) (bool, runtime.Object, error) {
		event := action.(clienttesting.CreateAction).GetObject().(*eventsv1.Event)
		event.Name = event.GenerateName + event.Regarding.Name // the fake generates none
		return false, nil, nil
	})
	cluster := &view{sets: map[string]*v1beta1.SidecarSet{}}
	options.View, options.Service, options.Namespace, options.Identity = cluster, "ours", "n", "replica"
	options.Configurations, options.Paths = []string{"ka", "ka-second", "absent"}, []string{podPath, markPath}
	k, err := New(client, options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- k.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return client, cluster, k
}

// eventually asks until answer gives nil.
func eventually(t *testing.T, what string, answer func() error) {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		err := answer()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("%s: %v", what, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// conditions gives those of both entries for pods, which are the same as soon as the second has been written, too.
func conditions(t *testing.T, client *fake.Clientset) []admissionregistrationv1.MatchCondition {
	t.Helper()
	var both [2][]admissionregistrationv1.MatchCondition
	for i, name := range []string{"ka", "ka-second"} {
		configuration, err := client.AdmissionregistrationV1().MutatingWebhookConfigurations().Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		both[i] = configuration.Webhooks[0].MatchConditions
	}
	if !slices.Equal(both[0], both[1]) {
		return nil
	}
	return both[0]
}

// active lists the SidecarSets that were reported active, in the order of their names.
func active(t *testing.T, client *fake.Clientset) (names []string) {
	t.Helper()
	events, err := client.EventsV1().Events(metav1.NamespaceDefault).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, event := range events.Items {
		names = append(names, event.Regarding.Name)
	}
	slices.Sort(names)
	return names
}

func TestKeeperFollowsSidecarSets(t *testing.T) {
	client, cluster, k := keep(t, Options{Enabled: true})
	cluster.put(k, "before", 1) // the first call names what there is
	mentions := func(app string) func() error {
		return func() error {
			if all := conditions(t, client); len(all) != 1 || !strings.Contains(all[0].Expression, fmt.Sprintf("[%q]", app)) {
				return fmt.Errorf("conditions %v", all)
			}
			return nil
		}
	}
	eventually(t, "what was there is in the condition", mentions("before"))
	cluster.put(k, "new", 1)
	eventually(t, "a new one is in the condition", mentions("new"))
	if early := active(t, client); len(early) != 0 {
		t.Errorf("%v were reported active at once", early)
	}
	eventually(t, "the new one is reported active", func() error {
		if names := active(t, client); !slices.Equal(names, []string{"new"}) {
			return fmt.Errorf("active: %v", names)
		}
		return nil
	})
	cluster.put(k, "new", 1) // a new status
	cluster.put(k, "before", 2)
	eventually(t, "a changed one is reported, and a new status is not", func() error {
		if names := active(t, client); !slices.Equal(names, []string{"before", "new"}) {
			return fmt.Errorf("active: %v", names)
		}
		return nil
	})
}

// idle makes a keeper that does not run.
func idle(t *testing.T) (*fake.Clientset, *view, *Keeper) {
	t.Helper()
	client, cluster := fake.NewClientset(), &view{sets: map[string]*v1beta1.SidecarSet{}}
	k, err := New(client, Options{
		View: cluster, Enabled: true, Configurations: []string{"ka"}, Paths: []string{podPath}, Service: "ours", Namespace: "n", Identity: "replica",
	})
	if err != nil {
		t.Fatal(err)
	}
	return client, cluster, k
}

// What is kept of SidecarSets is forgotten with them, whether they were announced or not.
func TestKeeperForgetsWhatIsGone(t *testing.T) {
	_, cluster, k := idle(t)
	cluster.put(k, "before", 1)
	cluster.put(k, "announced", 1)
	if err := k.announce(t.Context(), k.pending()); err != nil {
		t.Fatal(err)
	}
	cluster.put(k, "announced", 1)
	cluster.put(k, "pending", 1)
	if len(k.announced) != 2 || len(k.changed) != 1 {
		t.Errorf("announced %v, changed %v", k.announced, k.changed)
	}
	for _, name := range []string{"before", "announced", "pending"} {
		delete(cluster.sets, name)
		k.Changed([]string{name})
	}
	if len(k.announced) != 0 || len(k.changed) != 0 {
		t.Errorf("when all are gone: announced %v, changed %v", k.announced, k.changed)
	}
}

// A change that comes while the one before is being announced has an announcement of its own, when it has settled.
func TestKeeperAnnouncesWhatHasSettled(t *testing.T) {
	client, cluster, k := idle(t)
	k.Changed(nil)
	cluster.put(k, "app", 1)
	settled := k.pending()
	cluster.put(k, "app", 2)
	if err := k.announce(t.Context(), settled); err != nil {
		t.Fatal(err)
	}
	if names := active(t, client); len(names) != 0 || len(k.changed) != 1 {
		t.Errorf("%v were announced, and %v wait", names, k.changed)
	}
	if err := k.announce(t.Context(), k.pending()); err != nil {
		t.Fatal(err)
	}
	if names := active(t, client); !slices.Equal(names, []string{"app"}) || len(k.changed) != 0 {
		t.Errorf("%v were announced, and %v wait", names, k.changed)
	}
}

func TestKeeperTakesAwayWhatWasLeftBehind(t *testing.T) {
	for name, options := range map[string]Options{"without the option": {}, "with nothing to narrow": {Enabled: true, AllPods: true}} {
		t.Run(name, func(t *testing.T) {
			client, _, k := keep(t, options, condition("a", "1"), condition(ConditionName, "false"))
			k.Changed(nil)
			eventually(t, "the condition is gone", func() error {
				if all := conditions(t, client); len(all) != 1 || all[0].Name != "a" {
					return fmt.Errorf("conditions %v", all)
				}
				return nil
			})
		})
	}
}

func TestRequiredOptions(t *testing.T) {
	complete := Options{View: &view{}, Configurations: []string{"c"}, Paths: []string{"p"}, Service: "s", Namespace: "n", Identity: "i"}
	for want, change := range map[string]func(*Options){
		"":               func(*Options) {},
		"view":           func(o *Options) { o.View = nil },
		"configurations": func(o *Options) { o.Configurations = nil },
		"paths":          func(o *Options) { o.Paths = nil },
		"service":        func(o *Options) { o.Service = "" },
		"namespace":      func(o *Options) { o.Namespace = "" },
		"identity":       func(o *Options) { o.Identity = "" },
	} {
		options := complete
		change(&options)
		if _, err := New(fake.NewClientset(), options); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("without %q: %v", want, err)
		}
	}
}

// While the condition cannot be made every pod is let in, and the keeper is there when it can be made again.
func TestAPanicLetsAllPodsIn(t *testing.T) {
	panics.Expect(t)
	client, cluster, k := keep(t, Options{Enabled: true})
	number := func(want int) func() error {
		return func() error {
			if all := conditions(t, client); len(all) != want {
				return fmt.Errorf("conditions %v, want %d", all, want)
			}
			return nil
		}
	}
	cluster.put(k, "app", 1)
	eventually(t, "the condition is there", number(1))
	cluster.mu.Lock()
	cluster.broken = true
	cluster.mu.Unlock()
	k.Changed(nil)
	eventually(t, "the condition is gone", number(0))
	cluster.mu.Lock()
	cluster.broken = false
	cluster.mu.Unlock()
	k.Changed(nil)
	eventually(t, "the condition is there again", number(1))
}

// TestNotActiveBeforeAllConfigurationsCarryTheCondition: a pod about which the first call fails must be sent a second time.
func TestNotActiveBeforeAllConfigurationsCarryTheCondition(t *testing.T) {
	client, cluster, k := keep(t, Options{Enabled: true})
	var refused atomic.Int64
	var allowed atomic.Bool
	client.PrependReactor("patch", "mutatingwebhookconfigurations", func(action clienttesting.Action) (bool, runtime.Object, error) {
		if action.(clienttesting.PatchAction).GetName() != "ka-second" || allowed.Load() {
			return false, nil, nil
		}
		refused.Add(1)
		return true, nil, errors.New("not now")
	})
	k.Changed(nil)
	cluster.put(k, "new", 1)
	eventually(t, "the second cannot be written for longer than API servers need to see the first", func() error {
		cluster.put(k, "new", 1) // a pass that failed is tried again at once when something happens
		if count := refused.Load(); count < 20 {
			return fmt.Errorf("tried %d times", count)
		}
		return nil
	})
	if early := active(t, client); len(early) != 0 {
		t.Errorf("%v were reported active", early)
	}
	allowed.Store(true)
	cluster.put(k, "new", 1)
	eventually(t, "reported active", func() error {
		if names := active(t, client); !slices.Equal(names, []string{"new"}) {
			return fmt.Errorf("active: %v", names)
		}
		return nil
	})
}
