package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/pflag"

	"github.com/kruise-admission/kruise-admission/webhook"
)

// TestServerLogsHoldNoSecrets posts reviews whose every env has a secret to every path, good ones and broken ones, with the real rules behind:
// even at debug level no line of the log has it.
func TestServerLogsHoldNoSecrets(t *testing.T) {
	const secret = "hunter2"
	var logged bytes.Buffer
	log, err := newLogger("debug", "json", &logged)
	if err != nil {
		t.Fatal(err)
	}
	options := &serveOptions{}
	options.addFlags(pflag.NewFlagSet("", pflag.ContinueOnError))
	options.manifests = []string{"testdata/hostile/manifests"}
	gates, err := webhook.ParseGates("ResourcesDeletionProtection=true")
	if err != nil {
		t.Fatal(err)
	}
	parts, err := assemble(options, gates, log)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = parts.view.Run(t.Context()) }()
	for start := time.Now(); !parts.view.Synced(); time.Sleep(time.Millisecond) {
		if time.Since(start) > time.Minute {
			t.Fatal("the manifests were never read")
		}
	}
	handlers := webhook.Handlers(webhook.HandlerOptions{Rules: parts.rules, Ready: parts.decidable, Registry: prometheus.NewRegistry(), Log: log})
	env := `"env":[{"name":"PASSWORD","value":"` + secret + `"}]`
	containers := `"containers":[{"name":"web","image":"w",` + env + `}],"initContainers":[{"name":"i","image":"i","restartPolicy":"Always",` + env + `}]`
	object := func(replicas string) string {
		return `{"metadata":{"name":"x","namespace":"shop","labels":{"app":"target","policy.kruise.io/delete-protection":"Always"}},
			"spec":{"replicas":` + replicas + `,"selector":{"matchLabels":{"a":"b"}},` + containers + `,
			"template":{"metadata":{"labels":{"a":"b"}},"spec":{` + containers + `}}}}`
	}
	answers := map[bool]int{}
	for path, handler := range handlers {
		kind := path[strings.LastIndexAny(path, "-/")+1:]
		for _, operation := range []string{"CREATE", "UPDATE", "DELETE"} {
			for _, raw := range []string{object("1"), object("-1"), object(`"` + secret + `"`), object("1")[:200] + "}"} {
				body := fmt.Sprintf(`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","operation":%q,"name":"x","namespace":"shop",
					"kind":{"group":"apps.kruise.io","version":"v1beta1","kind":"CloneSet"},"resource":{"group":"%s","version":"v1beta1","resource":"%ss"},
					"object":%s,"oldObject":%s}}`, operation, map[bool]string{true: "", false: "apps.kruise.io"}[kind == "pod"], kind, raw, object("2"))
				request := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
				request.Header.Set("Content-Type", "application/json")
				recorder := httptest.NewRecorder()
				handler.ServeHTTP(recorder, request)
				var answer struct{ Response struct{ Allowed bool } }
				if recorder.Code == http.StatusOK && json.Unmarshal(recorder.Body.Bytes(), &answer) == nil {
					answers[answer.Response.Allowed]++
				}
			}
		}
	}
	for line := range strings.Lines(logged.String()) {
		if strings.Contains(line, secret) {
			t.Errorf("a line of the log has it: %.400s", line)
		}
	}
	if lines := strings.Count(logged.String(), "\n"); lines < 100 || answers[true] < 50 || answers[false] < 50 {
		t.Errorf("only %d lines, %v answers", lines, answers)
	}
}
