package conformance

import (
	"bufio"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	podapi "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install" // registers the defaults
	"k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/capabilities"
	"sigs.k8s.io/yaml"

	"github.com/kruise-admission/kruise-admission/validate"
)

// TestBuiltInCheckIsNeverStricter holds the promise of the built-in check of pod templates: what it refuses, an API server
// refuses as well. Templates are those of the recorded reviews, one that has a part of everything, and random mixtures of
// their parts.
func TestBuiltInCheckIsNeverStricter(t *testing.T) {
	capabilities.Setup(true, 0) // as the API server does with --allow-privileged
	const mixtures = 50_000
	templates := append(slices.Repeat([]any{fullTemplate(t)}, 100), recordedTemplates(t)...)
	m := newMixer(templates, rand.New(rand.NewPCG(1, 2)))
	refused, accepted := 0, 0
	for i := range len(templates) + mixtures {
		var tree any
		if i < len(templates) {
			tree = templates[i]
		} else {
			tree = m.mixture()
		}
		text, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		var template corev1.PodTemplateSpec
		if json.Unmarshal(text, &template) != nil {
			continue // refused before any rule runs
		}
		ours := validate.PodTemplate(&template, nil, field.NewPath("template"))
		theirs := apiServer(t, &template)
		if i == 0 && len(ours)+len(theirs) > 0 {
			t.Errorf("testdata/podtemplate.yaml must be valid: %v %v", ours, theirs)
		}
		switch {
		case len(ours) > 0 && len(theirs) == 0:
			t.Errorf("refused here only: %v\n%s", ours.ToAggregate(), text)
		case len(ours) > 0:
			refused++
		case len(theirs) == 0:
			accepted++
		}
	}
	t.Logf("%d recorded templates and %d mixtures: both refuse %d, both accept %d", len(templates), mixtures, refused, accepted)
	if refused == 0 || accepted == 0 {
		t.Error("the comparison proves nothing: one of the two never happened")
	}
}

// apiServer validates a template as the API server validates a PodTemplate that is created.
func apiServer(t *testing.T, template *corev1.PodTemplateSpec) field.ErrorList {
	t.Helper()
	created := &corev1.PodTemplate{Template: *template.DeepCopy()}
	legacyscheme.Scheme.Default(created)
	var internal core.PodTemplate
	if err := legacyscheme.Scheme.Convert(created, &internal, nil); err != nil {
		t.Fatal(err)
	}
	options := podapi.GetValidationOptionsFromPodTemplate(&internal.Template, nil)
	return validation.ValidatePodTemplateSpec(&internal.Template, field.NewPath("template"), options)
}

// fullTemplate reads the template that has a part of everything.
func fullTemplate(t *testing.T) any {
	t.Helper()
	text, err := os.ReadFile("testdata/podtemplate.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var template any
	if err := yaml.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	return template
}

// recordedTemplates returns the pod templates, and the sidecars as templates, of the recorded reviews.
func recordedTemplates(t *testing.T) []any {
	t.Helper()
	file, err := os.Open("testdata/validate/cases.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var templates []any
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var line map[string]any
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		spec := member(line, "review", "request", "object", "spec")
		if template, ok := member(spec, "template").(map[string]any); ok {
			templates = append(templates, template)
		} else if member(spec, "containers") != nil {
			templates = append(templates, map[string]any{"spec": spec})
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return templates
}

func member(value any, keys ...string) any {
	for _, key := range keys {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[key]
	}
	return value
}

// mixer puts parts of some JSON trees into others, at places of the same name.
type mixer struct {
	*rand.Rand
	trees []any
	// parts are all values of the trees by the name of their place, which for a list element is that of the list and "[]".
	parts map[string][]any
}

func newMixer(trees []any, random *rand.Rand) *mixer {
	m := &mixer{Rand: random, trees: trees, parts: map[string][]any{}}
	for _, tree := range trees {
		eachPlace(tree, "", func(p place) { m.parts[p.name] = append(m.parts[p.name], p.get()) })
	}
	return m
}

// odd are values that are wrong almost everywhere.
var odd = []any{nil, "", "a b", "A", "/x/../y", 0.0, -1.0, 70000.0, true, map[string]any{}, []any{}}

func (m *mixer) mixture() any {
	tree := clone(m.trees[m.IntN(len(m.trees))])
	for range 1 + m.IntN(3) {
		var places []place
		eachPlace(tree, "", func(p place) { places = append(places, p) })
		if len(places) == 0 {
			return tree
		}
		p := places[m.IntN(len(places))]
		same := m.parts[p.name]
		switch m.IntN(4) {
		case 0:
			p.remove()
		case 1:
			p.set(clone(odd[m.IntN(len(odd))]))
		case 2:
			p.set(clone(same[m.IntN(len(same))]))
		default:
			m.merge(p, same[m.IntN(len(same))])
		}
	}
	return tree
}

// merge adds members or elements of another value of the same place.
func (m *mixer) merge(p place, other any) {
	switch here := p.get().(type) {
	case map[string]any:
		if other, ok := other.(map[string]any); ok {
			for _, key := range slices.Sorted(maps.Keys(other)) {
				if m.IntN(2) == 0 {
					here[key] = clone(other[key])
				}
			}
		}
	case []any:
		if other, ok := other.([]any); ok {
			p.set(append(slices.Clone(here), clone(other).([]any)...))
		}
	}
}

// place is where a value is in a tree.
type place struct {
	name   string
	object map[string]any
	key    string
	list   []any
	index  int
}

func (p place) get() any {
	if p.object != nil {
		return p.object[p.key]
	}
	return p.list[p.index]
}

func (p place) set(value any) {
	if p.object != nil {
		p.object[p.key] = value
	} else {
		p.list[p.index] = value
	}
}

func (p place) remove() {
	if p.object != nil {
		delete(p.object, p.key)
	}
}

// eachPlace visits all places of a tree, in a fixed order.
func eachPlace(tree any, name string, visit func(place)) {
	switch tree := tree.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(tree)) {
			visit(place{name: key, object: tree, key: key})
			eachPlace(tree[key], key, visit)
		}
	case []any:
		for i := range tree {
			visit(place{name: name + "[]", list: tree, index: i})
			eachPlace(tree[i], name+"[]", visit)
		}
	}
}

func clone(value any) any {
	switch value := value.(type) {
	case map[string]any:
		copied := make(map[string]any, len(value))
		for key, member := range value {
			copied[key] = clone(member)
		}
		return copied
	case []any:
		copied := make([]any, len(value))
		for i := range value {
			copied[i] = clone(value[i])
		}
		return copied
	}
	return value
}
