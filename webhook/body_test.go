package webhook

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/decision"
)

// TestRecycledBodiesKeepReviewsApart sends many different pods at once, small and large, and checks that each answer is about the pod that was
// asked about: rooms of bodies and of answers go from one review to another.
func TestRecycledBodiesKeepReviewsApart(t *testing.T) {
	ts, _ := serve(t, func(_ context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
		if request.Name == "" {
			return decision.Forbid("no name"), nil
		}
		runtime.Gosched() // others read meanwhile
		return decision.AllowWithPatch([]decision.Operation{decision.Add("/spec", request.Object.Raw)}), nil
	})
	const callers, calls = 8, 100
	var running sync.WaitGroup
	for caller := range callers {
		running.Go(func() {
			for call := range calls {
				name := fmt.Sprintf("pod-%d-%d", caller, call)
				pod := fmt.Sprintf(`{"name":%q,"filling":%q}`, name, strings.Repeat(name, 1+call*call%977))
				if call%10 == 9 {
					pod, name = `{}`, ""
				}
				_, answer := post(t, ts.URL+"/mutate-pod", fmt.Sprintf(
					`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"%d-%d","operation":"CREATE","name":%q,"object":%s}}`, caller, call, name, pod))
				response, _ := answer["response"].(map[string]any)
				if want := fmt.Sprintf("%d-%d", caller, call); response["uid"] != want {
					t.Errorf("the answer to %s is for %v", want, response["uid"])
				}
				if name == "" {
					if response["allowed"] != false {
						t.Errorf("allowed, want refused: %v", response)
					}
					continue
				}
				text, _ := response["patch"].(string)
				patch, err := base64.StdEncoding.DecodeString(text)
				if want := `[{"op":"add","path":"/spec","value":` + pod + `}]`; err != nil || string(patch) != want {
					t.Errorf("the patch of %s is %.200s, %v", name, patch, err)
				}
			}
		})
	}
	running.Wait()
}

// TestWhichBodiesAreRecycled keeps the objects of reviews, which a rule must not do, to see what becomes of them: only the body of a review that was
// allowed by a rule which says that it forgets is used again, and it is wiped first.
func TestWhichBodiesAreRecycled(t *testing.T) {
	for name, tc := range map[string]struct {
		path   string
		answer func() (decision.Decision, error)
		wiped  bool
	}{
		"allowed pod":          {"/mutate-pod", func() (decision.Decision, error) { return decision.Allow(), nil }, true},
		"refused pod":          {"/mutate-pod", func() (decision.Decision, error) { return decision.Forbid("no"), nil }, false},
		"undecided pod":        {"/mutate-pod", func() (decision.Decision, error) { return decision.Decision{}, decision.CannotTell("who knows") }, false},
		"a rule that panics":   {"/mutate-pod", func() (decision.Decision, error) { panic("oh") }, false},
		"other rules: allowed": {podPath, func() (decision.Decision, error) { return decision.Allow(), nil }, false},
	} {
		t.Run(name, func(t *testing.T) {
			kept := make(chan []byte, 1)
			rule := func(_ context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
				kept <- request.Object.Raw
				return tc.answer()
			}
			ts, _ := serve(t, rule, func(o *HandlerOptions) { o.Rules.ValidatePod = decision.ReviewerFunc(rule) })
			const pod = `{"metadata":{"name":"p"}}`
			post(t, ts.URL+tc.path, `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","operation":"CREATE","object":`+pod+`}}`)
			ts.Close() // the handler has returned
			object := <-kept
			if wiped := bytes.Equal(object, make([]byte, len(pod))); wiped != tc.wiped || !wiped && string(object) != pod {
				t.Errorf("the object is now %q, want wiped: %t", object, tc.wiped)
			}
		})
	}
}

// TestRoomOfHugeBodiesIsNotKept: one large review must not hold memory for good.
func TestRoomOfHugeBodiesIsNotKept(t *testing.T) {
	ts, _ := serve(t, func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
		return decision.Allow(), nil
	})
	huge := podReview + strings.Repeat(" ", mostBodyRoom)
	if response, _ := post(t, ts.URL+"/mutate-pod", huge); response.StatusCode != http.StatusOK {
		t.Fatalf("HTTP %d", response.StatusCode)
	}
	ts.Close()
	for range 100 {
		room, ok := bodyRooms.Get().(*[]byte)
		if !ok {
			break
		}
		if cap(*room) > mostBodyRoom {
			t.Fatalf("room of %d bytes is kept, at most %d are", cap(*room), mostBodyRoom)
		}
	}
}
