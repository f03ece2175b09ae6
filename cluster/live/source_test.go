package live

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/cluster"
)

// apiServer answers just enough to let reflectors live: discovery, plain lists, and watches that bring nothing. What it does on a real
// control plane is tested in test/live.
type apiServer struct {
	*httptest.Server
	mu       sync.Mutex
	lists    map[string]string // path -> the items of the list, as JSON; other paths are 404
	fails    map[string]int    // path -> HTTP status instead
	unread   map[string]string // path -> why what is stored cannot be read
	unborn   string            // path that is 404 until discovery has been asked for its version
	requests []string
	ends     chan struct{}
}

const (
	v1beta1Path   = "/apis/apps.kruise.io/v1beta1/sidecarsets"
	v1alpha1Path  = "/apis/apps.kruise.io/v1alpha1/sidecarsets"
	revisionsPath = "/apis/apps/v1/namespaces/kruise/controllerrevisions"
	namespacePath = "/api/v1/namespaces"
	settingsPath  = "/api/v1/namespaces/kruise/configmaps"
	budgetsPath   = "/apis/policy.kruise.io/v1beta1/podunavailablebudgets"
	oldStatesPath = "/apis/apps.kruise.io/v1alpha1/persistentpodstates"
	markersPath   = "/apis/apps.kruise.io/v1alpha1/podprobemarkers"
	endpointsPath = "/apis/discovery.k8s.io/v1/namespaces/kruise/endpointslices"
	spreadsPath   = "/apis/apps.kruise.io/v1beta1/workloadspreads"
)

func newAPIServer(t *testing.T, lists map[string]string) *apiServer {
	t.Helper()
	s := &apiServer{lists: map[string]string{revisionsPath: "", namespacePath: "", settingsPath: ""}, fails: map[string]int{}, unread: map[string]string{}, ends: make(chan struct{})}
	maps.Copy(s.lists, lists)
	s.Server = httptest.NewServer(s)
	t.Cleanup(func() {
		close(s.ends)
		s.Close()
	})
	return s
}

func (s *apiServer) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	query := r.URL.Query()
	s.requests = append(s.requests, fmt.Sprintf("%s labels=%s fields=%s", r.URL.Path, query.Get("labelSelector"), query.Get("fieldSelector")))
	items, listed := s.lists[r.URL.Path]
	fails, unread := s.fails[r.URL.Path], s.unread[r.URL.Path]
	if s.unborn == r.URL.Path {
		listed = false
	} else if s.unborn != "" && strings.HasPrefix(s.unborn, r.URL.Path+"/") && r.URL.Path != "/apis" {
		s.unborn = ""
	}
	served := map[string][]string{} // group and version -> resources
	for path := range s.lists {
		if parts := strings.Split(strings.TrimPrefix(path, "/apis/"), "/"); len(parts) == 3 {
			version := parts[0] + "/" + parts[1]
			served[version] = append(served[version], fmt.Sprintf(`{"name": %q}`, parts[2]))
		}
	}
	s.mu.Unlock()

	w.Header().Set("Content-Type", "application/json")
	kinds := map[string][2]string{
		v1beta1Path:   {"apps.kruise.io/v1beta1", "SidecarSetList"},
		v1alpha1Path:  {"apps.kruise.io/v1alpha1", "SidecarSetList"},
		revisionsPath: {"apps/v1", "ControllerRevisionList"},
		namespacePath: {"meta.k8s.io/v1", "PartialObjectMetadataList"},
		settingsPath:  {"v1", "ConfigMapList"},
		budgetsPath:   {"policy.kruise.io/v1beta1", "PodUnavailableBudgetList"},
		oldStatesPath: {"apps.kruise.io/v1alpha1", "PersistentPodStateList"},
		markersPath:   {"apps.kruise.io/v1alpha1", "PodProbeMarkerList"},
		spreadsPath:   {"apps.kruise.io/v1beta1", "WorkloadSpreadList"},
		endpointsPath: {"discovery.k8s.io/v1", "EndpointSliceList"},
	}
	switch {
	case fails != 0:
		w.WriteHeader(fails)
		fmt.Fprintf(w, `{"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": %d, "message": "it was told to fail"}`, fails)
	case unread != "" && query.Get("limit") != "" && query.Get("watch") == "":
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprintf(w, `{"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 500, "message": %q}`, unread)
	case unread != "":
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "TooManyRequests", "code": 429, "message": "storage is (re)initializing"}`)
	case r.URL.Path == "/apis":
		var versions []string
		for version := range served {
			versions = append(versions, fmt.Sprintf(`{"groupVersion": %q}`, version))
		}
		fmt.Fprintf(w, `{"kind": "APIGroupList", "groups": [{"name": "of all", "versions": [%s]}]}`, strings.Join(versions, ","))
	case served[strings.TrimPrefix(r.URL.Path, "/apis/")] != nil:
		fmt.Fprintf(w, `{"kind": "APIResourceList", "resources": [{"name": "clonesets"}, %s]}`, strings.Join(served[strings.TrimPrefix(r.URL.Path, "/apis/")], ","))
	case !listed:
		http.NotFound(w, r)
	case query.Get("sendInitialEvents") == "true":
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, `{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Invalid", "code": 422, "message": "sendInitialEvents is forbidden"}`)
	case query.Get("watch") == "true":
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
		case <-s.ends:
		}
	default:
		fmt.Fprintf(w, `{"apiVersion": %q, "kind": %q, "metadata": {"resourceVersion": "1"}, "items": [%s]}`, kinds[r.URL.Path][0], kinds[r.URL.Path][1], items)
	}
}

// running is a source that runs until the test ends, and what it said.
type running struct {
	*Source
	mu    sync.Mutex
	errs  []string
	logs  []string
	calls []string
}

func run(t *testing.T, server *apiServer) *running { return runWith(t, server, cluster.Kinds{}) }

func runWith(t *testing.T, server *apiServer, kinds cluster.Kinds) *running {
	t.Helper()
	r := &running{}
	keep := func(list *[]string, text string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		*list = append(*list, text)
	}
	var err error
	r.Source, err = New(&rest.Config{Host: server.URL}, Options{
		Namespace: "kruise",
		Kinds:     kinds,
		Logger:    funcr.New(func(_, text string) { keep(&r.logs, text) }, funcr.Options{}),
		OnError:   func(err error) { keep(&r.errs, err.Error()) },
	})
	if err != nil {
		t.Fatal(err)
	}
	r.OnChange(func(names []string) { keep(&r.calls, strings.Join(names, ",")) })
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return r
}

func (r *running) said() (errs, calls []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.errs), slices.Clone(r.calls)
}

func (r *running) names() string {
	var names []string
	for _, set := range r.SidecarSets() {
		names = append(names, set.Name)
	}
	return strings.Join(names, ",")
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

const (
	setA = `{"apiVersion": "apps.kruise.io/v1beta1", "kind": "SidecarSet", "metadata": {"name": "a", "resourceVersion": "1",
		"managedFields": [{"manager": "kubectl"}]}, "spec": {"fromTheFuture": true, "revisionHistoryLimit": 3}}`
	brokenB = `{"apiVersion": "apps.kruise.io/v1beta1", "kind": "SidecarSet", "metadata": {"name": "b", "resourceVersion": "1"},
		"spec": {"containers": [{"name": "x", "ports": "none"}]}}`
	oldC = `{"apiVersion": "apps.kruise.io/v1alpha1", "kind": "SidecarSet", "metadata": {"name": "c", "resourceVersion": "1"}, "spec": {"namespace": "shop"}}`
)

func TestRunFillsTheView(t *testing.T) {
	server := newAPIServer(t, map[string]string{
		v1beta1Path:   setA + "," + brokenB,
		revisionsPath: `{"metadata": {"name": "a-1", "labels": {"kruise.io/sidecarset-name": "a"}, "managedFields": [{"manager": "kruise"}]}, "revision": 1}`,
		namespacePath: `{"metadata": {"name": "shop", "labels": {"tier": "gold"}}}`,
		settingsPath:  `{"metadata": {"name": "kruise-configuration"}, "data": {"key": "value"}}`,
	})
	r := run(t, server)
	eventually(t, "synced", r.Synced)

	set, stored, ok := r.SidecarSet("a")
	if !ok || *set.Spec.RevisionHistoryLimit != 3 || r.names() != "a" {
		t.Errorf("SidecarSets %q; a is %v", r.names(), set)
	}
	var fields struct {
		Metadata map[string]any
		Spec     map[string]any
	}
	if err := json.Unmarshal(stored, &fields); err != nil || fields.Spec["fromTheFuture"] != true || fields.Metadata["managedFields"] != nil {
		t.Errorf("stored: %s, %v", stored, err)
	}
	if revisions := r.ControllerRevisions("a"); len(revisions) != 1 || revisions[0].Name != "a-1" || revisions[0].ManagedFields != nil {
		t.Errorf("revisions: %v", revisions)
	}
	if labels, found, err := r.NamespaceLabels(t.Context(), "shop"); labels["tier"] != "gold" || !found || err != nil {
		t.Errorf("namespace: %v, %v, %v", labels, found, err)
	}
	if value, ok := r.Setting("key"); value != "value" || !ok {
		t.Errorf("setting: %q, %v", value, ok)
	}

	errs, calls := r.said()
	if len(errs) != 1 || !strings.HasPrefix(errs[0], `SidecarSet "b" is left out: `) {
		t.Errorf("errors: %q", errs)
	}
	if len(calls) != 1 || !strings.Contains(calls[0], "a") {
		t.Errorf("calls: %q", calls)
	}
	server.set(func() {
		for _, want := range []string{
			v1beta1Path + " labels= fields=",
			revisionsPath + " labels= fields=",
			namespacePath + " labels= fields=",
			settingsPath + " labels= fields=metadata.name=kruise-configuration",
		} {
			if !slices.Contains(server.requests, want) {
				t.Errorf("not asked for: %s", want)
			}
		}
		for _, got := range server.requests {
			if strings.HasPrefix(got, "/apis labels") {
				t.Error("asked for discovery, which is only for clusters without SidecarSets")
			}
		}
	})
}

func TestRunInAClusterWithoutSidecarSets(t *testing.T) {
	server := newAPIServer(t, nil)
	r := run(t, server)
	eventually(t, "synced", r.Synced)
	if errs, calls := r.said(); len(errs) != 0 || !slices.Equal(calls, []string{""}) {
		t.Errorf("errors %q, calls %q", errs, calls)
	}
	server.set(func() { server.lists[v1beta1Path] = setA })
	eventually(t, "SidecarSet a", func() bool { return r.names() == "a" })
}

func TestRunInAClusterWithTheOldVersionOnly(t *testing.T) {
	r := run(t, newAPIServer(t, map[string]string{v1alpha1Path: oldC}))
	eventually(t, "synced", r.Synced)
	set, stored, ok := r.SidecarSet("c")
	if !ok || set.Spec.NamespaceSelector == nil || set.Spec.NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"] != "shop" {
		t.Errorf("%v, stored as %s", set, stored)
	}
	if errs, _ := r.said(); len(errs) != 0 {
		t.Errorf("errors %q", errs)
	}
}

// Not synced before everything has come in, and no failure is fatal.
func TestRunUntilAllListsHaveComeIn(t *testing.T) {
	tests := []struct {
		name, path string
		status     int
		err        string
	}{
		{name: "SidecarSets", path: v1beta1Path, status: 500, err: "cannot list sidecarsets: "},
		{name: "conversion webhook is away", path: v1beta1Path, status: 503, err: "cannot list sidecarsets: "},
		{name: "revisions", path: revisionsPath, status: 403, err: "cannot list controllerrevisions: "},
		{name: "namespaces", path: namespacePath, status: 500, err: "cannot list namespaces: "},
		{name: "settings", path: settingsPath, status: 404, err: "cannot list configmaps: "},
		{name: "discovery, when it matters", path: "/apis", status: 500, err: "cannot find out whether the cluster serves sidecarsets: "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := newAPIServer(t, nil)
			server.fails[test.path] = test.status
			if test.path != "/apis" {
				server.lists[v1beta1Path] = setA
			}
			r := run(t, server)
			reported := func() bool {
				errs, _ := r.said()
				return slices.ContainsFunc(errs, func(err string) bool { return strings.HasPrefix(err, test.err) })
			}
			eventually(t, "report: "+test.err, reported)
			if _, calls := r.said(); r.Synced() || len(calls) > 0 {
				t.Errorf("synced %v, calls %q", r.Synced(), calls)
			}
			server.set(func() { delete(server.fails, test.path) })
			eventually(t, "synced", r.Synced)
		})
	}
}

// A list that finds nothing although the API server says that the resource is served is a failure, not an empty cluster.
func TestServedResourceThatIsNotFound(t *testing.T) {
	server := newAPIServer(t, map[string]string{v1beta1Path: setA})
	server.fails[v1beta1Path] = 404
	r := run(t, server)
	eventually(t, "report", func() bool {
		errs, _ := r.said()
		return len(errs) > 0 && strings.HasPrefix(errs[0], "cannot watch sidecarsets, although the cluster serves them: ")
	})
	if r.Synced() {
		t.Error("synced")
	}
}

// A resource that comes between the list and the question whether it is served has not failed.
func TestResourceThatComesMeanwhile(t *testing.T) {
	server := newAPIServer(t, map[string]string{v1beta1Path: setA})
	server.unborn = v1beta1Path
	r := run(t, server)
	eventually(t, "SidecarSet a is in the view", func() bool { return r.names() == "a" })
	if errs, _ := r.said(); len(errs) > 0 {
		t.Errorf("errors: %q", errs)
	}
}

func TestDiscoveryThatIsNoDiscovery(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"hello": "world"}`) }))
	defer proxy.Close()
	source, err := New(&rest.Config{Host: proxy.URL}, Options{Namespace: "kruise"})
	if err != nil {
		t.Fatal(err)
	}
	if version, served, err := source.servedVersion(t.Context(), sidecarSets); served || err == nil {
		t.Errorf("%v, %v, %v", version, served, err)
	}
}

func TestNew(t *testing.T) {
	config := &rest.Config{Host: "127.0.0.1:1", Timeout: time.Second}
	if _, err := New(config, Options{}); err == nil || err.Error() != "live cluster view: namespace: required" {
		t.Errorf("without namespace: %v", err)
	}
	if _, err := New(&rest.Config{Host: "::"}, Options{Namespace: "kruise"}); err == nil {
		t.Error("a host that cannot be: no error")
	}
	if _, err := New(config, Options{Namespace: "kruise", Logger: logr.Discard()}); err != nil {
		t.Error(err)
	}
	if config.Timeout != time.Second || config.QPS != 0 {
		t.Errorf("the caller's config was changed: %v", config)
	}
}
