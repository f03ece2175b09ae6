package dependents

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOwnedPods(t *testing.T) {
	server, live := newAPIServer(t)
	pods := []stored{
		{namespace: "shop", name: "mine", phase: "Running", owner: "u-1"},
		{namespace: "shop", name: "finished", phase: "Succeeded", owner: "u-1"},
		{namespace: "shop", name: "terminating", phase: "Running", owner: "u-1", terminating: true},
		{namespace: "shop", name: "of-another", phase: "Running", owner: "u-2"},
		{namespace: "shop", name: "of-nobody", phase: "Running"},
	}
	server.lists["/api/v1/namespaces/shop/pods"] = pods
	server.lists["/api/v1/pods"] = pods
	for namespace, want := range map[string]string{"shop": "mine", "": "shop/mine"} {
		got, more, err := live.OwnedPods(context.Background(), namespace, "u-1")
		if err != nil || more {
			t.Fatalf("%q: more %t, %v", namespace, more, err)
		}
		if diff := cmp.Diff([]string{want}, got); diff != "" {
			t.Errorf("%q: %s", namespace, diff)
		}
	}
}
