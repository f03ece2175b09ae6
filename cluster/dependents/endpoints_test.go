package dependents

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadyEndpoints(t *testing.T) {
	slice := func(service string, terminating bool, endpoints ...any) stored {
		return stored{
			namespace: "shop", name: "s", terminating: terminating, labels: map[string]string{"kubernetes.io/service-name": service},
			more: map[string]any{"endpoints": endpoints},
		}
	}
	endpoint := func(address, pod string, ready any) any {
		e := map[string]any{"addresses": []any{address}}
		if pod != "" {
			e["targetRef"] = map[string]any{"kind": "Pod", "name": pod}
		}
		if ready != nil {
			e["conditions"] = map[string]any{"ready": ready}
		}
		return e
	}
	server, live := newAPIServer(t)
	server.lists["/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices"] = []stored{
		slice("web", false, endpoint("10.0.0.1", "a", true), endpoint("10.0.0.2", "b", false), endpoint("10.0.0.3", "", nil)),
		slice("web", false),
		slice("web", true, endpoint("10.0.0.4", "c", true)),
		slice("other", false, endpoint("10.0.0.5", "d", true)),
	}
	for service, want := range map[string][]string{"web": {"a", "10.0.0.3"}, "idle": nil} {
		got, more, err := live.ReadyEndpoints(context.Background(), "shop", service)
		if err != nil || more {
			t.Fatalf("%s: more %t, %v", service, more, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", service, diff)
		}
	}
}
