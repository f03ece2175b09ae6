package webhook

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/go-logr/logr"

	"github.com/kruise-admission/kruise-admission/api/convert"
)

// TestConversionOfNothing posts megabytes of objects that are none: they are not held as a list of objects, which would take thirty times as much.
func TestConversionOfNothing(t *testing.T) {
	const most = 64 << 20
	for _, object := range []string{`{}`, `1`, `null`, `[]`} {
		body := `{"apiVersion":"apiextensions.k8s.io/v1","kind":"ConversionReview","request":{"uid":"u","desiredAPIVersion":"apps.kruise.io/v1beta1","objects":[` +
			strings.Repeat(object+",", 1_000_000) + object + `]}}`
		recorder := httptest.NewRecorder()
		request := httptest.NewRequest(http.MethodPost, ConvertPath, strings.NewReader(body))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		NewConvertHandler(convert.Object, logr.Discard()).ServeHTTP(recorder, request)
		runtime.ReadMemStats(&after)
		if text := recorder.Body.String(); recorder.Code != http.StatusOK || !strings.Contains(text, "object 1 cannot be converted") {
			t.Errorf("%s: HTTP %d: %.300s", object, recorder.Code, text)
		}
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > most {
			t.Errorf("%s: %d MiB are taken for a body of %d", object, allocated>>20, len(body)>>20)
		}
	}
}

func TestConversionWithoutAList(t *testing.T) {
	for objects, want := range map[string]int{`{}`: 400, `1`: 400, `"x"`: 400, `null`: 200, `[]`: 200} {
		recorder := httptest.NewRecorder()
		body := `{"apiVersion":"apiextensions.k8s.io/v1","kind":"ConversionReview","request":{"uid":"u","desiredAPIVersion":"apps.kruise.io/v1beta1","objects":` + objects + `}}`
		NewConvertHandler(convert.Object, logr.Discard()).ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, ConvertPath, strings.NewReader(body)))
		if recorder.Code != want {
			t.Errorf("%s: HTTP %d, want %d: %s", objects, recorder.Code, want, recorder.Body)
		}
	}
}
