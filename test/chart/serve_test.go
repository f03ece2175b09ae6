package chart

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
	"github.com/kruise-admission/kruise-admission/test/process"
)

// deployed is a server that runs as the Deployment of the release says.
type deployed struct {
	server    *process.Process
	addresses map[string]string
}

// runAsDeployed does for the Deployment of the release what a kubelet would: it runs the server with the arguments of the container, the
// files of the mounted Secret, if there is one, now and whenever it changes, and the rights of the ServiceAccount. It does not wait until
// the server is ready.
func runAsDeployed(t *testing.T, cluster *controlplane.ControlPlane, namespace string, flags ...string) *deployed {
	t.Helper()
	deployment, err := cluster.Client().AppsV1().Deployments(namespace).Get(t.Context(), release, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pod := deployment.Spec.Template.Spec
	args := slices.Clone(pod.Containers[0].Args)
	if len(pod.Volumes) > 0 {
		dir := t.TempDir()
		mountSecret(t, cluster, namespace, pod.Volumes[0].Secret, dir)
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], pod.Containers[0].VolumeMounts[0].MountPath, dir)
		}
	}
	logs := t.TempDir()
	binary, err := installation.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	args = append(args, "--kubeconfig="+kubeconfigOf(t, cluster, namespace, pod.ServiceAccountName), "--namespace="+namespace, // POD_NAMESPACE in a pod
		"--listen-address=127.0.0.1:0", "--health-address=127.0.0.1:0", "--metrics-address=127.0.0.1:0")
	d := &deployed{server: startProcess(t, "server", binary, logs, append(args, flags...)...), addresses: map[string]string{}}
	if err := d.server.WaitUntil(t.Context(), "its listeners are open", func(context.Context) error {
		return readAddresses(d.server.Log(), d.addresses)
	}); err != nil {
		t.Fatal(err)
	}
	return d
}

// kubeconfigOf returns the path of a kubeconfig with the rights of a ServiceAccount.
func kubeconfigOf(t *testing.T, cluster *controlplane.ControlPlane, namespace, account string) string {
	t.Helper()
	token, err := cluster.Client().CoreV1().ServiceAccounts(namespace).CreateToken(t.Context(), account, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(api.Config{
		Clusters:       map[string]*api.Cluster{"c": {Server: cluster.RESTConfig().Host, CertificateAuthorityData: cluster.RESTConfig().CAData}},
		AuthInfos:      map[string]*api.AuthInfo{"c": {Token: token.Status.Token}},
		Contexts:       map[string]*api.Context{"c": {Cluster: "c", AuthInfo: "c"}},
		CurrentContext: "c",
	}, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// startProcess starts a program that ends with the test, and shows its log when the test fails.
func startProcess(t *testing.T, name, binary, logs string, args ...string) *process.Process {
	t.Helper()
	started, err := process.Start(name, binary, logs, logs, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(started.Kill)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log("\n" + started.Tail(process.TailLines))
		}
	})
	return started
}

// mountSecret writes the files of a Secret volume to dir and keeps them up to date until the test ends. One that is not optional must exist.
func mountSecret(t *testing.T, cluster *controlplane.ControlPlane, namespace string, volume *corev1.SecretVolumeSource, dir string) {
	t.Helper()
	update := func(ctx context.Context) error {
		secret, err := cluster.Client().CoreV1().Secrets(namespace).Get(ctx, volume.SecretName, metav1.GetOptions{})
		if err != nil {
			return err
		}
		for _, item := range volume.Items {
			path := filepath.Join(dir, item.Path)
			if old, _ := os.ReadFile(path); bytes.Equal(old, secret.Data[item.Key]) {
				continue
			}
			if err := os.WriteFile(path+".new", secret.Data[item.Key], 0o600); err != nil {
				return err
			}
			if err := os.Rename(path+".new", path); err != nil {
				return err
			}
		}
		return nil
	}
	if err := update(t.Context()); err != nil && (volume.Optional == nil || !*volume.Optional) {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			_ = update(ctx) // a Secret that is not there yet is looked for again
			time.Sleep(100 * time.Millisecond)
		}
	}()
	t.Cleanup(func() { stop(); <-done })
}

// ready says why the server is not ready, in its own words.
func (d *deployed) ready(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.addresses["health"]+"/readyz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	why, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(strings.TrimSpace(string(why)))
	}
	return err
}

// port is where the webhooks are served.
func (d *deployed) port(t *testing.T) int32 {
	t.Helper()
	_, port, err := net.SplitHostPort(d.addresses["webhooks"])
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.ParseInt(port, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return int32(number)
}

// readAddresses reads from the log of a server where it listens.
func readAddresses(log string, addresses map[string]string) error {
	text, err := os.ReadFile(log)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		var said struct{ Msg, Listener, Address string }
		if json.Unmarshal([]byte(line), &said) == nil && said.Msg == "listening" {
			addresses[said.Listener] = said.Address
		}
	}
	if addresses["health"] == "" || addresses["webhooks"] == "" {
		return errors.New("it does not listen yet")
	}
	return nil
}
