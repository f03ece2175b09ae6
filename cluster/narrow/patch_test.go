package narrow

import (
	"encoding/json"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// podPath and markPath are the two by which pods are sent.
const podPath, markPath = "/mutate-pod", "/mutate-pod-mark"

// entry is an entry of a configuration that sends something to service/path.
func entry(service, path string, conditions ...admissionregistrationv1.MatchCondition) admissionregistrationv1.MutatingWebhook {
	return admissionregistrationv1.MutatingWebhook{
		Name: service + path, MatchConditions: conditions,
		ClientConfig: admissionregistrationv1.WebhookClientConfig{
			Service: &admissionregistrationv1.ServiceReference{Namespace: "n", Name: service, Path: &path},
		},
	}
}

func condition(name, expression string) admissionregistrationv1.MatchCondition {
	return admissionregistrationv1.MatchCondition{Name: name, Expression: expression}
}

// TestPatch applies patches with a library that knows nothing of this package, and applies what comes out again: then nothing is left to do.
func TestPatch(t *testing.T) {
	url := "https://elsewhere/mutate-pod"
	foreign := []admissionregistrationv1.MutatingWebhook{
		entry("ours", "/mutate-other"), entry("theirs", podPath), {Name: "url", ClientConfig: admissionregistrationv1.WebhookClientConfig{URL: &url}},
	}
	for name, test := range map[string]struct {
		conditions []admissionregistrationv1.MatchCondition
		expression string
		want       []admissionregistrationv1.MatchCondition
	}{
		"first condition": {nil, "x", []admissionregistrationv1.MatchCondition{condition(ConditionName, "x")}},
		"beside another":  {[]admissionregistrationv1.MatchCondition{condition("a", "1")}, "x", []admissionregistrationv1.MatchCondition{condition("a", "1"), condition(ConditionName, "x")}},
		"another expression": {
			[]admissionregistrationv1.MatchCondition{condition(ConditionName, "old"), condition("a", "1")}, "x",
			[]admissionregistrationv1.MatchCondition{condition(ConditionName, "x"), condition("a", "1")},
		},
		"taken away": {
			[]admissionregistrationv1.MatchCondition{condition("a", "1"), condition(ConditionName, "old")}, "",
			[]admissionregistrationv1.MatchCondition{condition("a", "1")},
		},
		"nothing to take away": {nil, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			before := &admissionregistrationv1.MutatingWebhookConfiguration{
				ObjectMeta: metav1.ObjectMeta{ResourceVersion: "7"},
				Webhooks: append([]admissionregistrationv1.MutatingWebhook{
					entry("ours", podPath, test.conditions...), entry("ours", markPath, test.conditions...),
				}, foreign...),
			}
			after := applied(t, before, test.expression)
			want := before.DeepCopy()
			want.Webhooks[0].MatchConditions, want.Webhooks[1].MatchConditions = test.want, test.want
			if diff := cmp.Diff(want, after); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if again, err := keeperOf().patch(after, test.expression); err != nil || again != nil {
				t.Errorf("a second patch: %s, %v", again, err)
			}
		})
	}
}

func keeperOf() *Keeper {
	return &Keeper{options: Options{Service: "ours", Namespace: "n", Paths: []string{podPath, markPath}}}
}

func applied(t *testing.T, before *admissionregistrationv1.MutatingWebhookConfiguration, expression string) *admissionregistrationv1.MutatingWebhookConfiguration {
	t.Helper()
	text, err := keeperOf().patch(before, expression)
	if err != nil {
		t.Fatal(err)
	}
	if text == nil {
		return before
	}
	document, err := json.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := jsonpatch.DecodePatch(text)
	if err != nil {
		t.Fatal(err)
	}
	if document, err = decoded.Apply(document); err != nil {
		t.Fatal(err)
	}
	after := &admissionregistrationv1.MutatingWebhookConfiguration{}
	if err := json.Unmarshal(document, after); err != nil {
		t.Fatal(err)
	}
	return after
}
