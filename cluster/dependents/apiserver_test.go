package dependents

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
)

// apiServer speaks as much of the API's list protocol as the look-ups use: pages, tokens that may expire, field selectors on
// the phase of pods, metadata instead of objects, and errors.
type apiServer struct {
	*httptest.Server

	// lists holds the objects at each path. A path that is not here answers 404.
	lists map[string][]stored
	// allow decides access reviews.
	allow func(authorizationv1.SubjectAccessReviewSpec) bool
	// intercept may answer a request in place of the server; it returns whether it did. n counts the requests, from 1.
	intercept func(n int, w http.ResponseWriter, r *http.Request) bool

	mu       sync.Mutex
	requests []*http.Request
}

// stored is an object as the API server keeps it.
type stored struct {
	namespace, name string
	phase           string
	terminating     bool
	owner           string
	labels          map[string]string
	// more are further members of the object, as JSON.
	more map[string]any
}

func newAPIServer(t *testing.T) (*apiServer, *Live) {
	t.Helper()
	s := &apiServer{lists: map[string][]stored{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	live, err := NewForConfig(&rest.Config{Host: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	return s, live
}

func (s *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, r)
	n := len(s.requests)
	s.mu.Unlock()
	switch {
	case s.intercept != nil && s.intercept(n, w, r):
	case r.Method == http.MethodPost && r.URL.Path == "/apis/authorization.k8s.io/v1/subjectaccessreviews":
		s.review(w, r)
	case r.Method == http.MethodGet:
		s.list(w, r)
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

func (s *apiServer) list(w http.ResponseWriter, r *http.Request) {
	objects, ok := s.lists[r.URL.Path]
	if !ok {
		writeStatus(w, apierrors.NewNotFound(schema.GroupResource{}, r.URL.Path))
		return
	}
	selector := fields.ParseSelectorOrDie(r.URL.Query().Get("fieldSelector"))
	byLabel, err := labels.Parse(r.URL.Query().Get("labelSelector"))
	if err != nil {
		writeStatus(w, apierrors.NewBadRequest(err.Error()))
		return
	}
	matching := slices.DeleteFunc(slices.Clone(objects), func(o stored) bool {
		return !selector.Matches(fields.Set{"status.phase": o.phase}) || !byLabel.Matches(labels.Set(o.labels))
	})
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	start, _ := strconv.Atoi(r.URL.Query().Get("continue"))
	end, next := len(matching), ""
	if limit > 0 && start+limit < end {
		end = start + limit
		next = strconv.Itoa(end)
	}
	partial := strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadataList")
	items := make([]any, 0, end-start)
	for _, o := range matching[start:end] {
		items = append(items, o.encode(partial))
	}
	list := map[string]any{"apiVersion": "v1", "kind": "List", "metadata": map[string]any{"continue": next}, "items": items}
	switch {
	case partial:
		list["apiVersion"], list["kind"] = "meta.k8s.io/v1", "PartialObjectMetadataList"
	case strings.HasSuffix(r.URL.Path, "/persistentvolumeclaims"):
		list["kind"] = "PersistentVolumeClaimList"
	case strings.HasSuffix(r.URL.Path, "/pods"):
		list["kind"] = "PodList"
	case strings.HasSuffix(r.URL.Path, "/endpointslices"):
		list["apiVersion"], list["kind"] = "discovery.k8s.io/v1", "EndpointSliceList"
	}
	writeJSON(w, http.StatusOK, list)
}

func (o stored) encode(partial bool) map[string]any {
	metadata := map[string]any{"name": o.name, "namespace": o.namespace}
	if o.terminating {
		metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
	}
	if o.owner != "" {
		metadata["ownerReferences"] = []any{map[string]any{"uid": "another"}, map[string]any{"uid": o.owner}}
	}
	object := map[string]any{"apiVersion": "v1", "kind": "Thing", "metadata": metadata}
	if !partial {
		object["status"] = map[string]any{"phase": o.phase}
		maps.Copy(object, o.more)
	}
	return object
}

func (s *apiServer) review(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	var review authorizationv1.SubjectAccessReview
	if _, _, err := scheme.Codecs.UniversalDeserializer().Decode(body, nil, &review); err != nil {
		writeStatus(w, apierrors.NewBadRequest(err.Error()))
		return
	}
	review.TypeMeta = metav1.TypeMeta{APIVersion: "authorization.k8s.io/v1", Kind: "SubjectAccessReview"}
	review.Status.Allowed = s.allow(review.Spec)
	writeJSON(w, http.StatusCreated, review)
}

func writeStatus(w http.ResponseWriter, err *apierrors.StatusError) {
	status := err.Status()
	status.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}
	writeJSON(w, int(status.Code), status)
}

func writeJSON(w http.ResponseWriter, code int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	if err := json.NewEncoder(w).Encode(value); err != nil {
		panic(err)
	}
}

// seen are the requests so far.
func (s *apiServer) seen() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// pages makes the objects of a first page and n-1 later ones, of which those for which live is true are live.
func pages(n int, phase string, live func(i int) bool) []stored {
	var objects []stored
	for i := range firstPage + (n-1)*laterPage {
		objects = append(objects, object(fmt.Sprintf("o-%05d", i), phase, !live(i)))
	}
	return objects
}

// object is one that every look-up takes for what it looks for: it is in the phase, has the owner, uses the claim and has an endpoint.
func object(name, phase string, terminating bool) stored {
	return stored{
		namespace: "shop", name: name, phase: phase, terminating: terminating, owner: "u-1",
		labels: map[string]string{"kubernetes.io/service-name": "web"},
		more: map[string]any{
			"spec":      map[string]any{"volumes": []any{map[string]any{"name": "v", "persistentVolumeClaim": map[string]any{"claimName": "data"}}}},
			"endpoints": []any{map[string]any{"addresses": []any{"10.0.0.1"}, "targetRef": map[string]any{"kind": "Pod", "name": name}}},
		},
	}
}

func never(int) bool { return false }

// lookup is one of the look-ups, always below the namespace shop or of foos.
type lookup struct {
	// whole: it reads whole objects, not metadata only.
	whole bool
	// few: it looks for a few names, and not for all of a page.
	few   bool
	path  string
	phase string
	find  func(*Live, context.Context) ([]string, bool, error)
	// name spells an object's name.
	name func(stored) string
}

var lookups = map[string]lookup{
	"pods": {
		path: "/api/v1/namespaces/shop/pods", phase: "Running",
		find: func(l *Live, ctx context.Context) ([]string, bool, error) { return l.ActivePods(ctx, "shop") },
		name: func(o stored) string { return o.name },
	},
	"claims": {
		whole: true,
		path:  "/api/v1/namespaces/shop/persistentvolumeclaims", phase: "Bound",
		find: func(l *Live, ctx context.Context) ([]string, bool, error) { return l.BoundClaims(ctx, "shop") },
		name: func(o stored) string { return o.name },
	},
	"owned pods": {
		path: "/api/v1/namespaces/shop/pods", phase: "Running",
		find: func(l *Live, ctx context.Context) ([]string, bool, error) { return l.OwnedPods(ctx, "shop", "u-1") },
		name: func(o stored) string { return o.name },
	},
	"mounting pods": {
		whole: true,
		path:  "/api/v1/namespaces/shop/pods", phase: "Running",
		find: func(l *Live, ctx context.Context) ([]string, bool, error) {
			return l.MountingPods(ctx, "shop", schema.GroupResource{Resource: "persistentvolumeclaims"}, "data")
		},
		name: func(o stored) string { return o.name },
	},
	"endpoints": {
		whole: true,
		path:  "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices",
		find: func(l *Live, ctx context.Context) ([]string, bool, error) {
			return l.ReadyEndpoints(ctx, "shop", "web")
		},
		name: func(o stored) string { return o.name },
	},
	"objects": {
		whole: true, few: true,
		path: "/apis/example.com/v1/namespaces/shop/foos",
		find: func(l *Live, ctx context.Context) ([]string, bool, error) {
			live := func(object []byte) (bool, error) { return !bytes.Contains(object, []byte("deletionTimestamp")), nil }
			return l.Objects(ctx, "shop", schema.GroupVersionResource{Group: "example.com", Version: "v1", Resource: "foos"}, "", live)
		},
		name: func(o stored) string { return o.name },
	},
	"custom resources": {
		path: "/apis/example.com/v1/foos",
		find: func(l *Live, ctx context.Context) ([]string, bool, error) {
			return l.CustomResources(ctx, schema.GroupVersionResource{Group: "example.com", Version: "v1", Resource: "foos"})
		},
		name: func(o stored) string { return o.namespace + "/" + o.name },
	},
}
