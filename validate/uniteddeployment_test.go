package validate_test

import (
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/validate"
)

func TestUnitedDeployment(t *testing.T) {
	runCases(t, unitedDeploymentKind, unitedDeploymentCases, func(reviewer validate.UnitedDeployment) validate.UnitedDeployment { return reviewer })
}

func TestEveryUnitedDeploymentRuleHasAPassingAndAFailingCase(t *testing.T) {
	checkCoverage(t, unitedDeploymentCases, 9, 3, 38)
}

// The API server is asked about the pods of Deployments alone, as they were sent, and its words carry the path of the template.
func TestUnitedDeploymentAsksTheAPIServer(t *testing.T) {
	for _, test := range []struct {
		name  string
		edits []string
		asks  bool
	}{
		{"Deployments", []string{deployment, inDeployment + `.spec.template.spec.newer = 1`}, true},
		{"StatefulSets", nil, false},
		{"CloneSets", []string{cloneSets}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			asked := ""
			reviewer := validate.UnitedDeployment{Templates: &cluster{answer: func(template string) clusterAnswer {
				asked = template
				return clusterAnswer{causes: []metav1.StatusCause{{Type: "FieldValueInvalid", Field: "spec.newer", Message: "no"}}}
			}}}
			answer := unitedDeploymentKind.review(t, reviewer, onlyBeta, unitedDeploymentKind.edited(t, onlyBeta, test.edits), nil)
			if answer.Allowed == test.asks {
				t.Errorf("allowed: %t, %s", answer.Allowed, answer.Message)
			}
			if test.asks != strings.Contains(asked, `"newer":1`) {
				t.Errorf("asked about %q", asked)
			}
			told := slices.ContainsFunc(answer.Causes, func(cause metav1.StatusCause) bool {
				return cause.Field == inDeployment+".spec.template.spec.newer"
			})
			if told != test.asks {
				t.Errorf("causes %v", answer.Causes)
			}
		})
	}
}

func TestUnitedDeploymentCannotBeRead(t *testing.T) {
	object := unitedDeploymentKind.edited(t, onlyBeta, nil)
	for _, test := range []struct{ name, version, object, old, want string }{
		{"no version of the kind", "v1", string(object), "", "has no version"},
		{"another kind", onlyBeta, `{"kind":"Pod"}`, "", `kind "Pod"`},
		{"a wrong type", onlyAlpha, `{"spec":"x"}`, "", "cannot be decoded"},
		{"a template of a wrong type", onlyBeta, `{"spec":{"template":{"deploymentTemplate":[]}}}`, "", "cannot be decoded"},
		{"an old object of a wrong type", onlyBeta, string(object), `{"spec":"x"}`, "old object"},
		{"nothing", onlyBeta, "null", "", "there is no UnitedDeployment"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var old []byte
			if test.old != "" {
				old = []byte(test.old)
			}
			answer := unitedDeploymentKind.review(t, validate.UnitedDeployment{}, test.version, []byte(test.object), old)
			if answer.Allowed || answer.Code != 400 || !strings.Contains(answer.Message, test.want) {
				t.Errorf("got %+v", answer)
			}
		})
	}
}

// FuzzUnitedDeployment holds that any two objects give a decision: an allowance, or a refusal that says why.
func FuzzUnitedDeployment(f *testing.F) {
	for _, version := range []string{onlyAlpha, onlyBeta} {
		f.Add(version, unitedDeploymentBase, "")
		f.Add(version, unitedDeploymentBase, unitedDeploymentBase)
	}
	f.Add(onlyBeta, `{"spec":{"replicas":3,"template":{"deploymentTemplate":null,"advancedStatefulSetTemplate":{}},"topology":{"subsets":[null,{"replicas":"5%","minReplicas":""}]}}}`,
		`{"spec":{"template":{"advancedStatefulSetTemplate":{"spec":{"reserveOrdinals":[1,"2-3"]}}},"topology":{"subsets":[{}]}}}`)
	f.Add(onlyAlpha, `{"spec":{"selector":{"matchExpressions":[{}]},"template":{"statefulSetTemplate":{"spec":{"volumeClaimTemplates":[null],"template":null}}}}}`, `{}`)
	f.Add(onlyBeta, `{"spec":{"template":{"deploymentTemplate":{"spec":{"template":{"spec":{"containers":[null]}}}},"x":{"spec":1}}}}`, ``)
	fuzzReviewers(f, unitedDeploymentKind,
		validate.UnitedDeployment{},
		validate.UnitedDeployment{Templates: always(clusterAnswer{causes: []metav1.StatusCause{{Message: "no"}}})},
	)
}
