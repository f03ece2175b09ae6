package inject

import (
	"fmt"
	"testing"
)

// TestQuantitiesThatTakeForever posts pods whose quantities are a few bytes long and would take Kubernetes' parser minutes: each must
// be refused as malformed. Without the check before decoding this test does not end.
func TestQuantitiesThatTakeForever(t *testing.T) {
	engine := newEngine(t, viewOf(t, []byte(`{"kind":"SidecarSet","metadata":{"name":"share"},"spec":{"selector":{"matchLabels":{"app":"share"}},
		"containers":[{"name":"proxy","image":"i:1","resourcesPolicy":{"targetContainersMode":"sum","targetContainersNameRegex":".*",
		"resourcesExpr":{"requests":{"cpu":"cpu*50%"}}}}]}}`)), Options{})
	for _, quantity := range []string{`"1e-999999999"`, `1e999999999`, `"1E-99999999"`} {
		pod := fmt.Sprintf(`{"metadata":{"name":"p","labels":{"app":"share"}},"spec":{"containers":[{"name":"app","image":"i:1","resources":{"requests":{"cpu":%s}}}]}}`, quantity)
		got, err := engine.Review(t.Context(), createPod("shop", []byte(pod)))
		if err != nil || got.Allowed || got.Code != 400 {
			t.Errorf("%s: got %+v, %v; want a refusal with code 400", quantity, got, err)
		}
	}
}
