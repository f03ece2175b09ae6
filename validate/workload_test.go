package validate_test

// What the tests of the workloads have in common: cases are edits of a base object, for each version of its kind.

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

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/defaults"
)

const (
	onlyAlpha = "v1alpha1"
	onlyBeta  = "v1beta1"
)

// workloadKind is a kind under test.
type workloadKind struct {
	resource string
	// base is the base object of the specification's cases, by version.
	base map[string]string
	// update is where a version keeps the fields of a rolling update, and policy where it says how pods get a new template.
	update, policy map[string]string
}

// workloadCase is a case of a specification: edits of the base object, and the errors that must come.
type workloadCase[R decision.Reviewer] struct {
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
	reviewer R
}

// unchanged is the base object as it is.
var unchanged = []string{}

// edited is the base object after edits such as `U.partition = 2`: a member, dots between names and list positions, and its
// JSON value; without value it is removed. U is where the version keeps the update strategy, P the policy, S the pod spec, C its first
// container.
func (k workloadKind) edited(t *testing.T, version string, edits []string) []byte {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(k.base[version]), &object); err != nil {
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
		keys := strings.Split(k.spelled(version, path), ".")
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
func (k workloadKind) spelled(version, path string) string {
	first, rest, more := strings.Cut(path, ".")
	switch first {
	case "U":
		first = k.update[version]
	case "P":
		first = k.policy[version]
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

// request is the review of an object, of an update when there is an old one.
func (k workloadKind) request(version string, object, old []byte) *admissionv1.AdmissionRequest {
	request := &admissionv1.AdmissionRequest{
		Operation: admissionv1.Create, Namespace: "default",
		Resource: metav1.GroupVersionResource{Group: "apps.kruise.io", Version: version, Resource: k.resource},
	}
	request.Object.Raw = object
	if old != nil {
		request.Operation, request.OldObject.Raw = admissionv1.Update, old
	}
	return request
}

func (k workloadKind) review(t *testing.T, reviewer decision.Reviewer, version string, object, old []byte) decision.Decision {
	t.Helper()
	answer, err := reviewer.Review(context.Background(), k.request(version, object, old))
	if err != nil {
		t.Fatalf("cannot tell: %v", err)
	}
	return answer
}

func withDefaults(template json.RawMessage) (json.RawMessage, error) {
	return defaults.PodTemplate(template, false)
}

// errorTypes are the short names of the specification.
var errorTypes = map[metav1.CauseType]string{
	"FieldValueInvalid": "Invalid", "FieldValueRequired": "Required", "FieldValueForbidden": "Forbidden",
	"FieldValueDuplicate": "Duplicate", "FieldValueNotFound": "NotFound", "FieldValueNotSupported": "NotSupported", "FieldValueTooLong": "TooLong",
	"FieldValueTooMany": "TooMany",
}

// runCases runs the cases of a kind. prepare completes the reviewer of a case.
func runCases[R decision.Reviewer](t *testing.T, kind workloadKind, cases []workloadCase[R], prepare func(R) R) {
	t.Helper()
	for _, test := range cases {
		for _, version := range []string{onlyAlpha, onlyBeta} {
			if test.versions != "" && test.versions != version {
				continue
			}
			t.Run(fmt.Sprintf("%d %s %s", test.number, test.about, version), func(t *testing.T) {
				var old []byte
				if test.old != nil {
					old = kind.edited(t, version, test.old)
				}
				answer := kind.review(t, prepare(test.reviewer), version, kind.edited(t, version, test.new), old)
				if answer.Allowed != (len(test.want) == 0) {
					t.Errorf("allowed: %t, message: %s", answer.Allowed, answer.Message)
				}
				var got []string
				for _, cause := range answer.Causes {
					got = append(got, errorTypes[cause.Type]+" "+cause.Field)
				}
				var want []string
				for _, w := range test.want {
					errorType, path, _ := strings.Cut(w, " ")
					want = append(want, errorType+" "+strings.ReplaceAll(kind.spelled(version, path), ".containers.0", ".containers[0]"))
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

// checkCoverage holds that every rule, c1 to cN and d1 to dM, has a passing and a failing case, and that no case of the
// specification up to a number is missing, apart from some.
func checkCoverage[R decision.Reviewer](t *testing.T, cases []workloadCase[R], creation, update, numbers int, elsewhere ...int) {
	t.Helper()
	passing, failing, present := map[string]bool{}, map[string]bool{}, map[int]bool{}
	for _, test := range cases {
		present[test.number] = true
		for rule := range strings.FieldsSeq(test.rules) {
			if len(test.want) == 0 {
				passing[rule] = true
			} else {
				failing[rule] = true
			}
		}
	}
	var rules []string
	for i := range creation {
		rules = append(rules, fmt.Sprintf("c%d", i+1))
	}
	for i := range update {
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
	for _, seen := range []map[string]bool{passing, failing} {
		for rule := range maps.Keys(seen) {
			if !slices.Contains(rules, rule) {
				t.Errorf("there is no rule %s", rule)
			}
		}
	}
	for number := 1; number <= numbers; number++ {
		if !present[number] && !slices.Contains(elsewhere, number) {
			t.Errorf("case %d of the specification is missing", number)
		}
	}
}

// fuzzReviewers holds that any two objects give a decision of each reviewer: an allowance, or a refusal that says why.
func fuzzReviewers(f *testing.F, kind workloadKind, reviewers ...decision.Reviewer) {
	f.Fuzz(func(t *testing.T, version, object, old string) {
		var before []byte
		if old != "" {
			before = []byte(old)
		}
		for _, reviewer := range reviewers {
			answer := kind.review(t, reviewer, version, []byte(object), before)
			if !answer.Allowed && (answer.Message == "" || answer.Code == 0) {
				t.Errorf("refused without a reason: %+v", answer)
			}
		}
	})
}
