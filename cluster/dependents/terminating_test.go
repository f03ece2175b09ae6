package dependents

import (
	"context"
	"net/http"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestNamespaceTerminating(t *testing.T) {
	server, live := newAPIServer(t)
	server.intercept = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		metadata := map[string]any{"name": "shop"}
		switch r.URL.Path {
		case "/api/v1/namespaces/gone":
			writeStatus(w, apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "gone"))
			return true
		case "/api/v1/namespaces/secret":
			writeStatus(w, apierrors.NewForbidden(schema.GroupResource{Resource: "namespaces"}, "secret", nil))
			return true
		case "/api/v1/namespaces/dying":
			metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
		}
		writeJSON(w, http.StatusOK, map[string]any{"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": metadata})
		return true
	}
	for namespace, want := range map[string]bool{"shop": false, "dying": true, "gone": false} {
		if got, err := live.NamespaceTerminating(context.Background(), namespace); err != nil || got != want {
			t.Errorf("%s: got %t, %v", namespace, got, err)
		}
	}
	if got, err := live.NamespaceTerminating(context.Background(), "secret"); got || !apierrors.IsForbidden(err) {
		t.Errorf("got %t, %v", got, err)
	}
}
