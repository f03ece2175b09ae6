package validate_test

import (
	"strings"
	"testing"
	_ "time/tzdata" // as in the program

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/validate"
)

const advancedCronJobSpec = `"spec":{"schedule":"0 0 * * *","concurrencyPolicy":"Allow","paused":false,"template":{"jobTemplate":{"spec":{
	"template":{"spec":{"restartPolicy":"OnFailure","containers":[{"name":"test","image":"test:v1"}]}}}}}}`

var advancedCronJobKind = workloadKind{
	resource: "advancedcronjobs",
	base: map[string]string{
		onlyAlpha: `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"AdvancedCronJob","metadata":{"name":"tick","namespace":"default","uid":"u1","resourceVersion":"1"},` + advancedCronJobSpec + `}`,
		onlyBeta:  `{"apiVersion":"apps.kruise.io/v1beta1","kind":"AdvancedCronJob","metadata":{"name":"tick","namespace":"default","uid":"u1","resourceVersion":"1"},` + advancedCronJobSpec + `}`,
	},
	update: map[string]string{onlyAlpha: "spec.template.jobTemplate.spec.template.spec", onlyBeta: "spec.template.jobTemplate.spec.template.spec"},
}

func TestAdvancedCronJob(t *testing.T) {
	runCases(t, advancedCronJobKind, advancedCronJobCases, func(reviewer validate.AdvancedCronJob) validate.AdvancedCronJob {
		reviewer.Defaults = withDefaults
		return reviewer
	})
}

// The rules (d) are numbered here: 1 the metadata, 2 the new object, 3 what must not change. Case 36 is below, and 37 is package defaults'.
func TestEveryAdvancedCronJobRuleHasAPassingAndAFailingCase(t *testing.T) {
	checkCoverage(t, advancedCronJobCases, 11, 3, 37, 36, 37)
}

func TestAdvancedCronJobRequests(t *testing.T) {
	base := []byte(advancedCronJobKind.base[onlyBeta])
	for name, object := range map[string]string{"no JSON": "no JSON", "another kind": `{"kind":"CloneSet"}`, "a schedule that is none": `{"spec":{"schedule":1}}`} {
		if answer := advancedCronJobKind.review(t, validate.AdvancedCronJob{}, onlyBeta, []byte(object), nil); answer.Allowed || answer.Code != 400 {
			t.Errorf("%s: allowed %t, code %d", name, answer.Allowed, answer.Code)
		}
		if answer := advancedCronJobKind.review(t, validate.AdvancedCronJob{}, onlyBeta, base, []byte(object)); answer.Allowed || answer.Code != 400 {
			t.Errorf("old object, %s: allowed %t, code %d", name, answer.Allowed, answer.Code)
		}
	}
	if answer := advancedCronJobKind.review(t, validate.AdvancedCronJob{}, "v1gamma1", base, nil); answer.Allowed || answer.Code != 400 {
		t.Errorf("an unknown version: allowed %t, code %d", answer.Allowed, answer.Code)
	}
	deletion := advancedCronJobKind.request(onlyBeta, nil, base)
	deletion.Operation = "DELETE"
	if answer, err := (validate.AdvancedCronJob{}).Review(t.Context(), deletion); err != nil || !answer.Allowed {
		t.Errorf("a deletion: %+v, %v", answer, err)
	}
}

func TestAdvancedCronJobTemplateIsJudgedByTheCluster(t *testing.T) {
	refusing := validate.AdvancedCronJob{Defaults: withDefaults, Templates: always(clusterAnswer{
		causes: []metav1.StatusCause{{Type: metav1.CauseTypeFieldValueInvalid, Field: "spec.newer", Message: "no"}},
	})}
	answer := advancedCronJobKind.review(t, refusing, onlyBeta, []byte(advancedCronJobKind.base[onlyBeta]), nil)
	if answer.Allowed || !strings.Contains(answer.Message, "spec.template.jobTemplate.spec.template.spec.newer: no") {
		t.Errorf("allowed %t, message %s", answer.Allowed, answer.Message)
	}
	unreachable := validate.AdvancedCronJob{Templates: always(clusterAnswer{err: decision.CannotTell("connection refused")})}
	if _, err := unreachable.Review(t.Context(), advancedCronJobKind.request(onlyBeta, []byte(advancedCronJobKind.base[onlyBeta]), nil)); err == nil {
		t.Error("a template that cannot be judged was decided")
	}
	paused := advancedCronJobKind.edited(t, onlyBeta, []string{`spec.paused = true`})
	if answer := advancedCronJobKind.review(t, unreachable, onlyBeta, paused, []byte(advancedCronJobKind.base[onlyBeta])); !answer.Allowed {
		t.Errorf("a template that stays is judged again: %s", answer.Message)
	}
}

func FuzzAdvancedCronJob(f *testing.F) {
	for version, object := range advancedCronJobKind.base {
		f.Add(version, object, "")
		f.Add(version, object, object)
	}
	for _, schedule := range []string{"TZ=", "CRON_TZ= ", "TZ=x\t* * * * *", "@every -1s", ",,, * * * *", "*-x/2 * * * *", "0 0 31 2 *"} {
		f.Add(onlyBeta, `{"spec":{"schedule":"`+schedule+`","timeZone":"UTC","template":{"broadcastJobTemplate":null,"jobTemplate":{"spec":{"template":null}}}}}`, "")
	}
	f.Add(onlyBeta, `{"spec":{"template":{"imageListPullJobTemplate":{"spec":{"selector":{"names":[]},"podSelector":{"matchExpressions":[{}]},"images":[""]}}}}}`, `{"spec":{}}`)
	fuzzReviewers(f, advancedCronJobKind,
		validate.AdvancedCronJob{},
		validate.AdvancedCronJob{Templates: always(clusterAnswer{defaulted: `{}`}), Defaults: withDefaults},
	)
}
