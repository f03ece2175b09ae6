package validate_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/validate"
)

var budgetBase = map[string]string{
	onlyAlpha: `{"apiVersion":"policy.kruise.io/v1alpha1","kind":"PodUnavailableBudget","metadata":{"name":"b","namespace":"default","resourceVersion":"1"},
		"spec":{"targetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"d"},"maxUnavailable":"20%"}}`,
	onlyBeta: `{"apiVersion":"policy.kruise.io/v1beta1","kind":"PodUnavailableBudget","metadata":{"name":"b","namespace":"default","resourceVersion":"1"},
		"spec":{"targetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"d"},"maxUnavailable":"20%"}}`,
}

var budgetKind = workloadKind{resource: "podunavailablebudgets", base: budgetBase}

type budgetCase = workloadCase[validate.PodUnavailableBudget]

const (
	totalPath      = "metadata.annotations[pub.kruise.io/protect-total-replicas]"
	operationsPath = "metadata.annotations[kruise.io/pub-protect-operations]"
	ignoredPath    = "metadata.annotations[kruise-admission.io/v1beta1-ignored-pod-selector]"
)

func totalText(text string) string {
	return `metadata.annotations = {"pub.kruise.io/protect-total-replicas":"` + text + `"}`
}

func operationsText(text string) string {
	return `metadata.annotations = {"kruise.io/pub-protect-operations":"` + text + `"}`
}

// selecting makes the base object one with a selector.
func selecting(selector string, more ...string) []string {
	return append([]string{"spec.targetRef", "spec.selector = " + selector}, more...)
}

// budgetCases are the cases of the specification's table (i), with its numbers, and those that our departures from OpenKruise need.
// Rule 13 is a list that cannot fail here.
var budgetCases = []budgetCase{
	{number: 1, about: "base", rules: "c1 c3 c4 c5 c6 c8 c9 c10 c11 c12"},
	{number: 2, about: "selector and minAvailable", rules: "c3 c7 c8 c10",
		new: selecting(`{"matchLabels":{"a":"b"}}`, `spec.maxUnavailable`, `spec.minAvailable = 100`)},
	{number: 3, about: "no pods", rules: "c3", new: []string{`spec.targetRef`}, want: []string{"Required spec.selector"}},
	{number: 4, about: "selector and target", rules: "c4", new: []string{`spec.selector = {"matchLabels":{"a":"b"}}`}, want: []string{"Forbidden spec.selector"}},
	{number: 5, about: "no limit", rules: "c8", new: []string{`spec.maxUnavailable`}, want: []string{"Required spec.maxUnavailable"}},
	{number: 6, about: "two limits", rules: "c9", new: []string{`spec.minAvailable = 1`}, want: []string{"Forbidden spec.minAvailable"}},
	{number: 7, about: "target without name", rules: "c5", new: []string{`spec.targetRef.name`}, want: []string{"Required spec.targetRef.name"}},
	{about: "target without kind and apiVersion", rules: "c5", new: []string{`spec.targetRef = {"name":"d"}`},
		want: []string{"Required spec.targetRef.apiVersion", "Required spec.targetRef.kind"}},
	{number: 8, about: "apiVersion with two slashes", rules: "c6", new: []string{`spec.targetRef.apiVersion = "a/b/c"`}, want: []string{"Invalid spec.targetRef.apiVersion"}},
	{number: 9, about: "apiVersion apps", rules: "c6", new: []string{`spec.targetRef.apiVersion = "apps"`}, warns: "write apps/v1"},
	{about: "apiVersion v1", rules: "c6", new: []string{`spec.targetRef = {"apiVersion":"v1","kind":"ReplicationController","name":"r"}`}},
	{number: 10, about: "empty selector", rules: "c7", new: selecting(`{}`), want: []string{"Invalid spec.selector"}},
	{about: "selector with an unknown operator", rules: "c7", new: selecting(`{"matchExpressions":[{"key":"a","operator":"Near"}]}`),
		want: []string{"Invalid spec.selector.matchExpressions[0].operator"}},
	{number: 11, about: `"5"`, rules: "c10", new: []string{`spec.maxUnavailable = "5"`}, want: []string{"Invalid spec.maxUnavailable"}},
	{number: 11, about: `"-1%"`, rules: "c10", new: []string{`spec.maxUnavailable = "-1%"`}, want: []string{"Invalid spec.maxUnavailable"}},
	{number: 11, about: `"1.5%"`, rules: "c10", new: []string{`spec.maxUnavailable = "1.5%"`}, want: []string{"Invalid spec.maxUnavailable"}},
	{number: 12, about: `"101%"`, rules: "c10", new: []string{`spec.maxUnavailable = "101%"`}, want: []string{"Invalid spec.maxUnavailable"}},
	{number: 12, about: "more digits than a number has", rules: "c10", new: []string{`spec.maxUnavailable = "99999999999999999999%"`}, want: []string{"Invalid spec.maxUnavailable"}},
	{number: 12, about: `"100%"`, rules: "c10", new: []string{`spec.maxUnavailable = "100%"`}},
	{number: 13, about: "-1", rules: "c10", new: []string{`spec.maxUnavailable = -1`}, want: []string{"Invalid spec.maxUnavailable"}},
	{number: 13, about: "0", rules: "c10", new: []string{`spec.maxUnavailable = 0`}},
	{about: "minAvailable -1", rules: "c10", new: []string{`spec.maxUnavailable`, `spec.minAvailable = -1`}, want: []string{"Invalid spec.minAvailable"}},
	{number: 14, about: "three operations", rules: "c11", versions: onlyBeta, new: []string{`spec.protectOperations = ["DELETE","EVICT","RESIZE"]`}},
	{number: 15, about: "an operation in lower case", rules: "c11", versions: onlyBeta, new: []string{`spec.protectOperations = ["delete"]`},
		want: []string{"NotSupported spec.protectOperations[0]"}},
	{about: "operations that are none", rules: "c11", versions: onlyBeta, new: []string{`spec.protectOperations = ["EVICT",""," DELETE","DELETE,EVICT"]`},
		want: []string{"NotSupported spec.protectOperations[1]", "NotSupported spec.protectOperations[2]", "NotSupported spec.protectOperations[3]"}},
	{number: 16, about: "operations annotation xxxxx", rules: "c11", versions: onlyBeta, new: []string{operationsText("xxxxx")}, warns: "protects from nothing"},
	{number: 16, about: "empty operations annotation", rules: "c11", versions: onlyBeta, new: []string{operationsText("")}},
	{about: "operations annotation beside the field", versions: onlyBeta, new: []string{operationsText("DELETE"), `spec.protectOperations = ["EVICT"]`}, warns: "does not count"},
	{about: "operations annotation that says what the field does", versions: onlyBeta, new: []string{operationsText(" EVICT"), `spec.protectOperations = ["EVICT"]`}},
	{number: 17, about: "operations annotation BOGUS", rules: "c11", versions: onlyAlpha, new: []string{operationsText("BOGUS")}, want: []string{"Invalid " + operationsPath}},
	{number: 18, about: "operations annotation with blanks", rules: "c11", versions: onlyAlpha, new: []string{operationsText(" DELETE , EVICT,")}},
	{number: 19, about: "total %%", rules: "c1", new: []string{totalText("%%")}, want: []string{"Invalid " + totalPath}},
	{about: "total empty", rules: "c1", new: []string{totalText("")}, want: []string{"Invalid " + totalPath}},
	{number: 20, about: "total 1000", rules: "c1 c2", new: []string{totalText("1000")}},
	{about: "total -3", rules: "c1", versions: onlyBeta, new: []string{totalText("-3")}},
	{about: "total -3", rules: "c1", versions: onlyAlpha, new: []string{totalText("-3")}, warns: "v1beta1 refuses"},
	{number: 21, about: "total 10 and field 11", rules: "c2", versions: onlyBeta, new: []string{totalText("10"), `spec.protectTotalReplicas = 11`}, want: []string{"Invalid " + totalPath}},
	{about: "total 11 and field 11", rules: "c2", versions: onlyBeta, new: []string{totalText("11"), `spec.protectTotalReplicas = 11`}},
	{number: 22, about: "total not-a-number", rules: "c1", new: []string{totalText("not-a-number")}, want: []string{"Invalid " + totalPath}},
	{number: 23, about: "total 05", rules: "c2", versions: onlyAlpha, new: []string{totalText("05")}, want: []string{"Invalid " + totalPath}},
	{about: "total 05 without field", rules: "c2", versions: onlyBeta, new: []string{totalText("05")}},
	{number: 24, about: "total 2147483648", rules: "c1", new: []string{totalText("2147483648")}, want: []string{"Invalid " + totalPath}},
	{number: 25, about: "ignored pods", rules: "c12", versions: onlyBeta, new: []string{`spec.ignoredPodSelector = {"matchLabels":{"x":"y"}}`}},
	{number: 25, about: "all pods ignored", rules: "c12", versions: onlyBeta, new: []string{`spec.ignoredPodSelector = {}`}, want: []string{"Invalid spec.ignoredPodSelector"}},
	{about: "ignored pods of a broken selector", rules: "c12", versions: onlyBeta, new: []string{`spec.ignoredPodSelector = {"matchLabels":{"x":"y z"}}`},
		want: []string{"Invalid spec.ignoredPodSelector.matchLabels"}},
	{about: "all pods ignored by the annotation that keeps it", rules: "c12", versions: onlyAlpha,
		new: []string{`metadata.annotations = {"kruise-admission.io/v1beta1-ignored-pod-selector":"{}"}`}, want: []string{"Invalid " + ignoredPath}},

	{number: 26, about: "another budget of the same workload", reviewer: beside(`{"targetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"d"}}`), want: []string{"Invalid spec.targetRef"}},
	{number: 27, about: "in another version", reviewer: beside(`{"targetRef":{"apiVersion":"apps/v1beta1","kind":"Deployment","name":"d"}}`), want: []string{"Invalid spec.targetRef"}},
	{about: "another group", reviewer: beside(`{"targetRef":{"apiVersion":"apps.kruise.io/v1","kind":"Deployment","name":"d"}}`)},
	{about: "another kind", reviewer: beside(`{"targetRef":{"apiVersion":"apps/v1","kind":"StatefulSet","name":"d"}}`)},
	{about: "another name", reviewer: beside(`{"targetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"e"}}`)},
	{about: "another apiVersion that nothing can read", reviewer: beside(`{"targetRef":{"apiVersion":"a/b/c","kind":"Deployment","name":"d"}}`)},
	{about: "target here, selector there", reviewer: beside(`{"selector":{"matchLabels":{"app":"a"}}}`)},
	{about: "another budget without anything", reviewer: beside(`{}`)},
	{number: 28, about: "the same selector", reviewer: beside(`{"selector":{"matchLabels":{"app":"a"}}}`), new: selecting(`{"matchLabels":{"app":"a"}}`), want: []string{"Invalid spec.selector"}},
	{number: 29, about: "one of two values", reviewer: beside(`{"selector":{"matchExpressions":[{"key":"app","operator":"In","values":["a","b"]}]}}`),
		new: selecting(`{"matchLabels":{"app":"b"}}`), want: []string{"Invalid spec.selector"}},
	{number: 30, about: "excluded there", reviewer: beside(notIn("a")), new: selecting(`{"matchLabels":{"app":"a"}}`)},
	{number: 30, about: "one of two excluded there", reviewer: beside(notIn("a")),
		new: selecting(`{"matchExpressions":[{"key":"app","operator":"In","values":["a","c"]}]}`), want: []string{"Invalid spec.selector"}},
	{about: "excluded here and there", reviewer: beside(notIn("a")),
		new: selecting(`{"matchExpressions":[{"key":"app","operator":"NotIn","values":["c"]}]}`), want: []string{"Invalid spec.selector"}},
	{number: 31, about: "any value there", reviewer: beside(`{"selector":{"matchExpressions":[{"key":"app","operator":"Exists"}]}}`),
		new: selecting(`{"matchLabels":{"app":"a"}}`), want: []string{"Invalid spec.selector"}},
	{about: "no such label there", reviewer: beside(`{"selector":{"matchExpressions":[{"key":"app","operator":"DoesNotExist"}]}}`), new: selecting(`{"matchLabels":{"app":"a"}}`)},
	{number: 32, about: "one more key there", reviewer: beside(`{"selector":{"matchLabels":{"app":"a","tier":"x"}}}`), new: selecting(`{"matchLabels":{"app":"a"}}`),
		warns: `a pod with app=a, tier=x is selected by PodUnavailableBudget "other"`},
	{number: 33, about: "the same selector in another namespace", reviewer: validate.PodUnavailableBudget{Cluster: budgets{"elsewhere": {"other": `{"selector":{"matchLabels":{"app":"a"}}}`}}},
		new: selecting(`{"matchLabels":{"app":"a"}}`)},
	{about: "itself", reviewer: validate.PodUnavailableBudget{Cluster: budgets{"default": {"b": `{"targetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"d"}}`}}}},

	{number: 34, about: "update: selector", rules: "d1", old: selecting(`{"matchLabels":{"app":"a"}}`), new: selecting(`{"matchLabels":{"app":"b"}}`), want: []string{"Invalid spec.selector"}},
	{number: 35, about: "update: version of the target", rules: "d1", old: unchanged, new: []string{`spec.targetRef.apiVersion = "apps/v1beta1"`}, want: []string{"Invalid spec.targetRef"}},
	{about: "update: target to selector", rules: "d1", old: unchanged, new: selecting(`{"matchLabels":{"app":"b"}}`), want: []string{"Invalid spec.selector", "Invalid spec.targetRef"}},
	{number: 36, about: "update: limit", rules: "d1", old: unchanged, new: []string{`spec.maxUnavailable = 3`}},
	{about: "update: limit to a wrong one", old: unchanged, new: []string{`spec.maxUnavailable = "x"`}, want: []string{"Invalid spec.maxUnavailable"}},
	{about: "update: what is wrong stays", old: []string{`spec.maxUnavailable = "x"`}, new: []string{`spec.maxUnavailable = "x"`, `metadata.labels = {"a":"b"}`}},
	{about: "update: what is wrong goes", old: []string{operationsText("BOGUS"), `spec.maxUnavailable = "x"`}, new: unchanged},
	{about: "update: an annotation becomes wrong", old: unchanged, new: []string{totalText("x")}, want: []string{"Invalid " + totalPath}},
	{about: "update: what is in conflict stays", reviewer: beside(`{"targetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"d"}}`), old: unchanged, new: []string{`metadata.labels = {"a":"b"}`}},
}

func notIn(value string) string {
	return `{"selector":{"matchExpressions":[{"key":"app","operator":"NotIn","values":["` + value + `"]}]}}`
}

// budgets are specs by namespace and name.
type budgets map[string]map[string]string

func (b budgets) PodUnavailableBudgets(namespace string) (list []*v1beta1.PodUnavailableBudget) {
	for name, spec := range b[namespace] {
		budget, err := budgetOf([]byte(`{"spec":` + spec + `}`))
		if err != nil {
			panic(err)
		}
		budget.Name, budget.Namespace = name, namespace
		list = append(list, budget)
	}
	return list
}

func beside(spec string) validate.PodUnavailableBudget {
	return validate.PodUnavailableBudget{Cluster: budgets{"default": {"other": spec}}}
}

func TestPodUnavailableBudget(t *testing.T) {
	runCases(t, budgetKind, budgetCases, func(reviewer validate.PodUnavailableBudget) validate.PodUnavailableBudget { return reviewer })
}

// Cases 37 and 38 of the specification have tests of their own.
func TestEveryPodUnavailableBudgetRuleHasAPassingAndAFailingCase(t *testing.T) {
	checkCoverage(t, budgetCases, 12, 1, 36)
}

func TestPodUnavailableBudgetOfUnknownVersion(t *testing.T) { // case 38
	answer := budgetKind.review(t, validate.PodUnavailableBudget{}, "v1", []byte(budgetBase[onlyBeta]), nil)
	if answer.Allowed || answer.Code != http.StatusBadRequest || !strings.Contains(answer.Message, `"v1"`) {
		t.Errorf("%+v", answer)
	}
}

func TestPodUnavailableBudgetsThatNobodyEnforces(t *testing.T) { // case 37
	reviewer := validate.PodUnavailableBudget{Unenforced: true}
	refused := func(answer decision.Decision) bool {
		return !answer.Allowed && answer.Code == http.StatusForbidden && strings.Contains(answer.Message, "PodUnavailableBudgetDeleteGate")
	}
	base := []byte(budgetBase[onlyBeta])
	if answer := budgetKind.review(t, reviewer, onlyBeta, base, nil); !refused(answer) {
		t.Errorf("created: %+v", answer)
	}
	if answer := budgetKind.review(t, reviewer, onlyBeta, budgetKind.edited(t, onlyBeta, []string{`spec.maxUnavailable = 3`}), base); !refused(answer) {
		t.Errorf("changed: %+v", answer)
	}
	labelled := budgetKind.edited(t, onlyBeta, []string{`metadata.labels = {"a":"b"}`})
	if answer := budgetKind.review(t, reviewer, onlyBeta, labelled, base); !answer.Allowed {
		t.Errorf("labelled: %+v", answer)
	}
}

func FuzzPodUnavailableBudget(f *testing.F) {
	for version, object := range budgetBase {
		f.Add(version, object, "")
		f.Add(version, object, object)
	}
	f.Add(onlyAlpha, `{"metadata":{"annotations":{"kruise.io/pub-protect-operations":"DELETE,x","pub.kruise.io/protect-total-replicas":"+5",
		"kruise-admission.io/v1beta1-ignored-pod-selector":"{\"matchExpressions\":[{}]}"}},"spec":{"selector":{"matchExpressions":[{}]}}}`, `{}`)
	f.Add(onlyBeta, `{"spec":{"selector":{"matchExpressions":[{"key":"app","operator":"In"}]},"maxUnavailable":1,"protectOperations":["x"],"ignoredPodSelector":{}}}`, `[]`)
	fuzzReviewers(f, budgetKind, validate.PodUnavailableBudget{}, beside(notIn("a")),
		beside(`{"targetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"d"}}`), validate.PodUnavailableBudget{Unenforced: true})
}
