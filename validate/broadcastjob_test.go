package validate_test

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/validate"
)

const broadcastJobSpec = `"spec":{"template":{"metadata":{"labels":{"app":"test"}},
	"spec":{"restartPolicy":"OnFailure","containers":[{"name":"test","image":"test:v1"}]}},"completionPolicy":{"type":"Always"},"failurePolicy":{"type":"FailFast"}}`

var broadcastJobKind = workloadKind{
	resource: "broadcastjobs",
	base: map[string]string{
		onlyAlpha: `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"BroadcastJob","metadata":{"name":"job","namespace":"default","uid":"u1","resourceVersion":"1"},` + broadcastJobSpec + `}`,
		onlyBeta:  `{"apiVersion":"apps.kruise.io/v1beta1","kind":"BroadcastJob","metadata":{"name":"job","namespace":"default","uid":"u1","resourceVersion":"1"},` + broadcastJobSpec + `}`,
	},
}

func TestBroadcastJob(t *testing.T) {
	runCases(t, broadcastJobKind, broadcastJobCases, func(reviewer validate.BroadcastJob) validate.BroadcastJob {
		reviewer.Defaults = withDefaults
		return reviewer
	})
}

// Case 2 is case 1 in v1alpha1, 26 is below, and 27 to 32 are package defaults'.
func TestEveryBroadcastJobRuleHasAPassingAndAFailingCase(t *testing.T) {
	checkCoverage(t, broadcastJobCases, 7, 1, 32, 2, 26, 27, 28, 29, 30, 31, 32)
}

func TestBroadcastJobRequests(t *testing.T) {
	base := []byte(broadcastJobKind.base[onlyBeta])
	for name, object := range map[string]string{"no JSON": "no JSON", "another kind": `{"kind":"CloneSet"}`, "a spec that is none": `{"spec":"x"}`} {
		if answer := broadcastJobKind.review(t, validate.BroadcastJob{}, onlyBeta, []byte(object), nil); answer.Allowed || answer.Code != 400 {
			t.Errorf("%s: allowed %t, code %d", name, answer.Allowed, answer.Code)
		}
	}
	if answer := broadcastJobKind.review(t, validate.BroadcastJob{}, "v1gamma1", base, nil); answer.Allowed || answer.Code != 400 {
		t.Errorf("an unknown version: allowed %t, code %d", answer.Allowed, answer.Code)
	}
	if answer := broadcastJobKind.review(t, validate.BroadcastJob{}, onlyBeta, base, []byte(`{"spec":"x"}`)); !answer.Allowed {
		t.Errorf("an old object that cannot be read: %s", answer.Message)
	}
	deletion := broadcastJobKind.request(onlyBeta, nil, base)
	deletion.Operation = "DELETE"
	if answer, err := (validate.BroadcastJob{}).Review(t.Context(), deletion); err != nil || !answer.Allowed {
		t.Errorf("a deletion: %+v, %v", answer, err)
	}
}

func TestBroadcastJobTemplateIsJudgedByTheCluster(t *testing.T) {
	refusing := validate.BroadcastJob{Defaults: withDefaults, Templates: always(clusterAnswer{
		causes: []metav1.StatusCause{{Type: metav1.CauseTypeFieldValueInvalid, Field: "spec.newer", Message: "no"}},
	})}
	answer := broadcastJobKind.review(t, refusing, onlyBeta, []byte(broadcastJobKind.base[onlyBeta]), nil)
	if answer.Allowed || !strings.Contains(answer.Message, "spec.template.spec.newer: no") {
		t.Errorf("allowed %t, message %s", answer.Allowed, answer.Message)
	}
	unreachable := validate.BroadcastJob{Templates: always(clusterAnswer{err: decision.CannotTell("connection refused")})}
	if _, err := unreachable.Review(t.Context(), broadcastJobKind.request(onlyBeta, []byte(broadcastJobKind.base[onlyBeta]), nil)); err == nil {
		t.Error("a template that cannot be judged was decided")
	}
}

func FuzzBroadcastJob(f *testing.F) {
	for version, object := range broadcastJobKind.base {
		f.Add(version, object, "")
		f.Add(version, object, object)
	}
	f.Add(onlyBeta, `{"spec":{"template":null,"completionPolicy":null}}`, `[]`)
	fuzzReviewers(f, broadcastJobKind,
		validate.BroadcastJob{},
		validate.BroadcastJob{Templates: always(clusterAnswer{defaulted: `{}`}), Defaults: withDefaults},
	)
}
