package webhook

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-logr/logr/funcr"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	kjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/api/convert"
)

// FuzzConversionReview posts anything to the conversion endpoint, with the real conversions behind: there is an answer, nothing panics, and a
// success has one object for each.
func FuzzConversionReview(f *testing.F) {
	for _, objects := range []string{
		`{"apiVersion":"apps.kruise.io/v1alpha1","kind":"CloneSet","metadata":{"name":"c"},"spec":{"replicas":1}}`,
		`{"apiVersion":"apps.kruise.io/v1beta1","kind":"SidecarSet","metadata":{"name":"s"}},{"apiVersion":"apps.kruise.io/v1alpha1","kind":"StatefulSet"}`,
		`null,1,{"apiVersion":"v1","kind":"Pod"}`, ``,
	} {
		f.Add([]byte(`{"apiVersion":"apiextensions.k8s.io/v1","kind":"ConversionReview","request":{"uid":"u","desiredAPIVersion":"apps.kruise.io/v1beta1","objects":[` + objects + `]}}`))
	}
	f.Add([]byte(`{"apiVersion":"apiextensions.k8s.io/v1","kind":"ConversionReview","request":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		log := funcr.New(func(prefix, args string) {
			if bytes.Contains([]byte(args), []byte("panicked")) {
				t.Errorf("%s %s", prefix, args)
			}
		}, funcr.Options{})
		recorder := httptest.NewRecorder()
		NewConvertHandler(convert.Object, log).ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, ConvertPath, bytes.NewReader(body)))
		if recorder.Code == http.StatusBadRequest {
			return
		}
		var asked, answered apiextensionsv1.ConversionReview
		if err := json.Unmarshal(recorder.Body.Bytes(), &answered); err != nil || recorder.Code != http.StatusOK || answered.Response == nil {
			t.Fatalf("HTTP %d %s, %v; want a review", recorder.Code, recorder.Body, err)
		}
		if answered.Response.Result.Status != "Success" {
			return
		}
		// The names of members count as they are spelled, so "Objects" asks for nothing.
		if err := kjson.UnmarshalCaseSensitivePreserveInts(body, &asked); err == nil && asked.Request != nil && len(asked.Request.Objects) != len(answered.Response.ConvertedObjects) {
			t.Errorf("%d of %d objects came back", len(answered.Response.ConvertedObjects), len(asked.Request.Objects))
		}
	})
}
