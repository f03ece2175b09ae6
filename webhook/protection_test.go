package webhook

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/utils/ptr"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/internal/panics"
	"github.com/kruise-admission/kruise-admission/protection"
)

// judgeFunc lets a function be a Judge.
type judgeFunc func() (protection.Verdict, error)

func (f judgeFunc) Judge(context.Context, *admissionv1.AdmissionRequest) (protection.Verdict, error) {
	return f()
}

// recorderFunc lets a function be a BreakGlassRecorder.
type recorderFunc func(use protection.BreakGlass) error

func (f recorderFunc) Record(_ context.Context, use protection.BreakGlass) error { return f(use) }

func TestProtectionCountsAndReports(t *testing.T) {
	rule := &protection.Rule{Group: "apps", Resource: "deployments"}
	use := &protection.BreakGlass{Kind: "Deployment", Name: "x", User: "jane"}
	for name, c := range map[string]struct {
		verdict  protection.Verdict
		err      error
		dryRun   *bool
		outcome  string // counted, "" for none
		recorded bool
	}{
		"refused":             {verdict: protection.Verdict{Rule: rule, Outcome: protection.Refused}, outcome: "refused"},
		"allowed":             {verdict: protection.Verdict{Rule: rule, Outcome: protection.Allowed}, outcome: "allowed"},
		"warned":              {verdict: protection.Verdict{Rule: rule, Outcome: protection.Warned}, outcome: "warned"},
		"audited":             {verdict: protection.Verdict{Rule: rule, Outcome: protection.Audited}, outcome: "audited"},
		"break-glass":         {verdict: protection.Verdict{Rule: rule, Outcome: protection.BrokeGlass, BreakGlass: use}, outcome: "break_glass", recorded: true},
		"cannot tell":         {verdict: protection.Verdict{Rule: rule}, err: errors.New("no answer"), outcome: "undecided"},
		"not protected":       {verdict: protection.Verdict{Rule: rule}},
		"without rule":        {verdict: protection.Verdict{}},
		"no dry run":          {verdict: protection.Verdict{Rule: rule, Outcome: protection.Refused}, dryRun: ptr.To(false), outcome: "refused"},
		"dry run, refused":    {verdict: protection.Verdict{Rule: rule, Outcome: protection.Refused}, dryRun: ptr.To(true)},
		"dry run, glass":      {verdict: protection.Verdict{Rule: rule, Outcome: protection.BrokeGlass, BreakGlass: use}, dryRun: ptr.To(true)},
		"dry run, no telling": {verdict: protection.Verdict{Rule: rule}, err: errors.New("no answer"), dryRun: ptr.To(true)},
	} {
		t.Run(name, func(t *testing.T) {
			c.verdict.Decision = decision.Decision{Allowed: true, Message: "from the judge"}
			var recorded []protection.BreakGlass
			p := NewProtection(ProtectionOptions{
				Judge:    judgeFunc(func() (protection.Verdict, error) { return c.verdict, c.err }),
				Recorder: recorderFunc(func(use protection.BreakGlass) error { recorded = append(recorded, use); return nil }),
				Log:      logr.Discard(),
			})
			got, err := p.Review(context.Background(), &admissionv1.AdmissionRequest{DryRun: c.dryRun})
			if !errors.Is(err, c.err) || got.Message != "from the judge" {
				t.Errorf("got %+v, %v", got, err)
			}
			want := ""
			if c.outcome != "" {
				want = `
# HELP kruise_admission_delete_protection_total Requests about objects protected from deletion, without dry runs, by resource and outcome (allowed, refused, warned, audited, break_glass, undecided).
# TYPE kruise_admission_delete_protection_total counter
kruise_admission_delete_protection_total{outcome="` + c.outcome + `",resource="deployments.apps"} 1
`
			}
			if err := testutil.CollectAndCompare(p, strings.NewReader(want)); err != nil {
				t.Error(err)
			}
			if (len(recorded) == 1) != c.recorded || c.recorded && recorded[0] != *use {
				t.Errorf("recorded %+v", recorded)
			}
		})
	}
}

// The emergency does not wait for its record: audit annotation and metric tell anyway.
func TestBreakGlassGoesOnWithoutARecord(t *testing.T) {
	panics.Expect(t)
	verdict := protection.Verdict{
		Decision: decision.Allow(), Rule: &protection.Rule{Resource: "services"},
		Outcome: protection.BrokeGlass, BreakGlass: &protection.BreakGlass{},
	}
	for name, recorder := range map[string]BreakGlassRecorder{
		"no cluster": nil,
		"no answer":  recorderFunc(func(protection.BreakGlass) error { return errors.New("no answer") }),
		"a panic":    recorderFunc(func(protection.BreakGlass) error { panic("mistake") }),
	} {
		p := NewProtection(ProtectionOptions{Judge: judgeFunc(func() (protection.Verdict, error) { return verdict, nil }), Recorder: recorder})
		if got, err := p.Review(context.Background(), &admissionv1.AdmissionRequest{}); err != nil || !got.Allowed {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
		if count := testutil.CollectAndCount(p); count != 1 {
			t.Errorf("%s: %d series", name, count)
		}
	}
}

func TestProtectionIsACollector(t *testing.T) {
	if err := prometheus.NewRegistry().Register(NewProtection(ProtectionOptions{})); err != nil {
		t.Error(err)
	}
}

func TestEvents(t *testing.T) {
	noon := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		use       protection.BreakGlass
		namespace string
		note      string
	}{
		"in a namespace": {
			protection.BreakGlass{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "x", UID: "u", User: "jane", Operation: "DELETE", Why: `group "oncall"`, Refusal: "no."},
			"shop", `user "jane" went past delete protection by group "oncall": no.`,
		},
		"in no namespace": {protection.BreakGlass{APIVersion: "v1", Kind: "Namespace", Name: "x", Refusal: "no."}, "default", `user "" went past delete protection by : no.`},
		"too long":        {protection.BreakGlass{Namespace: "shop", Refusal: strings.Repeat("ü", 1000)}, "shop", ""},
	} {
		t.Run(name, func(t *testing.T) {
			client := fake.NewClientset()
			recorder := &EventRecorder{Client: client.EventsV1(), Instance: "pod-1", Now: func() time.Time { return noon }}
			if err := recorder.Record(context.Background(), c.use); err != nil {
				t.Fatal(err)
			}
			events, err := client.EventsV1().Events(c.namespace).List(context.Background(), metav1.ListOptions{})
			if err != nil || len(events.Items) != 1 {
				t.Fatalf("got %v, %v", events, err)
			}
			event := events.Items[0]
			if len(event.Note) > maxNote || c.note != "" && event.Note != c.note || strings.ContainsRune(event.Note, '\uFFFD') {
				t.Errorf("note %q", event.Note)
			}
			got := []string{event.Regarding.APIVersion, event.Regarding.Kind, event.Regarding.Namespace, event.Regarding.Name, string(event.Regarding.UID)}
			want := []string{c.use.APIVersion, c.use.Kind, c.use.Namespace, c.use.Name, string(c.use.UID)}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if event.Type != "Warning" || event.Reason != "DeleteProtectionBreakGlass" || !event.EventTime.Time.Equal(noon) || event.ReportingInstance != "pod-1" || event.Action != c.use.Operation {
				t.Errorf("got %+v", event)
			}
		})
	}
}

// TestConfiguredEndpoints: what a configuration changes in the webhook configurations.
func TestConfiguredEndpoints(t *testing.T) {
	const header = "apiVersion: config.kruise-admission.io/v1alpha1\nkind: DeleteProtection\n"
	type entry struct {
		Rules       int
		Failure     string
		SideEffects string
		Operations  string // and subresources, of the first rule
		Condition   string
		AllObjects  bool
	}
	const emptied, changes = "not-by-the-namespace-controller", "label-changes"
	for name, c := range map[string]struct {
		configuration string
		want          map[string]entry // of the entries that are looked at; an empty one: must not be there
	}{
		"default": {"", map[string]entry{
			"vnamespace.kb.io":                {1, "Fail", "None", "DELETE", "", false},
			"vcustomresourcedefinition.kb.io": {1, "Fail", "None", "DELETE", "", false},
			"vservice.kb.io":                  {1, "Fail", "None", "DELETE", emptied, false},
			"vdeleteprotectionlabel.kb.io":    {10, "Ignore", "None", "CREATE,UPDATE", changes, false},
			"vdeleteprotection.kb.io":         {},
		}},
		"further resources": {"rules: [{resources: [{group: a.io, resource: as, kind: A, versions: [v1]}, {group: b.io, resource: bs, kind: B, versions: [v1]}], cascading: {none: {}}}]\n", map[string]entry{
			"vdeleteprotection.kb.io":      {2, "Fail", "None", "DELETE", emptied, false},
			"vdeleteprotectionlabel.kb.io": {12, "Ignore", "None", "CREATE,UPDATE", changes, false},
		}},
		"modes that refuse nothing": {"rules: [{resources: [{resource: services}], mode: Warn}, {resources: [{group: a.io, resource: as, kind: A, versions: [v1]}], cascading: {none: {}}, mode: Audit}]\n", map[string]entry{
			"vservice.kb.io":          {1, "Ignore", "None", "DELETE", emptied, false},
			"vingress.kb.io":          {1, "Fail", "None", "DELETE", emptied, false},
			"vdeleteprotection.kb.io": {1, "Ignore", "None", "DELETE", emptied, false},
		}},
		"refused in some namespace": {"rules: [{resources: [{resource: services}], mode: Warn}]\nnamespaces: [{selector: {matchLabels: {a: b}}, mode: Enforce}]\n", map[string]entry{
			"vservice.kb.io": {1, "Fail", "None", "DELETE", emptied, false},
		}},
		"a guard": {"labelGuard: {groups: [admins]}\n", map[string]entry{
			"vdeleteprotectionlabel.kb.io": {10, "Fail", "None", "CREATE,UPDATE,namespaces/*", changes, false},
		}},
		"break-glass": {"breakGlass: {groups: [oncall]}\n", map[string]entry{
			"vservice.kb.io":               {1, "Fail", "NoneOnDryRun", "DELETE", emptied, false},
			"vclonesetdeletion.kb.io":      {1, "Fail", "NoneOnDryRun", "DELETE", emptied, false},
			"vdeleteprotectionlabel.kb.io": {10, "Ignore", "NoneOnDryRun", "CREATE,UPDATE", changes, false},
			"vcloneset.kb.io":              {1, "Fail", "None", "CREATE,UPDATE", "", true},
		}},
		"content of namespaces": {"namespaceContent: {resources: [{resource: services}]}\n", map[string]entry{
			"vnamespace.kb.io": {1, "Fail", "None", "DELETE", "", true},
			"vservice.kb.io":   {1, "Fail", "None", "DELETE", emptied, false},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			table, err := protection.ParseConfiguration([]byte(header + c.configuration))
			if err != nil {
				t.Fatal(err)
			}
			_, validating := Configurations(ConfigurationOptions{Name: "n", Namespace: "n", Service: "s", Protection: table})
			got := map[string]entry{}
			for _, w := range validating.Webhooks {
				operations := make([]string, len(w.Rules[0].Operations))
				for i, operation := range w.Rules[0].Operations {
					operations[i] = string(operation)
				}
				operations = append(operations, w.Rules[0].Resources[1:]...)
				conditions := make([]string, len(w.MatchConditions))
				for i, condition := range w.MatchConditions {
					conditions[i] = condition.Name
				}
				if _, looked := c.want[w.Name]; looked {
					got[w.Name] = entry{len(w.Rules), string(*w.FailurePolicy), string(*w.SideEffects), strings.Join(operations, ","), strings.Join(conditions, ","), w.ObjectSelector == nil}
				}
			}
			for name, want := range c.want {
				if got[name] != want {
					t.Errorf("%s: got %+v, want %+v", name, got[name], want)
				}
			}
		})
	}
}

// Every path that a configuration may name is served without one, too.
func TestPathsDoNotDependOnTheConfiguration(t *testing.T) {
	table, err := protection.ParseConfiguration([]byte("apiVersion: config.kruise-admission.io/v1alpha1\nkind: DeleteProtection\n" +
		"rules: [{resources: [{group: a.io, resource: as, kind: A, versions: [v1]}], cascading: {none: {}}}]\nlabelGuard: {users: [a]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	served := map[string]bool{}
	for _, endpoint := range Endpoints() {
		served[endpoint.Path] = true
	}
	for _, endpoint := range endpoints(table) {
		if !served[endpoint.Path] {
			t.Errorf("%s is not served", endpoint.Path)
		}
	}
}
