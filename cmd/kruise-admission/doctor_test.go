package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kruise-admission/kruise-admission/webhook"
)

// TestCauses gives what API servers and Go say of calls that fail, word for word, and what it means. Those that test/cli produces
// on a real API server are not the only ones: what firewalls, DNS servers and network plug-ins do cannot be had there.
func TestCauses(t *testing.T) {
	const call = `Internal error occurred: failed calling webhook "mpod.kb.io": failed to call webhook: `
	const post = call + `Post "https://kruise-admission-webhook.kruise-admission.svc:443/mutate-pod?timeout=5s": `
	used := map[string]bool{}
	for says, want := range map[string]string{
		call + `service "kruise-admission-webhook" not found`:                                                                                                          "does not exist",
		call + `no service port 8443 found for service "kruise-admission-webhook"`:                                                                                     "a port that the Service does not have",
		post + `no endpoints available for service "kruise-admission-webhook"`:                                                                                         "no replica behind the Service is ready",
		post + `dial tcp: lookup kruise-admission-webhook.kruise-admission.svc on 10.0.0.10:53: no such host`:                                                          "does not resolve",
		post + `dial tcp: lookup admission.example.com on 10.0.0.10:53: server misbehaving`:                                                                            "does not answer properly",
		post + `dial tcp: lookup admission.example.com on 10.0.0.10:53: read udp 10.0.0.1:5->10.0.0.10:53: i/o timeout`:                                                "asks does not answer",
		post + `tls: failed to verify certificate: x509: certificate signed by unknown authority`:                                                                      "of another authority",
		post + `tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z is after 2025-01-01T00:00:00Z`: "has expired",
		post + `tls: failed to verify certificate: x509: certificate is valid for localhost, not kruise-admission-webhook.kruise-admission.svc`:                        "for other names",
		post + `tls: failed to verify certificate: x509: certificate is not valid for any names, but wanted to match kruise-admission-webhook.kruise-admission.svc`:    "for no name",
		post + `tls: failed to verify certificate: x509: certificate specifies an incompatible key usage`:                                                              "does not verify",
		post + `tls: first record does not look like a TLS handshake`:                                                                                                  "does not speak TLS",
		post + `http: server gave HTTP response to HTTPS client`:                                                                                                       "does not speak TLS",
		post + `remote error: tls: internal error`:                                                                                                                     "has no certificate yet",
		post + `net/http: TLS handshake timeout`:                                                                                                                       "wrong MTU",
		post + `dial tcp 10.0.0.7:443: connect: connection refused`:                                                                                                    "nothing listens",
		post + `dial tcp 10.0.0.7:443: connect: no route to host`:                                                                                                      "network of the pods",
		post + `dial tcp 10.0.0.7:443: connect: network is unreachable`:                                                                                                "network of the pods",
		post + `dial tcp 10.0.0.7:443: i/o timeout`:                                                                                                                    "packets from the API server to the pods are dropped",
		post + `net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)`:                                              "no answer comes in time",
		post + `context deadline exceeded`:                                                                                                                             "no answer comes in time",
		call + `the server could not find the requested resource`:                                                                                                      "answers 404",
		call + `the server is currently unable to handle the request`:                                                                                                  "cannot decide yet",
		call + `expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got v1, Kind=Status`:                                                           "no admission server",
		post + `read tcp 10.0.0.1:5->10.0.0.7:443: read: connection reset by peer`:                                                                                     "cut",
		post + `EOF`:           "closed before an answer",
		call + `something new`: "cannot call the server",
	} {
		err := errors.New(says)
		got := causeOf(err)
		used[got.what] = true
		if !strings.Contains(got.what, want) || got.remedy == "" {
			t.Errorf("%s\n  means %q, want %q", says, got.what, want)
		}
		if !isCallFailure(err) {
			t.Errorf("not taken for a failed call: %s", says)
		}
	}
	for _, known := range callCauses {
		if !used[known.cause.what] {
			t.Errorf("no case leads to %q", known.cause.what)
		}
	}
	for _, no := range []error{nil, errors.New(`admission webhook "vpod.kb.io" denied the request: no`), errors.New(`pods is forbidden`)} {
		if isCallFailure(no) {
			t.Errorf("taken for a failed call: %v", no)
		}
	}
}

// TestNeededRights proves that the manifests give all the rights that doctor looks for: a good installation must not be called wrong.
func TestNeededRights(t *testing.T) {
	documents, err := readDocuments([]string{"../../deploy/manifests/10-rbac.yaml"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var everywhere, own []rbacv1.PolicyRule
	for _, d := range documents {
		var role rbacv1.ClusterRole // a Role has the same rules
		if d.json == nil {
			continue
		}
		if err := json.Unmarshal(d.json, &role); err != nil {
			t.Fatal(err)
		}
		if role.Kind == "ClusterRole" {
			everywhere = append(everywhere, role.Rules...)
		}
		own = append(own, role.Rules...)
	}
	gates, err := webhook.ParseGates("AllAlpha=true,AllBeta=true")
	if err != nil {
		t.Fatal(err)
	}
	for _, right := range (needs{configurations: []string{webhook.DefaultConfigurationName}, selfManaged: true, gates: gates}).rights() {
		rules := everywhere
		if right.own {
			rules = own
		}
		for _, verb := range right.verbs {
			if !slices.ContainsFunc(rules, func(r rbacv1.PolicyRule) bool {
				return slices.Contains(r.APIGroups, right.group) && slices.Contains(r.Resources, right.resource) && slices.Contains(r.Verbs, verb) &&
					(len(r.ResourceNames) == 0 || slices.Contains(r.ResourceNames, right.name))
			}) {
				t.Errorf("deploy/manifests/10-rbac.yaml does not give %s %s", verb, right)
			}
		}
	}
}

// TestRightsAreNamed as kubectl names resources.
func TestRightsAreNamed(t *testing.T) {
	for want, right := range map[string]neededRight{
		"pods":                        {resource: "pods"},
		"pods/eviction":               {resource: "pods/eviction"},
		"secrets kruise-admission-ca": {resource: "secrets", name: "kruise-admission-ca"},
		"sidecarsets.apps.kruise.io":  {group: "apps.kruise.io", resource: "sidecarsets"},
	} {
		if got := right.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestNeededRightsCoverTheView: doctor must not call an installation good whose server waits for a list that it may not read, and not ask for
// the right to kinds whose gates are off.
func TestNeededRightsCoverTheView(t *testing.T) {
	for _, flag := range []string{"", "WorkloadSpread=false", "PodUnavailableBudgetDeleteGate=false", "PodUnavailableBudgetDeleteGate=false,PodUnavailableBudgetUpdateGate=true",
		"PodWebhook=false", "EnablePodProbeMarkerOnServerless=true"} {
		gates, err := webhook.ParseGates(flag)
		if err != nil {
			t.Fatal(err)
		}
		kinds := kindsFor(gates)
		for resource, watched := range map[string]bool{
			"persistentpodstates": kinds.PersistentPodStates, "workloadspreads": kinds.WorkloadSpreads,
			"podunavailablebudgets": kinds.PodUnavailableBudgets, "podprobemarkers": kinds.PodProbeMarkers,
		} {
			needed := slices.ContainsFunc(needs{gates: gates}.rights(), func(r neededRight) bool {
				return r.resource == resource && slices.Contains(r.verbs, "list") && slices.Contains(r.verbs, "watch")
			})
			if needed != watched {
				t.Errorf("%s with %q: watched: %t, doctor looks for the right: %t", resource, flag, watched, needed)
			}
		}
	}
}

// TestRightsOfTheRunningServer: what the server is told by its flags decides which rights it needs.
func TestRightsOfTheRunningServer(t *testing.T) {
	const spreads = "workloadspreads.apps.kruise.io"
	for name, test := range map[string]struct {
		containers string // of its Deployment, empty for none
		lacks      string // the right that the server has not
		status     string
		want       string
	}{
		"a gate that is on":         {`{"args":["serve"]}`, "workloadspreads", checkWrong, "may not: get " + spreads},
		"a gate that is off":        {`{"args":["serve","--feature-gates=WorkloadSpread=false"]}`, "workloadspreads", checkOK, "may do what the server needs"},
		"as two words":              {`{"command":["/server","serve","--log-level","debug","--feature-gates","WorkloadSpread=false"]}`, "workloadspreads", checkOK, "with its flags"},
		"a subresource":             {`{"args":["serve"]}`, "podunavailablebudgets/status", checkWrong, "may not: patch podunavailablebudgets/status.policy.kruise.io"},
		"evictions":                 {`{"args":["serve","--evict-missed=5"]}`, "pods/eviction", checkWrong, "may not: create pods/eviction"},
		"no evictions":              {`{"args":["serve"]}`, "pods/eviction", checkOK, "with its flags"},
		"flags of a newer version":  {`{"args":["serve","--new=1","--other","2","--feature-gates=WorkloadSpread=false"]}`, "workloadspreads", checkOK, "with its flags"},
		"a flag with a wrong value": {`{"args":["serve","--evict-missed=many"]}`, "", checkOK, "are not known: invalid argument"},
		"a gate that nobody knows":  {`{"args":["serve","--feature-gates=Nope=true"]}`, "", checkWrong, "invalid value \"Nope=true\""},
		"another container":         {`{"image":"proxy"},{"args":["serve","--feature-gates=WorkloadSpread=false"]}`, "workloadspreads", checkOK, "with its flags"},
		"no server in it":           {`{"image":"proxy"}`, "", checkOK, "are not known: no container"},
		"no Deployment":             {"", "workloadspreads", checkWrong, "may not: get " + spreads},
	} {
		t.Run(name, func(t *testing.T) {
			client := fake.NewClientset()
			if test.containers != "" {
				deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "server", Name: "d", Labels: map[string]string{"app.kubernetes.io/name": program}}}
				if err := json.Unmarshal([]byte("["+test.containers+"]"), &deployment.Spec.Template.Spec.Containers); err != nil {
					t.Fatal(err)
				}
				client = fake.NewClientset(deployment)
			}
			client.PrependReactor("create", "subjectaccessreviews", func(action clienttesting.Action) (bool, runtime.Object, error) {
				review := action.(clienttesting.CreateAction).GetObject().(*authorizationv1.SubjectAccessReview).DeepCopy()
				asked := review.Spec.ResourceAttributes
				review.Status.Allowed = strings.TrimSuffix(asked.Resource+"/"+asked.Subresource, "/") != test.lacks
				return true, review, nil
			})
			d := &doctor{client: client, doctorOptions: &doctorOptions{
				questionOptions: questionOptions{serverNamespace: "server"}, serviceAccount: "a", configurations: []string{"c"},
			}}
			checks := d.checkRights(t.Context())
			if len(checks) != 1 || checks[0].Status != test.status || !strings.Contains(checks[0].Detail, test.want) {
				t.Errorf("%+v, want %s and %q", checks, test.status, test.want)
			}
		})
	}
}

// TestVersions: an old cluster is told, and one whose version cannot be read is not taken for old.
func TestVersions(t *testing.T) {
	for minor, want := range map[string]string{"29": checkWrong, "29+": checkWrong, "30": checkOK, "36+": checkOK, "x": checkOK} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if r.URL.Path == "/version" {
				_, _ = fmt.Fprintf(w, `{"major":"1","minor":%q,"gitVersion":"v1.%[1]s"}`, minor)
				return
			}
			_, _ = fmt.Fprint(w, `{"apiVersion":"apps/v1","kind":"DeploymentList","items":[{"spec":{"template":{"spec":{"containers":[{"image":"server:7"}]}}}}]}`)
		}))
		d := doctorOf(t, server)
		checks := d.checkVersions(t.Context())
		if len(checks) != 1 || checks[0].Status != want || (checks[0].Remedy == "") != (want == checkOK) {
			t.Errorf("minor version %s: %+v, want %s", minor, checks, want)
		}
		if want == checkOK && !strings.Contains(checks[0].Detail, "server:7") {
			t.Errorf("minor version %s: %q does not name the image", minor, checks[0].Detail)
		}
	}
}

// TestAClusterThatDoesNotAnswer: no check takes a failed look-up for a fault, nor for health.
func TestAClusterThatDoesNotAnswer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "overloaded", http.StatusInternalServerError)
	}))
	d := doctorOf(t, server)
	report := d.examine(t.Context())
	if len(report.Checks) != 9 {
		t.Errorf("%d checks, want 9", len(report.Checks))
	}
	for _, c := range report.Checks {
		if c.Status != checkUnknown {
			t.Errorf("%+v, want unknown", c)
		}
	}
	if code := exitCode(report.verdict()); code != exitUnable {
		t.Errorf("exit code %d, want %d", code, exitUnable)
	}
}

// doctorOf is a doctor who asks a server.
func doctorOf(t *testing.T, server *httptest.Server) *doctor {
	t.Helper()
	t.Cleanup(server.Close)
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf(`{clusters: [{name: c, cluster: {server: %q}}], contexts: [{name: c, context: {cluster: c, user: u}}], users: [{name: u}], current-context: c}`, server.URL)
	if err := os.WriteFile(kubeconfig, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := restConfig(kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1
	d, err := newDoctor(&doctorOptions{
		questionOptions: questionOptions{namespace: "shop", serverNamespace: "server", timeout: 2e9}, service: "s", serviceAccount: "a", configurations: []string{"c"},
	}, config)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
