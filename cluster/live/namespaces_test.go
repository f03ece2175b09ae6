package live

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/internal/panics"
	"github.com/kruise-admission/kruise-admission/survive"
)

func namespace(labels map[string]string) *metav1.PartialObjectMetadata {
	return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Labels: labels}}
}

var errNotFound = apierrors.NewNotFound(namespaces.GroupResource(), "shop")

// A namespace that is not in memory is asked for over HTTP. Only an API server's own word makes it "not there".
func TestNamespaceLabelsOverHTTP(t *testing.T) {
	const status = `{"kind": "Status", "apiVersion": "v1", "status": "Failure", `
	tests := []struct {
		name       string
		namespace  string
		code       int
		body       string
		labels     map[string]string
		found      bool
		err        string
		retryAfter time.Duration
		requests   int
	}{
		{name: "found", namespace: "shop", code: 200, requests: 1, found: true, labels: map[string]string{"tier": "gold"},
			body: `{"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": {"name": "shop", "labels": {"tier": "gold"}}}`},
		{name: "not there", namespace: "shop", code: 404, requests: 1,
			body: status + `"reason": "NotFound", "code": 404, "message": "namespaces \"shop\" not found", "details": {"name": "shop", "kind": "namespaces"}}`},
		{name: "404 of a proxy", namespace: "shop", code: 404, requests: 1, body: "no such page",
			err: `cannot decide: cannot read the labels of namespace "shop": the server could not find the requested resource`, retryAfter: time.Second},
		{name: "forbidden", namespace: "shop", code: 403, requests: 1, retryAfter: -1,
			body: status + `"reason": "Forbidden", "code": 403, "message": "namespaces \"shop\" is forbidden"}`,
			err:  `cannot decide: cannot read the labels of namespace "shop": namespaces "shop" is forbidden`},
		{name: "API server in trouble", namespace: "shop", code: 500, requests: 1, retryAfter: time.Second,
			body: status + `"reason": "InternalError", "code": 500, "message": "etcd is away"}`,
			err:  `cannot decide: cannot read the labels of namespace "shop": etcd is away`},
		{name: "no name", namespace: ""},
		{name: "a name that would leave the path", namespace: "../nodes"},
		{name: "a name that no namespace can have", namespace: "Shop"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var requests atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				if r.URL.Path != "/api/v1/namespaces/shop" || !strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadata;") {
					t.Errorf("%s, accepting %s", r.URL, r.Header.Get("Accept"))
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(test.code)
				_, _ = io.WriteString(w, test.body)
			}))
			defer server.Close()
			source, err := New(&rest.Config{Host: server.URL}, Options{Namespace: "kruise"})
			if err != nil {
				t.Fatal(err)
			}
			labels, found, err := source.NamespaceLabels(t.Context(), test.namespace)
			if !maps.Equal(labels, test.labels) || found != test.found {
				t.Errorf("got %v, %v; want %v, %v", labels, found, test.labels, test.found)
			}
			if got := int(requests.Load()); got != test.requests {
				t.Errorf("%d requests, want %d", got, test.requests)
			}
			if test.err == "" {
				if err != nil {
					t.Errorf("error %v", err)
				}
				return
			}
			var unable *decision.Unable
			if !errors.As(err, &unable) || err.Error() != test.err || unable.RetryAfter != test.retryAfter {
				t.Errorf("error %#v: %v\nwant %s, retry after %s", err, err, test.err, test.retryAfter)
			}
		})
	}
}

func TestNamespaceThatIsKnownIsNotAskedFor(t *testing.T) {
	source, err := New(&rest.Config{Host: "127.0.0.1:1"}, Options{Namespace: "kruise"})
	if err != nil {
		t.Fatal(err)
	}
	source.store.Apply(namespacesInStore("shop"))
	if _, found, err := source.NamespaceLabels(t.Context(), "shop"); !found || err != nil {
		t.Errorf("%v, %v", found, err)
	}
}

func TestManyAskersCauseOneRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reads atomic.Int32
		arrived := make(chan struct{})
		lookup := &namespaceLookup{get: func(context.Context, string) (*metav1.PartialObjectMetadata, error) {
			reads.Add(1)
			<-arrived
			return namespace(map[string]string{"tier": "gold"}), nil
		}}
		var askers sync.WaitGroup
		for range 50 {
			askers.Go(func() {
				labels, found, err := lookup.labels(t.Context(), "shop")
				if labels["tier"] != "gold" || !found || err != nil {
					t.Errorf("%v, %v, %v", labels, found, err)
				}
			})
		}
		synctest.Wait()
		close(arrived)
		askers.Wait()
		if got := reads.Load(); got != 1 {
			t.Errorf("%d reads, want 1", got)
		}
	})
}

func TestAnswersAreNotKept(t *testing.T) {
	answers := []error{errNotFound, nil, errNotFound}
	lookup := &namespaceLookup{get: func(context.Context, string) (*metav1.PartialObjectMetadata, error) {
		err := answers[0]
		answers = answers[1:]
		return namespace(nil), err
	}}
	for i, want := range []bool{false, true, false} {
		if _, found, err := lookup.labels(t.Context(), "shop"); found != want || err != nil {
			t.Errorf("question %d: %v, %v; want %v", i, found, err, want)
		}
	}
}

// Who joins a read that began before the namespace was there must not hear that it is not there.
func TestSharedNotFoundIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reads atomic.Int32
		arrived := make(chan struct{})
		lookup := &namespaceLookup{get: func(context.Context, string) (*metav1.PartialObjectMetadata, error) {
			if reads.Add(1) == 1 {
				<-arrived
				return nil, errNotFound
			}
			return namespace(nil), nil
		}}
		go func() { _, _, _ = lookup.labels(t.Context(), "shop") }()
		synctest.Wait()
		late := make(chan bool, 1)
		go func() {
			_, found, err := lookup.labels(t.Context(), "shop")
			late <- found && err == nil
		}()
		synctest.Wait()
		close(arrived)
		if !<-late {
			t.Error("the late asker got the answer to an earlier question")
		}
		synctest.Wait()
	})
}

func TestDeadlineOfOneAskerIsNotThatOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lookup := &namespaceLookup{get: func(ctx context.Context, _ string) (*metav1.PartialObjectMetadata, error) {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(2 * time.Second):
				return namespace(nil), nil
			}
		}}
		hasty, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var askers sync.WaitGroup
		askers.Go(func() {
			_, found, err := lookup.labels(hasty, "shop")
			if found || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the hasty one: %v, %v", found, err)
			}
		})
		askers.Go(func() {
			if _, found, err := lookup.labels(t.Context(), "shop"); !found || err != nil {
				t.Errorf("the patient one: %v, %v", found, err)
			}
		})
		askers.Wait()
	})
}

func TestReadEndsWithoutAskers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lookup := &namespaceLookup{get: func(ctx context.Context, _ string) (*metav1.PartialObjectMetadata, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		begin := time.Now()
		_, found, err := lookup.labels(t.Context(), "shop")
		if found || !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != lookupTimeout {
			t.Errorf("%v, %v after %s", found, err, time.Since(begin))
		}
	})
}

// The read is nobody's goroutine, and a panic in it is an error of all who wait.
func TestAPanicInALookup(t *testing.T) {
	panics.Expect(t)
	lookup := &namespaceLookup{get: func(context.Context, string) (*metav1.PartialObjectMetadata, error) { panic("mistake") }}
	if _, _, err := lookup.labels(t.Context(), "shop"); !errors.Is(err, survive.ErrPanicked) {
		t.Errorf("error %v", err)
	}
}
