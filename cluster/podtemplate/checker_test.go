package podtemplate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/internal/panics"
	"github.com/kruise-admission/kruise-admission/survive"
)

func TestQuestionIsADryRunThatKeepsUnknownFields(t *testing.T) {
	server := newAPIServer(t, func(w http.ResponseWriter, r *http.Request) {
		if got, want := r.Method+" "+r.URL.Path, "POST /api/v1/namespaces/kruise-admission/podtemplates"; got != want {
			t.Errorf("asked %s, want %s", got, want)
		}
		if got, want := r.URL.RawQuery, "dryRun=All&fieldValidation=Warn"; got != want {
			t.Errorf("query %s, want %s", got, want)
		}
		var asked struct {
			Kind     string
			Template json.RawMessage
		}
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &asked); err != nil {
			t.Errorf("body %s: %v", body, err)
		}
		if asked.Kind != "PodTemplate" || !strings.Contains(string(asked.Template), `"colour":"red"`) {
			t.Errorf("asked about %s", body)
		}
		answerJSON(http.StatusCreated, stored(`{"spec":{"restartPolicy":"Always"}}`))(w, r)
	})
	defaulted, causes, warnings, err := server.checker(t, Options{}).CheckTemplate(context.Background(), json.RawMessage(template), nil)
	if err != nil || causes != nil || warnings != nil {
		t.Fatalf("causes %v, warnings %v, error %v", causes, warnings, err)
	}
	if got, want := string(defaulted), `{"spec":{"restartPolicy":"Always"}}`; got != want {
		t.Errorf("defaulted %s, want %s", got, want)
	}
}

func TestDefiniteAnswers(t *testing.T) {
	for _, test := range []struct {
		name     string
		template string
		answer   http.HandlerFunc
		causes   []metav1.StatusCause
		warnings []metav1.StatusCause
	}{
		{
			name: "refused fields come back relative to the template",
			answer: answerJSON(422, status(422, metav1.StatusReasonInvalid, "invalid",
				metav1.StatusCause{Type: "FieldValueRequired", Message: "Required value", Field: "template.spec.containers[0].image"},
				metav1.StatusCause{Type: "FieldValueInvalid", Message: "bad", Field: "template.labels"},
				metav1.StatusCause{Type: "FieldValueInvalid", Message: "bad", Field: "metadata.name"})),
			causes: []metav1.StatusCause{
				{Type: "FieldValueRequired", Message: "Required value", Field: "spec.containers[0].image"},
				{Type: "FieldValueInvalid", Message: "bad", Field: "labels"},
			},
		},
		{
			name: "a value of the wrong JSON type",
			answer: answerJSON(400, status(400, metav1.StatusReasonBadRequest,
				`PodTemplate in version "v1" cannot be handled as a PodTemplate: json: cannot unmarshal number into a string`)),
			causes: []metav1.StatusCause{{Type: "FieldValueInvalid", Message: "json: cannot unmarshal number into a string"}},
		},
		{
			name:     "a template that is no object is never asked about",
			template: `[]`,
			answer:   answerJSON(500, nil),
			causes:   []metav1.StatusCause{{Type: "FieldValueInvalid", Message: "must be a JSON object"}},
		},
		{
			name: "warnings about the template are kept, others dropped",
			answer: answerJSON(201, stored(`{}`),
				`unknown field "template.spec.containers[0].colour"`,
				`duplicate field "template.spec.dnsPolicy"`,
				`template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead`,
				`would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false`,
				`unknown field "metadata.colour"`,
				`podtemplates are watched by the policy engine`),
			warnings: []metav1.StatusCause{
				{Message: "unknown field", Field: "spec.containers[0].colour"},
				{Message: "duplicate field", Field: "spec.dnsPolicy"},
				{Message: `deprecated since v1.14; use "kubernetes.io/os" instead`, Field: "spec.nodeSelector[beta.kubernetes.io/os]"},
			},
		},
		{
			name: "warnings come with a refusal too",
			answer: answerJSON(422, status(422, metav1.StatusReasonInvalid, "invalid",
				metav1.StatusCause{Type: "FieldValueRequired", Message: "Required value", Field: "template.spec.containers"}),
				`unknown field "template.spec.container"`),
			causes:   []metav1.StatusCause{{Type: "FieldValueRequired", Message: "Required value", Field: "spec.containers"}},
			warnings: []metav1.StatusCause{{Message: "unknown field", Field: "spec.container"}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			asked := test.template
			if asked == "" {
				asked = template
			}
			checker := newAPIServer(t, test.answer).checker(t, Options{})
			_, causes, warnings, err := checker.CheckTemplate(context.Background(), json.RawMessage(asked), nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.causes, causes); diff != "" {
				t.Errorf("causes (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.warnings, warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCannotTell(t *testing.T) {
	const never = time.Duration(-1)
	throttled := status(429, metav1.StatusReasonTooManyRequests, "slow down")
	throttled.Details.RetryAfterSeconds = 3
	for _, test := range []struct {
		name       string
		answer     http.HandlerFunc
		message    string
		retryAfter time.Duration
	}{
		{"no permission", answerJSON(403, status(403, metav1.StatusReasonForbidden, "podtemplates is forbidden")), "podtemplates is forbidden", never},
		{"no namespace", answerJSON(404, status(404, metav1.StatusReasonNotFound, "namespaces not found")), "namespaces not found", never},
		{"throttled", answerJSON(429, throttled), "slow down", 3 * time.Second},
		{"internal error", answerJSON(500, status(500, metav1.StatusReasonInternalError, "etcd is gone")), "etcd is gone", time.Second},
		{"a policy that refuses podtemplates with 422", answerJSON(422, status(422, metav1.StatusReasonInvalid, "policy says no",
			metav1.StatusCause{Message: "policy says no"})), "policy says no", never},
		{"a webhook that refuses podtemplates with 400", answerJSON(400, status(400, metav1.StatusReasonBadRequest, "webhook says no")), "webhook says no", never},
		{"an answer that is no PodTemplate", answerJSON(201, map[string]any{"kind": "Cat"}), "something else than a PodTemplate", never},
		{"an answer that is not JSON", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }, "something else than a PodTemplate", never},
		{"a broken connection", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "did not judge", time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := newAPIServer(t, test.answer)
			checker := server.checker(t, Options{})
			for range 2 {
				before := server.asked.Load()
				defaulted, causes, _, err := checker.CheckTemplate(context.Background(), json.RawMessage(template), nil)
				var unable *decision.Unable
				if !errors.As(err, &unable) || defaulted != nil || causes != nil {
					t.Fatalf("defaulted %s, causes %v, error %v", defaulted, causes, err)
				}
				if !strings.Contains(err.Error(), test.message) || unable.RetryAfter != test.retryAfter {
					t.Errorf("error %q, retry after %v; want %q, %v", err, unable.RetryAfter, test.message, test.retryAfter)
				}
				if server.asked.Load() == before {
					t.Error("an answer that means cannot tell was remembered")
				}
			}
		})
	}
}

func TestAnswersAreRememberedByContentForAWhile(t *testing.T) {
	server := newAPIServer(t, answerJSON(201, stored(`{}`)))
	clock := clocktesting.NewFakePassiveClock(time.Unix(1_800_000_000, 0))
	checker := server.checker(t, Options{Clock: clock, Freshness: time.Minute})
	ask := func(template string) {
		t.Helper()
		if _, _, _, err := checker.CheckTemplate(context.Background(), json.RawMessage(template), nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		about    string
		template string
		later    time.Duration
		asked    int32
	}{
		{"first", `{"spec":{"hostname":"a","subdomain":"b"}}`, 0, 1},
		{"the same", `{"spec":{"hostname":"a","subdomain":"b"}}`, 0, 1},
		{"the same in another order", `{ "spec": {"subdomain": "b", "hostname": "a"}}`, 59 * time.Second, 1},
		{"another", `{"spec":{"hostname":"a"}}`, 0, 2},
		{"the first, no longer fresh", `{"spec":{"hostname":"a","subdomain":"b"}}`, time.Second, 3},
	} {
		clock.SetTime(clock.Now().Add(step.later))
		ask(step.template)
		if got := server.asked.Load(); got != step.asked {
			t.Errorf("%s: asked %d times, want %d", step.about, got, step.asked)
		}
	}
}

func TestEqualQuestionsShareOneCallAndOutliveItsFirstCaller(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	server := newAPIServer(t, func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-release
		answerJSON(201, stored(`{"spec":{}}`))(w, r)
	})
	checker := server.checker(t, Options{})

	hasty, giveUp := context.WithCancel(context.Background())
	first := make(chan error, 1)
	go func() {
		_, _, _, err := checker.CheckTemplate(hasty, json.RawMessage(template), nil)
		first <- err
	}()
	<-arrived
	var others sync.WaitGroup
	results := make(chan error, 5)
	for range cap(results) {
		others.Go(func() {
			_, _, _, err := checker.CheckTemplate(context.Background(), json.RawMessage(template), nil)
			results <- err
		})
	}
	giveUp()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("first caller: %v, want it to give up at once", err)
	}
	close(release)
	others.Wait()
	close(results)
	for err := range results {
		if err != nil {
			t.Errorf("another caller: %v", err)
		}
	}
	if got := server.asked.Load(); got != 1 {
		t.Errorf("asked %d times, want once", got)
	}
}

func TestCallerGivesUpAtItsDeadline(t *testing.T) {
	release := make(chan struct{})
	server := newAPIServer(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	_, _, _, err := server.checker(t, Options{}).CheckTemplate(ctx, json.RawMessage(template), nil)
	var unable *decision.Unable
	if !errors.As(err, &unable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want cannot tell because of the deadline", err)
	}
}

func TestQuestionsInFlightAreBounded(t *testing.T) {
	const parallel = 2
	var inFlight, most atomic.Int32
	server := newAPIServer(t, func(w http.ResponseWriter, r *http.Request) {
		now := inFlight.Add(1)
		defer inFlight.Add(-1)
		for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
		}
		answerJSON(201, stored(`{}`))(w, r)
	})
	checker := server.checker(t, Options{Parallel: parallel})
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			asked := fmt.Sprintf(`{"spec":{"hostname":"h%d"}}`, i)
			if _, _, _, err := checker.CheckTemplate(context.Background(), json.RawMessage(asked), nil); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := most.Load(); got > parallel {
		t.Errorf("%d questions in flight, want at most %d", got, parallel)
	}
}

func TestWaitingForASlotEnds(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	server := newAPIServer(t, func(http.ResponseWriter, *http.Request) {
		once.Do(func() { close(arrived) })
		<-release
	})
	t.Cleanup(func() { close(release) })
	checker := server.checker(t, Options{Parallel: 1, Patience: 50 * time.Millisecond})
	checker.slots <- struct{}{} // the only slot is taken
	_, _, _, err := checker.CheckTemplate(context.Background(), json.RawMessage(template), nil)
	if wait, again := decision.RetryAfter(err); !again || wait != time.Second {
		t.Errorf("error %v, want cannot tell with a retry after a second", err)
	}
	select {
	case <-arrived:
		t.Error("the API server was asked without a slot")
	default:
	}
}

func TestNewRefusesOptionsThatCannotWork(t *testing.T) {
	for name, options := range map[string]Options{
		"no namespace":      {},
		"negative parallel": {Namespace: "kruise-admission", Parallel: -1},
		"negative patience": {Namespace: "kruise-admission", Patience: -time.Second},
	} {
		if _, err := New(nil, options); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// The question is nobody's goroutine, and a panic in it is an error of all who wait.
func TestAPanicIsAnError(t *testing.T) {
	panics.Expect(t)
	transport := roundTripper(func(*http.Request) (*http.Response, error) { panic("mistake") })
	client, err := kubernetes.NewForConfig(&rest.Config{Host: "http://localhost", QPS: -1, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	checker, err := New(client, Options{Namespace: "kruise-admission"})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := checker.CheckTemplate(t.Context(), []byte(template), nil); !errors.Is(err, survive.ErrPanicked) {
		t.Errorf("error %v", err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }
