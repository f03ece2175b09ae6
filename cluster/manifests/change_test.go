package manifests

// How a change of files is noticed, and when it counts.

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	testingclock "k8s.io/utils/clock/testing"
)

// Every way in which files come to be changed is noticed, through the events of the file system.
func TestChangesAreNoticed(t *testing.T) {
	tests := []struct {
		name  string
		setup func(t *testing.T)
		paths []string
		act   func(t *testing.T)
		want  string
	}{
		{
			name:  "file written in place",
			setup: func(t *testing.T) { write(t, ".", map[string]string{"m/a.yaml": setA}) },
			paths: []string{"m/a.yaml"},
			act:   func(t *testing.T) { write(t, ".", map[string]string{"m/a.yaml": join(setA, setB)}) },
			want:  "a,b",
		},
		{
			name:  "file replaced, as editors do",
			setup: func(t *testing.T) { write(t, ".", map[string]string{"m/a.yaml": setA}) },
			paths: []string{"m/a.yaml"},
			act: func(t *testing.T) {
				write(t, ".", map[string]string{"m/.a.yaml.swp": setB})
				rename(t, "m/.a.yaml.swp", "m/a.yaml")
			},
			want: "b",
		},
		{
			name:  "file added to a folder",
			setup: func(t *testing.T) { write(t, ".", map[string]string{"m/a.yaml": setA}) },
			paths: []string{"m/"},
			act:   func(t *testing.T) { write(t, ".", map[string]string{"m/b.json": setBAsJSON}) },
			want:  "a,b",
		},
		{
			name:  "file removed from a folder",
			setup: func(t *testing.T) { write(t, ".", map[string]string{"m/a.yaml": setA, "m/b.yaml": setB}) },
			paths: []string{"./m"},
			act:   func(t *testing.T) { remove(t, "m/a.yaml") },
			want:  "b",
		},
		{
			name:  "file in the working folder",
			setup: func(t *testing.T) { write(t, ".", map[string]string{"a.yaml": setA}) },
			paths: []string{"a.yaml"},
			act:   func(t *testing.T) { write(t, ".", map[string]string{"a.yaml": setB}) },
			want:  "b",
		},
		{
			name:  "working folder",
			setup: func(t *testing.T) { write(t, ".", map[string]string{"a.yaml": setA}) },
			paths: []string{"."},
			act:   func(t *testing.T) { write(t, ".", map[string]string{"b.yaml": setB}) },
			want:  "a,b",
		},
		{
			name: "mounted ConfigMap, folder",
			setup: func(t *testing.T) {
				write(t, ".", map[string]string{"m/..1/sets.yaml": setA})
				link(t, "..1", "m/..data")
				link(t, "..data/sets.yaml", "m/sets.yaml")
			},
			paths: []string{"m"},
			act:   func(t *testing.T) { swap(t, "m", setB) },
			want:  "b",
		},
		{
			name: "mounted ConfigMap, file",
			setup: func(t *testing.T) {
				write(t, ".", map[string]string{"m/..1/sets.yaml": setA})
				link(t, "..1", "m/..data")
				link(t, "..data/sets.yaml", "m/sets.yaml")
			},
			paths: []string{"m/sets.yaml"},
			act:   func(t *testing.T) { swap(t, "m", setB) },
			want:  "b",
		},
		{
			name: "folder that is a link to another",
			setup: func(t *testing.T) {
				write(t, ".", map[string]string{"1/sets.yaml": setA, "2/sets.yaml": setB})
				link(t, "1", "current")
			},
			paths: []string{"current"},
			act: func(t *testing.T) {
				link(t, "2", "next")
				rename(t, "next", "current")
			},
			want: "b",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			test.setup(t)
			// Without periodic reading, what is noticed is noticed through an event.
			r := run(t, Options{Paths: test.paths, Clock: noReread{}})
			test.act(t)
			r.eventuallyHas(t, test.want)
		})
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

// swap does to a folder what the kubelet does to a mounted ConfigMap.
func swap(t *testing.T, folder, content string) {
	t.Helper()
	write(t, folder, map[string]string{"..2/sets.yaml": content})
	link(t, "..2", folder+"/..data_tmp")
	rename(t, folder+"/..data_tmp", folder+"/..data")
	remove(t, folder+"/..1")
}

func TestFolderReplacedByAnotherStaysWatched(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"m/a.yaml": setA, "next/b.yaml": setB})
	r := run(t, Options{Paths: []string{"m"}, Clock: noReread{}})
	rename(t, "m", "gone")
	eventually(t, "error about the missing folder", func() bool { _, errs, _ := r.said(); return len(errs) > 0 })
	if got := r.names(); got != "a" {
		t.Errorf("while the folder is missing the view holds %q, want a", got)
	}
	rename(t, "next", "m")
	r.eventuallyHas(t, "b")
	write(t, ".", map[string]string{"m/a.yaml": setA})
	r.eventuallyHas(t, "a,b")
}

func TestBrokenFileKeepsTheLastGoodState(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"m/a.yaml": setA, "m/b.yaml": setB, "m/n.yaml": namespace})
	r := run(t, Options{Paths: []string{"m"}, Clock: noReread{}})

	// A good change and a broken one at the same time: neither counts.
	write(t, ".", map[string]string{"next/a.yaml": oldSetC, "next/b.yaml": "b: [", "next/n.yaml": strings.ReplaceAll(namespace, "gold", "silver")})
	rename(t, "m", "before")
	rename(t, "next", "m")
	const broken = "m/b.yaml: document 1 (line 1): yaml: line 1: did not find expected node content"
	eventually(t, "report of the broken file", func() bool { _, errs, _ := r.said(); return slices.Contains(errs, broken) })
	if got := r.names(); got != "a,b" {
		t.Errorf("the view holds %q, want a,b", got)
	}
	if labels, _, _ := r.NamespaceLabels(t.Context(), "shop"); labels["tier"] != "gold" {
		t.Errorf("labels of the namespace: %v", labels)
	}
	if !r.Synced() {
		t.Error("no longer synced")
	}

	write(t, ".", map[string]string{"m/b.yaml": setB})
	r.eventuallyHas(t, "b,c")
	if labels, _, _ := r.NamespaceLabels(t.Context(), "shop"); labels["tier"] != "silver" {
		t.Errorf("labels of the namespace: %v", labels)
	}
	eventually(t, "call of OnChange", func() bool { _, _, changes := r.said(); return len(changes) == 2 })
	if _, _, changes := r.said(); changes[0] != "a,b" || changes[1] != "a,c" {
		t.Errorf("OnChange was told %q, want everything and then only what changed", changes)
	}
}

func TestRereadWithoutEvents(t *testing.T) {
	t.Chdir(t.TempDir())
	// A link to a link: the folder of the last one is not watched.
	write(t, ".", map[string]string{"m/keep.txt": "", "far/away.yaml": setA, "far/keep.yaml": ""})
	link(t, "../far/away.yaml", "m/sets.yaml")
	clock := testingclock.NewFakeClock(time.Now())
	r := run(t, Options{Paths: []string{"m"}, Clock: clock})
	asTimeGoesBy := func(what string, condition func() bool) {
		t.Helper()
		eventually(t, what, func() bool {
			clock.Step(RereadEvery)
			return condition()
		})
	}

	write(t, ".", map[string]string{"far/away.yaml": setB})
	asTimeGoesBy("reload", func() bool { return r.names() == "b" })

	write(t, ".", map[string]string{"far/away.yaml": "["})
	asTimeGoesBy("report of the broken file", func() bool { _, errs, _ := r.said(); return len(errs) > 0 })

	// However often it is read, the same broken file is reported once; good again, it is loaded again, and nothing has changed.
	for range 10 {
		clock.Step(RereadEvery)
	}
	write(t, ".", map[string]string{"far/away.yaml": setB})
	asTimeGoesBy("third load", func() bool { loads, _, _ := r.said(); return loads == 3 })
	if _, errs, changes := r.said(); len(errs) != 1 || !slices.Equal(changes, []string{"a", "a,b"}) {
		t.Errorf("errors %q, changes %q", errs, changes)
	}
}

// A file that is being written is empty at first. Its SidecarSets must not be gone for that moment.
func TestFileThatIsBeingWrittenIsNotBelieved(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"a.yaml": setA})
	s := New(Options{Paths: []string{"a.yaml"}, Namespace: "kruise"})
	if err := s.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		content   string
		lookAgain bool
		want      int
	}{
		{content: setA, want: 1},
		{content: "", lookAgain: true, want: 1},
		{content: setA, want: 1},
		{content: "", lookAgain: true, want: 1},
		{content: join(setA, setB), lookAgain: true, want: 1},
		{content: join(setA, setB), want: 2},
		{content: "", lookAgain: true, want: 2},
		{content: "", want: 0},
	}
	for i, step := range steps {
		write(t, ".", map[string]string{"a.yaml": step.content})
		lookAgain := s.reload(t.Context())
		if got := len(s.SidecarSets()); got != step.want || lookAgain != step.lookAgain {
			t.Errorf("step %d: %d SidecarSets, look again %v; want %d, %v", i, got, lookAgain, step.want, step.lookAgain)
		}
	}
}
