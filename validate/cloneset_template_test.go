package validate_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/validate"
)

// clusterAnswer is what an API server says about a template.
type clusterAnswer struct {
	defaulted        string
	causes, warnings []metav1.StatusCause
	err              error
}

// cluster answers as an API server would, and remembers with which claims it was asked.
type cluster struct {
	answer func(template string) clusterAnswer
	claims [][]string
}

func (c *cluster) CheckTemplate(_ context.Context, template json.RawMessage, claims []string) (
	json.RawMessage, []metav1.StatusCause, []metav1.StatusCause, error,
) {
	c.claims = append(c.claims, claims)
	answer := c.answer(string(template))
	return json.RawMessage(answer.defaulted), answer.causes, answer.warnings, answer.err
}

func always(answer clusterAnswer) *cluster {
	return &cluster{answer: func(string) clusterAnswer { return answer }}
}

func TestTemplateIsJudgedByTheCluster(t *testing.T) {
	mount := []string{`C.volumeMounts = [{"name":"data-vol","mountPath":"/d"}]`, `spec.volumeClaimTemplates = [{"metadata":{"name":"rbd"}}]`}
	for _, test := range []struct {
		name     string
		new      []string
		answer   clusterAnswer
		causes   []metav1.StatusCause
		warnings []string
	}{
		{
			name: "valid", answer: clusterAnswer{defaulted: `{}`},
		},
		{
			name: "what only the built-in list minds is accepted", new: []string{`C.image = ""`}, answer: clusterAnswer{defaulted: `{}`},
		},
		{
			name: "what the built-in list does not know",
			answer: clusterAnswer{causes: []metav1.StatusCause{
				{Type: "FieldValueInvalid", Field: "spec.os.name", Message: "Invalid value: \"beos\": no"},
				{Type: "FieldValueInvalid", Field: "labels", Message: "Invalid value: \"x y\": no"},
				{Type: "FieldValueInvalid", Field: "", Message: "cannot unmarshal"},
			}},
			causes: []metav1.StatusCause{
				{Type: "FieldValueInvalid", Field: "spec.template.spec.os.name", Message: "Invalid value: \"beos\": no"},
				{Type: "FieldValueInvalid", Field: "spec.template.metadata.labels", Message: "Invalid value: \"x y\": no"},
				{Type: "FieldValueInvalid", Field: "spec.template", Message: "cannot unmarshal"},
			},
		},
		{
			name: "what both find is told in words that help", new: mount,
			answer: clusterAnswer{causes: []metav1.StatusCause{
				{Type: "FieldValueNotFound", Field: "spec.containers[0].volumeMounts[0].name", Message: `Not found: "data-vol"`}}},
			causes: []metav1.StatusCause{{
				Type: "FieldValueNotFound", Field: "spec.template.spec.containers[0].volumeMounts[0].name",
				Message: `Not found: "data-vol": the only volume claim template is "rbd": use that name or rename the claim template`,
			}},
		},
		{
			name: "warnings",
			answer: clusterAnswer{defaulted: `{}`, warnings: []metav1.StatusCause{
				{Field: "spec.containers[0].colour", Message: "unknown field"},
				{Field: "spec.nodeSelector[x]", Message: "deprecated since v1.14"}}},
			warnings: []string{
				"spec.template.spec.containers[0].colour: unknown field: the cluster does not know it and it will have no effect; check its spelling and place",
				"spec.template.spec.nodeSelector[x]: deprecated since v1.14",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			reviewer := validate.CloneSet{Templates: always(test.answer)}
			answer := reviewCloneSet(t, reviewer, onlyAlpha, edited(t, onlyAlpha, test.new), nil)
			if answer.Allowed != (test.causes == nil) {
				t.Errorf("allowed: %t, message: %s", answer.Allowed, answer.Message)
			}
			if diff := cmp.Diff(test.causes, answer.Causes); diff != "" {
				t.Errorf("causes (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.warnings, answer.Warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			if got := answer.Audit["pod-template-check"]; got != "the API server, by dry run" {
				t.Errorf("audit annotation %q", got)
			}
		})
	}
}

func TestClaimTemplatesGoToTheCluster(t *testing.T) {
	asked := always(clusterAnswer{defaulted: `{}`})
	reviewCloneSet(t, validate.CloneSet{Templates: asked}, onlyBeta,
		edited(t, onlyBeta, []string{`spec.volumeClaimTemplates = [{"metadata":{"name":"data"}},{"metadata":{"name":"logs"}}]`}), nil)
	if diff := cmp.Diff([][]string{{"data", "logs"}}, asked.claims); diff != "" {
		t.Errorf("asked with claims (-want +got):\n%s", diff)
	}
}

func TestTemplateThatStaysIsNotJudged(t *testing.T) {
	asked := always(clusterAnswer{err: errors.New("must not be asked")})
	answer := reviewCloneSet(t, validate.CloneSet{Templates: asked}, onlyAlpha,
		edited(t, onlyAlpha, []string{`spec.replicas = 3`}), edited(t, onlyAlpha, nil))
	if !answer.Allowed || len(asked.claims) > 0 || !strings.HasPrefix(answer.Audit["pod-template-check"], "none") {
		t.Errorf("allowed %t, asked %d times, audit %v", answer.Allowed, len(asked.claims), answer.Audit)
	}
}

func TestShortListSaysSo(t *testing.T) {
	answer := reviewCloneSet(t, validate.CloneSet{}, onlyAlpha, edited(t, onlyAlpha, []string{`spec.scaleStrategy.podsToDelete = ["p0"]`}), nil)
	if !answer.Allowed || !strings.Contains(answer.Audit["pod-template-check"], "short list") || answer.Audit["pods-to-delete"] == "" {
		t.Errorf("allowed %t, audit %v", answer.Allowed, answer.Audit)
	}
}

type brokenPods struct{}

func (brokenPods) Pods(context.Context, string, []string) (map[string]*metav1.ObjectMeta, error) {
	return nil, errors.New("connection refused")
}

func TestAFailedLookUpIsCannotTell(t *testing.T) {
	unreachable := always(clusterAnswer{err: decision.CannotTell("connection refused")})
	for _, test := range []struct {
		name     string
		reviewer validate.CloneSet
		new, old []string
	}{
		{"template", validate.CloneSet{Templates: unreachable}, nil, nil},
		{"pods", validate.CloneSet{Pods: brokenPods{}}, []string{`spec.scaleStrategy.podsToDelete = ["p0"]`}, nil},
		{"template of an update in place", validate.CloneSet{Templates: unreachable}, []string{`P = "InPlaceOnly"`, `S.hostname = "h"`}, unchanged},
	} {
		t.Run(test.name, func(t *testing.T) {
			request := &admissionv1.AdmissionRequest{
				Operation: admissionv1.Create,
				Resource:  metav1.GroupVersionResource{Group: "apps.kruise.io", Version: onlyAlpha, Resource: "clonesets"},
			}
			request.Object.Raw = edited(t, onlyAlpha, test.new)
			if test.old != nil {
				request.Operation, request.OldObject.Raw = admissionv1.Update, edited(t, onlyAlpha, test.old)
			}
			answer, err := test.reviewer.Review(context.Background(), request)
			var unable *decision.Unable
			if !errors.As(err, &unable) {
				t.Errorf("answer %+v, error %v; want cannot tell", answer, err)
			}
		})
	}
}

// The API server repeats serviceAccountName under its old name. That is not a second change.
func TestInPlaceOnlyNamesAServiceAccountOnce(t *testing.T) {
	asked := &cluster{answer: func(template string) clusterAnswer {
		return clusterAnswer{defaulted: strings.Replace(template, `"serviceAccountName"`, `"serviceAccount":"robot","serviceAccountName"`, 1)}
	}}
	answer := reviewCloneSet(t, validate.CloneSet{Templates: asked}, onlyAlpha,
		edited(t, onlyAlpha, []string{`P = "InPlaceOnly"`, `S.serviceAccountName = "robot"`}), edited(t, onlyAlpha, []string{`P = "InPlaceOnly"`}))
	if answer.Allowed || strings.Contains(answer.Message, "serviceAccount:") || !strings.Contains(answer.Message, "serviceAccountName:") {
		t.Errorf("allowed: %t, message: %s", answer.Allowed, answer.Message)
	}
}

// A newer cluster fills in a member that this build does not know. The stored template lacks it, the new one has it.
func TestInPlaceOnlyDoesNotTakeTheClustersDefaultsForChanges(t *testing.T) {
	const withMood = `{"spec":{"mood":"good","containers":[{"name":"abc","image":"image"}],"volumes":[{"name":"data"}]}}`
	before := []string{`P = "InPlaceOnly"`}
	after := []string{`P = "InPlaceOnly"`, `S.mood = "good"`, `spec.volumeClaimTemplates = [{"metadata":{"name":"data"}}]`}
	for _, test := range []struct {
		name    string
		answer  func(template string) clusterAnswer
		allowed bool
	}{
		{"the same after the cluster's defaults", func(string) clusterAnswer { return clusterAnswer{defaulted: withMood} }, true},
		{"not the same after them", func(template string) clusterAnswer {
			if strings.Contains(template, "mood") {
				return clusterAnswer{defaulted: withMood}
			}
			return clusterAnswer{defaulted: strings.Replace(withMood, "good", "bad", 1)}
		}, false},
		{"the cluster refuses the old template", func(template string) clusterAnswer {
			if strings.Contains(template, "mood") {
				return clusterAnswer{defaulted: withMood}
			}
			return clusterAnswer{causes: []metav1.StatusCause{{Message: "no"}}}
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			asked := &cluster{answer: test.answer}
			answer := reviewCloneSet(t, validate.CloneSet{Templates: asked, Defaults: withDefaults}, onlyAlpha,
				edited(t, onlyAlpha, after), edited(t, onlyAlpha, before))
			if answer.Allowed != test.allowed {
				t.Errorf("allowed: %t, message: %s", answer.Allowed, answer.Message)
			}
			for _, claims := range asked.claims {
				if !slices.Contains(claims, "data") {
					t.Errorf("asked with claims %q: both templates must have the same volumes", claims)
				}
			}
		})
	}
}
