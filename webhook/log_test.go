package webhook

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/decision"
)

// lines collects a log.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) logger(verbosity int) logr.Logger {
	return funcr.New(func(prefix, args string) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.text.WriteString(prefix + args + "\n")
	}, funcr.Options{Verbosity: verbosity})
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// TestLogsKeepSecretsAndStaySmall sends reviews whose every text is either a secret or far too long: neither may reach the log at info
// level, whatever becomes of the review.
func TestLogsKeepSecretsAndStaySmall(t *testing.T) {
	log := &lines{}
	ts, _ := serve(t, func(_ context.Context, r *admissionv1.AdmissionRequest) (decision.Decision, error) {
		switch r.SubResource {
		case "panic":
			panic(string(r.Object.Raw))
		case "index":
			return decision.Allow(), []error{}[len(r.Name)]
		case "refuse":
			return decision.Forbid(string(r.Object.Raw)), nil
		}
		return decision.Allow(), nil
	}, func(o *HandlerOptions) { o.Log = log.logger(0) })
	long := strings.Repeat("ü", 1<<19)
	object := `"object":{"spec":{"containers":[{"env":[{"name":"PASSWORD","value":"hunter2"}]}]}}`
	head := `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"` + long + `","operation":"` + long +
		`","namespace":"` + long + `","name":"` + long + `",`
	for _, body := range []string{
		head + `"subResource":"panic",` + object + `}}`,
		head + `"subResource":"index",` + object + `}}`,
		head + `"subResource":"refuse",` + object + `}}`,
		head + `"subResource":"allow",` + object + `}}`,
		head + `"dryRun":"hunter2",` + object + `}}`,
		head + object + `}} hunter2`,
		`{"apiVersion":"` + long + `","kind":"AdmissionReview","request":{` + object + `}}`,
		`{"apiVersion":"admission.k8s.io/v1","kind":"` + long + `","request":{` + object + `}}`,
	} {
		post(t, ts.URL+"/mutate-pod", body)
	}
	request, err := http.NewRequest(http.MethodPost, ts.URL+"/mutate-pod", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", strings.Repeat("x", 1<<18))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	readJSON(t, response)

	text := log.String()
	if strings.Contains(text, "hunter2") {
		t.Error("the log holds what a pod's env holds")
	}
	for line := range strings.Lines(text) {
		if len(line) > 16<<10 { // a stack takes some
			t.Errorf("a line of the log has %d bytes: %.300s", len(line), line)
		}
		if !utf8.ValidString(line) {
			t.Errorf("a line of the log was cut inside a character: %.300q", line)
		}
	}
	if got := strings.Count(text, "made the server panic"); got != 2 || !strings.Contains(text, "index out of range") {
		t.Errorf("%d panics were logged, want 2, one of them with the runtime's words:\n%.2000s", got, text)
	}
}

// TestRefusalsAreBounded proves that a rule may quote what it wants: the user gets a text of a bounded size, cut between characters.
func TestRefusalsAreBounded(t *testing.T) {
	message := "a kind that is no kind: " + strings.Repeat("ü", 1<<20)
	status := refusalStatus(&admissionv1.AdmissionRequest{}, decision.Forbid(message))
	if len(status.Message) > maxMessage+3 || !strings.HasPrefix(status.Message, message[:100]) || !strings.HasSuffix(status.Message, "...") ||
		!utf8.ValidString(status.Message) {
		t.Errorf("the message has %d bytes: %.100q", len(status.Message), status.Message)
	}
	refused := decision.Forbid("short")
	refused.Causes = []metav1.StatusCause{{Type: "t", Message: message, Field: message}, {Type: "u", Message: "m", Field: "f"}}
	causes := refusalStatus(&admissionv1.AdmissionRequest{}, refused).Details.Causes
	if len(causes) != 2 || len(causes[0].Message) > maxCause+3 || len(causes[0].Field) > maxCause+3 || causes[1] != refused.Causes[1] || refused.Causes[0].Message != message {
		t.Errorf("the causes are %.200v", causes)
	}
	if status := refusalStatus(&admissionv1.AdmissionRequest{}, decision.Forbid("short")); status.Message != "short" {
		t.Errorf("message is %q, want it untouched", status.Message)
	}
}
