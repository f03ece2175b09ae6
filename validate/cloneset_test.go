package validate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/defaults"
	"github.com/kruise-admission/kruise-admission/validate"
)

// cloneSetBase is the base object of the specification's cases, by version.
var cloneSetBase = map[string]string{
	"v1alpha1": `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"CloneSet",
		"metadata":{"name":"cs","namespace":"default","uid":"u1","resourceVersion":"1"},
		"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},
			"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"abc","image":"image"}]}},
			"updateStrategy":{"type":"ReCreate","partition":0,"maxUnavailable":1,"maxSurge":0}}}`,
	"v1beta1": `{"apiVersion":"apps.kruise.io/v1beta1","kind":"CloneSet",
		"metadata":{"name":"cs","namespace":"default","uid":"u1","resourceVersion":"1"},
		"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},
			"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"abc","image":"image"}]}},
			"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"podUpdatePolicy":"ReCreate","partition":0,"maxUnavailable":1,"maxSurge":0}}}}`,
}

// edited is the base object after edits such as `U.partition = 2`: a member, dots between names and list positions, and its
// JSON value; without value it is removed. U is where the version keeps the update strategy, P the policy, C the first
// container.
func edited(t *testing.T, version string, edits []string) []byte {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(cloneSetBase[version]), &object); err != nil {
		t.Fatal(err)
	}
	for _, edit := range edits {
		path, text, _ := strings.Cut(edit, " = ")
		var value any
		if text != "" {
			if err := json.Unmarshal([]byte(text), &value); err != nil {
				t.Fatalf("%s: %v", edit, err)
			}
		}
		keys := strings.Split(spelled(version, path), ".")
		var at any = object
		for i, key := range keys {
			last := i == len(keys)-1
			switch parent := at.(type) {
			case map[string]any:
				switch {
				case last && text == "":
					delete(parent, key)
				case last:
					parent[key] = value
				case parent[key] == nil:
					parent[key] = map[string]any{}
				}
				at = parent[key]
			case []any:
				n, err := strconv.Atoi(key)
				if err != nil || n >= len(parent) {
					t.Fatalf("%s: no such element", edit)
				}
				if last {
					parent[n] = value
				}
				at = parent[n]
			}
		}
	}
	raw, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// spelled writes out the abbreviations of a path.
func spelled(version, path string) string {
	update, policy := "spec.updateStrategy", "spec.updateStrategy.type"
	if version == "v1beta1" {
		update, policy = "spec.updateStrategy.rollingUpdate", "spec.updateStrategy.rollingUpdate.podUpdatePolicy"
	}
	first, rest, more := strings.Cut(path, ".")
	switch first {
	case "U":
		first = update
	case "P":
		first = policy
	case "S":
		first = "spec.template.spec"
	case "C":
		first = "spec.template.spec.containers.0"
	}
	if more {
		return first + "." + rest
	}
	return first
}

// cloneSetCase is a case of the specification: edits of the base object, and the errors that must come.
type cloneSetCase struct {
	// number is that of the specification's table (i); 0 for those that it does not have.
	number int
	about  string
	// rules are the numbers of the rules that the case is about: c for CREATE, d for UPDATE.
	rules string
	// versions are those that the case is for; both when empty.
	versions string
	new      []string
	// old makes the case an update of the base object with these edits; nil makes it a creation.
	old []string
	// want are the errors, as type and path; none means that the object is accepted.
	want []string
	// warns is a part of a warning that must come.
	warns    string
	reviewer validate.CloneSet
}

const (
	onlyAlpha = "v1alpha1"
	onlyBeta  = "v1beta1"
)

var unchanged = []string{}

var podsInCluster = podsByName{
	"p0":    {Name: "p0", OwnerReferences: []metav1.OwnerReference{{Kind: "CloneSet", Name: "cs", UID: "u1", Controller: ptr.To(true)}}},
	"going": {Name: "going", DeletionTimestamp: &metav1.Time{}, OwnerReferences: []metav1.OwnerReference{{Kind: "CloneSet", Name: "cs", UID: "u1", Controller: ptr.To(true)}}},
	"other": {Name: "other", OwnerReferences: []metav1.OwnerReference{{Kind: "CloneSet", Name: "cs", UID: "u2", Controller: ptr.To(true)}}},
	"owned": {Name: "owned", OwnerReferences: []metav1.OwnerReference{{Kind: "CloneSet", Name: "cs", UID: "u1"}}},
}

type podsByName map[string]*metav1.ObjectMeta

func (p podsByName) Pods(_ context.Context, namespace string, names []string) (map[string]*metav1.ObjectMeta, error) {
	found := map[string]*metav1.ObjectMeta{}
	for _, name := range names {
		if pod := p[name]; pod != nil && namespace == "default" {
			found[name] = pod
		}
	}
	return found, nil
}

func withDefaults(template json.RawMessage) (json.RawMessage, error) {
	return defaults.PodTemplate(template, false)
}

func reviewCloneSet(t *testing.T, reviewer validate.CloneSet, version string, object, old []byte) decision.Decision {
	t.Helper()
	request := &admissionv1.AdmissionRequest{
		Operation: admissionv1.Create, Namespace: "default",
		Resource: metav1.GroupVersionResource{Group: "apps.kruise.io", Version: version, Resource: "clonesets"},
	}
	request.Object.Raw = object
	if old != nil {
		request.Operation, request.OldObject.Raw = admissionv1.Update, old
	}
	answer, err := reviewer.Review(context.Background(), request)
	if err != nil {
		t.Fatalf("cannot tell: %v", err)
	}
	return answer
}

// errorTypes are the short names of the specification.
var errorTypes = map[metav1.CauseType]string{
	"FieldValueInvalid": "Invalid", "FieldValueRequired": "Required", "FieldValueForbidden": "Forbidden",
	"FieldValueDuplicate": "Duplicate", "FieldValueNotFound": "NotFound", "FieldValueNotSupported": "NotSupported",
}

func TestCloneSet(t *testing.T) {
	for _, test := range cloneSetCases {
		for _, version := range []string{onlyAlpha, onlyBeta} {
			if test.versions != "" && test.versions != version {
				continue
			}
			t.Run(fmt.Sprintf("%d %s %s", test.number, test.about, version), func(t *testing.T) {
				reviewer := test.reviewer
				if reviewer.Pods == nil {
					reviewer.Pods = podsInCluster
				}
				reviewer.Defaults = withDefaults
				var old []byte
				if test.old != nil {
					old = edited(t, version, test.old)
				}
				answer := reviewCloneSet(t, reviewer, version, edited(t, version, test.new), old)
				if answer.Allowed != (len(test.want) == 0) {
					t.Errorf("allowed: %t, message: %s", answer.Allowed, answer.Message)
				}
				var got []string
				for _, cause := range answer.Causes {
					got = append(got, errorTypes[cause.Type]+" "+cause.Field)
				}
				var want []string
				for _, w := range test.want {
					kind, path, _ := strings.Cut(w, " ")
					want = append(want, kind+" "+strings.ReplaceAll(spelled(version, path), "spec.template.spec.containers.0", "spec.template.spec.containers[0]"))
				}
				slices.Sort(got)
				slices.Sort(want)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("errors (-want +got):\n%s\n%s", diff, answer.Message)
				}
				if warnings := strings.Join(answer.Warnings, "\n"); !strings.Contains(warnings, test.warns) || (warnings != "") != (test.warns != "") {
					t.Errorf("warnings %q, want one with %q", answer.Warnings, test.warns)
				}
				for _, warning := range answer.Warnings {
					if len(warning) > 256 {
						t.Errorf("the API server cuts a warning of %d characters: %s", len(warning), warning)
					}
				}
			})
		}
	}
}

// TestEveryCloneSetRuleHasAPassingAndAFailingCase reads the rule numbers of the cases.
func TestEveryCloneSetRuleHasAPassingAndAFailingCase(t *testing.T) {
	passing, failing := map[string]bool{}, map[string]bool{}
	numbers := map[int]bool{}
	for _, test := range cloneSetCases {
		numbers[test.number] = true
		for rule := range strings.FieldsSeq(test.rules) {
			if len(test.want) == 0 {
				passing[rule] = true
			} else {
				failing[rule] = true
			}
		}
	}
	var rules []string
	for i := range 26 {
		rules = append(rules, fmt.Sprintf("c%d", i+1))
	}
	for i := range 4 {
		rules = append(rules, fmt.Sprintf("d%d", i+1))
	}
	for _, rule := range rules {
		if !passing[rule] {
			t.Errorf("rule %s has no passing case", rule)
		}
		if !failing[rule] {
			t.Errorf("rule %s has no failing case", rule)
		}
	}
	for rule := range maps.Keys(failing) {
		if !slices.Contains(rules, rule) {
			t.Errorf("there is no rule %s", rule)
		}
	}
	// Cases 76 to 78 are package protection's, 79 and 80 package defaults'.
	for number := 1; number <= 75; number++ {
		if !numbers[number] {
			t.Errorf("case %d of the specification is missing", number)
		}
	}
}
