package manifests

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/internal/panics"
)

// running is a source that runs until the test ends, and what it said.
type running struct {
	*Source
	mu      sync.Mutex
	loads   int
	errs    []string
	changes []string
}

func run(t *testing.T, options Options) *running {
	t.Helper()
	r := &running{}
	options.Namespace = "kruise"
	options.OnLoad = func(Summary) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.loads++
	}
	options.OnError = func(err error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.errs = append(r.errs, err.Error())
	}
	r.Source = New(options)
	r.OnChange(func(names []string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.changes = append(r.changes, strings.Join(names, ","))
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	eventually(t, "synced", r.Synced)
	return r
}

func (r *running) said() (loads int, errs, changes []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.loads, slices.Clone(r.errs), slices.Clone(r.changes)
}

func (r *running) names() string {
	var names []string
	for _, set := range r.SidecarSets() {
		names = append(names, set.Name)
	}
	return strings.Join(names, ",")
}

// eventually waits for what another goroutine or the file system brings about.
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

func (r *running) eventuallyHas(t *testing.T, names string) {
	t.Helper()
	eventually(t, "SidecarSets "+names, func() bool { return r.names() == names })
}

func TestRunRefusesABadStart(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		paths []string
		err   string
	}{
		{name: "no path", err: "no manifests path is given: name at least one file or folder"},
		{name: "a path that does not exist", files: map[string]string{"a.yaml": setA}, paths: []string{"a.yaml", "b.yaml"},
			err: `manifests path "b.yaml" does not exist: name an existing file or folder`},
		{name: "a broken file", files: map[string]string{"m/a.yaml": setA, "m/b.yaml": "b: ["}, paths: []string{"m"},
			err: "m/b.yaml: document 1 (line 1): yaml: line 1: did not find expected node content"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			write(t, ".", test.files)
			options := Options{Paths: test.paths, Namespace: "kruise"}
			source := New(options)
			source.OnChange(func(names []string) { t.Errorf("OnChange called with %v", names) })
			if err := source.Run(t.Context()); err == nil || err.Error() != test.err {
				t.Errorf("Run: error %v\nwant  %s", err, test.err)
			}
			if source.Synced() {
				t.Error("synced")
			}
			if view, err := Read(options); err == nil || err.Error() != test.err || view != nil {
				t.Errorf("Read: view %v, error %v\nwant  %s", view, err, test.err)
			}
		})
	}
}

func TestRead(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"m/1.yaml": join(setA, revisionA1, settings, namespace), "m/2.yaml": setB})
	view, err := Read(Options{Paths: []string{"m"}, Namespace: "kruise"})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, ok := view.SidecarSet("b"); !ok || len(view.SidecarSets()) != 2 {
		t.Errorf("SidecarSets: %v", view.SidecarSets())
	}
	if _, ok := view.ControllerRevision("a-1"); !ok || len(view.ControllerRevisions("a")) != 1 {
		t.Errorf("ControllerRevisions: %v", view.ControllerRevisions("a"))
	}
	if value, ok := view.Setting("key"); !ok || value != "value" {
		t.Errorf("Setting: %q, %v", value, ok)
	}
	for name, want := range map[string]map[string]string{
		"shop":            {"tier": "gold", "kubernetes.io/metadata.name": "shop"},
		"in-no-manifests": {"kubernetes.io/metadata.name": "in-no-manifests"},
	} {
		labels, found, err := view.NamespaceLabels(t.Context(), name)
		if diff := cmp.Diff(want, labels); diff != "" || !found || err != nil {
			t.Errorf("NamespaceLabels(%s): %v, %v, %s", name, found, err, diff)
		}
	}
}

const setBAsJSON = `{"apiVersion": "apps.kruise.io/v1beta1", "kind": "SidecarSet", "metadata": {"name": "b"}}`

// A change over which the reading panics is a broken one, and the next is taken over.
func TestAPanicIsABrokenManifest(t *testing.T) {
	panics.Expect(t)
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"a.yaml": setA})
	var broken atomic.Bool
	r := run(t, Options{Paths: []string{"a.yaml"}, Prepare: func(set []byte) ([]byte, error) {
		if broken.Load() {
			panic("mistake")
		}
		return set, nil
	}})
	broken.Store(true)
	write(t, ".", map[string]string{"a.yaml": join(setA, setB)})
	eventually(t, "report of the panic", func() bool { _, errs, _ := r.said(); return len(errs) == 1 })
	if r.names() != "a" {
		t.Errorf("SidecarSets %s", r.names())
	}
	broken.Store(false)
	write(t, ".", map[string]string{"a.yaml": setB})
	r.eventuallyHas(t, "b")
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"a.yaml": setA})
	ctx, cancel := context.WithCancel(t.Context())
	source := New(Options{Paths: []string{"a.yaml"}, Namespace: "kruise", OnLoad: func(Summary) { cancel() }})
	if err := source.Run(ctx); err != nil {
		t.Errorf("Run: %v", err)
	}
}

// Reading while files change must give one state or the other (run with -race).
func TestReadersDuringReloads(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"m/1.yaml": setA, "other.yaml": setB})
	r := run(t, Options{Paths: []string{"m/1.yaml"}})
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if names := r.names(); names != "a" && names != "b" {
					t.Errorf("neither the old nor the new state: %q", names)
					return
				}
			}
		})
	}
	for i := range 4 {
		content, want := setB, "b"
		if i%2 == 1 {
			content, want = setA, "a"
		}
		write(t, ".", map[string]string{"m/next": content})
		rename(t, "m/next", "m/1.yaml")
		r.eventuallyHas(t, want)
	}
	close(stop)
	readers.Wait()
}

var _ cluster.Source = (*running)(nil)
