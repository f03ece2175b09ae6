package manifests

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	kjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/convert"
	policyv1beta1 "github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
	"github.com/kruise-admission/kruise-admission/cluster"
)

// Summary says what was read.
type Summary struct {
	// Files counts files; the others count objects.
	Files, SidecarSets, ControllerRevisions, Namespaces int
	// Policies counts the objects of namespaced kinds, such as WorkloadSpreads, which other steps of pod admission ask about.
	Policies int
	// Settings says that the settings ConfigMap is there.
	Settings bool
	// Ignored counts the objects that the view does not hold: other kinds, other namespaces, other ConfigMaps.
	Ignored int
}

// collector sorts objects into a view.
type collector struct {
	namespace string
	prepare   func([]byte) ([]byte, error)

	view    cluster.Change
	ignored int
	places  map[string]place
	errs    []error
}

// collect reads the objects of files. The errors of all files are reported together.
func collect(files []file, options Options) (cluster.Change, Summary, error) {
	c := &collector{
		namespace: options.Namespace,
		prepare:   options.Prepare,
		places:    map[string]place{},
		view: cluster.Change{
			SidecarSets:         everything[cluster.SidecarSet](),
			ControllerRevisions: everything[*appsv1.ControllerRevision](),
			Namespaces:          everything[map[string]string](),
			ConfigMaps:          everything[map[string]string](),

			WorkloadSpreads:       everything[*v1beta1.WorkloadSpread](),
			PodUnavailableBudgets: everything[*policyv1beta1.PodUnavailableBudget](),
			PersistentPodStates:   everything[*v1beta1.PersistentPodState](),
			PodProbeMarkers:       everything[*v1alpha1.PodProbeMarker](),
		},
	}
	for _, f := range files {
		documents, err := documents(f)
		if err != nil {
			c.errs = append(c.errs, err)
		}
		for _, d := range documents {
			c.add(d.place, d.json)
		}
	}
	if err := errors.Join(c.errs...); err != nil {
		return cluster.Change{}, Summary{}, err
	}
	return c.view, Summary{
		Files:               len(files),
		SidecarSets:         len(c.view.SidecarSets.Put),
		ControllerRevisions: len(c.view.ControllerRevisions.Put),
		Namespaces:          len(c.view.Namespaces.Put),
		Policies: len(c.view.WorkloadSpreads.Put) + len(c.view.PodUnavailableBudgets.Put) +
			len(c.view.PersistentPodStates.Put) + len(c.view.PodProbeMarkers.Put),
		Settings: len(c.view.ConfigMaps.Put) > 0,
		Ignored:  c.ignored,
	}, nil
}

func everything[T any]() cluster.Delta[T] {
	return cluster.Delta[T]{Put: map[string]T{}, All: true}
}

// header is what decides where an object goes.
type header struct {
	APIVersion string          `json:"apiVersion"`
	Kind       string          `json:"kind"`
	Metadata   metadata        `json:"metadata"`
	Items      json.RawMessage `json:"items"`
}

type metadata struct {
	Name      string            `json:"name"`
	Namespace string            `json:"namespace"`
	Labels    map[string]string `json:"labels"`
}

// add takes one object.
func (c *collector) add(at place, object []byte) {
	var h header
	if err := kjson.UnmarshalCaseSensitivePreserveInts(object, &h); err != nil {
		c.fail(at, "not a Kubernetes object: %w", err)
		return
	}
	if h.APIVersion == "" || h.Kind == "" {
		c.fail(at, "not a Kubernetes object: apiVersion and kind are required")
		return
	}
	switch group, _, _ := strings.Cut(h.APIVersion, "/"); {
	case strings.HasSuffix(h.Kind, "List") && (h.Items != nil || h.Kind == "List"):
		c.addItems(at, h)
	case group == v1beta1.GroupVersion.Group && h.Kind == "SidecarSet":
		c.addSidecarSet(at, object, h)
	case c.addNamespaced(at, object, h):
	case h.APIVersion == "v1" && h.Kind == "Namespace":
		c.addNamespace(at, h)
	case h.APIVersion == "v1" && h.Kind == "ConfigMap" && h.Metadata.Name == cluster.SettingsConfigMap && c.inNamespace(h):
		c.addSettings(at, object, h)
	case h.APIVersion == "apps/v1" && h.Kind == "ControllerRevision" && c.inNamespace(h) && c.ofSidecarSet(h):
		c.addRevision(at, object, h)
	default:
		c.ignored++
	}
}

func (c *collector) inNamespace(h header) bool {
	return c.namespace == "" || h.Metadata.Namespace == "" || h.Metadata.Namespace == c.namespace
}

// ofSidecarSet keeps the revisions of others out, such as those of StatefulSets, when they are taken from all namespaces: they may have the same
// names there.
func (c *collector) ofSidecarSet(h header) bool {
	return c.namespace != "" || h.Metadata.Namespace == "" || h.Metadata.Labels[sidecarset.NameLabel] != ""
}

func (c *collector) addItems(at place, list header) {
	var items []json.RawMessage
	if err := json.Unmarshal(list.Items, &items); list.Items != nil && err != nil {
		c.fail(at, "%s: items: %w", list.Kind, err)
		return
	}
	for i, item := range items {
		itemAt := at
		itemAt.item = i + 1
		if kind := strings.TrimSuffix(list.Kind, "List"); kind != "" {
			item = withType(item, list.APIVersion, kind)
		}
		c.add(itemAt, item)
	}
}

// withType adds what the items of a typed list may leave out because the list says it.
func withType(item json.RawMessage, apiVersion, kind string) json.RawMessage {
	var object map[string]any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(item, &object); err != nil || object == nil {
		return item // no object: reported where that is looked at
	}
	for key, value := range map[string]string{"apiVersion": apiVersion, "kind": kind} {
		if object[key] == nil {
			object[key] = value
		}
	}
	complete, err := json.Marshal(object)
	if err != nil {
		return item
	}
	return complete
}

func (c *collector) addSidecarSet(at place, object []byte, h header) {
	if !c.claim(at, h, h.Metadata.Name) {
		return
	}
	switch h.APIVersion {
	case v1beta1.GroupVersion.String():
	case v1alpha1.GroupVersion.String():
		converted, err := convert.Object(object, v1beta1.GroupVersion.String())
		if err != nil {
			c.fail(at, "SidecarSet %q: %w", h.Metadata.Name, err)
			return
		}
		object = converted
	default:
		// Left out, it would be a sidecar that silently goes missing.
		c.fail(at, "SidecarSet %q: unknown apiVersion %q: use %s or %s", h.Metadata.Name, h.APIVersion, v1beta1.GroupVersion, v1alpha1.GroupVersion)
		return
	}
	if c.prepare != nil {
		prepared, err := c.prepare(object)
		if err != nil {
			c.fail(at, "SidecarSet %q: %w", h.Metadata.Name, err)
			return
		}
		object = prepared
	}
	set, err := cluster.ReadSidecarSet(object)
	if err != nil {
		c.fail(at, "SidecarSet %q: %w", h.Metadata.Name, err)
		return
	}
	c.view.SidecarSets.Put[h.Metadata.Name] = set
}

func (c *collector) addNamespace(at place, h header) {
	if c.claim(at, h, h.Metadata.Name) {
		c.view.Namespaces.Put[h.Metadata.Name] = namespaceLabels(h.Metadata.Name, h.Metadata.Labels)
	}
}

// namespaceLabels adds to the labels of a namespace the one that the API server never lets go.
func namespaceLabels(name string, labels map[string]string) map[string]string {
	complete := map[string]string{}
	maps.Copy(complete, labels)
	complete[corev1.LabelMetadataName] = name
	return complete
}

func (c *collector) addSettings(at place, object []byte, h header) {
	if !c.claim(at, h, h.Metadata.Name) {
		return
	}
	configMap := &corev1.ConfigMap{}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(object, configMap); err != nil {
		c.fail(at, "ConfigMap %q: %w", h.Metadata.Name, err)
		return
	}
	c.view.ConfigMaps.Put[h.Metadata.Name] = configMap.Data
}

func (c *collector) addRevision(at place, object []byte, h header) {
	if !c.claim(at, h, h.Metadata.Name) {
		return
	}
	revision := &appsv1.ControllerRevision{}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(object, revision); err != nil {
		c.fail(at, "ControllerRevision %q: %w", h.Metadata.Name, err)
		return
	}
	c.view.ControllerRevisions.Put[h.Metadata.Name] = revision
}

// claim makes sure that an object has a name, and that no other object of its kind is called the same.
func (c *collector) claim(at place, h header, called string) bool {
	if h.Metadata.Name == "" {
		c.fail(at, "%s: metadata.name: required", h.Kind)
		return false
	}
	key := h.Kind + "/" + called
	if first, taken := c.places[key]; taken {
		c.errs = append(c.errs, fmt.Errorf("%s %q is there twice: in %s and in %s: remove or rename one", h.Kind, called, first, at))
		return false
	}
	c.places[key] = at
	return true
}

func (c *collector) fail(at place, format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("%s: %w", at, fmt.Errorf(format, args...)))
}
