package budget_test

import (
	"testing"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/protection/budget"
)

// Whatever pods a request has: a decision, and a refusal that says why. A pod that is refused is never written.
func FuzzReviewer(f *testing.F) {
	pod := string(raw(f, newPod(f)))
	f.Add("DELETE", "", "", pod, "")
	f.Add("CREATE", "eviction", eviction, "", `{"dryRun":["All"]}`)
	f.Add("UPDATE", "resize", string(raw(f, newPod(f, image("main:2")))), pod, "")
	f.Add("UPDATE", "", string(raw(f, newPod(f, image("@")))), string(raw(f, newPod(f, image("a@sha256:1"),
		annotated("apps.kruise.io/inplace-update-state", `{"lastContainerStatuses":{"main":null}}`)))), "[]")
	f.Add("DELETE", "", "", `{"metadata":{"annotations":{"kruise.io/related-pub":"web"}},"spec":{"containers":[null]},"status":{"phase":"Running","conditions":[null,{"type":"Ready","status":"True"}]}}`, "")
	f.Fuzz(func(t *testing.T, operation, subresource, object, old, options string) {
		r := request(admissionv1.Operation(operation), subresource)
		r.Object.Raw, r.OldObject.Raw, r.Options.Raw = []byte(object), []byte(old), []byte(options)
		for _, allowed := range []int32{0, 1} {
			c := &cluster{budget: newBudget(allowing(allowed)), pod: newPod(t)}
			d, err := reviewer(c, func(o *budget.Options) { o.ResourcesInPlace = true }).Review(t.Context(), r)
			if err != nil {
				t.Fatalf("cannot tell: %v", err)
			}
			if !d.Allowed && (d.Message == "" || d.Code == 0 || c.writes > 0) {
				t.Errorf("%d writes for %+v", c.writes, d)
			}
		}
	})
}
