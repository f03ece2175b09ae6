package chart

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
	"github.com/kruise-admission/kruise-admission/test/process"
)

// serveAsDeployed does for the Deployment of the release what a kubelet would: it runs the server with the arguments of the container, the
// files of the mounted Secret and the rights of the ServiceAccount. It returns the port of the webhooks when the server is ready.
func serveAsDeployed(t *testing.T, cluster *controlplane.ControlPlane) int32 {
	t.Helper()
	deployment, err := cluster.Client().AppsV1().Deployments(kruiseNamespace).Get(t.Context(), release, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pod := deployment.Spec.Template.Spec
	dir := t.TempDir()
	volume := pod.Volumes[0].Secret
	secret, err := cluster.Client().CoreV1().Secrets(kruiseNamespace).Get(t.Context(), volume.SecretName, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range volume.Items {
		if err := os.WriteFile(filepath.Join(dir, item.Path), secret.Data[item.Key], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var args []string
	for _, arg := range pod.Containers[0].Args {
		args = append(args, strings.ReplaceAll(arg, pod.Containers[0].VolumeMounts[0].MountPath, dir))
	}
	token, err := cluster.Client().CoreV1().ServiceAccounts(kruiseNamespace).CreateToken(t.Context(), pod.ServiceAccountName, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	kubeconfig := filepath.Join(dir, "kubeconfig")
	err = clientcmd.WriteToFile(api.Config{
		Clusters:       map[string]*api.Cluster{"c": {Server: cluster.RESTConfig().Host, CertificateAuthorityData: cluster.RESTConfig().CAData}},
		AuthInfos:      map[string]*api.AuthInfo{"c": {Token: token.Status.Token}},
		Contexts:       map[string]*api.Context{"c": {Cluster: "c", AuthInfo: "c"}},
		CurrentContext: "c",
	}, kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	binary, err := installation.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	args = append(args, "--kubeconfig="+kubeconfig, "--namespace="+kruiseNamespace, // POD_NAMESPACE in a pod
		"--listen-address=127.0.0.1:0", "--health-address=127.0.0.1:0", "--metrics-address=127.0.0.1:0")
	server, err := process.Start("server", binary, dir, dir, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Kill)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log("\n" + server.Tail(process.TailLines))
		}
	})
	addresses := map[string]string{}
	err = server.WaitUntil(t.Context(), "it is ready", func(ctx context.Context) error {
		if err := readAddresses(server.Log(), addresses); err != nil {
			return err
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addresses["health"]+"/readyz", nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }()
		if response.StatusCode != http.StatusOK {
			why, _ := bufio.NewReader(response.Body).ReadString('\n')
			return errors.New(why)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(addresses["webhooks"])
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
