// Package cli runs the commands that answer questions against a real cluster in which the product is installed.
package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
	"github.com/kruise-admission/kruise-admission/test/process"
)

func TestMain(m *testing.M) {
	code := controlplane.Run(m)
	if shared.installed != nil {
		if err := shared.installed.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "cannot stop the installation:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// shared is the installation of all tests of this package. Tests keep apart by namespaces and by labels.
var shared struct {
	once      sync.Once
	installed *installation.Installation
	binary    string
	err       error
}

// site is a cluster with the product, and the binary that asks about it.
type site struct {
	*controlplane.ControlPlane
	installed *installation.Installation
	binary    string
}

func newSite(t *testing.T) *site {
	t.Helper()
	cluster := controlplane.ForTest(t)
	shared.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		defer cancel()
		if shared.binary, shared.err = installation.Build(ctx); shared.err == nil {
			shared.installed, shared.err = installation.Install(ctx, cluster, installation.Options{Replicas: 1})
		}
	})
	if shared.err != nil {
		t.Fatalf("%v\n%s", shared.err, shared.installed.LogTail(process.TailLines))
	}
	return &site{ControlPlane: cluster, installed: shared.installed, binary: shared.binary}
}

// answer is what a command line printed, and its exit code.
type answer struct {
	stdout, stderr string
	code           int
}

// has fails the test unless the exit code is right and the output says all the words.
func (a answer) has(t *testing.T, code int, words ...string) {
	t.Helper()
	if a.code != code {
		t.Errorf("exit code %d, want %d", a.code, code)
	}
	for _, word := range words {
		if !strings.Contains(a.stdout+a.stderr, word) {
			t.Errorf("the output does not say %q", word)
		}
	}
	if t.Failed() {
		t.Logf("stdout:\n%s\nstderr:\n%s", a.stdout, a.stderr)
	}
}

// ask runs a command line as an administrator of the cluster.
func (s *site) ask(t *testing.T, stdin string, args ...string) answer {
	t.Helper()
	return s.askAs(t, s.Kubeconfig(), stdin, args...)
}

// askAs runs a command line with a kubeconfig, as kubectl would: the commands find it by themselves.
func (s *site) askAs(t *testing.T, kubeconfig, stdin string, args ...string) answer {
	t.Helper()
	var stdout, stderr bytes.Buffer
	run := exec.CommandContext(t.Context(), s.binary, args...)
	run.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig)
	run.Stdin, run.Stdout, run.Stderr = strings.NewReader(stdin), &stdout, &stderr
	err := run.Run()
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		t.Fatal(err)
	}
	return answer{stdout.String(), stderr.String(), run.ProcessState.ExitCode()}
}

// nobody gives the kubeconfig of a user without rights.
func (s *site) nobody(t *testing.T) string {
	t.Helper()
	config, err := clientcmd.LoadFromFile(s.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range config.AuthInfos {
		user.Impersonate = "nobody"
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// create creates an object and deletes it at the end of the test.
func (s *site) create(t *testing.T, namespace, text string) *unstructured.Unstructured {
	t.Helper()
	o, err := installation.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	o.SetNamespace(namespace)
	stored, err := s.installed.Client.Create(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.installed.Client.Delete(context.Background(), stored); err != nil && !strings.Contains(err.Error(), "not found") {
			t.Log("not deleted:", err)
		}
	})
	return stored
}

// waitInjected waits until the server injects pods with the label: it learns of SidecarSets by watch events.
func (s *site) waitInjected(t *testing.T, namespace string, labels map[string]string) *corev1.Pod {
	t.Helper()
	var injected *corev1.Pod
	controlplane.Eventually(t, "pods are injected", func(ctx context.Context) (err error) {
		injected, err = s.Client().CoreV1().Pods(namespace).Create(ctx, &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: "probe", Labels: labels},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "main:1"}}},
		}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err == nil && !strings.Contains(injected.Annotations["kruise.io/sidecarset-hash"], "controllerRevision") {
			err = errors.New("not yet, or not with the revision, which the server records a little later")
		}
		return err
	})
	return injected
}
