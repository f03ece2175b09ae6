package dependents

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestActivePods(t *testing.T) {
	server, live := newAPIServer(t)
	server.lists["/api/v1/namespaces/shop/pods"] = []stored{
		{name: "pending", phase: "Pending"},
		{name: "running", phase: "Running"},
		{name: "unknown", phase: "Unknown"},
		{name: "no-phase", phase: ""},
		{name: "succeeded", phase: "Succeeded"},
		{name: "failed", phase: "Failed"},
		{name: "terminating", phase: "Running", terminating: true},
	}
	server.lists["/api/v1/namespaces/office/pods"] = []stored{{name: "succeeded", phase: "Succeeded"}}
	for namespace, want := range map[string][]string{
		"shop":   {"pending", "running", "unknown", "no-phase"},
		"office": nil,
	} {
		got, more, err := live.ActivePods(context.Background(), namespace)
		if err != nil || more {
			t.Fatalf("%s: more %t, %v", namespace, more, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", namespace, diff)
		}
	}
}

func TestBoundClaims(t *testing.T) {
	server, live := newAPIServer(t)
	server.lists["/api/v1/namespaces/shop/persistentvolumeclaims"] = []stored{
		{name: "bound", phase: "Bound"},
		{name: "pending", phase: "Pending"},
		{name: "lost", phase: "Lost"},
		{name: "no-phase", phase: ""},
		{name: "terminating", phase: "Bound", terminating: true},
	}
	got, more, err := live.BoundClaims(context.Background(), "shop")
	if err != nil || more {
		t.Fatalf("more %t, %v", more, err)
	}
	if diff := cmp.Diff([]string{"bound"}, got); diff != "" {
		t.Error(diff)
	}
}

// Pages of claims that are not bound are read to the end, too.
func TestUnboundClaimsDoNotEndTheReading(t *testing.T) {
	server, live := newAPIServer(t)
	claims := pages(2, "Pending", func(int) bool { return true })
	claims[len(claims)-1].phase = "Bound"
	server.lists["/api/v1/namespaces/shop/persistentvolumeclaims"] = claims
	got, _, err := live.BoundClaims(context.Background(), "shop")
	if err != nil || len(got) != 1 {
		t.Errorf("got %v, %v", got, err)
	}
}
