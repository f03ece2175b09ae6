package controlplane

import (
	"path/filepath"
	"strconv"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// Kubeconfig files, in the folder of the run.
const (
	adminKubeconfig             = "admin.kubeconfig"
	controllerManagerKubeconfig = "controller-manager.kubeconfig"
)

func (c *ControlPlane) url() string { return "https://127.0.0.1:" + strconv.Itoa(c.port) }

// writeKubeconfigs writes one file for people and tests, with all rights, and one for the controller manager, with the
// rights that the API server's own RBAC bootstrap gives it.
func (c *ControlPlane) writeKubeconfigs() error {
	if err := c.writeKubeconfig(adminKubeconfig, "admin", "system:masters"); err != nil {
		return err
	}
	return c.writeKubeconfig(controllerManagerKubeconfig, "system:kube-controller-manager")
}

// writeKubeconfig writes a file that holds all it refers to, so that it can be copied elsewhere.
func (c *ControlPlane) writeKubeconfig(file, user string, groups ...string) error {
	cert, key, err := c.pki.client(user, groups...)
	if err != nil {
		return err
	}
	const name = "kruise-admission-test"
	return clientcmd.WriteToFile(api.Config{
		Clusters:       map[string]*api.Cluster{name: {Server: c.url(), CertificateAuthorityData: c.pki.cert}},
		AuthInfos:      map[string]*api.AuthInfo{user: {ClientCertificateData: cert, ClientKeyData: key}},
		Contexts:       map[string]*api.Context{name: {Cluster: name, AuthInfo: user}},
		CurrentContext: name,
	}, filepath.Join(c.dir.path, file))
}

// adminConfig reads the administrator's file back, so that tests use exactly what people get.
func (c *ControlPlane) adminConfig() (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig())
	if err != nil {
		return nil, err
	}
	config.QPS = -1 // no limit: tests wait for the server, not for their own client
	return config, nil
}
