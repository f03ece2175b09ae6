package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/pflag"

	"github.com/kruise-admission/kruise-admission/internal/recorded"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// FuzzServer posts anything to every path, with the real rules behind: there is an answer, the answer is a review, nothing panics, and a patch
// applies.
func FuzzServer(f *testing.F) {
	options := &serveOptions{}
	options.addFlags(pflag.NewFlagSet("", pflag.ContinueOnError))
	options.manifests = []string{"testdata/hostile/manifests"}
	gates, err := webhook.ParseGates("ResourcesDeletionProtection=true,DeletionProtectionForCRDCascadingGate=true")
	if err != nil {
		f.Fatal(err)
	}
	parts, err := assemble(options, gates, logr.Discard())
	if err != nil {
		f.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	f.Cleanup(stop)
	go func() { _ = parts.view.Run(ctx) }()
	for !parts.view.Synced() {
		time.Sleep(time.Millisecond)
	}
	registry := prometheus.NewRegistry()
	server := webhook.NewServer(webhook.ServerOptions{Log: logr.Discard()})
	for path, handler := range webhook.Handlers(webhook.HandlerOptions{Rules: parts.rules, Ready: parts.decidable, Registry: registry, Log: logr.Discard()}) {
		server.Register(path, handler)
	}
	recordings := recordedBodies(f)
	var paths []string // an alias has the same rule as its path
	for _, endpoint := range webhook.Endpoints() {
		if slices.Contains(paths, endpoint.Path) {
			continue
		}
		paths = append(paths, endpoint.Path)
		resource := endpoint.Path[strings.LastIndexAny(endpoint.Path, "-/")+1:]
		for _, operation := range []string{"CREATE", "UPDATE", "DELETE"} {
			body, recorded := recordings[endpoint.Path+operation]
			if !recorded {
				object := `{"metadata":{"name":"x","labels":{"a":"b","policy.kruise.io/delete-protection":"Cascading"}},"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},
					"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}},"containers":[{"name":"c","image":"i"}]}}`
				body = []byte(`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","operation":"` + operation + `","name":"x","namespace":"shop",
					"kind":{"group":"apps.kruise.io","version":"v1beta1","kind":"CloneSet"},"resource":{"group":"apps.kruise.io","version":"v1beta1","resource":"` + resource + `s"},
					"object":` + object + `,"oldObject":` + object + `}}`)
			}
			f.Add(len(paths)-1, body)
		}
	}
	f.Add(slices.Index(paths, "/mutate-pod"), []byte(reviewOfPod(hostilePod)))
	for _, path := range webhook.NewPodsPaths() { // those that mark pods have a rule around that of the first
		if !slices.Contains(paths, path) {
			paths = append(paths, path)
			f.Add(len(paths)-1, []byte(reviewOfPod(hostilePod)))
		}
	}
	f.Fuzz(func(t *testing.T, choice int, body []byte) {
		path := paths[uint(choice)%uint(len(paths))]
		request := httptest.NewRequest(http.MethodPost, path, strings.NewReader(string(body)))
		request.Header.Set("Content-Type", "application/json")
		recorder := httptest.NewRecorder()
		server.ServeHTTP(recorder, request)
		if recorder.Code >= 500 {
			// Without a cluster some questions cannot be answered; a panic is none of them.
			if recorder.Code == http.StatusInternalServerError && strings.Contains(recorder.Body.String(), "panic") {
				t.Fatalf("%s: %s", path, recorder.Body)
			}
			return
		}
		var review struct{ Response *struct{ Allowed *bool } }
		if err := json.Unmarshal(recorder.Body.Bytes(), &review); err != nil || review.Response == nil || review.Response.Allowed == nil {
			t.Fatalf("%s: HTTP %d %s is no review", path, recorder.Code, recorder.Body)
		}
		if got := answered(t, recorder.Result(), string(body)); strings.HasPrefix(got, "text") {
			t.Fatalf("%s: %s", path, got)
		}
	})
}

// reviewOfPod is a review of a new pod.
func reviewOfPod(pod string) string {
	return `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","operation":"CREATE","namespace":"shop","resource":{"resource":"pods"},"object":` + pod + `}}`
}

// recordedBodies are reviews that reach deep into the rules, by path and operation: the first that OpenKruise let through.
func recordedBodies(f *testing.F) map[string][]byte {
	f.Helper()
	bodies := map[string][]byte{}
	for _, set := range []string{"inject", "validate"} {
		cases, err := recorded.Read(recorded.OwnFolder(), set)
		if err != nil {
			f.Fatal(err)
		}
		for _, c := range cases {
			request := c.Request()
			if request == nil || !c.Expect.Allowed || len(c.Review) > 8<<10 {
				continue
			}
			if key := c.Path + string(request.Operation); bodies[key] == nil {
				bodies[key] = c.Review
			}
		}
	}
	if len(bodies) < 20 {
		f.Fatalf("there are only %d recorded reviews", len(bodies))
	}
	return bodies
}
