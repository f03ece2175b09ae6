package dependents

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestCustomResourcesOfAllNamespacesAndOfNone(t *testing.T) {
	server, live := newAPIServer(t)
	server.lists["/apis/example.com/v1/foos"] = []stored{
		{namespace: "shop", name: "a"}, {namespace: "office", name: "b"}, {namespace: "shop", name: "gone", terminating: true},
	}
	server.lists["/apis/example.com/v1beta1/clusters"] = []stored{{name: "c"}}
	for resource, want := range map[schema.GroupVersionResource][]string{
		{Group: "example.com", Version: "v1", Resource: "foos"}:          {"shop/a", "office/b"},
		{Group: "example.com", Version: "v1beta1", Resource: "clusters"}: {"c"},
	} {
		got, more, err := live.CustomResources(context.Background(), resource)
		if err != nil || more {
			t.Fatalf("%v: more %t, %v", resource, more, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v: %s", resource, diff)
		}
	}
}
