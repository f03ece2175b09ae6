package conformance

import (
	"testing"

	"github.com/kruise-admission/kruise-admission/internal/recorded"
)

// TestInject compares the injection of sidecars: by the manifests of the universe, and connected to a control plane that holds it.
func TestInject(t *testing.T) {
	const set = "inject"
	folder, complete := folder(t)
	cases := read(t, folder, set)
	t.Run("manifests", func(t *testing.T) {
		ledger := newLedger(t, set)
		compare(t, set, startServer(t, recorded.BaseGates(), uids{}, "--manifests="+recorded.Universe(folder, set)), ledger, cases)
		if complete {
			settled(t, ledger)
		}
	})
	t.Run("cluster", func(t *testing.T) {
		ledger, u := newLedger(t, set), newUniverse(t, folder, set)
		compare(t, set, u.startServer(t, recorded.BaseGates()), ledger, cases)
		if complete {
			settled(t, ledger)
		}
	})
}
