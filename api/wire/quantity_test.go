package wire

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestCheckQuantities(t *testing.T) {
	long := strings.Repeat("9", maxQuantityLength+1)
	for _, test := range []struct {
		name, object, want string
	}{
		{"usual", `{"spec":{"containers":[{"resources":{"limits":{"cpu":"100m","memory":"1Gi"},"requests":{"cpu":0.5}}}]}}`, ""},
		{"a short exponent", `{"limits":{"cpu":"1e3","memory":"1E"}}`, ""},
		{"the largest exponent", `{"limits":{"cpu":"1e100"}}`, ""},
		{"an exponent too large", `{"limits":{"cpu":"1e101"}}`, `limits.cpu: the exponent of quantity "1e101"`},
		{"an exponent too small", `{"containers":[{"resources":{"requests":{"cpu":"1e-999999999"}}}]}`, "containers.0.resources.requests.cpu"},
		{"an exponent beyond integers", `{"limits":{"cpu":"1E+99999999999999999999"}}`, "limits.cpu"},
		{"an escaped exponent", `{"limits":{"cpu":"1\u0065-999999999"}}`, "limits.cpu"},
		{"escaped digits", `{"limits":{"cpu":"1e-9\u00399999999"}}`, "limits.cpu"},
		{"escapes of other characters", `{"limits":{"cpu":"\u003c\n"}}`, ""},
		{"the first of several", `{"limits":{"b":"1e999","a":"1e998"}}`, "limits.a"},
		{"a number", `{"overhead":{"cpu":1e-999999999}}`, "overhead.cpu"},
		{"single quantities", `{"emptyDir":{"sizeLimit":"1e999"}}`, "emptyDir.sizeLimit"},
		{"very many digits", `{"status":{"capacity":{"storage":"` + long + `"}}}`, "status.capacity.storage"},
		{"very many digits that are no quantity", `{"metadata":{"annotations":{"x":"` + long + `"}}}`, ""},
		{"a label that looks like an exponent", `{"metadata":{"labels":{"commit":"5e1234567"}}}`, ""},
		{"not a number at all", `{"limits":{"cpu":"1e12345x","memory":"12e"},"x":"1e12345"}`, ""},
		{"not JSON", `{"limits":{"cpu":"1e12345"`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := CheckQuantities([]byte(test.object))
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

// A decoder that looks at this quantity does not come back.
func TestDecodeRefusesAbsurdQuantities(t *testing.T) {
	var pod corev1.Pod
	err := Decode([]byte(`{"spec":{"containers":[{"resources":{"limits":{"cpu":"1e-999999999"}}}]}}`), schema.GroupVersionKind{Version: "v1", Kind: "Pod"}, &pod)
	if err == nil || !strings.Contains(err.Error(), "limits.cpu") {
		t.Errorf("error %v", err)
	}
}
