package controlplane

import (
	"context"
	"path/filepath"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/test/process"
)

// controllers are those that act on what an admission server sees or is asked about. Left out are the ones that need
// nodes, kubelets or storage, and the persistent volume binder, which would undo the claim phases that tests set.
var controllers = []string{
	"clusterrole-aggregation-controller",
	"cronjob-controller",
	"daemonset-controller",
	"deployment-controller",
	"disruption-controller",
	"endpoints-controller",
	"endpointslice-controller",
	"garbage-collector-controller",
	"job-controller",
	"namespace-controller",
	"persistentvolume-protection-controller",      // removes the finalizers that the admission plugin
	"persistentvolumeclaim-protection-controller", // StorageObjectInUseProtection adds
	"replicaset-controller",
	"replicationcontroller-controller",
	"resourcequota-controller",
	"root-ca-certificate-publisher-controller",
	"serviceaccount-controller",
	"serviceaccount-token-controller",
	"statefulset-controller",
	"ttl-after-finished-controller",
	"validatingadmissionpolicy-status-controller",
}

// startControllerManager starts kube-controller-manager and waits until it does something; c.mutex is held.
func (c *ControlPlane) startControllerManager(ctx context.Context) (err error) {
	file := func(name string) string { return filepath.Join(c.dir.path, name) }
	args := []string{
		"--kubeconfig=" + file(controllerManagerKubeconfig),
		"--controllers=" + strings.Join(controllers, ","),
		"--leader-elect=false",
		"--secure-port=0",
		"--root-ca-file=" + file(caFile),
		"--service-account-private-key-file=" + file(serviceAccountKeyFile),
		// Requests then come from system:serviceaccount:kube-system:deployment-controller and the like, as in a cluster.
		"--use-service-account-credentials=true",
		"--kube-api-qps=500",
		"--kube-api-burst=1000",
	}
	args = append(args, c.options.ControllerManagerArgs...)
	if c.controllerManager, err = process.Start("kube-controller-manager", c.binary, c.dir.path, c.logDir, append([]string{"kube-controller-manager"}, args...)...); err != nil {
		return err
	}
	return c.controllerManager.WaitUntil(ctx, "the namespace default has its ServiceAccount", func(ctx context.Context) error {
		return c.defaultServiceAccount(ctx, metav1.NamespaceDefault)
	})
}

// defaultServiceAccount says whether pods can be created in a namespace: the ServiceAccount admission refuses them
// until the controller has made the ServiceAccount default.
func (c *ControlPlane) defaultServiceAccount(ctx context.Context, namespace string) error {
	_, err := c.client.CoreV1().ServiceAccounts(namespace).Get(ctx, "default", metav1.GetOptions{})
	return err
}
