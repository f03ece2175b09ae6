package webhook

// What the handler counts.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/decision"
)

// TestReasons: each refusal and each review that cannot be decided is counted with its reason, and a reason that nobody knows adds no series.
func TestReasons(t *testing.T) {
	invalid := decision.Invalid(field.ErrorList{field.Required(field.NewPath("spec"), "")})
	for name, test := range map[string]struct {
		rule   decision.ReviewerFunc
		change func(*HandlerOptions)
		want   string
	}{
		"allowed":       {rule: answers(decision.Allow(), nil), want: `decision="allowed",endpoint="/mutate-pod",operation="CREATE",reason=""`},
		"forbidden":     {rule: answers(decision.Forbid("no"), nil), want: `decision="refused",endpoint="/mutate-pod",operation="CREATE",reason="Forbidden"`},
		"invalid":       {rule: answers(invalid, nil), want: `decision="refused",endpoint="/mutate-pod",operation="CREATE",reason="Invalid"`},
		"malformed":     {rule: answers(decision.Malformed("no"), nil), want: `decision="refused",endpoint="/mutate-pod",operation="CREATE",reason="BadRequest"`},
		"any reason":    {rule: answers(decision.Decision{Code: 418, Reason: "Teapot"}, nil), want: `decision="refused",endpoint="/mutate-pod",operation="CREATE",reason="Other"`},
		"cannot tell":   {rule: answers(decision.Decision{}, decision.CannotTell("no")), want: `decision="unable",endpoint="/mutate-pod",operation="CREATE",reason="CannotTell"`},
		"another error": {rule: answers(decision.Decision{}, errors.New("no")), want: `decision="unable",endpoint="/mutate-pod",operation="CREATE",reason="InternalError"`},
		"panic": {
			rule: func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) { panic("no") },
			want: `decision="unable",endpoint="/mutate-pod",operation="CREATE",reason="Panic"`,
		},
		"too late": {
			rule: func(ctx context.Context, _ *admissionv1.AdmissionRequest) (decision.Decision, error) {
				<-ctx.Done()
				return decision.Decision{}, decision.CannotTell("no time")
			},
			want: `decision="unable",endpoint="/mutate-pod",operation="CREATE",reason="Timeout"`,
		},
		"not ready": {
			rule:   answers(decision.Allow(), nil),
			change: func(o *HandlerOptions) { o.Ready = func() error { return errors.New("not yet") } },
			want:   `decision="unable",endpoint="/mutate-pod",operation="CREATE",reason="NotReady"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var changes []func(*HandlerOptions)
			if test.change != nil {
				changes = append(changes, test.change)
			}
			ts, registry := serve(t, test.rule, changes...)
			post(t, ts.URL+"/mutate-pod?timeout=50ms", podReview)
			ts.Close()
			families, err := registry.Gather()
			if err != nil {
				t.Fatal(err)
			}
			for _, family := range families {
				if family.GetName() != "kruise_admission_reviews_total" {
					continue
				}
				var labels []string
				for _, label := range family.GetMetric()[0].GetLabel() {
					labels = append(labels, fmt.Sprintf("%s=%q", label.GetName(), label.GetValue()))
				}
				if got := strings.Join(labels, ","); got != test.want || len(family.GetMetric()) != 1 {
					t.Errorf("got %d series, %s; want %s", len(family.GetMetric()), got, test.want)
				}
				return
			}
			t.Error("nothing was counted")
		})
	}
}

// TestMetricsAreClosed proves that no request can add a series, and that the names follow the conventions.
func TestMetricsAreClosed(t *testing.T) {
	ts, registry := serve(t, func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
		return decision.Allow(), nil
	})
	for _, operation := range []string{"CREATE", "x", "y", "z"} {
		post(t, ts.URL+"/mutate-pod", strings.Replace(podReview, "CREATE", operation, 1))
	}
	if got := testutil.CollectAndCount(registry, "kruise_admission_reviews_total"); got != 2 {
		t.Errorf("four operations, three of them unknown, made %d series, want 2", got)
	}
	problems, err := testutil.GatherAndLint(registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Errorf("%s: %s", problem.Metric, problem.Text)
	}
}
