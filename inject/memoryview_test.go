package inject

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

// memoryView is a View filled by a test.
type memoryView struct {
	sets       map[string]*v1beta1.SidecarSet
	stored     map[string][]byte
	revisions  map[string]*appsv1.ControllerRevision
	namespaces map[string]map[string]string
	lookups    int   // of namespaces
	err        error // of namespace look-ups
}

func newMemoryView() *memoryView {
	return &memoryView{
		sets: map[string]*v1beta1.SidecarSet{}, stored: map[string][]byte{},
		revisions: map[string]*appsv1.ControllerRevision{}, namespaces: map[string]map[string]string{},
	}
}

func (v *memoryView) SidecarSet(name string) (*v1beta1.SidecarSet, []byte, bool) {
	set, ok := v.sets[name]
	return set, v.stored[name], ok
}

func (v *memoryView) ControllerRevision(name string) (*appsv1.ControllerRevision, bool) {
	revision, ok := v.revisions[name]
	return revision, ok
}

func (v *memoryView) ControllerRevisions(sidecarSet string) []*appsv1.ControllerRevision {
	var revisions []*appsv1.ControllerRevision
	for _, name := range sortedKeys(v.revisions) {
		if v.revisions[name].Labels[sidecarset.NameLabel] == sidecarSet {
			revisions = append(revisions, v.revisions[name])
		}
	}
	return revisions
}

func (v *memoryView) NamespaceLabels(_ context.Context, name string) (map[string]string, bool, error) {
	v.lookups++
	if v.err != nil {
		return nil, false, v.err
	}
	labels, found := v.namespaces[name]
	return labels, found, nil
}

// names lists all SidecarSets.
func (v *memoryView) names() []string { return sortedKeys(v.sets) }

// load adds the objects of a YAML stream. Kinds that injection does not ask for are skipped.
func (v *memoryView) load(stream []byte) error {
	for document := range bytes.SplitSeq(stream, []byte("\n---\n")) {
		raw, err := yaml.YAMLToJSON(document)
		if err != nil {
			return err
		}
		if err := v.add(raw); err != nil {
			return err
		}
	}
	return nil
}

// add adds one object.
func (v *memoryView) add(raw []byte) error {
	var head metav1.PartialObjectMetadata
	if err := decode(raw, &head); err != nil {
		return err
	}
	switch head.Kind {
	case "SidecarSet":
		set := &v1beta1.SidecarSet{}
		if err := decode(raw, set); err != nil {
			return fmt.Errorf("SidecarSet %s: %w", head.Name, err)
		}
		v.sets[head.Name], v.stored[head.Name] = set, raw
	case "ControllerRevision":
		revision := &appsv1.ControllerRevision{}
		if err := decode(raw, revision); err != nil {
			return fmt.Errorf("ControllerRevision %s: %w", head.Name, err)
		}
		v.revisions[head.Name] = revision
	case "Namespace":
		namespace := &corev1.Namespace{}
		if err := decode(raw, namespace); err != nil {
			return err
		}
		v.namespaces[head.Name] = namespace.Labels
	}
	return nil
}

func loadFile(t testing.TB, v *memoryView, path string) {
	t.Helper()
	stream, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.load(stream); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// newEngine makes an engine that knows everything in the view; shuffle changes the order in which it learns it.
func newEngine(t testing.TB, v *memoryView, options Options) *Engine {
	t.Helper()
	options.View = v
	if options.Clock == nil {
		options.Clock = fixedClock
	}
	engine, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	engine.Changed(slices.Clone(v.names()))
	return engine
}
