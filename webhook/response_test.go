package webhook

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kruise-admission/kruise-admission/decision"
)

// marshalled is what encoding/json makes of an allowance.
func marshalled(review *envelope, d decision.Decision) ([]byte, error) {
	response := &admissionv1.AdmissionResponse{
		UID: review.Request.UID, Allowed: true, Warnings: d.Warnings, AuditAnnotations: d.Audit, Result: &metav1.Status{Code: http.StatusOK},
	}
	if len(d.Patch) > 0 {
		patch, err := json.Marshal(d.Patch)
		if err != nil {
			return nil, err
		}
		patchType := admissionv1.PatchTypeJSONPatch
		response.Patch, response.PatchType = patch, &patchType
	}
	return json.Marshal(answer{TypeMeta: review.TypeMeta, Response: response})
}

// readBack is what a caller reads, with the patch decoded.
func readBack(t *testing.T, text []byte) (answer, any) {
	t.Helper()
	var read answer
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var patch any
	if read.Response.Patch != nil {
		if err := json.Unmarshal(read.Response.Patch, &patch); err != nil {
			t.Fatalf("%s: %v", read.Response.Patch, err)
		}
		read.Response.Patch = nil
	}
	return read, patch
}

// checkAllowance holds an allowance to what encoding/json makes of it.
func checkAllowance(t *testing.T, review *envelope, d decision.Decision) {
	t.Helper()
	want, wantErr := marshalled(review, d)
	got, err := allowance(new([]byte), review, d)
	if (err != nil) != (wantErr != nil) {
		t.Fatalf("error is %v, of encoding/json %v", err, wantErr)
	}
	if err != nil {
		return
	}
	wantAnswer, wantPatch := readBack(t, want)
	gotAnswer, gotPatch := readBack(t, got)
	if diff := cmp.Diff(wantAnswer, gotAnswer); diff != "" {
		t.Errorf("(-encoding/json +got):\n%s", diff)
	}
	if !reflect.DeepEqual(wantPatch, gotPatch) { // cmp.Diff takes forever over deep values
		t.Errorf("patch: got %v, encoding/json makes %v", gotPatch, wantPatch)
	}
}

func allowedReview(uid string) *envelope {
	review := &envelope{Request: &admissionv1.AdmissionRequest{UID: types.UID(uid)}}
	review.APIVersion, review.Kind = "admission.k8s.io/v1", "AdmissionReview"
	return review
}

func TestAllowancesAreWhatTheTypesSay(t *testing.T) {
	nasty := "\x00\x1f \"\\/<>&\x7fé\u2028\xff\U0001F600"
	for name, d := range map[string]decision.Decision{
		"bare":             decision.Allow(),
		"patched":          decision.AllowWithPatch([]decision.Operation{decision.Add("/a~1b", json.RawMessage(`{"x":[1,"<é>"]}`)), decision.Remove("/c/0")}),
		"warned":           {Allowed: true, Warnings: []string{"first", "second"}},
		"annotated":        {Allowed: true, Audit: map[string]string{"b": "2", "a": "1"}},
		"nasty texts":      {Allowed: true, Warnings: []string{nasty}, Audit: map[string]string{nasty: nasty}, Patch: []decision.Operation{decision.Remove(nasty)}},
		"a broken value":   decision.AllowWithPatch([]decision.Operation{decision.Add("/a", json.RawMessage(`{"x":`))}),
		"two values":       decision.AllowWithPatch([]decision.Operation{decision.Add("/a", json.RawMessage(`1,{}`))}),
		"a deep value":     decision.AllowWithPatch([]decision.Operation{decision.Add("/a", json.RawMessage(strings.Repeat("[", 1000)+strings.Repeat("]", 1000)))}),
		"an absent value":  decision.AllowWithPatch([]decision.Operation{decision.Add("/a", nil)}),
		"an empty warning": {Allowed: true, Warnings: []string{""}},
	} {
		t.Run(name, func(t *testing.T) {
			checkAllowance(t, allowedReview("705ab4f5"), d)
			checkAllowance(t, allowedReview(nasty), d)
		})
	}
}

func FuzzAllowance(f *testing.F) {
	f.Add("uid", "/a", []byte(`{"x":1}`), "warning", "key")
	f.Add("\xff", "", []byte(`"\u2028"`), "\x00", "<")
	f.Fuzz(func(t *testing.T, uid, path string, value []byte, warning, key string) {
		checkAllowance(t, allowedReview(uid), decision.Decision{
			Allowed: true, Patch: []decision.Operation{decision.Add(path, value)}, Warnings: []string{warning}, Audit: map[string]string{key: warning},
		})
	})
}

// BenchmarkAllowance writes a patch of 2 KB.
func BenchmarkAllowance(b *testing.B) {
	container := json.RawMessage(`{"name":"agent","env":[` + strings.Repeat(`{"name":"VARIABLE","value":"some value"},`, 40) + `{"name":"A"}]}`)
	d := decision.AllowWithPatch([]decision.Operation{
		decision.Add("/metadata/annotations/a", json.RawMessage(`"b"`)), decision.Add("/spec/containers/0", container),
	})
	d.Annotate("sidecarsets", "agent")
	review := allowedReview("705ab4f5")
	for name, encode := range map[string]func(*envelope, decision.Decision) ([]byte, error){
		"appended":   func(review *envelope, d decision.Decision) ([]byte, error) { return allowance(new([]byte), review, d) },
		"marshalled": marshalled,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := encode(review, d); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
