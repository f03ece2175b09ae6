package webhook

import (
	"testing"

	"github.com/kruise-admission/kruise-admission/internal/panics"
	"github.com/kruise-admission/kruise-admission/survive"
)

func TestAPanicOfACheckIsNotReady(t *testing.T) {
	panics.Expect(t)
	readiness := NewReadiness()
	readiness.Add("certificate", func() error { panic("mistake") })
	readiness.Add("drain", func() error { return nil })
	if err := readiness.Err(); err == nil || err.Error() != "certificate: "+survive.ErrPanicked.Error() {
		t.Errorf("error %v", err)
	}
}
