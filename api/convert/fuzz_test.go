package convert_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kruise-admission/kruise-admission/api/convert"
)

// Whatever the bytes: no panic; what can be converted can be converted back and then gives the same again.
func FuzzObject(f *testing.F) {
	f.Add([]byte(`{"apiVersion":"apps.kruise.io/v1alpha1","kind":"CloneSet","metadata":{"name":"c","labels":{"apps.kruise.io/cloneset-scaling-exclude-preparing-delete":"true"},
		"annotations":{"apps.kruise.io/image-predownload-parallelism":"2"}},"spec":{"updateStrategy":{"type":"InPlaceOnly","partition":3}}}`))
	f.Add([]byte(`{"apiVersion":"apps.kruise.io/v1beta1","kind":"CloneSet","spec":{"updateStrategy":{"type":"OnDelete","rollingUpdate":{"podUpdatePolicy":"ReCreate",
		"inPlaceUpdateStrategy":{"imagePreDownloadParallelism":"5"}}},"scaleStrategy":{"enablePVCReuse":true}}}`))
	f.Add([]byte(`{"apiVersion":"apps.kruise.io/v1alpha1","kind":"SidecarSet","metadata":{"labels":{"apps.kruise.io/sidecarset-custom-version":"v"}},"spec":{"namespace":"n"}}`))
	f.Add([]byte(`{"apiVersion":"apps.kruise.io/v1beta1","kind":"SidecarSet","spec":{"customVersion":"v","namespaceSelector":null}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var head struct {
			APIVersion string `json:"apiVersion"`
		}
		there, back := beta, alpha
		if json.Unmarshal(raw, &head) == nil && head.APIVersion == beta {
			there, back = alpha, beta
		}
		first, err := convert.Object(raw, there)
		if err != nil {
			return
		}
		returned, err := convert.Object(first, back)
		if err != nil {
			t.Fatalf("back: %v\n%s", err, first)
		}
		second, err := convert.Object(returned, there)
		if err != nil {
			t.Fatalf("there again: %v\n%s", err, returned)
		}
		if diff := cmp.Diff(numbers(t, first), numbers(t, second)); diff != "" {
			t.Errorf("of %s\n%s", raw, diff)
		}
	})
}
