package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/decision"
)

func TestPodsAreMarked(t *testing.T) {
	const marked = `"message":"` + mark + `"`
	name := decision.Add("/metadata/name", json.RawMessage(`"n"`))
	for test, c := range map[string]struct {
		pod       string
		operation admissionv1.Operation
		patch     []decision.Operation
		want      string
	}{
		"a pod as API servers send it":                {`{"metadata":{},"status":{}}`, "CREATE", nil, `{"metadata":{},"status":{` + marked + `}}`},
		"a pod without status":                        {`{"metadata":{}}`, "CREATE", nil, `{"metadata":{},"status":{` + marked + `}}`},
		"a pod with null":                             {`{"status":null}`, "CREATE", nil, `{"status":{` + marked + `}}`},
		"what else is in the status stays":            {`{"status":{"phase":"Failed","message":"x"}}`, "CREATE", nil, `{"status":{"phase":"Failed",` + marked + `}}`},
		"after what the rule changes":                 {`{"metadata":{},"status":{}}`, "CREATE", []decision.Operation{name}, `{"metadata":{"name":"n"},"status":{` + marked + `}}`},
		"after a rule that takes the status away":     {`{"status":{}}`, "CREATE", []decision.Operation{decision.Remove("/status")}, `{"status":{` + marked + `}}`},
		"after a rule that says another message":      {`{"status":{` + marked + `}}`, "CREATE", []decision.Operation{decision.Add("/status/message", json.RawMessage(`"x"`))}, `{"status":{` + marked + `}}`},
		"one that is marked is not changed":           {`{"status":{` + marked + `}}`, "CREATE", nil, ""},
		"nothing is marked but what is created":       {`{"status":{}}`, "UPDATE", nil, ""},
		"what has no object cannot be, and is let go": {``, "CREATE", nil, ""},
	} {
		t.Run(test, func(t *testing.T) {
			before := append([]decision.Operation(nil), c.patch...)
			rule := decision.ReviewerFunc(func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
				return decision.AllowWithPatch(c.patch), nil
			})
			d, err := marking{rule}.Review(t.Context(), &admissionv1.AdmissionRequest{Operation: c.operation, Object: runtime.RawExtension{Raw: []byte(c.pod)}})
			if err != nil || !d.Allowed {
				t.Fatalf("%+v, %v", d, err)
			}
			if diff := cmp.Diff(before, c.patch); diff != "" {
				t.Errorf("the patch of the rule was changed (-want +got):\n%s", diff)
			}
			if c.want == "" {
				if len(d.Patch) != 0 {
					t.Errorf("patch %+v, want none", d.Patch)
				}
				return
			}
			if got := patched(t, c.pod, d.Patch); !jsonpatch.Equal(got, []byte(c.want)) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func patched(t *testing.T, object string, operations []decision.Operation) []byte {
	t.Helper()
	text, err := json.Marshal(operations)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := jsonpatch.DecodePatch(text)
	if err != nil {
		t.Fatal(err)
	}
	result, err := decoded.Apply([]byte(object))
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// TestFirstChanceMarksNothingElse: a pod that is refused, or about which the rule cannot tell, is not decided for good.
func TestNothingElseIsMarked(t *testing.T) {
	request := &admissionv1.AdmissionRequest{Operation: "CREATE", Object: runtime.RawExtension{Raw: []byte(`{"status":{}}`)}}
	refused, err := marking{decision.ReviewerFunc(func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
		return decision.Forbid("no"), nil
	})}.Review(t.Context(), request)
	if err != nil || refused.Allowed || len(refused.Patch) != 0 {
		t.Errorf("a refusal: %+v, %v", refused, err)
	}
	unable := errors.New("cannot tell")
	if _, err := (marking{decision.ReviewerFunc(func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
		return decision.Decision{}, unable
	})}).Review(t.Context(), request); !errors.Is(err, unable) {
		t.Errorf("got %v, want %v", err, unable)
	}
	allows := decision.ReviewerFunc(func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
		return decision.Allow(), nil
	})
	request.Object.Raw = []byte(`{"status":7}`)
	if d, err := (marking{allows}).Review(t.Context(), request); err == nil {
		t.Errorf("a status that cannot be read: %+v", d)
	}
}

func TestSecondChanceSplitsTheEntryForPods(t *testing.T) {
	options := ConfigurationOptions{Name: "ka", Namespace: "n", Service: "s"}
	whole, _ := Configurations(options)
	whole.Webhooks[0].MatchConditions = []admissionregistrationv1.MatchCondition{{Name: "mine", Expression: "true"}}
	usual := whole.Webhooks[0].DeepCopy()
	others := whole.DeepCopy().Webhooks[1:]
	second, err := SecondChance(whole)
	if err != nil {
		t.Fatal(err)
	}
	if second.Name != "ka-second-chance" || second.Name <= whole.Name || len(second.Webhooks) != 2 {
		t.Fatalf("the second configuration is %q with %d entries", second.Name, len(second.Webhooks))
	}
	if diff := cmp.Diff(others, whole.Webhooks[2:]); diff != "" {
		t.Errorf("other entries were changed (-want +got):\n%s", diff)
	}
	for i, c := range []struct {
		name, path      string
		policy          admissionregistrationv1.FailurePolicyType
		timeout         int32
		marked, further bool
	}{
		{"marked.mpod.kb.io", "/mutate-pod-mark", "Fail", 5, true, false},
		{"mpod.kb.io", "/mutate-pod-mark", "Ignore", 2, false, false},
		{"second-chance.mpod.kb.io", "/mutate-pod-mark-again", "Ignore", 2, false, true},
		{"last-chance.mpod.kb.io", "/mutate-pod-mark", "Fail", 5, false, true},
	} {
		entry := append(slices.Clone(whole.Webhooks[:2]), second.Webhooks...)[i]
		conditions, marked, further := WithoutSecondChance(entry.MatchConditions)
		if marked != c.marked || further != c.further || entry.Name != c.name || *entry.FailurePolicy != c.policy || *entry.TimeoutSeconds != c.timeout {
			t.Errorf("%+v, want %+v", entry, c)
		}
		if path := *entry.ClientConfig.Service.Path; path != c.path || !Serves(path) {
			t.Errorf("%s calls %s, want %s; served: %t", c.name, path, c.path, Serves(path))
		}
		// All else is the same: rules, selectors, exempt namespaces, side effects, the conditions of the user, and how the Service is called.
		rest := entry.DeepCopy()
		rest.Name, rest.FailurePolicy, rest.TimeoutSeconds, rest.MatchConditions = usual.Name, usual.FailurePolicy, usual.TimeoutSeconds, conditions
		rest.ClientConfig.Service.Path = usual.ClientConfig.Service.Path
		if diff := cmp.Diff(usual, rest); diff != "" {
			t.Errorf("%s (-usual +got):\n%s", c.name, diff)
		}
	}
	if _, err := SecondChance(&admissionregistrationv1.MutatingWebhookConfiguration{}); err == nil {
		t.Error("a configuration without an entry for pods got a second chance")
	}
}
