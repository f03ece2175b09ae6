package protection

import (
	"context"
	"slices"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// FuzzReview holds that no object makes a Reviewer panic, that every answer is well formed, that a refusal is never without words,
// and that the same request gets the same answer.
func FuzzReview(f *testing.F) {
	table := configured(f, `
rules:
- resources: [{group: apps, resource: daemonsets, kind: DaemonSet, versions: [v1]}]
  cascading: {ownedPods: {}}
- resources: [{group: "", resource: secrets, kind: Secret, versions: [v1]}]
  cascading: {mountedBy: {}}
- resources: [{group: db.example.com, resource: databases, kind: Database, versions: [v1]}]
  cascading: {replicas: {path: spec.a.b}}
- resources: [{resource: services}]
  cascading: {readyEndpoints: {}}
labelGuard: {users: [root]}
breakGlass: {annotation: {maxDuration: 1h}}
`)
	kinds := []schema.GroupVersionKind{
		daemonSet, {Version: "v1", Kind: "Secret"}, {Group: "db.example.com", Version: "v1", Kind: "Database"}, namespace, service, ingress, crd, deployment, replicaSet, statefulSet, cloneSet, advanced, united, pod, inVersion(crd, "v2"),
	}
	operations := []admissionv1.Operation{admissionv1.Delete, admissionv1.Update, admissionv1.Create, admissionv1.Connect, "delete"}
	seeds := []string{
		"", "null", "{}", "[]", `"x"`, `{"metadata":null,"spec":null}`,
		labelled("Always", "", ""), labelled("Cascading", "", `"replicas":3`), labelled("Cascading", terminating, ""),
		definition("Cascading", "FooList", storage), definition("Cascading", "FooList", unserved),
		labelled("Cascading", `,"uid":"u","namespace":"shop"`, `"a":{"b":3}`), labelled("Always", `,"namespace":"gone"`, ""), annotated("2026-11-20T12:30:00Z INC-1"),
		definition("Cascading", "FooCollection", storage), `{"metadata":{"labels":{"` + Label + `":"Cascading"}},"spec":{"versions":[null]}}`,
	}
	for i := range kinds {
		for _, seed := range seeds {
			f.Add(uint8(i), uint8(0), []byte(seed), []byte(seed))
		}
	}
	r := New(Options{Enabled: true, CRDCascading: true, Table: table, Now: func() time.Time { return noon }, Dependents: &fakeDependents{
		pods: map[string][]string{"x": {"a"}}, resources: map[schema.GroupVersionResource][]string{foos: {"y/a"}},
		endpoints: map[string][]string{"x": {"a"}}, owned: map[types.UID][]string{"u": {"a"}}, mounting: map[string][]string{"secrets/x": {"a"}},
		terminating: map[string]bool{"gone": true},
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
		case !got.Allowed && request.Operation != admissionv1.Delete && request.Operation != admissionv1.Update:
			t.Errorf("refused a %s: %+v", request.Operation, got)
		case len(got.Patch) > 0:
			t.Errorf("patched: %+v", got)
		}
		if again, _ := r.Review(context.Background(), request); again.Message != got.Message || !slices.Equal(again.Warnings, got.Warnings) {
			t.Errorf("first %+v, then %+v", got, again)
		}
		request.Name = ""
		if member, err := r.Review(context.Background(), request); err != nil || member.Allowed != got.Allowed || member.Message != got.Message {
			t.Errorf("by itself %+v, in a collection %+v, %v", got, member, err)
		}
	})
}
