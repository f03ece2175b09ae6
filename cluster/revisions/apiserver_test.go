package revisions

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/cluster"
)

// Where the objects of these tests are.
const (
	setsPath      = "/apis/apps.kruise.io/v1beta1/sidecarsets"
	oldSetsPath   = "/apis/apps.kruise.io/v1alpha1/sidecarsets"
	revisionsPath = "/apis/apps/v1/namespaces/kruise-admission/controllerrevisions"
	podsPath      = "/api/v1/pods"
	leasesPath    = "/apis/coordination.k8s.io/v1/namespaces/%s/leases"
)

// apiServer is an API server reduced to what the recorder relies on: uids, resourceVersions that make writes conditional, merge patches,
// label selectors and pages. It answers in memory, without a network, so that synctest can follow.
type apiServer struct {
	t *testing.T
	// unserved are the paths of resources that the cluster does not serve.
	unserved map[string]bool
	// intercept may answer a request in place of the server; lose may answer it although it was done.
	intercept, lose func(r *http.Request) error
	// endless says that the list of pods never ends.
	endless bool

	mu       sync.Mutex
	version  int
	objects  map[string]*unstructured.Unstructured
	requests []string
	// view is what the server's view would show, unless it lags or shows no revisions.
	view                 *cluster.Store
	lags, hidesRevisions bool
}

func newAPIServer(t *testing.T) *apiServer {
	return &apiServer{t: t, unserved: map[string]bool{}, objects: map[string]*unstructured.Unstructured{}, view: cluster.NewStore(nil)}
}

// recorder makes a recorder that talks to the server. It is told of every change, as by a watch.
func (a *apiServer) recorder(change ...func(*Options)) *Recorder {
	a.t.Helper()
	options := Options{View: a.view, Namespace: "kruise-admission", Identity: "pod"}
	for _, c := range change {
		c(&options)
	}
	r, err := New(&rest.Config{Host: "http://apiserver", Transport: a, QPS: -1, ContentConfig: rest.ContentConfig{ContentType: "application/json"}}, options)
	if err != nil {
		a.t.Fatal(err)
	}
	a.view.OnChange(r.Changed)
	return r
}

// RoundTrip implements http.RoundTripper.
func (a *apiServer) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	code, answer := http.StatusOK, any(nil)
	var err error
	if a.intercept != nil {
		err = a.intercept(r)
	}
	if err == nil {
		answer, err = a.answer(r, body)
	}
	if err == nil && a.lose != nil {
		err = a.lose(r)
	}
	if err != nil {
		status := apierrors.NewInternalError(err).Status()
		if known, ok := err.(apierrors.APIStatus); ok {
			status = known.Status()
		}
		status.Kind, status.APIVersion = "Status", "v1"
		code, answer = int(status.Code), status
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: code, Status: http.StatusText(code), Header: http.Header{"Content-Type": []string{"application/json"}},
		Body: io.NopCloser(bytes.NewReader(text)), ContentLength: int64(len(text)), Request: r,
	}, nil
}

func (a *apiServer) answer(r *http.Request, body []byte) (any, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	path, status := strings.CutSuffix(r.URL.Path, "/status")
	collection, name := path[:strings.LastIndexByte(path, '/')], path[strings.LastIndexByte(path, '/')+1:]
	if r.Method != http.MethodGet {
		a.requests = append(a.requests, r.Method+" "+r.URL.Path)
	}
	resource := schema.GroupResource{Resource: name}
	if a.unserved[collection] || a.unserved[path] {
		return nil, apierrors.NewNotFound(resource, "")
	}
	stored := a.objects[path]
	if stored == nil && (r.Method == http.MethodGet && !isCollection(name) || r.Method == http.MethodPatch || r.Method == http.MethodPut || r.Method == http.MethodDelete) {
		return nil, apierrors.NewNotFound(resource, name)
	}
	switch r.Method {
	case http.MethodGet:
		if stored == nil {
			return a.list(r, path), nil
		}
		return partial(r, stored), nil
	case http.MethodPost:
		created := &unstructured.Unstructured{}
		if err := created.UnmarshalJSON(body); err != nil {
			return nil, apierrors.NewBadRequest(err.Error())
		}
		if a.objects[path+"/"+created.GetName()] != nil {
			return nil, apierrors.NewAlreadyExists(resource, created.GetName())
		}
		return a.store(path+"/"+created.GetName(), created), nil
	case http.MethodPut:
		updated := &unstructured.Unstructured{}
		if err := updated.UnmarshalJSON(body); err != nil {
			return nil, apierrors.NewBadRequest(err.Error())
		}
		if err := conditional(stored, updated.GetUID() != "" && updated.GetUID() != stored.GetUID(), updated.GetResourceVersion()); err != nil {
			return nil, err
		}
		return a.store(path, updated), nil
	case http.MethodPatch:
		return a.patch(r, path, stored, body, status)
	case http.MethodDelete:
		var options metav1.DeleteOptions
		if err := json.Unmarshal(body, &options); err != nil {
			return nil, apierrors.NewBadRequest(err.Error())
		}
		if p := options.Preconditions; p != nil {
			if err := conditional(stored, *p.UID != stored.GetUID(), *p.ResourceVersion); err != nil {
				return nil, err
			}
		}
		a.remove(path)
		return metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusSuccess}, nil
	}
	return nil, apierrors.NewMethodNotSupported(resource, r.Method)
}

func isCollection(name string) bool {
	return name == "controllerrevisions" || name == "pods" || name == "sidecarsets"
}

func conditional(stored *unstructured.Unstructured, otherUID bool, version string) error {
	if otherUID || version != "" && version != stored.GetResourceVersion() {
		return apierrors.NewConflict(schema.GroupResource{}, stored.GetName(), fmt.Errorf("it was changed"))
	}
	return nil
}

func (a *apiServer) patch(r *http.Request, path string, stored *unstructured.Unstructured, patch []byte, status bool) (any, error) {
	var wanted struct{ Metadata metav1.ObjectMeta }
	if err := json.Unmarshal(patch, &wanted); err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	if err := conditional(stored, wanted.Metadata.UID != "" && wanted.Metadata.UID != stored.GetUID(), wanted.Metadata.ResourceVersion); err != nil {
		return nil, err
	}
	before, err := stored.MarshalJSON()
	if err != nil {
		return nil, err
	}
	after, err := jsonpatch.MergePatch(before, patch)
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	patched := &unstructured.Unstructured{}
	if err := patched.UnmarshalJSON(after); err != nil {
		return nil, err
	}
	if status {
		onlyStatus := stored.DeepCopy()
		onlyStatus.Object["status"] = patched.Object["status"]
		patched = onlyStatus
	}
	return partial(r, a.store(path, patched)), nil
}

// partial reduces an object to its metadata when that is asked for.
func partial(r *http.Request, object *unstructured.Unstructured) *unstructured.Unstructured {
	if !strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadata") {
		return object
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": object.Object["metadata"],
	}}
}

func (a *apiServer) list(r *http.Request, path string) any {
	query := r.URL.Query()
	selector, err := labels.Parse(query.Get("labelSelector"))
	if err != nil {
		a.t.Error(err)
	}
	var items []any
	for _, key := range slices.Sorted(maps.Keys(a.objects)) {
		if strings.HasPrefix(key, path+"/") && selector.Matches(labels.Set(a.objects[key].GetLabels())) {
			items = append(items, partial(r, a.objects[key]))
		}
	}
	from, _ := strconv.Atoi(query.Get("continue"))
	limit, _ := strconv.Atoi(query.Get("limit"))
	metadata := map[string]any{"resourceVersion": strconv.Itoa(a.version)}
	if a.endless && path == podsPath {
		metadata["continue"] = "0"
	} else if limit > 0 && from+limit < len(items) {
		items, metadata["continue"] = items[from:from+limit], strconv.Itoa(from+limit)
	} else {
		items = items[from:]
	}
	kind := map[string]any{"apiVersion": "apps/v1", "kind": "ControllerRevisionList"}
	if strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadataList") {
		kind = map[string]any{"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadataList"}
	}
	kind["metadata"], kind["items"] = metadata, items
	return kind
}

// store keeps an object under a new resourceVersion. The caller holds the lock.
func (a *apiServer) store(path string, object *unstructured.Unstructured) *unstructured.Unstructured {
	a.version++
	object.SetResourceVersion(strconv.Itoa(a.version))
	if object.GetUID() == "" {
		object.SetUID(uid(a.version))
	}
	a.objects[path] = object
	if !strings.HasPrefix(path, podsPath) { // which no view shows
		a.show()
	}
	return object
}

func (a *apiServer) remove(path string) {
	delete(a.objects, path)
	a.show()
}

// show brings the view up to date, unless it lags.
func (a *apiServer) show() {
	if a.lags {
		return
	}
	change := cluster.Change{
		SidecarSets:         cluster.Delta[cluster.SidecarSet]{Put: map[string]cluster.SidecarSet{}, All: true},
		ControllerRevisions: cluster.Delta[*appsv1.ControllerRevision]{Put: map[string]*appsv1.ControllerRevision{}, All: true},
	}
	for path, object := range a.objects {
		text, err := object.MarshalJSON()
		if err != nil {
			a.t.Fatal(err)
		}
		switch {
		case strings.HasPrefix(path, setsPath+"/"), strings.HasPrefix(path, oldSetsPath+"/"):
			set, err := cluster.ReadSidecarSet(text)
			if err != nil {
				a.t.Fatal(err)
			}
			change.SidecarSets.Put[object.GetName()] = set
		case strings.HasPrefix(path, revisionsPath+"/"):
			revision := &appsv1.ControllerRevision{}
			if err := json.Unmarshal(text, revision); err != nil {
				a.t.Fatal(err)
			}
			change.ControllerRevisions.Put[object.GetName()] = revision
		}
	}
	if a.hidesRevisions {
		change.ControllerRevisions = cluster.Delta[*appsv1.ControllerRevision]{}
	}
	a.view.Apply(change)
}

// writes returns the requests since the last call that were no reads.
func (a *apiServer) writes() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	defer func() { a.requests = nil }()
	return a.requests
}
