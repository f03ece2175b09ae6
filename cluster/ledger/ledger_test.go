package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	jsonpatch "github.com/evanphx/json-patch/v5"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/internal/panics"
	"github.com/kruise-admission/kruise-admission/survive"
)

// apiServer is one WorkloadSpread as an API server keeps it: a write must name the resourceVersion that it is about.
type apiServer struct {
	mu      sync.Mutex
	object  map[string]any // nil: there is none
	version int
	served  string // the only version of the API
	fail    error  // of every write
	writes  int
	lost    int // writes that came too late
}

func newAPIServer(served string) *apiServer {
	return &apiServer{version: 1, served: served, object: map[string]any{
		"apiVersion": "apps.kruise.io/" + served, "kind": "WorkloadSpread",
		"metadata": map[string]any{"namespace": "shop", "name": "ws", "uid": "u1", "resourceVersion": "1"},
		"spec":     map[string]any{"subsets": []any{}, "targetRef": nil},
	}}
}

func (s *apiServer) client() *fake.FakeDynamicClient {
	client := fake.NewSimpleDynamicClient(kruntime.NewScheme())
	client.PrependReactor("*", "workloadspreads", func(action clienttesting.Action) (bool, kruntime.Object, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if action.GetResource().Version != s.served {
			err := apierrors.NewGenericServerResponse(404, action.GetVerb(), schema.GroupResource{Resource: "workloadspreads"}, "", "404 page not found", 0, true)
			return true, nil, err
		}
		if s.object == nil {
			return true, nil, apierrors.NewNotFound(schema.GroupResource{Resource: "workloadspreads"}, "ws")
		}
		switch action := action.(type) {
		case clienttesting.PatchAction: // before GetAction, which it is as well
			err := s.patch(action)
			return true, (&unstructured.Unstructured{Object: s.object}).DeepCopy(), err
		case clienttesting.GetAction:
			return true, (&unstructured.Unstructured{Object: s.object}).DeepCopy(), nil
		}
		return true, nil, fmt.Errorf("unexpected %s", action.GetVerb())
	})
	return client
}

func (s *apiServer) patch(action clienttesting.PatchAction) error {
	if action.GetSubresource() != "status" || action.GetPatchType() != types.MergePatchType {
		return fmt.Errorf("unexpected patch %s of %q", action.GetPatchType(), action.GetSubresource())
	}
	if s.fail != nil {
		return s.fail
	}
	before, err := json.Marshal(s.object)
	if err != nil {
		return err
	}
	after, err := jsonpatch.MergePatch(before, action.GetPatch())
	if err != nil {
		return err
	}
	var changed unstructured.Unstructured
	if err := json.Unmarshal(after, &changed.Object); err != nil {
		return err
	}
	if changed.GetResourceVersion() != fmt.Sprint(s.version) || changed.GetUID() != "u1" {
		s.lost++
		return apierrors.NewConflict(schema.GroupResource{Resource: "workloadspreads"}, "ws", errors.New("the object has been modified"))
	}
	s.version++
	s.writes++
	changed.SetResourceVersion(fmt.Sprint(s.version))
	s.object = changed.Object
	return nil
}

func newLedger(s *apiServer) *Ledger[v1beta1.WorkloadSpread, *v1beta1.WorkloadSpread] {
	return New[v1beta1.WorkloadSpread](s.client(), cluster.WorkloadSpreadKind)
}

// Two replicas with ten callers each: every one of them counts, and none counts twice.
func TestNobodyIsForgottenOnSeveralReplicas(t *testing.T) {
	for _, served := range []string{"v1beta1", "v1alpha1"} {
		t.Run(served, func(t *testing.T) {
			server := newAPIServer(served)
			var callers sync.WaitGroup
			for range 2 {
				replica := newLedger(server)
				for range 10 {
					callers.Go(func() {
						err := replica.Take(t.Context(), "shop", "ws", func(spread *v1beta1.WorkloadSpread) (map[string]any, error) {
							return map[string]any{"observedGeneration": spread.Status.ObservedGeneration + 1}, nil
						})
						if err != nil {
							t.Error(err)
						}
					})
				}
			}
			callers.Wait()
			if got := fmt.Sprint(server.object["status"]); got != "map[observedGeneration:20]" {
				t.Errorf("status %s after %d writes (%d lost), want 20", got, server.writes, server.lost)
			}
		})
	}
}

func TestTake(t *testing.T) {
	count := map[string]any{"observedGeneration": 1}
	mistake := errors.New("mistake")
	for name, test := range map[string]struct {
		server          func(*apiServer)
		namespace, name string
		status          map[string]any
		mistake         error
		found           bool
		writes          int
		err             string
		again           bool
	}{
		"written":                 {status: count, found: true, writes: 1},
		"nothing to write":        {found: true},
		"there is none":           {server: func(s *apiServer) { s.object = nil }, status: count},
		"the kind is not served":  {server: func(s *apiServer) { s.served = "v1" }, status: count},
		"a name that nothing has": {namespace: "shop", name: "../x", status: count},
		"no name":                 {namespace: "shop", status: count},
		"an error of the caller":  {mistake: mistake, status: count, found: true, err: "mistake"},
		"writes are forbidden": {server: func(s *apiServer) {
			s.fail = apierrors.NewForbidden(schema.GroupResource{Resource: "workloadspreads"}, "ws", errors.New("no"))
		}, status: count, found: true, err: "WorkloadSpread shop/ws: write its status"},
		"writes fail": {server: func(s *apiServer) { s.fail = errors.New("broken pipe") }, status: count, found: true,
			err: "WorkloadSpread shop/ws: write its status: broken pipe", again: true},
		"an object that is none": {server: func(s *apiServer) { s.object["spec"] = int64(1) }, status: count, err: "read it", again: true},
	} {
		t.Run(name, func(t *testing.T) {
			server := newAPIServer("v1beta1")
			if test.server != nil {
				test.server(server)
			}
			if test.namespace == "" {
				test.namespace, test.name = "shop", "ws"
			}
			found := false
			err := newLedger(server).Take(t.Context(), test.namespace, test.name, func(spread *v1beta1.WorkloadSpread) (map[string]any, error) {
				found = spread != nil
				return test.status, test.mistake
			})
			if found != test.found || server.writes != test.writes {
				t.Errorf("found %t, %d writes", found, server.writes)
			}
			if (err != nil) != (test.err != "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("error %v, want %q", err, test.err)
			}
			if _, again := decision.RetryAfter(err); again != test.again {
				t.Errorf("asking again helps: %t", again)
			}
		})
	}
}

// Others keep writing, and the deadline ends it.
func TestARaceThatIsAlwaysLost(t *testing.T) {
	server := newAPIServer("v1beta1")
	ctx, cancel := context.WithCancel(t.Context())
	attempts := 0
	ledger := newLedger(server)
	err := ledger.Take(ctx, "shop", "ws", func(*v1beta1.WorkloadSpread) (map[string]any, error) {
		server.mu.Lock()
		defer server.mu.Unlock()
		server.version++
		if attempts++; attempts == 3 {
			cancel()
		}
		return map[string]any{"observedGeneration": 1}, nil
	})
	if after, again := decision.RetryAfter(err); !errors.Is(err, context.Canceled) || !again || after != time.Second || attempts != 3 {
		t.Errorf("error %v after %d attempts", err, attempts)
	}
	server.mu.Lock()
	defer server.mu.Unlock()
	if server.writes != 0 {
		t.Errorf("%d writes", server.writes)
	}
}

// Whoever comes while a question is being answered is answered with all others who do, by one write, each after those before.
func TestQuestionsAreAnsweredTogether(t *testing.T) {
	server := newAPIServer("v1beta1")
	ledger := newLedger(server)
	inside, leave := make(chan struct{}), make(chan struct{})
	var callers sync.WaitGroup
	callers.Go(func() {
		_ = ledger.Take(t.Context(), "shop", "ws", func(*v1beta1.WorkloadSpread) (map[string]any, error) {
			close(inside)
			<-leave
			return nil, nil
		})
	})
	<-inside
	add := func(spread *v1beta1.WorkloadSpread) (map[string]any, error) {
		return map[string]any{"observedGeneration": spread.Status.ObservedGeneration + 1}, nil
	}
	mistake := errors.New("mistake")
	asked := func(decide func(*v1beta1.WorkloadSpread) (map[string]any, error)) (answer func() error) {
		result := make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		before := ledger.numberWaiting()
		callers.Go(func() { result <- ledger.Take(ctx, "shop", "ws", decide) })
		for ledger.numberWaiting() == before {
			runtime.Gosched()
		}
		return func() error { cancel(); return <-result }
	}
	wrong := asked(func(*v1beta1.WorkloadSpread) (map[string]any, error) {
		return map[string]any{"observedGeneration": 100}, mistake
	})
	late := asked(func(*v1beta1.WorkloadSpread) (map[string]any, error) {
		t.Error("a question that nobody waits for was put")
		return nil, nil
	})
	for range 5 {
		callers.Go(func() {
			if err := ledger.Take(t.Context(), "shop", "ws", add); err != nil {
				t.Error(err)
			}
		})
	}
	for ledger.numberWaiting() < 7 {
		runtime.Gosched()
	}
	if err := late(); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller whose time is over: %v", err)
	}
	if err := ledger.Take(t.Context(), "shop", "other", func(*v1beta1.WorkloadSpread) (map[string]any, error) { return nil, nil }); err != nil {
		t.Errorf("questions about other objects wait: %v", err)
	}
	close(leave)
	callers.Wait()
	if err := wrong(); !errors.Is(err, mistake) {
		t.Errorf("an error of decide: %v", err)
	}
	server.mu.Lock()
	defer server.mu.Unlock()
	if got := fmt.Sprint(server.object["status"]); got != "map[observedGeneration:5]" || server.writes != 1 {
		t.Errorf("status %s after %d writes, want 5 after one", got, server.writes)
	}
}

func (l *Ledger[T, P]) numberWaiting() (number int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, questions := range l.waiting {
		number += len(questions)
	}
	return number
}

// The panic of a question is for its asker, and the others get their answers.
func TestAPanicOfAQuestion(t *testing.T) {
	panics.Expect(t)
	ledger := newLedger(newAPIServer("v1beta1"))
	err := ledger.Take(t.Context(), "shop", "ws", func(*v1beta1.WorkloadSpread) (map[string]any, error) { panic("mistake") })
	if !errors.Is(err, survive.ErrPanicked) {
		t.Errorf("error %v", err)
	}
	if err := ledger.Take(t.Context(), "shop", "ws", func(*v1beta1.WorkloadSpread) (map[string]any, error) { return nil, nil }); err != nil {
		t.Error(err)
	}
}

// An object that a library trips over between the questions must not end the process: no request stands around the one who answers.
func TestAPanicBetweenQuestions(t *testing.T) {
	panics.Expect(t)
	server := newAPIServer("v1beta1")
	client, broken := server.client(), true
	client.PrependReactor("get", "workloadspreads", func(clienttesting.Action) (bool, kruntime.Object, error) {
		if broken {
			panic("mistake")
		}
		return false, nil, nil
	})
	ledger := New[v1beta1.WorkloadSpread](client, cluster.WorkloadSpreadKind)
	ask := func() (put int, err error) {
		err = ledger.Take(t.Context(), "shop", "ws", func(*v1beta1.WorkloadSpread) (map[string]any, error) { put++; return nil, nil })
		return put, err
	}
	if put, err := ask(); !errors.Is(err, survive.ErrPanicked) || put != 0 {
		t.Errorf("error %v, asked %d times", err, put)
	}
	broken = false
	if put, err := ask(); err != nil || put != 1 {
		t.Errorf("afterwards: error %v, asked %d times", err, put)
	}
}
