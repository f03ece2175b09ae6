package defaults

// What the tests of the workloads have in common.

import (
	"context"
	"testing"

	"github.com/kruise-admission/kruise-admission/decision"
)

// defaultsCase is the spec of a workload, without its selector, before and after.
type defaultsCase[R decision.Reviewer] struct {
	name      string
	version   string
	sent, old string
	want      string
	reviewer  R
}

// runDefaults runs the cases, and defaults each result once more, which must change nothing.
func runDefaults[R decision.Reviewer](t *testing.T, cases []defaultsCase[R]) {
	t.Helper()
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			old := ""
			if test.old != "" {
				old = workloadJSON(test.old)
			}
			got := defaulted(t, test.reviewer, workloadRequest(test.version, workloadJSON(test.sent), old))
			compareJSON(t, workloadJSON(test.want), got)

			again, err := test.reviewer.Review(context.Background(), workloadRequest(test.version, got, old))
			if err != nil || len(again.Patch) > 0 {
				t.Errorf("defaulting again changes %v (error %v)", again.Patch, err)
			}
		})
	}
}

// fuzzDefaults holds that a patch applies, removes nothing, and leaves nothing to default.
func fuzzDefaults(f *testing.F, reviewers ...decision.Reviewer) {
	f.Fuzz(func(t *testing.T, version, object, old string) {
		request := workloadRequest(version, object, old)
		for _, reviewer := range reviewers {
			answer, err := reviewer.Review(context.Background(), request)
			if err != nil || !answer.Allowed {
				continue
			}
			for _, operation := range answer.Patch {
				if operation.Op == "remove" {
					t.Errorf("removes %s", operation.Path)
				}
			}
			again, err := reviewer.Review(context.Background(), workloadRequest(version, defaulted(t, reviewer, request), old))
			if err != nil || len(again.Patch) > 0 {
				t.Errorf("defaulting again changes %v (error %v)", again.Patch, err)
			}
		}
	})
}
