package certs

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// fakeAPI is an API server reduced to what this package relies on: resourceVersions that make writes conditional,
// JSON patches, and watches of single objects that start where a list ended. The fake clients of client-go honour
// none of these. What it does differently from a real one is found by test/certs, which runs against a real one.
type fakeAPI struct {
	t      *testing.T
	config *rest.Config

	mu      sync.Mutex
	version int
	objects map[string]map[string]any // by path
	events  []fakeEvent
	news    chan struct{} // closed at every event
	writes  []string      // "METHOD path" of the writes that were done
	// refuse may answer a request in place of the server, by an HTTP status that is not 0.
	refuse func(method, path string) int
	// written is told every object as it is stored.
	written func(path string, object *unstructured.Unstructured)
}

type fakeEvent struct {
	version    int
	kind, path string
	object     json.RawMessage
}

func newFakeAPI(t *testing.T) *fakeAPI {
	a := &fakeAPI{t: t, objects: map[string]map[string]any{}, news: make(chan struct{})}
	server := httptest.NewServer(a)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	a.config = &rest.Config{Host: server.URL, QPS: -1, ContentConfig: rest.ContentConfig{ContentType: "application/json"}}
	return a
}

func (a *fakeAPI) clients() (kubernetes.Interface, dynamic.Interface) {
	a.t.Helper()
	typed, err := kubernetes.NewForConfig(a.config)
	if err != nil {
		a.t.Fatal(err)
	}
	untyped, err := dynamic.NewForConfig(a.config)
	if err != nil {
		a.t.Fatal(err)
	}
	return typed, untyped
}

// put stores an object as somebody else than the server would, and get reads one; nil when there is none.
func (a *fakeAPI) put(path string, object map[string]any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.store(path, object)
}

func (a *fakeAPI) get(path string) *unstructured.Unstructured {
	a.mu.Lock()
	defer a.mu.Unlock()
	if object, ok := a.objects[path]; ok {
		return (&unstructured.Unstructured{Object: object}).DeepCopy()
	}
	return nil
}

func (a *fakeAPI) remove(path string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.version++
	a.emit("DELETED", path, a.objects[path])
	delete(a.objects, path)
}

func (a *fakeAPI) writesTo(path string) (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, write := range a.writes {
		if strings.HasSuffix(write, " "+path) {
			n++
		}
	}
	return n
}

func (a *fakeAPI) allWrites() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.writes)
}

func (a *fakeAPI) onWrite(written func(path string, object *unstructured.Unstructured)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.written = written
}

func (a *fakeAPI) setRefuse(refuse func(method, path string) int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.refuse = refuse
}

func (a *fakeAPI) store(path string, object map[string]any) {
	stored := (&unstructured.Unstructured{Object: object}).DeepCopy()
	a.version++
	stored.SetResourceVersion(strconv.Itoa(a.version))
	kind := "MODIFIED"
	if a.objects[path] == nil {
		kind = "ADDED"
	}
	a.objects[path] = stored.Object
	a.emit(kind, path, stored.Object)
	if a.written != nil {
		a.written(path, stored)
	}
}

func (a *fakeAPI) emit(kind, path string, object map[string]any) {
	data, err := json.Marshal(object)
	if err != nil {
		a.t.Error(err)
	}
	a.events = append(a.events, fakeEvent{version: a.version, kind: kind, path: path, object: data})
	close(a.news)
	a.news = make(chan struct{})
}

func (a *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if name, ok := strings.CutPrefix(query.Get("fieldSelector"), "metadata.name="); ok {
		if query.Get("watch") != "" {
			a.watch(w, r, r.URL.Path+"/"+name)
			return
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.refused(w, r) {
			return
		}
		items := []any{}
		if object := a.objects[r.URL.Path+"/"+name]; object != nil {
			items = append(items, object)
		}
		kind := "List"
		if strings.HasSuffix(r.URL.Path, "/secrets") {
			kind = "SecretList"
		}
		a.answer(w, http.StatusOK, map[string]any{
			"kind": kind, "apiVersion": "v1", "items": items, "metadata": map[string]any{"resourceVersion": strconv.Itoa(a.version)},
		})
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		a.t.Error(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.refused(w, r) {
		a.object(w, r, body)
	}
}

func (a *fakeAPI) refused(w http.ResponseWriter, r *http.Request) bool {
	if a.refuse == nil {
		return false
	}
	code := a.refuse(r.Method, r.URL.Path)
	if code != 0 {
		a.fail(w, code)
	}
	return code != 0
}

// object answers a request for one object.
func (a *fakeAPI) object(w http.ResponseWriter, r *http.Request, body []byte) {
	path := r.URL.Path
	if r.Method == http.MethodPost {
		created := a.decode(body)
		path += "/" + created.GetName()
		if a.objects[path] != nil {
			a.fail(w, http.StatusConflict)
			return
		}
		a.writes = append(a.writes, r.Method+" "+path)
		a.store(path, created.Object)
		a.answer(w, http.StatusCreated, a.objects[path])
		return
	}
	current := a.objects[path]
	if current == nil {
		a.fail(w, http.StatusNotFound)
		return
	}
	changed := &unstructured.Unstructured{}
	switch r.Method {
	case http.MethodGet:
		a.answer(w, http.StatusOK, current)
		return
	case http.MethodPut:
		changed = a.decode(body)
	case http.MethodPatch:
		patch, err := jsonpatch.DecodePatch(body)
		if err != nil {
			a.fail(w, http.StatusBadRequest)
			return
		}
		before, err := json.Marshal(current)
		if err != nil {
			a.t.Error(err)
		}
		after, err := patch.Apply(before)
		if err != nil {
			a.fail(w, http.StatusUnprocessableEntity)
			return
		}
		changed = a.decode(after)
	}
	if version := changed.GetResourceVersion(); version != (&unstructured.Unstructured{Object: current}).GetResourceVersion() {
		a.fail(w, http.StatusConflict)
		return
	}
	a.writes = append(a.writes, r.Method+" "+path)
	a.store(path, changed.Object)
	a.answer(w, http.StatusOK, a.objects[path])
}

func (a *fakeAPI) watch(w http.ResponseWriter, r *http.Request, path string) {
	if r.URL.Query().Has("sendInitialEvents") {
		a.fail(w, http.StatusUnprocessableEntity) // clients list and watch instead
		return
	}
	from, err := strconv.Atoi(r.URL.Query().Get("resourceVersion"))
	if err != nil {
		a.fail(w, http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	for {
		a.mu.Lock()
		news := a.news
		for _, event := range a.events {
			if event.version > from && event.path == path {
				_, _ = fmt.Fprintf(w, `{"type":%q,"object":%s}`+"\n", event.kind, event.object)
			}
		}
		from = a.version
		a.mu.Unlock()
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
			return
		case <-news:
		}
	}
}

func (a *fakeAPI) decode(data []byte) *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	if err := json.Unmarshal(data, &object.Object); err != nil {
		a.t.Errorf("cannot decode %s: %v", data, err)
	}
	return object
}

func (a *fakeAPI) answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		a.t.Log("client went away:", err)
	}
}

func (a *fakeAPI) fail(w http.ResponseWriter, code int) {
	reason := map[int]string{
		http.StatusConflict: "Conflict", http.StatusNotFound: "NotFound", http.StatusForbidden: "Forbidden",
		http.StatusUnprocessableEntity: "Invalid", http.StatusBadRequest: "BadRequest",
	}[code]
	a.answer(w, code, map[string]any{
		"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": "refused: " + reason,
	})
}
