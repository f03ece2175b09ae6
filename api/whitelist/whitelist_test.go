package whitelist

import (
	"strings"
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
	game := schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Game"}
	for _, test := range []struct {
		name     string
		settings settings
		want     List
		err      string
	}{
		{name: "no key"},
		{name: "an empty value", settings: settings{WorkloadSpreadKey: ""}},
		{name: "an empty list", settings: settings{WorkloadSpreadKey: `{}`}},
		{name: "another key", settings: settings{PersistentPodStateKey: "x"}},
		{
			name: "everything",
			settings: settings{WorkloadSpreadKey: `{"workloads":[{"Group":"example.com","Version":"v1","Kind":"Game",
				"subResources":[{"Group":"example.com","Version":"v1","Kind":"Game"}],"replicasPath":"spec.n","new":1}]}`},
			want: List{Workloads: []Workload{{game, []schema.GroupVersionKind{game}, "spec.n"}}},
		},
		{
			name:     "in lower case",
			settings: settings{WorkloadSpreadKey: `{"workloads":[{"group":"example.com","version":"v1","kind":"Game"}]}`},
			want:     List{Workloads: []Workload{{GroupVersionKind: game}}},
		},
		{name: "no JSON", settings: settings{WorkloadSpreadKey: "workloads:"}, err: WorkloadSpreadKey},
		{name: "another shape", settings: settings{WorkloadSpreadKey: `{"workloads":{}}`}, err: "no list of workloads"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Read(test.settings, WorkloadSpreadKey)
			if (err != nil) != (test.err != "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFind(t *testing.T) {
	list := List{Workloads: []Workload{{GroupVersionKind: schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Game"}, ReplicasPath: "spec.n"}}}
	for kind, want := range map[schema.GroupKind]bool{
		{Group: "example.com", Kind: "Game"}:  true,
		{Group: "example.com", Kind: "Other"}: false,
		{Group: "example.org", Kind: "Game"}:  false,
	} {
		if got, found := list.Find(kind); found != want || found && got.ReplicasPath != "spec.n" {
			t.Errorf("%s: found %v %+v, want %v", kind, found, got, want)
		}
	}
}
