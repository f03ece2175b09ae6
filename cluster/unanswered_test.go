package cluster

import (
	"errors"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kruise-admission/kruise-admission/decision"
)

func TestUnanswered(t *testing.T) {
	for _, test := range []struct {
		name  string
		err   error
		after time.Duration
		helps bool
	}{
		{"out of reach", errors.New("connection refused"), time.Second, true},
		{"overloaded", apierrors.NewTooManyRequests("later", 7), 7 * time.Second, true},
		{"broken", apierrors.NewInternalError(errors.New("oops")), time.Second, true},
		{"definite", apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "x", errors.New("no")), 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := Unanswered("ask", test.err)
			if after, helps := decision.RetryAfter(err); after != test.after || helps != test.helps {
				t.Errorf("after %v, helps %t", after, helps)
			}
			if !errors.Is(err, test.err) || err.Error() != "cannot decide: ask: "+test.err.Error() {
				t.Errorf("error %v", err)
			}
		})
	}
}
