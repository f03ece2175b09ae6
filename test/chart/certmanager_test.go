package chart

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
	"github.com/kruise-admission/kruise-admission/test/programs"
)

// certManagerModule is where cert-manager's controllers are built.
func certManagerModule() string { return filepath.Join(installation.Root(), "test", "certmanager") }

// inCertManagerModule runs the go command there and returns what it printed.
func inCertManagerModule(args ...string) (string, error) {
	command := exec.Command("go", args...)
	command.Dir = certManagerModule()
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	output, err := command.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("go %s: %w\n%s", args[0], err, exit.Stderr)
	}
	return strings.TrimSpace(string(output)), err
}

// TestR12CertManagerIssues installs the chart with ci/cert-manager-values.yaml before cert-manager does anything. The server waits and
// says for what: the certificate, then the caBundle. When cert-manager's own controllers have brought both it becomes ready without a
// restart, and no call is lost while they renew the certificate and the authority above it.
func TestR12CertManagerIssues(t *testing.T) {
	binary, err := programs.Module(certManagerModule())
	if err != nil {
		t.Fatal(err)
	}
	cluster := controlplane.StartForTest(t, controlplane.Options{})
	client, err := installation.NewClient(cluster.RESTConfig(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	applyCertManagerCRDs(t, client)
	if _, err := cluster.CreateNamespace(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}); err != nil {
		t.Fatal(err)
	}
	port := controlplane.PortForTest(t, "127.0.0.1")
	if _, err := helmIn(t.Context(), t, cluster, "install", release, chartDir(), "--values", values(t)["cert-manager"],
		"--set", fmt.Sprintf("service.port=%d", port)); err != nil {
		t.Fatal(err)
	}
	if err := cluster.Client().CoreV1().Services(namespace).Delete(t.Context(), release+"-webhook", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := controlplane.ServiceToLoopback(t.Context(), cluster.Client(), namespace, release+"-webhook", port); err != nil {
		t.Fatal(err)
	}
	server := runAsDeployed(t, cluster, namespace, fmt.Sprintf("--listen-address=127.0.0.1:%d", port))
	says := func(text string) {
		t.Helper()
		controlplane.Eventually(t, "the server says: "+text, func(ctx context.Context) error {
			if err := server.ready(ctx); err == nil || !strings.Contains(err.Error(), text) {
				return fmt.Errorf("it says %w", err)
			}
			return nil
		})
	}
	says("the Secret behind it has not been issued yet; with cert-manager, `kubectl describe certificate` says why")
	logs := t.TempDir()
	startProcess(t, "issue", binary, logs, "issue", cluster.Kubeconfig())
	says(fmt.Sprintf("its caBundle is empty: cert-manager's cainjector has not written it yet; it takes it from certificate %s/%s", namespace, release))
	startProcess(t, "inject", binary, logs, "inject", cluster.Kubeconfig())
	controlplane.Eventually(t, "the server is ready", server.ready)

	call := func(ctx context.Context) error {
		wrong, err := installation.Parse("apiVersion: apps.kruise.io/v1alpha1\nkind: SidecarSet\nmetadata: {name: wrong}\nspec: {}")
		if err != nil {
			return err
		}
		if _, err := client.Create(ctx, wrong); err == nil || !strings.Contains(err.Error(), "vsidecarset.kb.io") || !strings.Contains(err.Error(), "denied the request") {
			return fmt.Errorf("the server was not asked about a SidecarSet without selector: %w", err)
		}
		return nil
	}
	controlplane.Eventually(t, "the API server calls", call)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var calls atomic.Int64
	failed := make(chan error, 1)
	go func() {
		defer close(failed)
		for ctx.Err() == nil {
			if err := call(context.Background()); err != nil {
				failed <- err
				return
			}
			calls.Add(1)
			time.Sleep(5 * time.Millisecond)
		}
	}()
	for _, name := range []string{release, release + "-authority", release} {
		before, old := calls.Load(), servedBy(t, port)
		renew(t, client, name)
		if name == release {
			controlplane.Eventually(t, "the renewed certificate is served", func(context.Context) error {
				if servedBy(t, port) == old {
					return errors.New("not yet")
				}
				return nil
			})
		}
		controlplane.Eventually(t, "calls go on", func(context.Context) error {
			if count := calls.Load(); count < before+20 {
				return fmt.Errorf("%d calls", count-before)
			}
			return nil
		})
	}
	stop()
	if err := <-failed; err != nil {
		t.Errorf("after %d calls: %v", calls.Load(), err)
	}
	if err := server.ready(t.Context()); err != nil {
		t.Error("after the renewals:", err)
	}
	t.Logf("%d calls while the certificate was renewed twice and its authority once", calls.Load())
}

// renew does what `cmctl renew` does, and waits until a certificate has been issued.
func renew(t *testing.T, client *installation.Client, name string) {
	t.Helper()
	certificate, err := installation.Parse(fmt.Sprintf("apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: %s, namespace: %s}", name, namespace))
	if err != nil {
		t.Fatal(err)
	}
	revision := func(ctx context.Context) (int64, error) {
		stored, err := client.Get(ctx, certificate)
		if err != nil {
			return 0, err
		}
		revision, _, err := unstructured.NestedInt64(stored.Object, "status", "revision")
		return revision, err
	}
	before, err := revision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	resource, err := client.Resource(certificate)
	if err != nil {
		t.Fatal(err)
	}
	// A patch of what cert-manager writes as well is refused only while the condition of the time before is there.
	issuing := fmt.Sprintf(`[{"op":"add","path":"/status/conditions/-","value":{"type":"Issuing","status":"True","reason":"ManuallyTriggered","message":"by a test","lastTransitionTime":%q}}]`,
		time.Now().UTC().Format(time.RFC3339))
	controlplane.Eventually(t, name+" is to be issued again", func(ctx context.Context) error {
		_, err := resource.Patch(ctx, name, types.JSONPatchType, []byte(issuing), metav1.PatchOptions{}, "status")
		return err
	})
	controlplane.Eventually(t, name+" is issued again", func(ctx context.Context) error {
		now, err := revision(ctx)
		if err == nil && now == before {
			err = fmt.Errorf("revision %d", now)
		}
		return err
	})
}

// servedBy is the serial number of the certificate that is served.
func servedBy(t *testing.T, port int32) string {
	t.Helper()
	connection, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	return connection.ConnectionState().PeerCertificates[0].SerialNumber.Text(16)
}

// applyCertManagerCRDs installs the CRDs of the version of the controllers.
func applyCertManagerCRDs(t *testing.T, client *installation.Client) {
	t.Helper()
	module, err := inCertManagerModule("list", "-m", "-f", "{{.Dir}}", "github.com/cert-manager/cert-manager")
	if err != nil {
		t.Fatal(err)
	}
	crds, err := installation.Read(filepath.Join(module, "deploy", "crds"))
	if err != nil {
		t.Fatal(err)
	}
	for _, crd := range crds {
		if _, err := client.Apply(t.Context(), crd); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range []string{"Certificate", "CertificateRequest", "Issuer", "ClusterIssuer", "Order", "Challenge"} {
		group := "cert-manager.io"
		if kind == "Order" || kind == "Challenge" {
			group = "acme.cert-manager.io"
		}
		object := &unstructured.Unstructured{Object: map[string]any{"apiVersion": group + "/v1", "kind": kind}}
		controlplane.Eventually(t, kind+" is served", func(ctx context.Context) error {
			resource, err := client.Resource(object)
			if err != nil {
				return err
			}
			_, err = resource.List(ctx, metav1.ListOptions{})
			return err
		})
	}
}

// TestChartAndCommandAgreeOnCertManager: `kruise-admission generate cert-manager` makes the objects of the chart, but for the labels.
func TestChartAndCommandAgreeOnCertManager(t *testing.T) {
	binary, err := installation.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ chart, command []string }{
		"defaults": {},
		"other names": {
			[]string{"--set", "fullnameOverride=ka,service.name=hooks,certificates.clusterDomain=example.org"},
			[]string{"--webhook-configuration=ka", "--service-name=hooks", "--cluster-domain=example.org"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := exec.CommandContext(t.Context(), binary, append([]string{"generate", "cert-manager", "--namespace", namespace}, test.command...)...).Output()
			if err != nil {
				t.Fatal(err)
			}
			printed, rendered := map[string]any{}, map[string]any{}
			for _, object := range parse(t, string(text)) {
				printed[object.GetKind()+" "+object.GetName()] = inComparableForm(t, object)
			}
			for _, object := range render(t, append([]string{"--set", "certificates.mode=certManager"}, test.chart...)...) {
				if strings.HasPrefix(object.GetAPIVersion(), "cert-manager.io/") {
					rendered[object.GetKind()+" "+object.GetName()] = inComparableForm(t, object)
				}
			}
			if len(printed) != 4 {
				t.Errorf("%d objects were printed, want 4", len(printed))
			}
			if diff := cmp.Diff(printed, rendered); diff != "" {
				t.Errorf("(-printed +rendered):\n%s", diff)
			}
		})
	}
}

// inComparableForm is an object of cert-manager with durations as numbers of seconds, and without labels.
func inComparableForm(t *testing.T, object *unstructured.Unstructured) map[string]any {
	t.Helper()
	unstructured.RemoveNestedField(object.Object, "metadata", "labels")
	for _, field := range []string{"duration", "renewBefore"} {
		text, found, _ := unstructured.NestedString(object.Object, "spec", field)
		if !found {
			continue
		}
		duration, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := unstructured.SetNestedField(object.Object, strconv.FormatFloat(duration.Seconds(), 'f', 0, 64), "spec", field); err != nil {
			t.Fatal(err)
		}
	}
	return object.Object
}
