package protection

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

func TestContentOfNamespaces(t *testing.T) {
	const configuration = `
rules:
- {resources: [{group: apps, resource: daemonsets, kind: DaemonSet, versions: [v1]}], cascading: {ownedPods: {}}}
- {resources: [{group: apps, resource: statefulsets}], mode: Warn}
namespaces: [{selector: {matchLabels: {stage: test}}, mode: Audit}]
breakGlass: {groups: [oncall]}
namespaceContent:
  resources:
  - {group: apps, resource: deployments}
  - {group: apps, resource: statefulsets}
  - {group: apps, resource: daemonsets}
  - {group: "", resource: services}
  - {group: apps.kruise.io, resource: clonesets}
`
	const plain = `{"metadata":{"name":"shop"}}`
	var (
		deployments  = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
		statefulSets = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "statefulsets"}
		daemonSets   = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "daemonsets"}
		services     = schema.GroupVersionResource{Version: "v1", Resource: "services"}
		cloneSets    = schema.GroupVersionResource{Group: "apps.kruise.io", Version: "v1beta1", Resource: "clonesets"}
		oldCloneSets = schema.GroupVersionResource{Group: "apps.kruise.io", Version: "v1alpha1", Resource: "clonesets"}
	)
	in := func(name, value, metadata, spec string) string {
		return strings.Replace(labelled(value, `,"namespace":"shop"`+metadata, spec), `"name":"x"`, fmt.Sprintf("%q:%q", "name", name), 1)
	}
	for name, c := range map[string]struct {
		namespace  string
		groups     []string
		dependents fakeDependents
		outcome    Outcome
		message    string
	}{
		"empty": {namespace: plain},
		"Always": {namespace: plain, dependents: fakeDependents{objects: map[schema.GroupVersionResource][]string{deployments: {in("a", "Always", "", ""), in("b", "Always", "", "")}}},
			outcome: Refused, message: `forbidden by ResourcesProtectionDeletion: Namespace "shop" holds protected deployments.apps 2>0: to delete it, first delete them or remove their label policy.kruise.io/delete-protection ("a", "b")`},
		"names not to be told": {namespace: plain, dependents: fakeDependents{hideFrom: "jane", objects: map[schema.GroupVersionResource][]string{deployments: {in("a", "Always", "", "")}}},
			outcome: Refused, message: `forbidden by ResourcesProtectionDeletion: Namespace "shop" holds protected deployments.apps 1>0: to delete it, first delete them or remove their label policy.kruise.io/delete-protection`},
		"a resource further down":            {namespace: plain, dependents: fakeDependents{objects: map[schema.GroupVersionResource][]string{services: {in("a", "Always", "", "")}}}, outcome: Refused},
		"a resource that is not looked for":  {namespace: plain, dependents: fakeDependents{objects: map[schema.GroupVersionResource][]string{{Group: "apps", Version: "v1", Resource: "replicasets"}: {in("a", "Always", "", "")}}}},
		"terminating":                        {namespace: plain, dependents: fakeDependents{objects: map[schema.GroupVersionResource][]string{deployments: {in("a", "Always", terminating, "")}}}},
		"a value that protects nothing":      {namespace: plain, dependents: fakeDependents{objects: map[schema.GroupVersionResource][]string{deployments: {in("a", "always", "", "")}}}},
		"Cascading with replicas":            {namespace: plain, dependents: fakeDependents{objects: map[schema.GroupVersionResource][]string{deployments: {in("a", "Cascading", "", `"replicas":1`)}}}, outcome: Refused},
		"Cascading with 0 replicas":          {namespace: plain, dependents: fakeDependents{objects: map[schema.GroupVersionResource][]string{deployments: {in("a", "Cascading", "", `"replicas":0`)}}}},
		"Cascading with a pod":               {namespace: plain, dependents: fakeDependents{owned: map[types.UID][]string{"u": {"p"}}, objects: map[schema.GroupVersionResource][]string{daemonSets: {in("a", "Cascading", `,"uid":"u"`, "")}}}, outcome: Refused},
		"Cascading without pods":             {namespace: plain, dependents: fakeDependents{objects: map[schema.GroupVersionResource][]string{daemonSets: {in("a", "Cascading", `,"uid":"u"`, "")}}}},
		"Cascading that means nothing":       {namespace: plain, dependents: fakeDependents{objects: map[schema.GroupVersionResource][]string{services: {in("a", "Cascading", "", "")}}}},
		"a rule that only warns":             {namespace: plain, dependents: fakeDependents{objects: map[schema.GroupVersionResource][]string{statefulSets: {in("a", "Always", "", "")}}}},
		"the newest version":                 {namespace: plain, dependents: fakeDependents{objects: map[schema.GroupVersionResource][]string{cloneSets: {in("a", "Always", "", "")}, oldCloneSets: {}}}, outcome: Refused},
		"an older version, if it must be":    {namespace: plain, dependents: fakeDependents{objects: map[schema.GroupVersionResource][]string{oldCloneSets: {in("a", "Always", "", "")}}}, outcome: Refused},
		"a namespace that is only audited":   {namespace: `{"metadata":{"name":"shop","labels":{"stage":"test"}}}`, dependents: fakeDependents{objects: map[schema.GroupVersionResource][]string{deployments: {in("a", "Always", "", "")}}}, outcome: Audited},
		"a namespace that is terminating":    {namespace: `{"metadata":{"name":"shop"` + terminating + `}}`, dependents: fakeDependents{objects: map[schema.GroupVersionResource][]string{deployments: {in("a", "Always", "", "")}}}},
		"break-glass":                        {namespace: plain, groups: []string{"oncall"}, dependents: fakeDependents{objects: map[schema.GroupVersionResource][]string{deployments: {in("a", "Always", "", "")}}}, outcome: BrokeGlass},
		"a label of its own that refuses":    {namespace: labelled("Always", "", ""), dependents: fakeDependents{}, outcome: Refused},
		"a label of its own that lets it go": {namespace: labelled("Cascading", "", ""), dependents: fakeDependents{objects: map[schema.GroupVersionResource][]string{deployments: {in("a", "Always", "", "")}}}, outcome: Refused},
	} {
		t.Run(name, func(t *testing.T) {
			request := deleteOf(namespace, c.namespace)
			request.UserInfo.Groups = c.groups
			r := New(Options{
				Enabled: true, Table: configured(t, configuration), Dependents: &c.dependents,
				Namespaces: fakeNamespaces{labels: map[string]map[string]string{"shop": {}}},
			})
			got, err := r.Judge(context.Background(), request)
			if err != nil {
				t.Fatal(err)
			}
			if got.Outcome != c.outcome || got.Allowed != (c.outcome != Refused) || c.message != "" && got.Message != c.message {
				t.Errorf("got %+v, want %q %q", got, c.outcome, c.message)
			}
		})
	}
}

func TestContentThatCannotBeTold(t *testing.T) {
	table := configured(t, "namespaceContent: {resources: [{group: apps, resource: deployments}]}\n")
	deployments := schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	for name, dependents := range map[string]Dependents{
		"without a cluster": nil,
		"no answer":         &fakeDependents{err: errors.New("no answer"), objects: map[schema.GroupVersionResource][]string{deployments: {}}},
	} {
		got, err := New(Options{Enabled: true, Table: table, Dependents: dependents}).Review(context.Background(), deleteOf(namespace, `{"metadata":{"name":"shop"}}`))
		if err == nil {
			t.Errorf("%s: decided %+v", name, got)
		}
	}
}
