package live

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

func sidecarSet(version, name, spec string) string {
	return fmt.Sprintf("{apiVersion: apps.kruise.io/%s, kind: SidecarSet, metadata: {name: %s}, spec: %s}", version, name, spec)
}

const container = `{selector: {matchLabels: {app: web}}, containers: [{name: main, image: "main:1", fieldFromTheFuture: {a: 1}}]}`

// The view is synced without SidecarSets, picks them up when their CRD appears, follows them, and forgets them when the CRD is gone. All this without a
// conversion webhook, which here is never reachable.
func TestSidecarSetsComeAndGo(t *testing.T) {
	c := newCluster(t, controlplane.ForTest(t))
	s := c.run()
	if errs, calls := s.said(); len(errs) > 0 || !slices.Equal(calls, []string{""}) {
		t.Fatalf("in a cluster without SidecarSets: errors %q, calls %q", errs, calls)
	}

	t.Run("while the cluster serves them", func(t *testing.T) {
		c := newCluster(t, c.plane)
		c.installCRD("v1alpha1", "v1beta1")
		v1beta1 := sidecarSets("v1beta1")
		c.create(v1beta1, "", object(sidecarSet("v1beta1", "a", container)))
		s.eventually(t, "SidecarSet a is in the view", func() bool { return s.names() == "a" })
		set, stored, _ := s.SidecarSet("a")
		if set.Spec.Containers[0].Image != "main:1" || set.ResourceVersion == "" || set.UID == "" {
			t.Errorf("a: %v", set)
		}
		if !strings.Contains(string(stored), `"fieldFromTheFuture":{"a":1}`) || strings.Contains(string(stored), "managedFields") {
			t.Errorf("a as stored: %s", stored)
		}

		c.create(v1beta1, "", object(sidecarSet("v1beta1", "broken", `{containers: [{name: x, ports: none}]}`)))
		c.create(v1beta1, "", object(sidecarSet("v1beta1", "b", container)))
		s.eventually(t, "SidecarSet b is in the view, next to a broken one", func() bool { return s.names() == "a,b" })
		if errs, _ := s.said(); len(errs) != 1 || !strings.HasPrefix(errs[0], `SidecarSet "broken" is left out: `) {
			t.Errorf("errors: %q", errs)
		}

		patch := []byte(`[{"op": "replace", "path": "/spec/containers/0/image", "value": "main:2"}]`)
		if _, err := c.dynamic.Resource(v1beta1).Patch(t.Context(), "a", "application/json-patch+json", patch, metav1.PatchOptions{}); err != nil {
			t.Fatal(err)
		}
		s.eventually(t, "the new image of a is in the view", func() bool {
			set, _, ok := s.SidecarSet("a")
			return ok && set.Spec.Containers[0].Image == "main:2"
		})
		c.delete(v1beta1, "", "b")
		s.eventually(t, "SidecarSet b is gone from the view", func() bool { return s.names() == "a" })
		s.eventually(t, "listeners were told", func() bool {
			_, calls := s.said()
			told := strings.Join(calls, ",")
			return strings.Count(told, "a") >= 2 && strings.Count(told, "b") >= 2
		})
	})
	s.eventually(t, "the SidecarSets are gone with their CRD", func() bool { return s.names() == "" })
	if !s.Synced() {
		t.Error("no longer synced")
	}
}

// OpenKruise up to 1.8 serves v1alpha1 only.
func TestClusterThatServesTheOldVersionOnly(t *testing.T) {
	c := newCluster(t, controlplane.ForTest(t))
	c.installCRD("v1alpha1")
	c.create(sidecarSets("v1alpha1"), "", object(sidecarSet("v1alpha1", "old", "{namespace: shop}")))
	s := c.run()
	s.eventually(t, "SidecarSet old is in the view", func() bool { return s.names() == "old" })
	set, _, _ := s.SidecarSet("old")
	if set.Spec.NamespaceSelector == nil || set.Spec.NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"] != "shop" {
		t.Errorf("namespaceSelector: %v", set.Spec.NamespaceSelector)
	}
	if errs, _ := s.said(); len(errs) > 0 {
		t.Errorf("errors: %q", errs)
	}
}

func TestRevisionsAndSettings(t *testing.T) {
	c := newCluster(t, controlplane.ForTest(t))
	revision := func(namespace, name, labels string) {
		c.create(revisions, namespace, object(fmt.Sprintf("{apiVersion: apps/v1, kind: ControllerRevision, metadata: {name: %s, labels: {%s}}, revision: 1, data: {spec: {containers: null}}}", name, labels)))
		t.Cleanup(func() { c.delete(revisions, namespace, name) })
	}
	elsewhere := c.plane.NamespaceForTest(t)
	revision(serverNamespace, "a-1", "kruise.io/sidecarset-name: a")
	revision(serverNamespace, "unlabelled", "app: a")
	revision(elsewhere, "a-2", "kruise.io/sidecarset-name: a")
	c.create(configMaps, serverNamespace, object(`{apiVersion: v1, kind: ConfigMap, metadata: {name: other}, data: {key: other}}`))
	t.Cleanup(func() { c.delete(configMaps, serverNamespace, "other") })

	s := c.run()
	if got := s.ControllerRevisions("a"); len(got) != 1 || got[0].Name != "a-1" || string(got[0].Data.Raw) != `{"spec":{"containers":null}}` {
		t.Errorf("revisions of a: %v", got)
	}
	if _, ok := s.ControllerRevision("unlabelled"); !ok {
		t.Error("a revision without label, which a SidecarSet may pin by name, is not in the view")
	}
	if _, ok := s.ControllerRevision("a-2"); ok {
		t.Error("a revision of another namespace is in the view")
	}
	if value, ok := s.Setting("key"); ok {
		t.Errorf("setting %q from another ConfigMap", value)
	}

	revision(serverNamespace, "a-3", "kruise.io/sidecarset-name: a")
	s.eventually(t, "listeners were told about a", func() bool { _, calls := s.said(); return slices.Contains(calls[1:], "a") })
	if _, ok := s.ControllerRevision("a-3"); !ok {
		t.Error("told about a before its new revision is in the view")
	}
	c.create(configMaps, serverNamespace, object(`{apiVersion: v1, kind: ConfigMap, metadata: {name: kruise-configuration}, data: {key: value}}`))
	s.eventually(t, "the setting is in the view", func() bool { value, ok := s.Setting("key"); return ok && value == "value" })
	c.delete(configMaps, serverNamespace, "kruise-configuration")
	s.eventually(t, "the setting is gone", func() bool { _, ok := s.Setting("key"); return !ok })
	if errs, _ := s.said(); len(errs) > 0 {
		t.Errorf("errors: %q", errs)
	}
}

// A namespace is known from the moment in which the API server knows it, and no longer after it is gone.
func TestNamespaceLabels(t *testing.T) {
	c := newCluster(t, controlplane.ForTest(t))
	s := c.run()
	for i := range 20 {
		name := fmt.Sprintf("just-made-%d", i)
		c.create(namespaces, "", object(fmt.Sprintf("{apiVersion: v1, kind: Namespace, metadata: {name: %s, labels: {tier: gold}}}", name)))
		labels, found, err := s.NamespaceLabels(t.Context(), name)
		if labels["tier"] != "gold" || labels["kubernetes.io/metadata.name"] != name || !found || err != nil {
			t.Errorf("%s: %v, %v, %v", name, labels, found, err)
		}
		c.delete(namespaces, "", name)
	}
	for i := range 20 {
		s.eventually(t, "the namespace is gone", func() bool {
			_, found, err := s.NamespaceLabels(t.Context(), fmt.Sprintf("just-made-%d", i))
			return !found && err == nil
		})
	}
	if labels, found, err := s.NamespaceLabels(t.Context(), "never-made"); found || err != nil {
		t.Errorf("never-made: %v, %v, %v", labels, found, err)
	}
	if errs, _ := s.said(); len(errs) > 0 {
		t.Errorf("errors: %q", errs)
	}
}

// Without its API server the view answers what it knew, cannot tell what it did not, and catches up afterwards.
func TestAPIServerAway(t *testing.T) {
	c := newCluster(t, controlplane.StartForTest(t, controlplane.Options{WithoutControllerManager: true}))
	c.installCRD("v1beta1")
	c.create(sidecarSets("v1beta1"), "", object(sidecarSet("v1beta1", "a", container)))
	s := c.run()
	c.plane.KillAPIServer()
	s.eventually(t, "the loss is reported", func() bool { errs, _ := s.said(); return len(errs) > 0 })
	if s.names() != "a" || !s.Synced() {
		t.Errorf("SidecarSets %q, synced %v", s.names(), s.Synced())
	}
	if labels, found, err := s.NamespaceLabels(t.Context(), "default"); !found || err != nil {
		t.Errorf("a namespace that was known: %v, %v, %v", labels, found, err)
	}
	if labels, found, err := s.NamespaceLabels(t.Context(), "unknown"); found || err == nil {
		t.Errorf("a namespace that was not known: %v, %v, %v", labels, found, err)
	}
	if err := c.plane.RestartAPIServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.create(sidecarSets("v1beta1"), "", object(sidecarSet("v1beta1", "b", container)))
	s.eventually(t, "SidecarSet b is in the view", func() bool { return s.names() == "a,b" })
}

// What was restored from a backup is what there is, although the view has seen later versions.
func TestEtcdRestoredFromABackup(t *testing.T) {
	c := newCluster(t, controlplane.StartForTest(t, controlplane.Options{WithoutControllerManager: true}))
	c.installCRD("v1beta1")
	c.create(sidecarSets("v1beta1"), "", object(sidecarSet("v1beta1", "a", container)))
	s := c.run()
	restore, err := c.plane.Backup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.create(sidecarSets("v1beta1"), "", object(sidecarSet("v1beta1", "lost", container)))
	s.eventually(t, "SidecarSet lost is in the view", func() bool { return s.names() == "a,lost" })
	if err := errors.Join(c.plane.Age(t.Context()), restore(t.Context())); err != nil {
		t.Fatal(err)
	}
	s.eventually(t, "the view holds what was restored", func() bool { return s.names() == "a" })
	c.create(sidecarSets("v1beta1"), "", object(sidecarSet("v1beta1", "b", container)))
	s.eventually(t, "SidecarSet b is in the view", func() bool { return s.names() == "a,b" })
	namespace := object(`{apiVersion: v1, kind: Namespace, metadata: {name: later}}`)
	c.create(namespaces, "", namespace)
	s.eventually(t, "the namespace is known", func() bool {
		_, found, err := s.NamespaceLabels(t.Context(), "later")
		return found && err == nil
	})
}
