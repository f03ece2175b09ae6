package revisions

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	coordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/cluster/election"
	"github.com/kruise-admission/kruise-admission/internal/panics"
)

// run runs what watches the server and the recorders until the test, or the returned function, stops them. Only inside a bubble.
func (a *apiServer) run(recorders ...*Recorder) (stop []context.CancelFunc) {
	a.view.Filled()
	go a.view.Deliver(a.t.Context())
	for _, r := range recorders {
		ctx, cancel := context.WithCancel(a.t.Context())
		stop = append(stop, cancel)
		go func() {
			if err := r.Run(ctx); err != nil {
				a.t.Error(err)
			}
		}()
	}
	return stop
}

// after lets time go by.
func after(d time.Duration) {
	time.Sleep(d) // the clock of a bubble
	synctest.Wait()
}

// renew changes the Lease of OpenKruise's manager, as its holder does.
func (a *apiServer) renew(namespace, holder string) {
	a.put(fmt.Sprintf(leasesPath, namespace)+"/kruise-manager", fmt.Sprintf(`{"spec":{"holderIdentity":%q,"leaseDurationSeconds":15}}`, holder))
}

func TestOneReplicaRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPIServer(t)
		first, second := a.recorder(), a.recorder()
		a.set("agent:1")
		stop := a.run(first, second)
		after(time.Second)
		if a.latest() != "agent:1" {
			t.Error("not recorded at the start")
		}
		a.set("agent:2")
		after(time.Second)
		if a.latest() != "agent:2" {
			t.Error("not recorded after a change")
		}
		for _, r := range []*Recorder{first, second} {
			r.mu.Lock()
			if leads := r.queue != nil; leads != (a.holder() == r.candidate.Identity()) {
				t.Errorf("%s leads: %t, the Lease says %s", r.candidate.Identity(), leads, a.holder())
			}
			r.mu.Unlock()
		}
		leader := 0
		if a.holder() == second.candidate.Identity() {
			leader = 1
		}
		stop[leader]()
		after(2 * election.RetryPeriod)
		a.set("agent:3")
		after(time.Second)
		if a.latest() != "agent:3" {
			t.Error("not recorded by the other replica after the first has ended")
		}
	})
}

// holder is who holds our own Lease.
func (a *apiServer) holder() string {
	lease := a.get(fmt.Sprintf(leasesPath, "kruise-admission") + "/" + LeaseName)
	spec, _ := lease.Object["spec"].(map[string]any)
	holder, _ := spec["holderIdentity"].(string)
	return holder
}

// A replica that dies without a word is replaced when its Lease has run out.
func TestRecordingAfterACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPIServer(t)
		a.set("agent:1")
		a.put(fmt.Sprintf(leasesPath, "kruise-admission")+"/"+LeaseName, `{"spec":{"holderIdentity":"dead","leaseDurationSeconds":30}}`)
		a.run(a.recorder())
		after(election.LeaseDuration - time.Second)
		if a.latest() != "" {
			t.Error("recorded while another replica may still hold the Lease")
		}
		after(3 * election.RetryPeriod)
		if a.latest() != "agent:1" {
			t.Error("not recorded")
		}
	})
}

func TestRecordingWaitsForTheView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPIServer(t)
		r := a.recorder()
		a.set("agent:1")
		go func() { _ = r.Run(t.Context()) }()
		after(time.Minute)
		if writes := a.writes(); len(writes) > 0 {
			t.Errorf("writes %v before the view is complete", writes)
		}
	})
}

func TestRecordingBesideOpenKruise(t *testing.T) {
	for _, namespace := range []string{"kruise-admission", "kruise-system"} {
		t.Run(namespace, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newAPIServer(t)
				a.set("agent:1")
				a.renew(namespace, "manager-0")
				a.run(a.recorder())
				for range 10 { // for a hundred seconds
					after(10 * time.Second)
					a.renew(namespace, "manager-0")
				}
				if a.latest() != "" {
					t.Fatal("recorded while OpenKruise's manager runs")
				}
				after(managerLeaseDuration + 2*lookEvery)
				if a.latest() != "agent:1" {
					t.Fatal("not recorded although nobody renews the Lease")
				}
				a.renew(namespace, "manager-1")
				after(lookEvery)
				a.set("agent:2")
				after(time.Second)
				if a.latest() != "agent:1" {
					t.Fatal("recorded although OpenKruise's manager is back")
				}
				a.renew(namespace, "")
				after(lookEvery)
				if a.latest() != "agent:2" {
					t.Fatal("not recorded although the Lease was released")
				}
			})
		})
	}
}

func TestRecordingAlways(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPIServer(t)
		a.set("agent:1")
		a.renew("kruise-system", "manager-0")
		a.run(a.recorder(func(o *Options) { o.Always = true }))
		after(time.Second)
		if a.latest() != "agent:1" {
			t.Error("not recorded")
		}
	})
}

// Whether OpenKruise's manager runs is unknown while its Lease cannot be read.
func TestRecordingWithoutKnowing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPIServer(t)
		a.set("agent:1")
		var broken atomic.Bool
		broken.Store(true)
		a.intercept = func(r *http.Request) error {
			if broken.Load() && strings.HasSuffix(r.URL.Path, "/kruise-manager") {
				return apierrors.NewInternalError(errors.New("for a while"))
			}
			return nil
		}
		a.run(a.recorder())
		after(time.Minute)
		if a.latest() != "" {
			t.Error("recorded although OpenKruise's manager may run")
		}
		broken.Store(false)
		after(lookEvery)
		if a.latest() != "agent:1" {
			t.Error("not recorded")
		}
	})
}

// Failures are tried again, and one SidecarSet does not hold up others.
func TestRecordingGoesOnAfterFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPIServer(t)
		a.put(setsPath+"/broken", `{"spec":{}}`)
		a.set("agent:1")
		var broken atomic.Bool
		broken.Store(true)
		a.intercept = func(r *http.Request) error {
			if broken.Load() && r.URL.Path == setsPath+"/broken" {
				return apierrors.NewInternalError(errors.New("for a while"))
			}
			return nil
		}
		a.run(a.recorder())
		after(10 * time.Minute)
		if a.latest() != "agent:1" {
			t.Error("not recorded")
		}
		broken.Store(false)
		after(lastRetry)
		if _, recorded := a.get(setsPath + "/broken").Object["status"]; !recorded {
			t.Error("not tried again")
		}
	})
}

// panickingView is a view whose SidecarSet of that name makes the recorder panic for a while.
type panickingView struct {
	cluster.View
	name   string
	broken *atomic.Bool
}

func (v panickingView) SidecarSet(name string) (*v1beta1.SidecarSet, []byte, bool) {
	if name == v.name && v.broken.Load() {
		panic("no")
	}
	return v.View.SidecarSet(name)
}

func TestRecordingGoesOnAfterPanics(t *testing.T) {
	panics.Expect(t)
	synctest.Test(t, func(t *testing.T) {
		a := newAPIServer(t)
		a.put(setsPath+"/broken", `{"spec":{}}`)
		a.set("agent:1")
		var broken atomic.Bool
		broken.Store(true)
		a.run(a.recorder(func(o *Options) { o.View = panickingView{a.view, "broken", &broken} }))
		after(10 * time.Minute)
		if a.latest() != "agent:1" {
			t.Error("the other is not recorded")
		}
		broken.Store(false)
		after(lastRetry)
		if _, recorded := a.get(setsPath + "/broken").Object["status"]; !recorded {
			t.Error("not tried again")
		}
	})
}

// A Lease that the look at OpenKruise's manager trips over counts as one that cannot be read.
func TestAPanicOverTheManager(t *testing.T) {
	panics.Expect(t)
	synctest.Test(t, func(t *testing.T) {
		a := newAPIServer(t)
		a.set("agent:1")
		r := a.recorder()
		leases := &panickingLeases{LeasesGetter: r.manager.leases}
		r.manager.leases = leases
		a.run(r)
		after(time.Minute)
		if a.latest() != "" {
			t.Error("recorded although OpenKruise's manager may run")
		}
		leases.well.Store(true)
		after(lookEvery)
		if a.latest() != "agent:1" {
			t.Error("not recorded")
		}
	})
}

// panickingLeases panics until it is well.
type panickingLeases struct {
	coordinationv1.LeasesGetter
	well atomic.Bool
}

func (l *panickingLeases) Leases(namespace string) coordinationv1.LeaseInterface {
	if !l.well.Load() {
		panic("mistake")
	}
	return l.LeasesGetter.Leases(namespace)
}

func TestNew(t *testing.T) {
	view := cluster.NewStore(nil)
	for name, test := range map[string]struct {
		options Options
		err     string
	}{
		"no view":      {Options{Namespace: "n", Identity: "i"}, "recorder of revisions: view: required"},
		"no namespace": {Options{View: view, Identity: "i"}, "recorder of revisions: namespace: required"},
		"no identity":  {Options{View: view, Namespace: "n"}, "recorder of revisions: identity: required"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := New(&rest.Config{}, test.options); err == nil || err.Error() != test.err {
				t.Errorf("error %v, want %s", err, test.err)
			}
		})
	}
}
