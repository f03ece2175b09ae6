package protection

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// fakeNamespaces are the labels of namespaces.
type fakeNamespaces struct {
	labels map[string]map[string]string
	err    error
}

func (f fakeNamespaces) NamespaceLabels(_ context.Context, name string) (map[string]string, bool, error) {
	set, found := f.labels[name]
	return set, found, f.err
}

func TestModes(t *testing.T) {
	const (
		rules = "rules: [{resources: [{group: apps, resource: deployments}], mode: Audit}, {resources: [{group: apps, resource: replicasets}], mode: Warn}]\n"
		byNS  = rules + `
namespaces:
- {selector: {matchLabels: {stage: test}}, mode: Warn}
- {selector: {matchExpressions: [{key: stage, operator: Exists}]}, mode: Enforce}
`
		everywhere = "namespaces: [{selector: {}, mode: Audit}]\n"
		inShop     = `,"namespace":"shop"`
	)
	for name, c := range map[string]struct {
		configuration string
		kind          schema.GroupVersionKind
		old           string
		stage         string
		namespaces    error
		want          Outcome
	}{
		"no configuration":                      {"", deployment, labelled("Always", inShop, ""), "test", nil, Refused},
		"the rule's mode is Audit":              {rules, deployment, labelled("Always", inShop, ""), "test", nil, Audited},
		"the rule's mode is Warn":               {rules, replicaSet, labelled("Always", inShop, ""), "test", nil, Warned},
		"another rule":                          {rules, statefulSet, labelled("Always", inShop, ""), "test", nil, Refused},
		"the first selector matches":            {byNS, deployment, labelled("Always", inShop, ""), "test", nil, Warned},
		"the second selector matches":           {byNS, deployment, labelled("Always", inShop, ""), "live", nil, Refused},
		"no selector matches":                   {byNS, deployment, labelled("Always", inShop, ""), "", nil, Audited},
		"the namespace is not known":            {byNS, deployment, labelled("Always", `,"namespace":"nowhere"`, ""), "test", nil, Audited},
		"the namespace cannot be read":          {byNS, statefulSet, labelled("Always", inShop, ""), "test", errors.New("no answer"), Refused},
		"a Namespace, by its own labels":        {byNS, namespace, `{"metadata":{"name":"x","labels":{"` + Label + `":"Always","stage":"test"}}}`, "", nil, Warned},
		"an object in no namespace":             {everywhere, crd, definition("Always", "FooList", storage), "", nil, Refused},
		"an object in any namespace":            {everywhere, cloneSet, labelled("Always", inShop, ""), "", nil, Audited},
		"nothing to refuse":                     {everywhere, cloneSet, labelled("Cascading", inShop, `"replicas":0`), "", nil, Allowed},
		"Cascading":                             {everywhere, cloneSet, labelled("Cascading", inShop, `"replicas":1`), "", nil, Audited},
		"a namespace name that is not one":      {everywhere, cloneSet, labelled("Always", `,"namespace":"a/b"`, ""), "", nil, Refused},
		"already being deleted, whatever modes": {everywhere, cloneSet, labelled("Always", inShop+terminating, ""), "", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := New(Options{
				Enabled: true, CRDCascading: true, Dependents: &fakeDependents{}, Table: configured(t, c.configuration),
				Namespaces: fakeNamespaces{map[string]map[string]string{"shop": stage(c.stage)}, c.namespaces},
			})
			got, err := r.Judge(context.Background(), deleteOf(c.kind, c.old))
			if err != nil {
				t.Fatal(err)
			}
			if got.Outcome != c.want || got.Allowed != (c.want != Refused) || (len(got.Warnings) > 0) != (c.want == Warned) {
				t.Errorf("got %+v, want %s", got, c.want)
			}
			if c.want != "" && got.Audit[AuditKey] == "" {
				t.Error("no audit annotation")
			}
		})
	}
}

func stage(value string) map[string]string {
	if value == "" {
		return map[string]string{"team": "a"}
	}
	return map[string]string{"stage": value}
}

// What cannot be told is told in the modes that refuse nothing, and stops nobody.
func TestModesWhenUndecided(t *testing.T) {
	for m, want := range map[Mode]Outcome{Warn: Warned, Audit: Audited} {
		r := New(Options{
			Enabled: true, Dependents: &fakeDependents{err: errors.New("no answer")},
			Table: configured(t, "rules: [{resources: [{resource: namespaces}], mode: "+string(m)+"}]\n"),
		})
		got, err := r.Judge(context.Background(), deleteOf(namespace, labelled("Cascading", "", "")))
		if err != nil || got.Outcome != want || !strings.Contains(got.Audit[AuditKey], "would be undecided: cannot decide: look for active pods") {
			t.Errorf("%s: got %+v, %v", m, got, err)
		}
	}
}

func TestWordsOfModes(t *testing.T) {
	const refusal = `forbidden by ResourcesProtectionDeletion for policy.kruise.io/delete-protection=Always: to delete Deployment "x", remove that label first`
	r := New(Options{Enabled: true, Table: configured(t, "rules: [{resources: [{group: apps, resource: deployments}], mode: Warn}]\n")})
	got, err := r.Review(context.Background(), deleteOf(deployment, labelled("Always", "", "")))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"would be " + refusal}, got.Warnings); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{AuditKey: "warned: would be " + refusal}, got.Audit); diff != "" {
		t.Error(diff)
	}
}

// A namespace that is being deleted must not hang because of us: its controller removes whatever is in it.
func TestTerminatingNamespaces(t *testing.T) {
	for name, c := range map[string]struct {
		kind       schema.GroupVersionKind
		old        string
		dependents Dependents
		allowed    bool
	}{
		"in it, Always":             {service, labelled("Always", `,"namespace":"gone"`, ""), &fakeDependents{terminating: map[string]bool{"gone": true}}, true},
		"in it, Cascading":          {cloneSet, labelled("Cascading", `,"namespace":"gone"`, `"replicas":3`), &fakeDependents{terminating: map[string]bool{"gone": true}}, true},
		"in another":                {service, labelled("Always", `,"namespace":"shop"`, ""), &fakeDependents{terminating: map[string]bool{"gone": true}}, false},
		"when it cannot be told":    {service, labelled("Always", `,"namespace":"gone"`, ""), &fakeDependents{err: errors.New("no answer"), terminating: map[string]bool{"gone": true}}, false},
		"without a cluster":         {service, labelled("Always", `,"namespace":"gone"`, ""), nil, false},
		"with a name that climbs":   {service, labelled("Always", `,"namespace":"../gone"`, ""), &fakeDependents{terminating: map[string]bool{"../gone": true}}, false},
		"a Namespace inside itself": {namespace, labelled("Always", `,"namespace":"gone"`, ""), &fakeDependents{terminating: map[string]bool{"gone": true}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := New(Options{Enabled: true, Dependents: c.dependents}).Judge(context.Background(), deleteOf(c.kind, c.old))
			if err != nil || got.Allowed != c.allowed {
				t.Errorf("got %+v, %v; want %t", got, err, c.allowed)
			}
			if c.allowed && got.Audit[AuditKey] != `allowed: namespace "gone" is being deleted, and everything in it` {
				t.Errorf("audit %q", got.Audit)
			}
		})
	}
}
