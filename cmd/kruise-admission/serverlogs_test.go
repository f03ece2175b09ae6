package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/pflag"

	"github.com/kruise-admission/kruise-admission/api/convert"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// secretVariables are lists of variables that hold a secret, right and wrong ones.
func secretVariables(secret string) []string {
	value := `"value":"` + secret + `"`
	return []string{
		`[{"name":"PASSWORD",` + value + `}]`,
		`[{"name":"PASSWORD",` + value + `,"valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}]`,
		`[{"name":"1 PASS=WORD",` + value + `},{"name":"",` + value + `},{` + value + `}]`,
		`[{"name":"PASSWORD","value":["` + secret + `"]}]`,
		`[{"name":"PASSWORD","value":{"` + secret + `":1}}]`,
		`{"PASSWORD":"` + secret + `"}`,
		`"` + secret + `"`,
	}
}

// objectWithVariables has variables wherever an object of any kind may have some.
func objectWithVariables(variables, replicas string) string {
	containers := `"containers":[{"name":"web","image":"w","env":` + variables + `}],"initContainers":[{"name":"i","image":"i","restartPolicy":"Always","env":` + variables + `}]`
	template := `"template":{"metadata":{"labels":{"a":"b"}},"spec":{` + containers + `}}`
	return `{"metadata":{"name":"x","namespace":"shop","labels":{"app":"target","policy.kruise.io/delete-protection":"Always"}},
		"spec":{"replicas":` + replicas + `,"selector":{"matchLabels":{"a":"b"}},` + containers + `,` + template + `,
		"subsets":[{"name":"s","patch":{"spec":{` + containers + `}}}],"resource":{"apiVersion":"v1","kind":"Secret","stringData":{"p":"x"}},
		"updateStrategy":{"type":"InPlaceOnly"},"schedule":"* * * * *"}}`
}

// secretReviews are reviews for a path, of each operation, with variables that hold a secret, and conversions of such objects.
func secretReviews(path, secret string) (bodies []string) {
	kind := path[strings.LastIndexAny(path, "-/")+1:]
	group := map[bool]string{true: "", false: "apps.kruise.io"}[kind == "pod"]
	objects := []string{objectWithVariables(`[]`, `"`+secret+`"`)}
	for _, variables := range secretVariables(secret) {
		whole := objectWithVariables(variables, "1")
		objects = append(objects, whole, objectWithVariables(variables, "-1"), whole[:len(whole)-20]+"}")
	}
	old := objectWithVariables(`[{"name":"PASSWORD","value":"old`+secret+`"}]`, "2")
	for _, raw := range objects {
		if path == webhook.ConvertPath {
			for _, kind := range []string{"SidecarSet", "CloneSet", "StatefulSet", "BroadcastJob", "UnitedDeployment", "AdvancedCronJob"} {
				typed := `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"` + kind + `",` + raw[1:]
				bodies = append(bodies, `{"apiVersion":"apiextensions.k8s.io/v1","kind":"ConversionReview","request":{"uid":"u","desiredAPIVersion":"apps.kruise.io/v1beta1",
					"objects":[`+typed+`]}}`)
			}
			continue
		}
		for _, operation := range []string{"CREATE", "UPDATE", "DELETE"} {
			bodies = append(bodies, fmt.Sprintf(`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","operation":%q,"name":"x","namespace":"shop",
				"kind":{"group":%[2]q,"version":"v1beta1","kind":"CloneSet"},"resource":{"group":%[2]q,"version":"v1beta1","resource":"%[3]ss"},
				"object":%[4]s,"oldObject":%[5]s}}`, operation, group, kind, raw, old))
		}
	}
	return bodies
}

// TestServerLogsHoldNoSecrets posts reviews whose every env has a secret to every path, good ones and broken ones, with the real rules behind:
// even at debug level no line of the log has it, whatever is answered.
func TestServerLogsHoldNoSecrets(t *testing.T) {
	const secret = "hunter2"
	var logged bytes.Buffer
	log, err := newLogger("debug", "json", &logged)
	if err != nil {
		t.Fatal(err)
	}
	handlers := assembledHandlers(t, log)
	answers := map[bool]int{}
	for path := range handlers {
		for _, body := range secretReviews(path, secret) {
			recorder := postTo(handlers, path, body)
			var answer struct{ Response struct{ Allowed bool } }
			if recorder.Code == http.StatusOK && json.Unmarshal(recorder.Body.Bytes(), &answer) == nil {
				answers[answer.Response.Allowed]++
			}
		}
	}
	for line := range strings.Lines(logged.String()) {
		if strings.Contains(line, secret) {
			t.Errorf("a line of the log has it: %.400s", line)
		}
		if !json.Valid([]byte(line)) {
			t.Errorf("a line of the log is no JSON: %.400s", line)
		}
	}
	if lines := strings.Count(logged.String(), "\n"); lines < 1000 || answers[true] < 200 || answers[false] < 200 {
		t.Errorf("only %d lines, %v answers", lines, answers)
	}
}

// assembledHandlers are all handlers of a server, with the real rules over the hostile manifests behind.
func assembledHandlers(t *testing.T, log logr.Logger) map[string]http.Handler {
	t.Helper()
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
	handlers[webhook.ConvertPath] = webhook.NewConvertHandler(convert.Object, log)
	return handlers
}
