package wire_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kruise-admission/kruise-admission/api/wire"
)

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		name, raw, err string // err empty: decoded
	}{
		{"whole", `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}`, ""},
		{"no header", ` {"metadata":{"name":"a"}} `, ""},
		{"unknown member", `{"metadata":{"name":"a"},"colour":"red"}`, ""},
		{"other case is an unknown member", `{"metadata":{"name":"a"},"Spec":1}`, ""},
		{"empty", ``, "there is no Pod to decode"},
		{"null", ` null `, "there is no Pod to decode"},
		{"text", `"pod"`, "must be a JSON object"},
		{"list", `[{}]`, "must be a JSON object"},
		{"unfinished", `{"metadata":`, "cannot be decoded"},
		{"trailing", `{} {}`, "cannot be decoded"},
		{"kind", `{"kind":"Node"}`, `kind "Node", not Pod`},
		{"version", `{"apiVersion":"v2"}`, `apiVersion is "v2", not v1`},
		{"kind of the wrong type", `{"kind":1}`, "cannot be decoded"},
		{"wrong type", `{"spec":{"containers":{}}}`, "cannot be decoded"},
		{"quantity", `{"metadata":{"name":"a"},"spec":{"overhead":{"cpu":"1e3"}}}`, ""},
		{"quantity that takes minutes to read", `{"spec":{"overhead":{"cpu":"1e-999999999"}}}`, "exponent"},
		{"the same as a number", `{"spec":{"overhead":{"cpu":1e-999999999}}}`, "exponent"},
		{"the same in a list", `{"spec":{"containers":[{"name":"c","resources":{"limits":{"a/b":" 1E+99999"}}}]}}`, "exponent"},
		{"the same as a size limit", `{"spec":{"volumes":[{"name":"v","emptyDir":{"sizeLimit":"1e99999"}}]}}`, "exponent"},
		{"text that looks like it is no quantity", `{"metadata":{"name":"a","annotations":{"commit":"1e999999"}}}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var pod corev1.Pod
			err := wire.Decode([]byte(c.raw), corev1.SchemeGroupVersion.WithKind("Pod"), &pod)
			switch {
			case c.err == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.err == "" && pod.Name != "a":
				t.Errorf("name %q was read", pod.Name)
			case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
				t.Errorf("error %v, want one with %q", err, c.err)
			}
		})
	}
}

// FuzzDecode checks that no text makes decoding panic or hang.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"resources":{"limits":{"cpu":"1e-9999"}}}]}}`))
	f.Add([]byte(`{"spec":{"overhead":{"cpu":1e-999999999}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_ = wire.Decode(raw, corev1.SchemeGroupVersion.WithKind("Pod"), &corev1.Pod{})
	})
}
