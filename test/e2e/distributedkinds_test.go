package e2e

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/test/installation"
)

// distributedKinds spread pods over groups of nodes, and objects over namespaces.
var distributedKinds = []kindUnderTest{{
	kind: "UnitedDeployment",
	specs: map[string]string{
		"v1alpha1": `{"selector":{"matchLabels":{"e2e":"united"}},"template":{"statefulSetTemplate":{"metadata":{"labels":{"e2e":"united"}},"spec":{
			"serviceName":"united","selector":{"matchLabels":{"e2e":"united"}},
			"template":{"metadata":{"labels":{"e2e":"united"}},"spec":{"containers":[{"name":"c","image":"c:1"}]}}}}},
			"topology":{"subsets":[{"name":"a","maxReplicas":1},{"name":"b"}]}}`,
		"v1beta1": `{"replicas":4,"selector":{"matchLabels":{"e2e":"united"}},"template":{"deploymentTemplate":{"metadata":{"labels":{"e2e":"united"}},"spec":{
			"selector":{"matchLabels":{"e2e":"united"}},
			"template":{"metadata":{"labels":{"e2e":"united"}},"spec":{"containers":[{"name":"c","image":"c:1"}]}}}}},
			"topology":{"subsets":[{"name":"a","replicas":"25%","nodeSelectorTerm":{"matchExpressions":[{"key":"zone","operator":"In","values":["a"]}]}},{"name":"b"}]}}`,
	},
	stored: map[string]map[string]string{
		"v1alpha1": {"spec.replicas": `1`, "spec.revisionHistoryLimit": `10`, "spec.updateStrategy": `{"manualUpdate":{},"type":"Manual"}`,
			"spec.topology.subsets.1.minReplicas":                                               `0`,
			"spec.template.statefulSetTemplate.spec.template.spec.restartPolicy":                `"Always"`,
			"spec.template.statefulSetTemplate.spec.template.spec.containers.0.imagePullPolicy": `"Always"`},
		"v1beta1": {"spec.replicas": `4`, "spec.template.deploymentTemplate.spec.template.spec.restartPolicy": `null`, "spec.topology.subsets.0.minReplicas": `null`},
	},
	other: map[string]map[string]string{
		"v1alpha1": {"spec.template.statefulSetTemplate.spec.serviceName": `"united"`},
		"v1beta1":  {"spec.topology.subsets.0.replicas": `"25%"`},
	},
	change: `{"revisionHistoryLimit":3}`,
	fault:  `{"topology":{"subsets":[{"name":"A","replicas":"5"}]}}`, says: []string{"spec.topology.subsets[0].name", "spec.topology.subsets[0].replicas", "percentage"},
}, {
	kind: "ResourceDistribution", inNoNamespace: true,
	specs: map[string]string{
		"v1alpha1": `{"resource":{"apiVersion":"v1","kind":"Secret","metadata":{"name":"shared"},"data":{"a":"dg=="}},"targets":{"namespaceLabelSelector":{"matchLabels":{"a":"b"}}}}`,
		"v1beta1":  `{"resource":{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"shared"},"data":{"a":"v"}},"targets":{"namespaceSelector":{"matchLabels":{"a":"b"}}}}`,
	},
	stored: map[string]map[string]string{"v1alpha1": {"spec.resource.data": `{"a":"dg=="}`}, "v1beta1": {"spec.resource.data": `{"a":"v"}`}},
	other: map[string]map[string]string{
		"v1alpha1": {"spec.targets": `{"namespaceSelector":{"matchLabels":{"a":"b"}}}`},
		"v1beta1":  {"spec.targets": `{"namespaceLabelSelector":{"matchLabels":{"a":"b"}}}`},
	},
	change: `{"resource":{"data":null}}`,
	fault:  `{"resource":{"metadata":{"name":"other"}},"targets":{"excludedNamespaces":{"list":[{"name":"B"}]}}}`,
	says:   []string{"spec.resource.metadata.name", "cannot change", "spec.targets.excludedNamespaces.list[0].name"},
}}

func TestDistributedKinds(t *testing.T) { proveKinds(t, distributedKinds) }

// TestResourcesAreJudgedByTheAPIServer distributes a Secret that only an API server knows to be wrong, also when one of that name
// exists in the namespace where it is asked. Nothing is stored there.
func TestResourcesAreJudgedByTheAPIServer(t *testing.T) {
	cluster, installed := install(t)
	secrets := cluster.Client().CoreV1().Secrets(installation.Namespace)
	distribution := func(data string) error {
		o := object(t, `{apiVersion: apps.kruise.io/v1beta1, kind: ResourceDistribution, metadata: {name: registry}, spec: {targets: {allNamespaces: true},
			resource: {apiVersion: v1, kind: Secret, type: kubernetes.io/dockerconfigjson, metadata: {name: registry, namespace: kube-system}, data: {`+data+`}}}}`)
		_, err := writer(t, installed, o).Create(t.Context(), o, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err
	}
	const right, wrong = `.dockerconfigjson: e30=`, `other: e30=`
	judged := func() {
		t.Helper()
		if err := distribution(right); err != nil {
			t.Errorf("a registry's credentials: %v", err)
		}
		wantRefused(t, distribution(wrong), "spec.resource.data[.dockerconfigjson]")
	}
	judged()
	if _, err := secrets.Get(t.Context(), "registry", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("a Secret was stored, or cannot be looked for: %v", err)
	}
	if _, err := secrets.Create(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "registry"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = secrets.Delete(context.Background(), "registry", metav1.DeleteOptions{}) })
	judged()
}
