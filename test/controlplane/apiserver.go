package controlplane

import (
	"context"
	"path/filepath"
	"strconv"
	"time"

	"github.com/kruise-admission/kruise-admission/test/process"
)

// startAPIServer starts kube-apiserver and waits until it is ready. Flags that a cluster has are kept at their
// defaults, because tests should meet what users meet; c.mutex is held.
func (c *ControlPlane) startAPIServer(ctx context.Context) (err error) {
	file := func(name string) string { return filepath.Join(c.dir.path, name) }
	args := []string{
		"--etcd-servers=unix://" + c.etcdSocket(),
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		"--secure-port=" + strconv.Itoa(c.port),
		"--endpoint-reconciler-type=none", // Endpoints of the Service kubernetes may not name a loopback address
		"--tls-cert-file=" + file(servingCertFile),
		"--tls-private-key-file=" + file(servingKeyFile),
		"--client-ca-file=" + file(caFile),
		"--authorization-mode=RBAC",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + file(serviceAccountKeyFile),
		"--service-account-signing-key-file=" + file(serviceAccountKeyFile),
		"--service-cluster-ip-range=10.0.0.0/24",
		"--allow-privileged=true",
	}
	if c.options.WithoutControllerManager {
		args = append(args, "--disable-admission-plugins=ServiceAccount")
	}
	args = append(args, c.options.APIServerArgs...)
	args = append([]string{"kube-apiserver"}, args...)
	if c.apiServer, err = process.StartWithEnv(c.options.APIServerEnv, "kube-apiserver", c.binary, c.dir.path, c.logDir, args...); err != nil {
		return err
	}
	return c.apiServer.WaitUntil(ctx, "/readyz is ok", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		return c.client.CoreV1().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	})
}

// KillAPIServer ends kube-apiserver as a crash would: connections break, nothing is drained. Its port refuses
// connections until RestartAPIServer; etcd and the controller manager go on.
func (c *ControlPlane) KillAPIServer() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.apiServer.Kill()
}

// RestartAPIServer kills kube-apiserver if it runs, starts it with the same flags, port and data, and returns when it
// is ready. Watches of the controllers come back by themselves, within seconds.
func (c *ControlPlane) RestartAPIServer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.apiServer.Kill()
	return c.startAPIServer(ctx)
}
