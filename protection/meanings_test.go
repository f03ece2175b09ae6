package protection

import (
	"context"
	"errors"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// TestConfiguredMeanings: every meaning of Cascading lets an object go and keeps one, in words that say what to do.
func TestConfiguredMeanings(t *testing.T) {
	table := configured(t, `
rules:
- resources:
  - {group: "", resource: persistentvolumeclaims, kind: PersistentVolumeClaim, versions: [v1]}
  - {group: "", resource: configmaps, kind: ConfigMap, versions: [v1]}
  cascading: {mountedBy: {}}
- resources: [{group: apps, resource: daemonsets, kind: DaemonSet, versions: [v1]}]
  cascading: {ownedPods: {}}
- resources: [{group: db.example.com, resource: databases, kind: Database, versions: [v1]}]
  cascading: {replicas: {path: spec.topology.size}}
- resources: [{resource: services}]
  cascading: {readyEndpoints: {}}
- resources: [{group: gateway.networking.k8s.io, resource: gateways, kind: Gateway, versions: [v1]}]
  cascading: {none: {}}
crdInstances: {groups: [other.example.com]}
`)
	var (
		claim    = schema.GroupVersionKind{Version: "v1", Kind: "PersistentVolumeClaim"}
		config   = schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}
		database = schema.GroupVersionKind{Group: "db.example.com", Version: "v1", Kind: "Database"}
		gateway  = schema.GroupVersionKind{Group: "gateway.networking.k8s.io", Version: "v1", Kind: "Gateway"}
	)
	const casc = "forbidden by ResourcesProtectionDeletion for policy.kruise.io/delete-protection=Cascading and "
	inShop := func(metadata, spec string) string { return labelled("Cascading", `,"namespace":"shop"`+metadata, spec) }
	for name, c := range map[string]struct {
		kind       schema.GroupVersionKind
		old        string
		dependents fakeDependents
		want       string // "" when allowed
	}{
		"claim in use": {claim, inShop("", ""), fakeDependents{mounting: map[string][]string{"persistentvolumeclaims/x": {"web-0"}}},
			casc + `pods that use it 1>0: to delete PersistentVolumeClaim "x", first delete the pods that use it ("web-0") and what creates them, or remove that label`},
		"claim, names not to be told": {claim, inShop("", ""), fakeDependents{mounting: map[string][]string{"persistentvolumeclaims/x": {"web-0"}}, hideFrom: "jane"},
			casc + `pods that use it 1>0: to delete PersistentVolumeClaim "x", first delete the pods that use it and what creates them, or remove that label`},
		"claim out of use":     {claim, inShop("", ""), fakeDependents{mounting: map[string][]string{"persistentvolumeclaims/y": {"web-0"}}}, ""},
		"ConfigMap out of use": {config, inShop("", ""), fakeDependents{mounting: map[string][]string{"persistentvolumeclaims/x": {"web-0"}}}, ""},
		"claim whose name climbs": {claim, labelled("Cascading", `,"namespace":"../x"`, ""), fakeDependents{},
			casc + `metadata.namespace "../x" is not a DNS label: what is below PersistentVolumeClaim "x" cannot be found out; correct that, or remove that label`},
		"DaemonSet with pods": {daemonSet, inShop(`,"uid":"u-1"`, ""), fakeDependents{owned: map[types.UID][]string{"u-1": {"a", "b"}}},
			casc + `active pods 2>0: to delete DaemonSet "x", first see that its pods end ("a", "b"), or remove that label`},
		"DaemonSet without pods": {daemonSet, inShop(`,"uid":"u-1"`, ""), fakeDependents{owned: map[types.UID][]string{"u-2": {"a"}}}, ""},
		"DaemonSet without uid": {daemonSet, inShop("", ""), fakeDependents{},
			casc + `metadata.uid is empty: whether DaemonSet "x" has pods cannot be found out; correct that, or remove that label`},
		"Service with endpoints": {service, inShop("", ""), fakeDependents{endpoints: map[string][]string{"x": {"web-0"}}},
			casc + `ready endpoints 1>0: to delete Service "x", first see that nothing is behind it ("web-0"), or remove that label`},
		"Service without endpoints": {service, inShop("", ""), fakeDependents{}, ""},
		"database with replicas": {database, inShop("", `"topology":{"size":3}`), fakeDependents{},
			casc + `size 3>0: to delete Database "x", set spec.topology.size to 0 first, or remove that label`},
		"database scaled to 0":      {database, inShop("", `"topology":{"size":0}`), fakeDependents{}, ""},
		"database without size":     {database, inShop("", `"topology":{}`), fakeDependents{}, ""},
		"database without topology": {database, inShop("", ""), fakeDependents{}, ""},
		"database, size is null":    {database, inShop("", `"topology":{"size":null}`), fakeDependents{}, ""},
		"database, size is a word": {database, inShop("", `"topology":{"size":"three"}`), fakeDependents{},
			casc + `spec.topology.size is not an integer: how many replicas Database "x" has cannot be found out; correct that, or remove that label`},
		"database, size is below 0 and no integer": {database, inShop("", `"topology":{"size":-1.5}`), fakeDependents{},
			casc + `spec.topology.size is not an integer: how many replicas Database "x" has cannot be found out; correct that, or remove that label`},
		"database, topology is a list": {database, inShop("", `"topology":[]`), fakeDependents{},
			casc + `spec.topology.size is not an integer: how many replicas Database "x" has cannot be found out; correct that, or remove that label`},
		"Gateway": {gateway, inShop("", ""), fakeDependents{}, ""},
		"definition of a group that is not configured": {crd, definition("Cascading", "FooList", storage), fakeDependents{},
			casc + `group "example.com" is not among crdInstances.groups: whether CustomResourceDefinition "foos.example.com" still has objects is not looked at; to delete it, add the group to the configuration, or remove that label`},
	} {
		t.Run(name, func(t *testing.T) {
			r := New(Options{Enabled: true, CRDCascading: true, Table: table, Dependents: &c.dependents})
			got, err := r.Review(context.Background(), deleteOf(c.kind, c.old))
			if err != nil {
				t.Fatal(err)
			}
			if got.Message != c.want || got.Allowed != (c.want == "") {
				t.Errorf("got %d %q\nwant %q", code(got), got.Message, c.want)
			}
		})
	}
	t.Run("look-ups that fail", func(t *testing.T) {
		for _, kind := range []schema.GroupVersionKind{claim, daemonSet, service} {
			r := New(Options{Enabled: true, Table: table, Dependents: &fakeDependents{err: errors.New("no answer")}})
			if got, err := r.Review(context.Background(), deleteOf(kind, inShop(`,"uid":"u-1"`, ""))); err == nil {
				t.Errorf("%s: decided %+v", kind.Kind, got)
			}
			r = New(Options{Enabled: true, Table: table})
			if got, err := r.Review(context.Background(), deleteOf(kind, inShop(`,"uid":"u-1"`, ""))); err == nil {
				t.Errorf("%s, offline: decided %+v", kind.Kind, got)
			}
		}
	})
}

func TestConfiguredInstanceGroupsAreLookedInto(t *testing.T) {
	r := New(Options{
		Enabled: true, CRDCascading: true, Table: configured(t, "crdInstances: {groups: [example.com]}\n"),
		Dependents: &fakeDependents{resources: map[schema.GroupVersionResource][]string{foos: {"y/a"}}},
	})
	got, err := r.Review(context.Background(), deleteOf(crd, definition("Cascading", "FooList", storage)))
	if err != nil || got.Code != 403 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// The API server goes by the resource, so nothing is unprotected because its kind is misspelt in the configuration.
func TestMisspeltKind(t *testing.T) {
	table := configured(t, "rules: [{resources: [{group: db.example.com, resource: databases, kind: database, versions: [v1]}], cascading: {none: {}}}]\n")
	request := deleteOf(schema.GroupVersionKind{Group: "db.example.com", Version: "v1", Kind: "Database"}, labelled("Always", "", ""))
	request.Resource.Resource = "databases"
	got, err := New(Options{Enabled: true, Table: table}).Review(context.Background(), request)
	const want = `forbidden by ResourcesProtectionDeletion for policy.kruise.io/delete-protection=Always: to delete Database "x", remove that label first`
	if err != nil || got.Code != 403 || got.Message != want {
		t.Errorf("got %+v, %v", got, err)
	}
}
