package protection

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
)

// recorded is a recorded decision of OpenKruise, see test/conformance.
type recorded struct {
	ID     string          `json:"id"`
	Family string          `json:"family"`
	Path   string          `json:"path"`
	Gates  map[string]bool `json:"gates"`
	Review json.RawMessage `json:"review"`
	Expect struct {
		Allowed bool   `json:"allowed"`
		Code    *int32 `json:"code"`
		Message string `json:"message"`
	} `json:"expect"`
}

// gates are those that cases of the family were recorded with, on top of which a case may have its own.
var gates = map[string]bool{"ResourcesDeletionProtection": true, "DeletionProtectionForCRDCascadingGate": true}

// gatesOf spells the gates of a case as a flag.
func (c *recorded) gatesOf() string {
	var settings []string
	for gate, on := range gates {
		if own, set := c.Gates[gate]; set {
			on = own
		}
		settings = append(settings, fmt.Sprintf("%s=%t", gate, on))
	}
	slices.Sort(settings)
	return strings.Join(settings, ",")
}

// TestRecordedDecisions posts the recorded reviews of the family protection to the server over HTTPS; what it has to look up is in the
// cluster, as it was when they were recorded.
func TestRecordedDecisions(t *testing.T) {
	cluster := prepare(t)
	folder := filepath.Join(installation.Root(), "test", "conformance")
	loadUniverse(t, cluster, filepath.Join(folder, "testdata", "validate", "universe.yaml"))
	grantInstances(t, cluster)
	byGates := map[string][]recorded{}
	for _, c := range readRecorded(t, filepath.Join(folder, "testdata", "validate", "cases.jsonl")) {
		byGates[c.gatesOf()] = append(byGates[c.gatesOf()], c)
	}
	deviations := readDeviations(t, filepath.Join(folder, "deviations.yaml"))
	for gates, cases := range byGates {
		t.Run(gates, func(t *testing.T) {
			installed := install(t, cluster, "", "--feature-gates="+gates)
			client := callAsAPIServer(t, cluster)
			for _, c := range cases {
				t.Run(c.ID, func(t *testing.T) {
					if deviates(deviations, c.ID) {
						t.Skip("decided otherwise on purpose")
					}
					c.compare(t, post(t, client, "https://"+installed.Replicas()[0].Address()+c.Path, c.Review))
				})
			}
		})
	}
}

// grantInstances lets the server list the objects of the recorded definitions, which it may not by itself.
func grantInstances(t *testing.T, cluster *controlplane.ControlPlane) {
	t.Helper()
	roles, meta := cluster.Client().RbacV1(), metav1.ObjectMeta{Name: "recorded-instances"}
	_, err := roles.ClusterRoles().Create(t.Context(), &rbacv1.ClusterRole{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{"vv.example.com"}, Resources: []string{"*"}, Verbs: []string{"list"}},
	}}, metav1.CreateOptions{})
	if err == nil {
		_, err = roles.ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{
			ObjectMeta: meta,
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: meta.Name},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: installation.Namespace, Name: "kruise-admission"}},
		}, metav1.CreateOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// compare is the contract: the verdict, the code, and the words that tools match.
func (c *recorded) compare(t *testing.T, got *admissionv1.AdmissionResponse) {
	t.Helper()
	words := strings.HasPrefix(c.Expect.Message, "forbidden by ") || strings.HasPrefix(c.Expect.Message, "feature-gate ")
	switch {
	case got.Allowed != c.Expect.Allowed:
		t.Errorf("allowed %t, want %t: %+v", got.Allowed, c.Expect.Allowed, got.Result)
	case !got.Allowed && c.Expect.Code != nil && got.Result.Code != *c.Expect.Code:
		t.Errorf("code %d, want %d: %s", got.Result.Code, *c.Expect.Code, got.Result.Message)
	case !got.Allowed && words && !strings.HasPrefix(got.Result.Message, c.Expect.Message):
		t.Errorf("message %q, want %q", got.Result.Message, c.Expect.Message)
	}
}

// callAsAPIServer returns a client that trusts what the API server trusts.
func callAsAPIServer(t *testing.T, cluster *controlplane.ControlPlane) *http.Client {
	t.Helper()
	configuration, err := cluster.Client().AdmissionregistrationV1().ValidatingWebhookConfigurations().Get(t.Context(), "kruise-admission", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM(configuration.Webhooks[0].ClientConfig.CABundle) {
		t.Fatal("no caBundle is published")
	}
	return &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: &tls.Config{
		RootCAs: authorities, ServerName: "kruise-admission-webhook.kruise-admission.svc", MinVersion: tls.VersionTLS13,
	}}}
}

func post(t *testing.T, client *http.Client, url string, review []byte) *admissionv1.AdmissionResponse {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(review))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer admissionv1.AdmissionReview
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.Response == nil || response.StatusCode != http.StatusOK {
		t.Fatalf("HTTP %d, %+v, %v", response.StatusCode, answer, err)
	}
	return answer.Response
}

func readRecorded(t *testing.T, file string) (cases []recorded) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var c recorded
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		if c.Family == "protection" {
			cases = append(cases, c)
		}
	}
	if err := lines.Err(); err != nil || len(cases) == 0 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	return cases
}

// readDeviations returns the patterns of the cases that are decided otherwise.
func readDeviations(t *testing.T, file string) (patterns []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var entries []struct {
		Set string   `json:"set"`
		IDs []string `json:"ids"`
	}
	if err := yaml.Unmarshal(text, &entries); err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Set == "validate" {
			patterns = append(patterns, entry.IDs...)
		}
	}
	return patterns
}

func deviates(patterns []string, id string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { matches, _ := path.Match(pattern, id); return matches })
}

// loadUniverse creates what deletes of the family look at: namespaces with their pods and claims, and definitions with their objects.
func loadUniverse(t *testing.T, cluster *controlplane.ControlPlane, file string) {
	t.Helper()
	objects, err := installation.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	admin := as(t, cluster)
	for _, kinds := range []func(o *unstructured.Unstructured) bool{
		func(o *unstructured.Unstructured) bool {
			return o.GetKind() == "Namespace" && strings.HasPrefix(o.GetName(), "vv-") ||
				o.GetKind() == "CustomResourceDefinition" && strings.HasSuffix(o.GetName(), ".vv.example.com")
		},
		func(o *unstructured.Unstructured) bool {
			below := o.GetKind() == "Pod" || o.GetKind() == "PersistentVolumeClaim"
			return below && strings.HasPrefix(o.GetNamespace(), "vv-ns-") || o.GroupVersionKind().Group == "vv.example.com"
		},
	} {
		for _, o := range objects {
			if kinds(o) {
				load(t, admin, o)
			}
		}
	}
}

// load creates one object as it was: with its status, and terminating when it was.
func load(t *testing.T, admin *person, o *unstructured.Unstructured) {
	t.Helper()
	terminating := o.GetDeletionTimestamp() != nil
	for _, field := range []string{"uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"} {
		unstructured.RemoveNestedField(o.Object, "metadata", field)
	}
	status, hasStatus := o.Object["status"]
	delete(o.Object, "status")
	controlplane.Eventually(t, o.GetKind()+" "+o.GetName()+" is created", func(ctx context.Context) error {
		_, err := admin.client.Create(ctx, o)
		if apierrors.IsAlreadyExists(err) {
			return nil
		}
		return err // a ServiceAccount or the endpoint of a definition may not be there yet
	})
	if hasStatus && (o.GetKind() == "Pod" || o.GetKind() == "PersistentVolumeClaim") {
		patch, err := json.Marshal(map[string]any{"status": status})
		if err == nil {
			_, err = admin.resource(t, o).Patch(t.Context(), o.GetName(), types.MergePatchType, patch, metav1.PatchOptions{}, "status")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if terminating {
		if err := admin.client.Delete(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
}
