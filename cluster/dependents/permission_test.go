package dependents

import (
	"context"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestMayListAsksAsTheUser(t *testing.T) {
	user := authenticationv1.UserInfo{
		Username: "jane", UID: "42", Groups: []string{"staff"},
		Extra: map[string]authenticationv1.ExtraValue{"scope": {"a", "b"}},
	}
	foos := schema.GroupVersionResource{Group: "example.com", Version: "v1", Resource: "foos"}
	for _, allowed := range []bool{true, false} {
		server, live := newAPIServer(t)
		var asked authorizationv1.SubjectAccessReviewSpec
		server.allow = func(spec authorizationv1.SubjectAccessReviewSpec) bool { asked = spec; return allowed }
		got, err := live.MayList(context.Background(), user, foos, "shop")
		if err != nil || got != allowed {
			t.Errorf("got %t, %v; want %t", got, err, allowed)
		}
		want := authorizationv1.SubjectAccessReviewSpec{
			User: "jane", UID: "42", Groups: []string{"staff"},
			Extra: map[string]authorizationv1.ExtraValue{"scope": {"a", "b"}},
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Namespace: "shop", Verb: "list", Group: "example.com", Version: "v1", Resource: "foos",
			},
		}
		if diff := cmp.Diff(want, asked); diff != "" {
			t.Error(diff)
		}
	}
}

func TestMayListWithoutAnswer(t *testing.T) {
	server, live := newAPIServer(t)
	server.intercept = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		writeStatus(w, apierrors.NewForbidden(schema.GroupResource{Resource: "subjectaccessreviews"}, "", nil))
		return true
	}
	if got, err := live.MayList(context.Background(), authenticationv1.UserInfo{}, pods, "shop"); got || !apierrors.IsForbidden(err) {
		t.Errorf("got %t, %v", got, err)
	}
}
