package protection

import (
	"context"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// TestForgedDefinitionsAreNotLookedUp: any pod on the network can send a review, so a definition must not be able to choose what
// this server lists.
func TestForgedDefinitionsAreNotLookedUp(t *testing.T) {
	spec := func(name, group, plural, versions string) string {
		return `{"metadata":{"name":"` + name + `","labels":{"` + Label + `":"Cascading"}},"spec":{"group":"` + group +
			`","names":{"plural":"` + plural + `","kind":"Foo","listKind":"FooList"},"versions":[` + versions + `]}}`
	}
	for name, c := range map[string]struct{ old, want string }{
		"core group":               {spec("secrets.", "", "secrets", storage), `spec.group "" is not a domain name`},
		"built-in group":           {spec("deployments.apps", "apps", "deployments", storage), `spec.group "apps" is not a domain name`},
		"group that climbs":        {spec("foos.a/../b", "a/../b", "foos", storage), `spec.group "a/../b" is not a domain name`},
		"plural that climbs":       {spec("../../v1/secrets.example.com", "example.com", "../../v1/secrets", storage), "spec.names.plural"},
		"no plural":                {spec(".example.com", "example.com", "", storage), `spec.names.plural "" is not a DNS label`},
		"another name":             {spec("bars.example.com", "example.com", "foos", storage), `metadata.name "bars.example.com" is not "foos.example.com"`},
		"version that climbs":      {spec("foos.example.com", "example.com", "foos", `{"name":"../v1","served":true,"storage":true}`), `version name "../v1"`},
		"no versions":              {spec("foos.example.com", "example.com", "foos", ""), "spec.versions has no storage version"},
		"no storage version":       {spec("foos.example.com", "example.com", "foos", `{"name":"v1","served":true}`), "spec.versions has no storage version"},
		"version in place of list": {strings.Replace(spec("foos.example.com", "example.com", "foos", ""), `"versions":[]`, `"version":"v1"`, 1), "spec.versions has no storage version"},
		"no spec":                  {`{"metadata":{"name":"foos.example.com","labels":{"` + Label + `":"Cascading"}}}`, `spec.group "" is not a domain name`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := New(Options{Enabled: true, CRDCascading: true, Dependents: untouchable{t: t}}).
				Review(context.Background(), deleteOf(crd, c.old))
			if err != nil {
				t.Fatal(err)
			}
			if got.Code != 403 || !strings.Contains(got.Message, "=Cascading and "+c.want) {
				t.Errorf("got %+v, want 403 %q", got, c.want)
			}
		})
	}
}

// Objects are listed in the storage version, wherever it stands.
func TestStorageVersionIsListed(t *testing.T) {
	second := schema.GroupVersionResource{Group: "example.com", Version: "v1beta2", Resource: "foos"}
	old := definition("Cascading", "FooList", `{"name":"v1alpha1","served":true,"storage":false},{"name":"v1beta2","served":true,"storage":true}`)
	dependents := &fakeDependents{resources: map[schema.GroupVersionResource][]string{second: {"a"}}}
	got, err := New(Options{Enabled: true, CRDCascading: true, Dependents: dependents}).Review(context.Background(), deleteOf(crd, old))
	if err != nil || got.Code != 403 {
		t.Fatalf("got %+v, %v", got, err)
	}
}

// untouchable fails the test when anything is looked up.
type untouchable struct {
	Dependents
	t *testing.T
}

func (u untouchable) CustomResources(_ context.Context, resource schema.GroupVersionResource) ([]string, bool, error) {
	u.t.Errorf("listed %v", resource)
	return nil, false, nil
}
