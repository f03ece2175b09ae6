package webhook

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	kjson "sigs.k8s.io/json"
)

// fullReview has every member that an API server sends; %s is the object.
const fullReview = `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"705ab4f5-6393-11e8-b7cc-42010a800002",` +
	`"kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},"subResource":"",` +
	`"requestKind":{"group":"","version":"v1","kind":"Pod"},"requestResource":{"group":"","version":"v1","resource":"pods"},"requestSubResource":"",` +
	`"name":"web","namespace":"shop","operation":"CREATE","userInfo":{"username":"system:serviceaccount:kube-system:replicaset-controller",` +
	`"uid":"d3f6a8a2","groups":["system:serviceaccounts","system:authenticated"],"extra":{"authentication.kubernetes.io/credential-id":["JTI=5b3f"]}},` +
	`"object":%s,"oldObject":null,"dryRun":false,"options":{"kind":"CreateOptions","apiVersion":"meta.k8s.io/v1"}}}`

// envelopes are usual and unusual reviews, seeds of the fuzz target too.
func envelopes() []string {
	full := fmt.Sprintf(fullReview, `{"metadata":{"name":"web"}}`)
	member := func(text string) string { return strings.Replace(full, `"request":{`, `"request":{`+text+`,`, 1) }
	return []string{
		full, podReview, `{}`, `null`, `[]`, `{"request":null}`, `{"request":null,"request":{"uid":"a"}}`, `{"request":{"uid":"a"},"request":{"name":"b"}}`,
		`{"request":{"uid":"a"},"request":null}`, `{"Request":{}}`, `{"request":{"UID":"a"}}`, `{"request":{"uid":1}}`, `{"request":{"uid":null}}`,
		member(`"object":{"a":1}`), member(`"object":null`), member(`"kind":{"group":"x"}`), member(`"kind":null`), member(`"kind":[]`),
		member(`"requestKind":null`), member(`"requestKind":{"group":"x"}`), member(`"requestResource":{}`), member(`"dryRun":true`), member(`"dryRun":null`),
		member(`"dryRun":"yes"`), member(`"userInfo":{"groups":["a","b","c"],"extra":{"x":["y"]}}`), member(`"userInfo":null`), member(`"userInfo":{"groups":[],"extra":{}}`),
		member(`"userInfo":{"groups":["a"],"groups":[null],"extra":{"a":null,"b":[null],"b":[]}}`), member(`"userInfo":{"extra":{"a":["b"]},"extra":null}`),
		`{"request":{"userInfo":{"groups":["a"],"groups":[null]}}}`, `{"request":{"userInfo":{"groups":["a"],"groups":null,"groups":[null]}}}`,
		member(`"userInfo":{"groups":"a"}`), member(`"userInfo":5`),
		member(`"operation":"DELETE"`), member(`"\u006fperation":"DELETE"`), member(`"namespace":"\ud800"`), member("\"namespace\":\"\xff\""),
		member(`"options":null`), member(`"object": [1 , 2] `), full + "x", full[:len(full)-1], " " + full + "\n",
	}
}

// checkEnvelope holds the quick way to the decoder of the API server: what it accepts, it reads alike.
func checkEnvelope(t *testing.T, body []byte) {
	t.Helper()
	got, ok := scanEnvelope(body)
	if !ok {
		return
	}
	want := &envelope{}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(body, want); err != nil {
		t.Fatalf("%q: accepted, but the decoder says %v", body, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%q (-decoder +quick way):\n%s", body, diff)
	}
}

func TestEnvelopeIsReadAsTheDecoderReadsIt(t *testing.T) {
	for _, body := range envelopes() {
		checkEnvelope(t, []byte(body))
	}
}

func TestUsualEnvelopesAreReadQuickly(t *testing.T) {
	for _, body := range []string{fmt.Sprintf(fullReview, `{"metadata":{}}`), podReview, strings.Replace(podReview, "CREATE", "DELETE", 1)} {
		if review, ok := scanEnvelope([]byte(body)); !ok || review.Request.Operation == "" || review.Request.Object.Raw == nil {
			t.Errorf("%s is left to the decoder", body)
		}
	}
}

func FuzzEnvelope(f *testing.F) {
	for _, body := range envelopes() {
		f.Add([]byte(body))
	}
	f.Fuzz(checkEnvelope)
}

// BenchmarkEnvelope reads a review of 3 KB.
func BenchmarkEnvelope(b *testing.B) {
	variables := strings.Repeat(`{"name":"VARIABLE","value":"some value of a usual length"},`, 40)
	body := fmt.Appendf(nil, fullReview, `{"spec":{"containers":[{"env":[`+variables+`null]}]}}`)
	b.Run("quick", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, ok := scanEnvelope(body); !ok {
				b.Fatal("not accepted")
			}
		}
	})
	b.Run("decoder", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := kjson.UnmarshalCaseSensitivePreserveInts(body, &envelope{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
