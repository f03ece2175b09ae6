package dependents

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestObjects(t *testing.T) {
	server, live := newAPIServer(t)
	marked := map[string]string{"mark": "yes"}
	server.lists["/apis/example.com/v1/namespaces/shop/foos"] = []stored{
		{namespace: "shop", name: "counts", labels: marked, more: map[string]any{"spec": map[string]any{"heavy": true}}},
		{namespace: "shop", name: "does-not", labels: marked, more: map[string]any{"spec": map[string]any{"heavy": false}}},
		{namespace: "shop", name: "unmarked", more: map[string]any{"spec": map[string]any{"heavy": true}}},
	}
	foos := schema.GroupVersionResource{Group: "example.com", Version: "v1", Resource: "foos"}
	heavy := func(object []byte) (bool, error) { return bytes.Contains(object, []byte(`"heavy":true`)), nil }
	got, more, err := live.Objects(context.Background(), "shop", foos, "mark in (yes,maybe)", heavy)
	if err != nil || more {
		t.Fatalf("more %t, %v", more, err)
	}
	if diff := cmp.Diff([]string{"counts"}, got); diff != "" {
		t.Error(diff)
	}

	unserved := foos
	unserved.Version = "v2"
	if got, _, err := live.Objects(context.Background(), "shop", unserved, "mark", heavy); !apierrors.IsNotFound(err) {
		t.Errorf("got %v, %v", got, err)
	}
	failed := errors.New("cannot weigh it")
	if got, _, err := live.Objects(context.Background(), "shop", foos, "mark", func([]byte) (bool, error) { return false, failed }); !errors.Is(err, failed) {
		t.Errorf("got %v, %v", got, err)
	}
}

// Whether an object counts may take a look-up of its own, so nobody looks at more of them than a message needs.
func TestObjectsAreNotLookedAtInVain(t *testing.T) {
	server, live := newAPIServer(t)
	for i := range 3 * enough {
		object := stored{namespace: "shop", name: fmt.Sprintf("foo-%02d", i)}
		server.lists["/apis/example.com/v1/namespaces/shop/foos"] = append(server.lists["/apis/example.com/v1/namespaces/shop/foos"], object)
	}
	looked := 0
	second := func([]byte) (bool, error) { looked++; return looked%2 == 0, nil }
	foos := schema.GroupVersionResource{Group: "example.com", Version: "v1", Resource: "foos"}
	names, more, err := live.Objects(context.Background(), "shop", foos, "", second)
	if err != nil || len(names) != enough || !more || looked != 2*enough {
		t.Errorf("%d names, more %t, after a look at %d objects, %v", len(names), more, looked, err)
	}
}
