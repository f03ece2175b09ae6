package validate_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/validate"
)

func sidecarSetRequest(operation admissionv1.Operation, version, object, old string) *admissionv1.AdmissionRequest {
	request := &admissionv1.AdmissionRequest{Operation: operation}
	request.Resource.Group, request.Resource.Version, request.Resource.Resource = "apps.kruise.io", version, "sidecarsets"
	request.Object.Raw, request.OldObject.Raw = []byte(object), []byte(old)
	return request
}

func reviewSidecarSet(t *testing.T, request *admissionv1.AdmissionRequest) decision.Decision {
	t.Helper()
	answer, err := validate.SidecarSet{Cluster: &universe{}}.Review(context.Background(), request)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// TestSidecarSetRequests checks what is refused before any rule runs, with status 400, and what passes unread.
func TestSidecarSetRequests(t *testing.T) {
	const empty = `{"apiVersion":"apps.kruise.io/v1beta1","kind":"SidecarSet"}`
	for _, c := range []struct {
		name    string
		request *admissionv1.AdmissionRequest
		code    int32 // 0: allowed
		words   string
	}{
		{"no object", sidecarSetRequest("CREATE", "v1beta1", "", ""), http.StatusBadRequest, "there is no SidecarSet to decode"},
		{"null", sidecarSetRequest("CREATE", "v1beta1", "null", ""), http.StatusBadRequest, "there is no SidecarSet to decode"},
		{"list", sidecarSetRequest("CREATE", "v1beta1", "[]", ""), http.StatusBadRequest, "must be a JSON object"},
		{"broken", sidecarSetRequest("CREATE", "v1beta1", "{", ""), http.StatusBadRequest, "cannot be decoded"},
		{"wrong type", sidecarSetRequest("CREATE", "v1alpha1", `{"spec":"x"}`, ""), http.StatusBadRequest, "cannot be decoded"},
		{"other kind", sidecarSetRequest("CREATE", "v1beta1", `{"kind":"CloneSet"}`, ""), http.StatusBadRequest, `of kind "CloneSet"`},
		{"other group", sidecarSetRequest("CREATE", "v1beta1", `{"apiVersion":"apps/v1"}`, ""), http.StatusBadRequest, `apiVersion is "apps/v1"`},
		{"other version", sidecarSetRequest("CREATE", "v1", empty, ""), http.StatusBadRequest, `no version "v1"`},
		{"update without old object", sidecarSetRequest("UPDATE", "v1beta1", empty, ""), http.StatusBadRequest, "old object: "},
		{"update of something broken", sidecarSetRequest("UPDATE", "v1beta1", empty, `{"spec":1}`), http.StatusBadRequest, "old object: "},
		{"93 delete", sidecarSetRequest("DELETE", "v1beta1", "", empty), 0, ""},
		{"connect", sidecarSetRequest("CONNECT", "v1beta1", "{", ""), 0, ""},
		{"empty object", sidecarSetRequest("CREATE", "v1beta1", "{}", ""), http.StatusUnprocessableEntity, "spec.selector"},
		{"member names are case-sensitive", sidecarSetRequest("CREATE", "v1beta1", `{"Spec":"x"}`, ""), http.StatusUnprocessableEntity, "spec.selector"},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer := reviewSidecarSet(t, c.request)
			if answer.Allowed != (c.code == 0) || (!answer.Allowed && answer.Code != c.code) || !strings.Contains(answer.Message, c.words) {
				t.Errorf("allowed %t, code %d, message %q; want code %d with %q", answer.Allowed, answer.Code, answer.Message, c.code, c.words)
			}
		})
	}
}

func TestSidecarSetNamespaceInV1beta1Warns(t *testing.T) {
	answer := reviewSidecarSet(t, sidecarSetRequest("CREATE", "v1beta1", `{"spec":{"namespace":"shop"}}`, ""))
	if len(answer.Warnings) == 0 || !strings.Contains(answer.Warnings[0], "spec.namespace does not exist in v1beta1") {
		t.Errorf("warnings %q", answer.Warnings)
	}
}

// TestSidecarSetThatTerminates checks that the last updates of a SidecarSet are not refused for what is wrong in it, unless
// they change its spec.
func TestSidecarSetThatTerminates(t *testing.T) {
	const meta = `"metadata":{"name":"a","deletionTimestamp":"2026-01-01T00:00:00Z"`
	stored := `{` + meta + `,"finalizers":["a/b"]},"spec":{"containers":[{"name":"c"}]}}`
	for _, c := range []struct {
		name, object string
		allowed      bool
	}{
		{"finalizer removed", `{` + meta + `},"spec":{"containers":[{"name":"c"}]}}`, true},
		{"spec changed", `{` + meta + `},"spec":{"containers":[{"name":"c","tty":true}]}}`, false},
		{"not terminating", `{"metadata":{"name":"a"},"spec":{"containers":[{"name":"c"}]}}`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if answer := reviewSidecarSet(t, sidecarSetRequest("UPDATE", "v1beta1", c.object, stored)); answer.Allowed != c.allowed {
				t.Errorf("allowed %t: %s", answer.Allowed, answer.Message)
			}
		})
	}
	if answer := reviewSidecarSet(t, sidecarSetRequest("CREATE", "v1beta1", stored, "")); answer.Allowed {
		t.Error("a new object cannot be terminating, but it was allowed")
	}
}

// TestSidecarSetConflictWords checks what a refusal says: who else has the name, which pods both select, and how to separate
// the two.
func TestSidecarSetConflictWords(t *testing.T) {
	namespaces := func(selector *metav1.LabelSelector) func(*v1beta1.SidecarSet) {
		return func(s *v1beta1.SidecarSet) { s.Spec.NamespaceSelector = selector }
	}
	for _, c := range []struct {
		name          string
		change, other func(*v1beta1.SidecarSet)
		want          string
	}{
		{"one label", asIs, asIs, "both select pods labelled a=b: rename one of the two, or make their selectors"},
		{"two labels", asIs, pods(expressed("c", metav1.LabelSelectorOpIn, "d", "e")), "both select pods labelled a=b, c=d:"},
		{"any value", asIs, pods(expressed("c", metav1.LabelSelectorOpExists)), "both select pods labelled a=b, c:"},
		{"value that is left", asIs, pods(&metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: "c", Operator: metav1.LabelSelectorOpIn, Values: []string{"d", "e"}}, {Key: "c", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"d"}}}}),
			"both select pods labelled a=b, c=e:"},
		{"no label", pods(expressed("a", metav1.LabelSelectorOpDoesNotExist)), pods(expressed("b", metav1.LabelSelectorOpNotIn, "x")), "both select pods without labels:"},
		{"all namespaces", namespaces(labelled("env", "prod")), asIs, "because one of the two is for all namespaces:"},
		{"some namespaces", namespaces(labelled("env", "prod")), namespaces(expressed("env", metav1.LabelSelectorOpExists)), "in namespaces labelled env=prod:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer := sidecarSetCase{change: c.change, others: []func(*v1beta1.SidecarSet){c.other}}.review(t)
			for _, words := range []string{`"test-sidecar": SidecarSet "other" has a container of this name`, c.want} {
				if !strings.Contains(answer.Message, words) {
					t.Errorf("message %q lacks %q", answer.Message, words)
				}
			}
			if answer.Code != http.StatusUnprocessableEntity {
				t.Errorf("code %d", answer.Code)
			}
		})
	}
}

// FuzzSidecarSet checks that any pair of objects gets an answer: never a panic, never "cannot tell".
func FuzzSidecarSet(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"metadata":{"name":"a"},"spec":{"selector":{"matchLabels":{"a":"b"}},"containers":[{"name":"c","image":"i"}]}}`,
		`{"spec":{"namespace":"x","initContainers":[null,{"restartPolicy":"Always","resourcesPolicy":{}}],"volumes":[null,{"emptyDir":{},"secret":{}}]}}`,
		`{"spec":{"injectionStrategy":{"revision":{}},"updateStrategy":{"partition":"5","scatterStrategy":[{}],"priorityStrategy":{"weightPriority":[{}]}}}}`,
		`{"spec":{"patchPodMetadata":[null,{"annotations":{"a":"{"},"patchPolicy":"MergePatchJson"}]}}`,
		`{"spec":{"containers":[{"upgradeStrategy":{"upgradeType":"HotUpgrade"},"transferEnv":[{"sourceContainerNameFrom":{}}],
			"resourcesPolicy":{"resourcesExpr":{"limits":{"cpu":"-cpu"}},"targetContainersNameRegex":"["}}]}}`,
	} {
		f.Add(true, true, []byte(seed), []byte(`{}`))
		f.Add(false, false, []byte(seed), []byte(seed))
	}
	u := &universe{settings: map[string]string{}}
	u.sidecarSets = append(u.sidecarSets, validSidecarSet(named("other")), validSidecarSet(named("nil"), pods(nil)))
	f.Fuzz(func(t *testing.T, newest, update bool, object, old []byte) {
		version, operation := "v1alpha1", admissionv1.Create
		if newest {
			version = "v1beta1"
		}
		if update {
			operation = admissionv1.Update
		}
		answer, err := validate.SidecarSet{Cluster: u}.Review(context.Background(), sidecarSetRequest(operation, version, string(object), string(old)))
		if err != nil {
			t.Fatal(err)
		}
		if !answer.Allowed && (answer.Message == "" || (answer.Code != http.StatusBadRequest && answer.Code != http.StatusUnprocessableEntity)) {
			t.Errorf("refused with code %d and message %q", answer.Code, answer.Message)
		}
	})
}
