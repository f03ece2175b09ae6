package webhook

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/internal/panics"
	"github.com/kruise-admission/kruise-admission/protection/budget"
)

// budgetJudgeFunc lets a function be a Judge.
type budgetJudgeFunc func() (budget.Verdict, error)

func (f budgetJudgeFunc) Judge(context.Context, *admissionv1.AdmissionRequest) (budget.Verdict, error) {
	return f()
}

// keptFunc lets a function be a BudgetRecorder.
type keptFunc func(kept budget.Verdict) error

func (f keptFunc) RecordKept(_ context.Context, kept budget.Verdict) error { return f(kept) }

func asked(d decision.Decision) budget.Verdict {
	return budget.Verdict{
		Decision: d, Budget: "web", Operation: v1beta1.PubDeleteOperation, Namespace: "shop",
		Pod: &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "web-1", UID: "u"}},
	}
}

func TestBudgetsCountAndReport(t *testing.T) {
	dry := func(v budget.Verdict) budget.Verdict { v.DryRun = true; return v }
	undecided := asked(decision.Forbid("try again"))
	undecided.Undecided = errors.New("no answer")
	for name, c := range map[string]struct {
		verdict  budget.Verdict
		err      error
		outcome  string // counted, "" for none
		recorded bool
	}{
		"allowed":             {verdict: asked(decision.Allow()), outcome: "allowed"},
		"refused":             {verdict: asked(decision.Forbid("no")), outcome: "refused", recorded: true},
		"cannot tell":         {verdict: asked(decision.Decision{}), err: errors.New("no answer"), outcome: "undecided"},
		"refused for now":     {verdict: undecided, outcome: "undecided"},
		"no budget":           {verdict: budget.Verdict{Decision: decision.Allow()}},
		"dry run, allowed":    {verdict: dry(asked(decision.Allow()))},
		"dry run, refused":    {verdict: dry(asked(decision.Forbid("no")))},
		"dry run, no telling": {verdict: dry(asked(decision.Decision{})), err: errors.New("no answer")},
	} {
		t.Run(name, func(t *testing.T) {
			recorded := 0
			b := NewBudgets(BudgetsOptions{
				Judge:    budgetJudgeFunc(func() (budget.Verdict, error) { return c.verdict, c.err }),
				Recorder: keptFunc(func(budget.Verdict) error { recorded++; return errors.New("no answer, which changes nothing") }),
				Log:      logr.Discard(),
			})
			got, err := b.Review(t.Context(), &admissionv1.AdmissionRequest{})
			if !errors.Is(err, c.err) || cmp.Diff(c.verdict.Decision, got) != "" {
				t.Errorf("got %+v, %v", got, err)
			}
			want := ""
			if c.outcome != "" {
				want = `
# HELP kruise_admission_pod_unavailable_budget_total Requests about pods that have a PodUnavailableBudget, without dry runs, by operation (DELETE, EVICT, UPDATE, RESIZE) and outcome (allowed, refused, undecided).
# TYPE kruise_admission_pod_unavailable_budget_total counter
kruise_admission_pod_unavailable_budget_total{operation="DELETE",outcome="` + c.outcome + `"} 1
`
			}
			if err := testutil.CollectAndCompare(b, strings.NewReader(want)); err != nil {
				t.Error(err)
			}
			if (recorded == 1) != c.recorded {
				t.Errorf("recorded %d times", recorded)
			}
		})
	}
}

func TestBudgetsWithoutRecorder(t *testing.T) {
	b := NewBudgets(BudgetsOptions{Judge: budgetJudgeFunc(func() (budget.Verdict, error) { return asked(decision.Forbid("no")), nil })})
	if got, err := b.Review(t.Context(), &admissionv1.AdmissionRequest{}); err != nil || got.Allowed {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestEventsOfKeptPods(t *testing.T) {
	client := fake.NewClientset()
	recorder := &EventRecorder{Client: client.EventsV1(), Instance: "pod-1", Now: func() time.Time { return time.Unix(1e9, 0) }}
	evicted := asked(decision.Forbid("not now"))
	evicted.Operation = v1beta1.PubEvictOperation
	for _, kept := range []budget.Verdict{asked(decision.Forbid("not now")), asked(decision.Forbid("still not")), evicted} {
		if err := recorder.RecordKept(t.Context(), kept); err != nil {
			t.Fatal(err)
		}
	}
	events, err := client.EventsV1().Events("shop").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(events.Items) != 2 {
		t.Fatalf("%d events, want one an operation: %v", len(events.Items), events.Items)
	}
	for _, event := range events.Items {
		if event.Reason != "PubPreventPodDeletion" || event.Note != "not now" || event.Regarding.Kind != "Pod" || event.Regarding.Name != "web-1" ||
			event.Regarding.UID != "u" || event.Related.Name != "web" || event.Type != corev1.EventTypeWarning || event.ReportingInstance != "pod-1" {
			t.Errorf("%+v", event)
		}
	}
}

func TestEventsOfKeptPodsTellTheirFailure(t *testing.T) {
	client := fake.NewClientset()
	broken := errors.New("no route")
	client.PrependReactor("create", "events", func(clienttesting.Action) (bool, runtime.Object, error) { return true, &eventsv1.Event{}, broken })
	recorder := &EventRecorder{Client: client.EventsV1(), Now: time.Now}
	if err := recorder.RecordKept(t.Context(), asked(decision.Forbid("no"))); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestValidatePod(t *testing.T) {
	broken := errors.New("no route")
	allowed := decision.Allow()
	allowed.Annotate("budget", "b")
	counted := decision.Allow()
	counted.Annotate("spread", "s")
	counted.Annotate("budget", "overridden")
	counted.Warn("w")
	both := decision.Decision{Allowed: true, Warnings: []string{"w"}, Audit: map[string]string{"budget": "b", "spread": "s"}}
	refused := decision.Forbid("no")
	for name, test := range map[string]struct {
		operation      admissionv1.Operation
		budgets        *ruled
		spreads        *ruled
		want           decision.Decision
		err            error
		spreadsAreTold bool
	}{
		"nobody":                    {want: decision.Allow()},
		"budgets only":              {budgets: &ruled{allowed, nil}, want: allowed},
		"budgets refuse":            {budgets: &ruled{refused, nil}, spreads: &ruled{counted, nil}, want: refused},
		"budgets cannot tell":       {budgets: &ruled{refused, broken}, spreads: &ruled{counted, nil}, err: broken},
		"both":                      {budgets: &ruled{allowed, nil}, spreads: &ruled{counted, nil}, want: both, spreadsAreTold: true},
		"WorkloadSpreads only":      {spreads: &ruled{counted, nil}, want: counted, spreadsAreTold: true},
		"WorkloadSpreads refuse":    {budgets: &ruled{allowed, nil}, spreads: &ruled{refused, nil}, want: refused, spreadsAreTold: true},
		"WorkloadSpreads have none": {budgets: &ruled{allowed, nil}, spreads: &ruled{refused, broken}, err: broken, spreadsAreTold: true},
		"an update":                 {operation: admissionv1.Update, budgets: &ruled{allowed, nil}, spreads: &ruled{counted, nil}, want: allowed},
	} {
		t.Run(name, func(t *testing.T) {
			var rule ValidatePod
			told := false
			if test.budgets != nil {
				rule.Budgets = decision.ReviewerFunc(func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
					return test.budgets.decision, test.budgets.err
				})
			}
			if test.spreads != nil {
				rule.WorkloadSpreads = decision.ReviewerFunc(func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
					told = true
					return test.spreads.decision, test.spreads.err
				})
			}
			got, err := rule.Review(t.Context(), &admissionv1.AdmissionRequest{Operation: test.operation})
			if !errors.Is(err, test.err) || told != test.spreadsAreTold {
				t.Errorf("error %v, WorkloadSpreads told %t", err, told)
			}
			if diff := cmp.Diff(test.want, got); err == nil && diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

type ruled struct {
	decision decision.Decision
	err      error
}

// An eviction that is refused for now reaches the user as 429, which kubectl drain waits for.
func TestTooManyRequestsReachTheUser(t *testing.T) {
	refusal := decision.Forbid("not now")
	refusal.Code, refusal.Reason = http.StatusTooManyRequests, metav1.StatusReasonTooManyRequests
	status := refusalStatus(&admissionv1.AdmissionRequest{}, refusal)
	if status.Code != http.StatusTooManyRequests || status.Reason != metav1.StatusReasonTooManyRequests || status.Details != nil {
		t.Errorf("%+v", status)
	}
}

// What is decided stays decided, whatever happens to the Event about it.
func TestAPanicOverAnEventChangesNoDecision(t *testing.T) {
	panics.Expect(t)
	refused := decision.Forbid("kept")
	budgets := NewBudgets(BudgetsOptions{
		Judge:    budgetJudgeFunc(func() (budget.Verdict, error) { return asked(refused), nil }),
		Recorder: keptFunc(func(budget.Verdict) error { panic("mistake") }),
		Log:      logr.Discard(),
	})
	got, err := budgets.Review(t.Context(), nil)
	if diff := cmp.Diff(refused, got); diff != "" || err != nil {
		t.Errorf("error %v (-want +got):\n%s", err, diff)
	}
}
