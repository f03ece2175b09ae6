package protection

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// TestMembersOfCollections: a refusal lets the API server go on with the other members, and everything else is as it is for a
// single object.
func TestMembersOfCollections(t *testing.T) {
	const (
		everything = "breakGlass: {groups: [oncall], annotation: {maxDuration: 1h}}\n"
		mounts     = "rules: [{resources: [{group: '', resource: configmaps, kind: ConfigMap, versions: [v1]}], cascading: {mountedBy: {}}}]\n"
		inGone     = `,"namespace":"gone"`
	)
	configMap := schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}
	for name, c := range map[string]struct {
		configuration string
		kind          schema.GroupVersionKind
		old           string
		groups        []string
		outcome       Outcome
		single        int32 // code of the refusal of a single object; 0: it goes
		member        int32
	}{
		"Always":                              {"", service, labelled("Always", "", ""), nil, Refused, 403, 404},
		"Cascading, scaled up":                {"", cloneSet, labelled("Cascading", "", `"replicas":2`), nil, Refused, 403, 404},
		"Cascading, scaled to 0":              {"", cloneSet, labelled("Cascading", "", `"replicas":0`), nil, Allowed, 0, 0},
		"Cascading by look-up":                {mounts, configMap, labelled("Cascading", `,"namespace":"shop"`, ""), nil, Refused, 403, 404},
		"without label":                       {"", service, `{"metadata":{"name":"x"}}`, nil, "", 0, 0},
		"terminating":                         {"", service, labelled("Always", terminating, ""), nil, "", 0, 0},
		"in a terminating namespace":          {"", service, labelled("Always", inGone, ""), nil, Allowed, 0, 0},
		"nothing to decide about":             {"", service, "", nil, "", 0, 0},
		"neither has a name":                  {"", service, `{"metadata":{"labels":{"` + Label + `":"Always"}}}`, nil, Refused, 403, 403},
		"unreadable":                          {"", service, `{"metadata":[]}`, nil, "", 400, 400},
		"of an unknown version":               {"", inVersion(cloneSet, "v2"), labelled("Always", "", ""), nil, "", 400, 400},
		"mode Warn":                           {"rules: [{resources: [{resource: services}], mode: Warn}]\n", service, labelled("Always", "", ""), nil, Warned, 0, 0},
		"mode Audit":                          {"rules: [{resources: [{resource: services}], mode: Audit}]\n", service, labelled("Always", "", ""), nil, Audited, 0, 0},
		"break-glass by group":                {everything, service, labelled("Always", "", ""), []string{"oncall"}, BrokeGlass, 0, 0},
		"break-glass by annotation":           {everything, deployment, annotated("2026-11-20T12:30:00Z INC-1"), nil, BrokeGlass, 0, 0},
		"no break-glass, the annotation ends": {everything, deployment, annotated("2026-11-20T11:30:00Z INC-1"), nil, Refused, 403, 404},
	} {
		t.Run(name, func(t *testing.T) {
			r := New(Options{Enabled: true, Table: configured(t, c.configuration), Now: func() time.Time { return noon }, Dependents: &fakeDependents{
				terminating: map[string]bool{"gone": true}, mounting: map[string][]string{"configmaps/x": {"p"}},
			}})
			judge := func(request *admissionv1.AdmissionRequest) Verdict {
				request.UserInfo.Groups = c.groups
				v, err := r.Judge(context.Background(), request)
				if err != nil {
					t.Fatal(err)
				}
				return v
			}
			single, member := judge(deleteOf(c.kind, c.old)), judge(memberOf(c.kind, c.old))
			if got := code(single.Decision); got != c.single || single.Outcome != c.outcome {
				t.Errorf("a single object: %d %q, want %d %q", got, single.Outcome, c.single, c.outcome)
			}
			if got := code(member.Decision); got != c.member || member.Outcome != c.outcome {
				t.Errorf("a member: %d %q, want %d %q", got, member.Outcome, c.member, c.outcome)
			}
			if c.member != http.StatusNotFound {
				if key, own := memberKeys[c.outcome]; own && c.single == 0 { // the same, under another key
					if single.Audit[AuditKey] == "" || member.Audit[key] != single.Audit[AuditKey] || len(member.Audit) != 1 {
						t.Errorf("audit annotations: %q, want %q", member.Audit, single.Audit)
					}
					member.Audit = single.Audit
				}
				if diff := cmp.Diff(single, member, cmp.AllowUnexported(Rule{})); diff != "" {
					t.Errorf("a member is decided another way (-single +member):\n%s", diff)
				}
			}
		})
	}
}

func TestWordsOfMembers(t *testing.T) {
	const refusal = `forbidden by ResourcesProtectionDeletion for policy.kruise.io/delete-protection=Cascading and replicas 3>0: ` +
		`to delete CloneSet "x", scale it to 0 replicas first, or remove that label`
	got, err := New(Options{Enabled: true}).Review(context.Background(), memberOf(cloneSet, labelled("Cascading", "", `"replicas":3`)))
	if err != nil {
		t.Fatal(err)
	}
	if got.Reason != metav1.StatusReasonNotFound || got.Code != http.StatusNotFound || got.Message != refusal {
		t.Errorf("got %+v", got)
	}
	if diff := cmp.Diff([]string{`CloneSet "x" is kept: ` + refusal}, got.Warnings); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"delete-protection-kept": "refused: " + refusal}, got.Audit); diff != "" {
		t.Error(diff)
	}
}

// What cannot be told is an error, which stops the collection: whoever deletes must learn that not everything was decided.
func TestMemberThatCannotBeTold(t *testing.T) {
	r := New(Options{Enabled: true, CRDCascading: true, Dependents: &fakeDependents{err: errors.New("no answer")}})
	for kind, old := range map[schema.GroupVersionKind]string{
		crd: definition("Cascading", "FooList", storage), namespace: labelled("Cascading", "", ""),
	} {
		if got, err := r.Review(context.Background(), memberOf(kind, old)); err == nil {
			t.Errorf("%s: decided %+v", kind.Kind, got)
		}
	}
}

// Only deletes have members: what is created with generateName has no name either.
func TestGuardKnowsNoCollections(t *testing.T) {
	request := memberOf(service, labelled("Always", "", ""))
	request.Operation = admissionv1.Update
	request.Object.Raw = []byte(`{"metadata":{"name":"x"}}`)
	got, err := New(Options{Enabled: true, Table: configured(t, "labelGuard: {groups: [admins]}\n")}).Review(context.Background(), request)
	if err != nil || got.Code != http.StatusForbidden {
		t.Errorf("got %+v, %v", got, err)
	}
}
