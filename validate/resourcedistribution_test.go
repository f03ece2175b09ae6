package validate_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/validate"
)

// resourceDistributionBase is the base object of the specification's cases.
const resourceDistributionBase = `{"kind":"ResourceDistribution","metadata":{"name":"rd","uid":"u1","resourceVersion":"1"},"spec":{
	"resource":{"apiVersion":"v1","kind":"Secret","metadata":{"name":"my-secret"},"data":{"key":"dmFsdWU="}},
	"targets":{"includedNamespaces":{"list":[{"name":"ns-1"}]}}}}`

// resourceDistributionKind has the selector of namespaces for U.
var resourceDistributionKind = workloadKind{
	resource: "resourcedistributions",
	base:     map[string]string{onlyAlpha: resourceDistributionBase, onlyBeta: resourceDistributionBase},
	update:   map[string]string{onlyAlpha: "spec.targets.namespaceLabelSelector", onlyBeta: "spec.targets.namespaceSelector"},
}

// resources answers as an API server would, and remembers what it was asked about.
type resources struct {
	causes []metav1.StatusCause
	err    error
	asked  []string
}

func (r *resources) CheckResource(_ context.Context, kind string, object json.RawMessage) ([]metav1.StatusCause, error) {
	r.asked = append(r.asked, kind+" "+string(object))
	return r.causes, r.err
}

type resourceDistributionCase = workloadCase[validate.ResourceDistribution]

const (
	resourceIs = "spec.resource = "
	configMap  = resourceIs + `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings"},"data":{"a":"b"},"binaryData":{"c":"ZA=="}}`
	noTargets  = "names no namespace"
)

func including(names ...string) string { return listOf("includedNamespaces", names) }
func excluding(names ...string) string { return listOf("excludedNamespaces", names) }

func listOf(member string, names []string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = `{"name":"` + name + `"}`
	}
	return "spec.targets." + member + " = {\"list\":[" + strings.Join(list, ",") + "]}"
}

func refusedBy(errorType, message string) validate.ResourceDistribution {
	return validate.ResourceDistribution{Resources: &resources{causes: []metav1.StatusCause{{Type: metav1.CauseType(errorType), Message: message}}}}
}

// resourceDistributionCases are the cases of the specification's table (i), in its order and with its numbers, and more. Cases 2, 21, 24
// and 32 are tests of their own.
var resourceDistributionCases = []resourceDistributionCase{
	{number: 1, about: "base", rules: "c1 c2 c3 c5 c6"},
	{number: 3, about: "a ConfigMap", rules: "c3 c5", new: []string{configMap}},
	{number: 4, about: "a Pod", rules: "c3", new: []string{`spec.resource.kind = "Pod"`}, want: []string{"NotSupported spec.resource.kind"}},
	{number: 5, about: "a Secret of another group", rules: "c3", new: []string{`spec.resource.apiVersion = "example.com/v1"`}, want: invalid("spec.resource.apiVersion")},
	{about: "a Secret of another version", rules: "c3", new: []string{`spec.resource.apiVersion = "v2"`}, want: invalid("spec.resource.apiVersion")},
	{about: "a Secret of no version", rules: "c3", new: []string{`spec.resource.apiVersion`}, want: []string{"Required spec.resource.apiVersion"}},
	{number: 6, about: "no resource", rules: "c2", new: []string{"spec.resource"}, want: []string{"Required spec.resource"}},
	{number: 6, about: "a null resource", rules: "c2", new: []string{resourceIs + "null"}, want: []string{"Required spec.resource"}},
	{number: 7, about: "a text for a resource", rules: "c2", new: []string{resourceIs + `"garbage"`}, want: invalid("spec.resource")},
	{about: "a list for a resource", rules: "c2", new: []string{resourceIs + `[]`}, want: invalid("spec.resource")},
	{about: "a number for a name", rules: "c2", new: []string{`spec.resource.metadata.name = 3`}, want: invalid("spec.resource")},
	{number: 8, about: "no kind", rules: "c2", new: []string{`spec.resource.kind`}, want: []string{"Required spec.resource.kind"}},
	{number: 9, about: "a namespace in the resource", rules: "c5", new: []string{`spec.resource.metadata.namespace = "Any"`}},
	{number: 10, about: "included, and no namespace's name", rules: "c6", new: []string{including("INVALID")}, want: invalid("spec.targets.includedNamespaces.list[0].name")},
	{number: 11, about: "included, without name", rules: "c6", new: []string{including("")}, want: []string{"Required spec.targets.includedNamespaces.list[0].name"}},
	{number: 12, about: "excluded, and no namespace's name", rules: "c6", new: []string{excluding("ok", "a.b")}, want: invalid("spec.targets.excludedNamespaces.list[1].name")},
	{number: 13, about: "included and excluded", rules: "c6", new: []string{excluding("ns-1")}, want: invalid("spec.targets")},
	{number: 14, about: "three faults", rules: "c6", new: []string{including("ns-1", "ns-2", "kube-system", ""), excluding("ns-1"), `U = {"matchLabels":{"$#%$%":"x"}}`},
		want: []string{"Required spec.targets.includedNamespaces.list[3].name", "Invalid spec.targets", "Invalid U.matchLabels"}},
	{number: 15, about: "a bad key", rules: "c6", new: []string{`U = {"matchLabels":{"$#%invalid":"x"}}`}, want: []string{"Invalid U.matchLabels"}},
	{number: 16, about: "a bad operator", rules: "c6", new: []string{`U = {"matchExpressions":[{"key":"a","operator":"Is"}]}`}, want: []string{"Invalid U.matchExpressions[0].operator"}},
	{number: 17, about: "no targets", rules: "c6", new: []string{"spec.targets = {}"}, warns: noTargets},
	{number: 18, about: "all namespaces but one", rules: "c6", new: []string{`spec.targets = {"allNamespaces":true,"excludedNamespaces":{"list":[{"name":"a"}]}}`}},
	{number: 19, about: "all namespaces and some", rules: "c6", new: []string{"spec.targets.allNamespaces = true", `U = {"matchLabels":{"a":"b"}}`}},
	{about: "only selected namespaces", rules: "c6", new: []string{"spec.targets.includedNamespaces", `U = {"matchLabels":{"a":"b"}}`}},
	{number: 20, about: "a namespace twice", rules: "c6", new: []string{including("ns-1", "ns-1")}},
	{number: 22, about: "refused by the API server", rules: "c5", reviewer: refusedBy("FieldValueInvalid", "no"), want: invalid("spec.resource")},
	{number: 22, about: "a bad data key", rules: "c5", new: []string{`spec.resource.data = {"a b":""}`}, want: invalid("spec.resource.data[a b]")},
	{number: 23, about: "forbidden by the API server", rules: "c5", reviewer: refusedBy("FieldValueForbidden", "exceeded quota"), want: []string{"Forbidden spec.resource"}},
	{number: 25, about: "one more namespace", rules: "c4 d1", new: []string{including("ns-1", "ns-2")}, old: unchanged},
	{number: 26, about: "all namespaces instead", rules: "c4 d1", new: []string{`spec.targets = {"allNamespaces":true}`}, old: unchanged},
	{number: 27, about: "another name", rules: "c4 d1", new: []string{`spec.resource.metadata.name = "other"`}, old: unchanged, want: invalid("spec.resource.metadata.name")},
	{number: 28, about: "another kind", rules: "c4 d1", new: []string{configMap}, old: unchanged,
		want: []string{"Invalid spec.resource.kind", "Invalid spec.resource.metadata.name"}},
	{number: 29, about: "other data", rules: "c4 d1", new: []string{`spec.resource.data = {"key":""}`}, old: unchanged},
	{number: 30, about: "another name and a bad namespace", rules: "c4 d1", new: []string{`spec.resource.metadata.name = "other"`, including("B")}, old: unchanged,
		want: []string{"Invalid spec.resource.metadata.name", "Invalid spec.targets.includedNamespaces.list[0].name"}},
	{number: 31, about: "a namespace", rules: "c1", new: []string{`metadata.namespace = "default"`}, want: []string{"Forbidden metadata.namespace"}},
	{about: "a bad name", rules: "c1", new: []string{`metadata.name = "Rd"`}, want: invalid("metadata.name")},
	{number: 33, about: "a list of ConfigMaps", rules: "c3", new: []string{configMap, `spec.resource.items = []`}, want: []string{"Forbidden spec.resource.items"}},

	{about: "no name", rules: "c5", new: []string{"spec.resource.metadata"}, want: []string{"Required spec.resource.metadata.name"}},
	{about: "a generated name", rules: "c5", new: []string{`spec.resource.metadata = {"generateName":"a-"}`}, warns: "copies are found by it"},
	{about: "a bad name and label of the resource", rules: "c5", new: []string{`spec.resource.metadata = {"name":"A","labels":{"a":"b c"}}`},
		want: []string{"Invalid spec.resource.metadata.name", "Invalid spec.resource.metadata.labels"}},
	{about: "data that is none", rules: "c5", new: []string{`spec.resource.data = {"a":3}`}, want: invalid("spec.resource")},
	{about: "data that is no base64", rules: "c5", new: []string{`spec.resource.data = {"a":"?"}`}, want: invalid("spec.resource")},
	{about: "keys of a ConfigMap", rules: "c5", new: []string{configMap, `spec.resource.data = {"c":"","..":""}`},
		want: []string{"Invalid spec.resource.data[..]", "Invalid spec.resource.binaryData[c]"}},
	{about: "too much data", rules: "c5", new: []string{`spec.resource.stringData = {"a":"` + strings.Repeat("x", 1<<20+1) + `"}`}, want: []string{"TooLong spec.resource"}},
	{about: "stringData in place of data", rules: "c5", new: []string{`spec.resource.data = {}`, `spec.resource.stringData = {"a":"` + strings.Repeat("x", 1<<20) + `"}`}},
	{about: "nothing stored to compare with", rules: "c4 d1", old: []string{"spec.resource"}, want: []string{"Required spec.resource"}},
}

func TestResourceDistribution(t *testing.T) {
	runCases(t, resourceDistributionKind, resourceDistributionCases, func(reviewer validate.ResourceDistribution) validate.ResourceDistribution { return reviewer })
}

func TestEveryResourceDistributionRuleHasAPassingAndAFailingCase(t *testing.T) {
	checkCoverage(t, resourceDistributionCases, 6, 1, 33, 2, 21, 24, 32)
}

func reviewDistribution(t *testing.T, reviewer validate.ResourceDistribution, edits, old []string) (decision.Decision, error) {
	t.Helper()
	var before []byte
	if old != nil {
		before = resourceDistributionKind.edited(t, onlyBeta, old)
	}
	return reviewer.Review(context.Background(), resourceDistributionKind.request(onlyBeta, resourceDistributionKind.edited(t, onlyBeta, edits), before))
}

// Case 2, and what keeps passing while the gate is off.
func TestResourceDistributionGate(t *testing.T) {
	off := validate.ResourceDistribution{Disabled: true}
	for _, test := range []struct {
		name     string
		new, old []string
		allowed  bool
	}{
		{"a new one", nil, nil, false},
		{"another target", []string{including("ns-2")}, unchanged, false},
		{"a label", []string{`metadata.labels = {"a":"b"}`}, unchanged, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer, err := reviewDistribution(t, off, test.new, test.old)
			if err != nil || answer.Allowed != test.allowed || !answer.Allowed && (answer.Code != 403 || !strings.Contains(answer.Message, "ResourceDistributionGate")) {
				t.Errorf("got %+v, error %v", answer, err)
			}
		})
	}
}

// What is asked of the API server (case 27): the resource as it was sent, once, and only if it may be another than before.
func TestResourceDistributionAsksTheAPIServer(t *testing.T) {
	for _, test := range []struct {
		name     string
		new, old []string
		asks     bool
	}{
		{"a new one", nil, nil, true},
		{"other data", []string{`spec.resource.newer = 1`}, unchanged, true},
		{"other targets", []string{including("ns-2")}, unchanged, false},
		{"another name", []string{`spec.resource.metadata.name = "other"`}, unchanged, false},
		{"a Pod", []string{`spec.resource.kind = "Pod"`}, nil, false},
		{"what is wrong anyway", []string{`spec.resource.data = {"a b":""}`}, nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := &resources{}
			if _, err := reviewDistribution(t, validate.ResourceDistribution{Resources: server}, test.new, test.old); err != nil {
				t.Fatal(err)
			}
			var sent struct {
				Spec struct{ Resource json.RawMessage }
			}
			if err := json.Unmarshal(resourceDistributionKind.edited(t, onlyBeta, test.new), &sent); err != nil {
				t.Fatal(err)
			}
			var want []string
			if test.asks {
				want = []string{"Secret " + string(sent.Spec.Resource)}
			}
			if diff := cmp.Diff(want, server.asked); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
}

// Case 24.
func TestResourceDistributionCannotTell(t *testing.T) {
	cause := errors.New("timeout")
	if _, err := reviewDistribution(t, validate.ResourceDistribution{Resources: &resources{err: cause}}, nil, nil); !errors.Is(err, cause) {
		t.Errorf("error %v", err)
	}
}

// No message repeats what is in a Secret.
func TestResourceDistributionKeepsSecrets(t *testing.T) {
	const hidden = "hunter2hunter2"
	for _, edit := range []string{
		`spec.resource.data = {"a b":"` + hidden + `=="}`, `spec.resource.data = "` + hidden + `"`, `spec.resource.data = {"a":"` + hidden + `?"}`,
		`spec.resource.stringData = {"a b":"` + hidden + `"}`, `spec.resource.stringData = {"a":["` + hidden + `"]}`, `spec.resource = "` + hidden + `"`,
		`spec.resource = ["` + hidden + `"]`, `spec.resource.items = ["` + hidden + `"]`,
	} {
		answer, err := reviewDistribution(t, validate.ResourceDistribution{}, []string{edit}, nil)
		if err != nil || answer.Allowed {
			t.Errorf("%s: got %+v, error %v", edit, answer, err)
		}
		if text, err := json.Marshal(answer); err != nil || strings.Contains(string(text), hidden) {
			t.Errorf("%s: told %s", edit, text)
		}
	}
}

// Case 32, and what else cannot be read.
func TestResourceDistributionCannotBeRead(t *testing.T) {
	for _, test := range []struct{ name, version, object, old, want string }{
		{"no version of the kind", "v1", resourceDistributionBase, "", "has no version"},
		{"another kind", onlyBeta, `{"kind":"Secret"}`, "", `kind "Secret"`},
		{"a wrong type", onlyAlpha, `{"spec":"x"}`, "", "cannot be decoded"},
		{"an old object of a wrong type", onlyBeta, resourceDistributionBase, `{"spec":"x"}`, "old object"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var old []byte
			if test.old != "" {
				old = []byte(test.old)
			}
			answer := resourceDistributionKind.review(t, validate.ResourceDistribution{}, test.version, []byte(test.object), old)
			if answer.Allowed || answer.Code != 400 || !strings.Contains(answer.Message, test.want) {
				t.Errorf("got %+v", answer)
			}
		})
	}
}

// FuzzResourceDistribution holds that any two objects give a decision: an allowance, or a refusal that says why.
func FuzzResourceDistribution(f *testing.F) {
	for _, version := range []string{onlyAlpha, onlyBeta} {
		f.Add(version, resourceDistributionBase, "")
		f.Add(version, resourceDistributionBase, resourceDistributionBase)
	}
	f.Add(onlyBeta, `{"spec":{"resource":{"apiVersion":"v1","kind":"ConfigMap","metadata":null,"data":{"a":"b"},"binaryData":{"a":""}}}}`,
		`{"spec":{"resource":[null],"targets":{"namespaceSelector":{"matchExpressions":[{}]}}}}`)
	f.Add(onlyAlpha, `{"spec":{"resource":{"kind":"Secret","items":[{}],"metadata":{"generateName":"x","ownerReferences":[{}]}},"targets":{"includedNamespaces":{"list":[null]}}}}`, `{}`)
	fuzzReviewers(f, resourceDistributionKind,
		validate.ResourceDistribution{}, validate.ResourceDistribution{Disabled: true},
		validate.ResourceDistribution{Resources: &resources{causes: []metav1.StatusCause{{Message: "no"}}}},
	)
}
