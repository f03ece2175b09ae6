package protection

import (
	"context"
	"slices"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// FuzzReview holds that no object makes a Reviewer panic, that every answer is well formed, that a refusal is never without words,
// and that the same request gets the same answer.
func FuzzReview(f *testing.F) {
	kinds := []schema.GroupVersionKind{
		namespace, service, ingress, crd, deployment, replicaSet, statefulSet, cloneSet, advanced, united, pod, inVersion(crd, "v2"),
	}
	operations := []admissionv1.Operation{admissionv1.Delete, admissionv1.Update, admissionv1.Create, admissionv1.Connect, "delete"}
	seeds := []string{
		"", "null", "{}", "[]", `"x"`, `{"metadata":null,"spec":null}`,
		labelled("Always", "", ""), labelled("Cascading", "", `"replicas":3`), labelled("Cascading", terminating, ""),
		definition("Cascading", "FooList", storage), definition("Cascading", "FooList", unserved),
		definition("Cascading", "FooCollection", storage), `{"metadata":{"labels":{"` + Label + `":"Cascading"}},"spec":{"versions":[null]}}`,
	}
	for i := range kinds {
		for _, seed := range seeds {
			f.Add(uint8(i), uint8(0), []byte(seed), []byte(seed))
		}
	}
	r := New(Options{Enabled: true, CRDCascading: true, Dependents: &fakeDependents{
		pods: map[string][]string{"x": {"a"}}, resources: map[schema.GroupVersionResource][]string{foos: {"y/a"}},
	}})
	f.Fuzz(func(t *testing.T, kind, operation uint8, old, object []byte) {
		request := deleteOf(kinds[int(kind)%len(kinds)], string(old))
		request.Operation = operations[int(operation)%len(operations)]
		request.Object.Raw = object
		got, err := r.Review(context.Background(), request)
		if err != nil {
			t.Fatalf("nothing was looked up in vain, and yet: %v", err)
		}
		switch {
		case got.Allowed && got.Code != 0, !got.Allowed && got.Code != 400 && got.Code != 403:
			t.Errorf("allowed %t with code %d", got.Allowed, got.Code)
		case !got.Allowed && (got.Message == "" || got.Reason == ""):
			t.Errorf("refusal without words: %+v", got)
		case !got.Allowed && request.Operation != admissionv1.Delete:
			t.Errorf("refused a %s: %+v", request.Operation, got)
		case len(got.Patch) > 0:
			t.Errorf("patched: %+v", got)
		}
		if again, _ := r.Review(context.Background(), request); again.Message != got.Message || !slices.Equal(again.Warnings, got.Warnings) {
			t.Errorf("first %+v, then %+v", got, again)
		}
	})
}
