package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/cluster/manifests"
	"github.com/kruise-admission/kruise-admission/cmd/kruise-admission/internal/yamlpatch"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/defaults"
	"github.com/kruise-admission/kruise-admission/inject"
	"github.com/kruise-admission/kruise-admission/inject/podsteps"
	"github.com/kruise-admission/kruise-admission/protection"
	"github.com/kruise-admission/kruise-admission/validate"
)

const doors = "testdata/doors/"

// outcome is what a door answers, as far as all doors tell it.
type outcome struct {
	Verdict  string
	Message  string
	Warnings []string
	Patch    string // the JSON Patch without times
}

// TestThreeDoors gives one set of inputs to the library, to the command line and to the HTTPS server: they answer the same, and what
// they answer is in testdata/doors/want.txt (written with -update).
func TestThreeDoors(t *testing.T) {
	server := startServer(t, "--manifests", doors+"sidecarsets.yaml", "--feature-gates", "ResourcesDeletionProtection=true")
	server.waitReady(t)
	view, err := manifests.Read(manifests.Options{Paths: []string{doors + "sidecarsets.yaml"}, Namespace: defaultNamespace, Prepare: admitSidecarSet})
	if err != nil {
		t.Fatal(err)
	}
	library := newLibrary(t, view)
	var want strings.Builder
	for _, group := range []struct {
		file    string
		library func(t *testing.T, o *object) outcome
		command func(t *testing.T, file string, o *object) outcome
		server  func(t *testing.T, o *object) outcome
	}{
		{"pods.yaml", library.inject, commandInject, server.inject},
		{"objects.yaml", library.validate, commandValidate, server.validate},
		{"protected.yaml", library.delete, commandCanDelete, server.delete},
	} {
		for _, o := range goldenObjects(t, doors+group.file) {
			t.Run(group.file+"/"+o.Metadata.Name, func(t *testing.T) {
				byLibrary := group.library(t, o)
				file := filepath.Join(t.TempDir(), "object.yaml")
				if err := os.WriteFile(file, o.raw, 0o600); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(byLibrary, group.command(t, file, o)); diff != "" {
					t.Errorf("the command line differs from the library (-library +command):\n%s", diff)
				}
				if diff := cmp.Diff(byLibrary, group.server(t, o)); diff != "" {
					t.Errorf("the server differs from the library (-library +server):\n%s", diff)
				}
				fmt.Fprintf(&want, "%s: %s: %s\n", group.file, o, byLibrary.Verdict)
				for _, line := range append([]string{byLibrary.Message, byLibrary.Patch}, byLibrary.Warnings...) {
					if line != "" {
						fmt.Fprintf(&want, "    %s\n", line)
					}
				}
			})
		}
	}
	compareGolden(t, doors+"want.txt", want.String())
}

// compareGolden compares with a file, which -update writes.
func compareGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs, which -update rewrites (-want +got):\n%s", file, diff)
	}
}

func goldenObjects(t *testing.T, file string) []*object {
	t.Helper()
	_, objects, err := readObjects("-f", []string{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

var timestamps = regexp.MustCompile(`"updateTimestamp\\":\\"[^"\\]*\\"`)

// encodePatch writes a patch with sorted members and without times.
func encodePatch(t *testing.T, patch any) string {
	t.Helper()
	text, err := json.Marshal(patch)
	if err != nil {
		t.Fatal(err)
	}
	var operations []map[string]any
	if err := json.Unmarshal(text, &operations); err != nil {
		t.Fatal(err)
	}
	if len(operations) == 0 {
		return ""
	}
	if text, err = json.Marshal(operations); err != nil {
		t.Fatal(err)
	}
	return timestamps.ReplaceAllString(string(text), `"updateTimestamp\":\"TIME\"`)
}

func verdictOf(d decision.Decision, err error) outcome {
	switch {
	case err != nil:
		return outcome{Verdict: unknown, Message: err.Error()}
	case !d.Allowed:
		return outcome{Verdict: refused, Message: d.Message, Warnings: d.Warnings}
	}
	return outcome{Verdict: fine, Warnings: d.Warnings}
}

// library is the admission of pods as another program uses it.
type library struct {
	view     cluster.View
	pipeline *podsteps.Pipeline
}

func newLibrary(t *testing.T, view cluster.View) *library {
	t.Helper()
	engine, err := inject.New(inject.Options{View: view, Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, set := range view.SidecarSets() {
		names = append(names, set.Name)
	}
	engine.Changed(names)
	pipeline, err := podsteps.New(podsteps.Options{Sidecars: engine, View: view, PodUnavailableBudgets: true})
	if err != nil {
		t.Fatal(err)
	}
	return &library{view: view, pipeline: pipeline}
}

func (l *library) inject(t *testing.T, o *object) outcome {
	d, err := l.pipeline.Review(t.Context(), reviewRequest(o, "pods", admissionv1.Create))
	got := verdictOf(d, err)
	got.Patch = encodePatch(t, d.Patch)
	return got
}

func (l *library) validate(t *testing.T, o *object) outcome {
	var mutating, validating decision.Reviewer = defaults.SidecarSet{}, validate.SidecarSet{Cluster: l.view}
	resource := "sidecarsets"
	if o.Kind == "CloneSet" {
		resource = "clonesets"
		mutating = defaults.CloneSet{}
		validating = validate.CloneSet{Defaults: func(template json.RawMessage) (json.RawMessage, error) { return defaults.PodTemplate(template, false) }}
	}
	request := reviewRequest(o, resource, admissionv1.Create)
	d, err := mutating.Review(t.Context(), request)
	if err != nil || !d.Allowed {
		return verdictOf(d, err)
	}
	request.Object.Raw = applyPatch(t, request.Object.Raw, encodeRaw(t, d.Patch))
	return verdictOf(validating.Review(t.Context(), request))
}

func (l *library) delete(t *testing.T, o *object) outcome {
	request := reviewRequest(o, "", admissionv1.Delete)
	rules := protection.New(protection.Options{Enabled: true, Namespaces: l.view, Now: time.Now})
	return verdictOf(rules.Review(t.Context(), request))
}

// reviewRequest is what an API server asks.
func reviewRequest(o *object, resource string, operation admissionv1.Operation) *admissionv1.AdmissionRequest {
	version := o.APIVersion[strings.LastIndex(o.APIVersion, "/")+1:]
	if resource == "" {
		resource = strings.ToLower(o.Kind) + "s"
	}
	request := &admissionv1.AdmissionRequest{
		UID:  "1",
		Kind: metav1.GroupVersionKind{Group: o.group(), Version: version, Kind: o.Kind}, Namespace: o.Metadata.Namespace, Name: o.Metadata.Name,
		Resource: metav1.GroupVersionResource{Group: o.group(), Version: version, Resource: resource}, Operation: operation,
	}
	if operation == admissionv1.Delete {
		request.OldObject = runtime.RawExtension{Raw: o.raw}
	} else {
		request.Object = runtime.RawExtension{Raw: o.raw}
	}
	return request
}

func encodeRaw(t *testing.T, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// command runs a command line and returns its output, its messages and its exit code.
func command(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = execute(context.Background(), args, &out, &errs)
	return out.String(), errs.String(), code
}

var verdictsByCode = map[int]string{0: fine, exitRefused: refused, exitUnable: unknown}

// messages finds the lines that begin with a word, without what says about which object they are.
func messages(stderr, word string) (found []string) {
	for line := range strings.Lines(stderr) {
		if rest, ok := strings.CutPrefix(line, word+": "); ok {
			if _, message, ok := strings.Cut(rest, "): "); ok {
				rest = message
			}
			found = append(found, strings.TrimSuffix(rest, "\n"))
		}
	}
	return found
}

func commandInject(t *testing.T, file string, _ *object) outcome {
	stdout, stderr, code := command(t, "inject", "-f", file, "--sidecarsets", doors+"sidecarsets.yaml", "-o", "patch")
	got := outcome{Verdict: verdictsByCode[code], Message: strings.Join(messages(stderr, "refused"), ""), Warnings: messages(stderr, "warning")}
	if code != 0 {
		return got
	}
	var entries []struct{ Patch json.RawMessage }
	if err := json.Unmarshal([]byte(stdout), &entries); err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		got.Patch = encodePatch(t, entry.Patch)
	}
	return got
}

func commandValidate(t *testing.T, file string, _ *object) outcome {
	stdout, _, code := command(t, "validate", "-f", file, "--sidecarsets", doors+"sidecarsets.yaml", "-o", "json")
	var report validationReport
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Results) != 1 || report.Results[0].Verdict != verdictsByCode[code] {
		t.Fatalf("exit code %d with %s", code, stdout)
	}
	return outcome{Verdict: report.Results[0].Verdict, Message: report.Results[0].Message, Warnings: report.Results[0].Warnings}
}

func commandCanDelete(t *testing.T, file string, o *object) outcome {
	stdout, stderr, code := command(t, "can-delete", o.Kind+"/"+o.Metadata.Name, "-f", file, "-o", "json")
	var verdict deleteVerdict
	if err := json.Unmarshal([]byte(stdout), &verdict); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	if verdict.Verdict != verdictsByCode[code] {
		t.Fatalf("exit code %d with %s", code, stdout)
	}
	got := outcome{Verdict: verdict.Verdict, Warnings: verdict.Warnings}
	if verdict.Verdict != fine {
		got.Message = verdict.Why
	}
	return got
}

// ask posts a review and returns the outcome with the raw patch.
func (r *running) ask(t *testing.T, path string, request *admissionv1.AdmissionRequest) (outcome, []byte) {
	t.Helper()
	review := encodeRaw(t, admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"}, Request: request,
	})
	response, err := r.client.Post("https://"+r.addresses["webhooks"]+path, "application/json", bytes.NewReader(review))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		return outcome{Verdict: unknown, Message: strings.TrimSuffix(string(body), "\n")}, nil
	}
	var answer struct {
		Response struct {
			Allowed  bool
			Warnings []string
			Patch    string
			Status   struct{ Message string }
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatal(err)
	}
	patch, err := base64.StdEncoding.DecodeString(answer.Response.Patch)
	if err != nil {
		t.Fatal(err)
	}
	if !answer.Response.Allowed {
		return outcome{Verdict: refused, Message: answer.Response.Status.Message, Warnings: answer.Response.Warnings}, nil
	}
	return outcome{Verdict: fine, Warnings: answer.Response.Warnings}, patch
}

func (r *running) inject(t *testing.T, o *object) outcome {
	got, patch := r.ask(t, "/mutate-pod", reviewRequest(o, "pods", admissionv1.Create))
	if len(patch) > 0 {
		got.Patch = encodePatch(t, json.RawMessage(patch))
	}
	return got
}

func (r *running) validate(t *testing.T, o *object) outcome {
	path := "-apps-kruise-io-" + strings.ToLower(o.Kind)
	request := reviewRequest(o, strings.ToLower(o.Kind)+"s", admissionv1.Create)
	got, patch := r.ask(t, "/mutate"+path, request)
	if got.Verdict != fine {
		return got
	}
	request.Object.Raw = applyPatch(t, request.Object.Raw, patch)
	got, _ = r.ask(t, "/validate"+path, request)
	return got
}

func (r *running) delete(t *testing.T, o *object) outcome {
	path := map[string]string{
		"Namespace": "/validate-namespace", "Service": "/validate-service", "Deployment": "/validate-apps-deployment",
		"CloneSet": "/validate-apps-kruise-io-cloneset",
	}[o.Kind]
	got, _ := r.ask(t, path, reviewRequest(o, "", admissionv1.Delete))
	return got
}

// applyPatch applies a JSON Patch.
func applyPatch(t *testing.T, object, patch []byte) []byte {
	t.Helper()
	if len(patch) == 0 {
		return object
	}
	var operations []decision.Operation
	if err := json.Unmarshal(patch, &operations); err != nil {
		t.Fatal(err)
	}
	patched, err := yamlpatch.ApplyJSON(object, operations)
	if err != nil {
		t.Fatal(err)
	}
	return patched
}
