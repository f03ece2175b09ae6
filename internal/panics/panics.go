// Package panics is for tests of what outlives a panic.
package panics

import (
	"testing"

	utilruntime "k8s.io/apimachinery/pkg/util/runtime"

	"github.com/kruise-admission/kruise-admission/survive"
)

// Expect lets panics be survived until the test ends, as in the server, and fails the test if there was none.
func Expect(t testing.TB) {
	t.Helper()
	survive.Enable()
	before := survive.Count()
	t.Cleanup(func() {
		utilruntime.ReallyCrash = true
		if survive.Count() == before {
			t.Error("nothing has panicked")
		}
	})
}
