package customworkload

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

type settings map[string]string

func (s settings) Setting(key string) (string, bool) {
	value, ok := s[key]
	return value, ok
}

func TestRead(t *testing.T) {
	gizmo := Workload{Group: "example.com", Version: "v1", Kind: "Gizmo"}
	tests := map[string]struct {
		settings settings
		want     List
		fails    bool
	}{
		"no ConfigMap or no key":         {settings{"other": "x"}, nil, false},
		"an empty value":                 {settings{WorkloadSpreadKey: ""}, nil, false},
		"no workloads":                   {settings{WorkloadSpreadKey: `{}`}, nil, false},
		"one workload":                   {settings{WorkloadSpreadKey: `{"workloads":[{"Group":"example.com","Version":"v1","Kind":"Gizmo"}]}`}, List{gizmo}, false},
		"members in any case":            {settings{WorkloadSpreadKey: `{"Workloads":[{"group":"example.com","VERSION":"v1","kind":"Gizmo"}]}`}, List{gizmo}, false},
		"a list of another key":          {settings{PersistentPodStateKey: `{"workloads":[{"Group":"example.com","Version":"v1","Kind":"Gizmo"}]}`}, nil, false},
		"no JSON":                        {settings{WorkloadSpreadKey: `{`}, nil, true},
		"workloads that are not a list":  {settings{WorkloadSpreadKey: `{"workloads":{}}`}, nil, true},
		"a list where an object must be": {settings{WorkloadSpreadKey: `[]`}, nil, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Read(test.settings, WorkloadSpreadKey)
			if (err != nil) != test.fails {
				t.Fatalf("error %v, want one: %t", err, test.fails)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFind(t *testing.T) {
	list, err := Read(settings{WorkloadSpreadKey: `{"workloads":[
		{"Group":"example.com","Version":"v1","Kind":"Gizmo","replicasPath":"spec.size","subResources":[{"Group":"example.com","Version":"v1alpha1","Kind":"GizmoSet"}]},
		{"Group":"other.io","Version":"v2","Kind":"Gizmo"}]}`}, WorkloadSpreadKey)
	if err != nil {
		t.Fatal(err)
	}
	gizmo, set := schema.GroupKind{Group: "example.com", Kind: "Gizmo"}, schema.GroupKind{Group: "example.com", Kind: "GizmoSet"}
	if found, ok := list.Find(gizmo); !ok || found.ReplicasPath != "spec.size" {
		t.Errorf("Gizmo: %+v, %t", found, ok)
	}
	if found, ok := list.Find(set); ok {
		t.Errorf("a sub-resource is no workload, but %+v was found", found)
	}
	for kind, version := range map[schema.GroupKind]string{gizmo: "v1", set: "v1alpha1", {Group: "other.io", Kind: "Gizmo"}: "v2"} {
		if found, ok := list.FindOwner(kind); !ok || found != kind.WithVersion(version) {
			t.Errorf("%s: %v, %t; want version %s", kind, found, ok, version)
		}
	}
	if found, ok := list.FindOwner(schema.GroupKind{Group: "example.com", Kind: "Other"}); ok {
		t.Errorf("found %v for a kind that is not listed", found)
	}
}
