package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
)

// waitPods waits until as many pods exist.
func waitPods(t *testing.T, cluster *controlplane.ControlPlane, namespace, selector string, count int) []corev1.Pod {
	t.Helper()
	var pods []corev1.Pod
	controlplane.Eventually(t, fmt.Sprintf("%d pods with %s exist", count, selector), func(ctx context.Context) error {
		list, err := cluster.Client().CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
		if err != nil {
			return err
		}
		if pods = list.Items; len(pods) != count {
			return fmt.Errorf("%d pods", len(pods))
		}
		return nil
	})
	return pods
}

// TestProtection refuses to delete each kind of protected object, and lets it go when nothing protects it any more.
func TestProtection(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	pod := `{metadata: {labels: {e2e: protected}}, spec: {containers: [{name: c, image: "c:1"}]}}`
	workload := "spec: {replicas: 2, selector: {matchLabels: {e2e: protected}}, template: " + pod + "}"
	for _, test := range []struct {
		name, object string
		// cascading says that Cascading refuses, too, until the object is scaled to 0.
		cascading bool
	}{
		{"Deployment", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n" + workload, true},
		{"ReplicaSet", "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: r}\n" + workload, true},
		{"StatefulSet", "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s}\n" + workload, true},
		{"CloneSet v1alpha1", "apiVersion: apps.kruise.io/v1alpha1\nkind: CloneSet\nmetadata: {name: alpha}\n" + workload, true},
		{"CloneSet v1beta1", "apiVersion: apps.kruise.io/v1beta1\nkind: CloneSet\nmetadata: {name: beta}\n" + workload, true},
		{"Service", "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 80}]}", false},
		{"Ingress", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i}\nspec: {defaultBackend: {service: {name: s, port: {number: 80}}}}", false},
		{"CustomResourceDefinition", `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: protected.e2e.example.com}
spec:
  group: e2e.example.com
  names: {kind: Protected, plural: protected, singular: protected}
  scope: Namespaced
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			stored := create(t, installed, namespace, test.object)
			protect(t, installed, stored, `"Always"`)
			err := installed.Client.Delete(t.Context(), stored)
			wantRefused(t, err, "policy.kruise.io/delete-protection=Always")
			if !apierrors.IsForbidden(err) {
				t.Errorf("the reason of %v is not Forbidden", err)
			}
			if test.cascading {
				protect(t, installed, stored, `"Cascading"`)
				wantRefused(t, installed.Client.Delete(t.Context(), stored), "policy.kruise.io/delete-protection=Cascading", "replicas 2>0")
				if _, err := installed.Client.Patch(t.Context(), stored, `{"spec":{"replicas":0}}`); err != nil {
					t.Fatal(err)
				}
			} else {
				protect(t, installed, stored, "null")
			}
			if err := installed.Client.Delete(t.Context(), stored); err != nil {
				t.Errorf("nothing protects it any more, but: %v", err)
			}
		})
	}
}

func protect(t *testing.T, installed *installation.Installation, object *unstructured.Unstructured, value string) {
	t.Helper()
	_, err := installed.Client.Patch(t.Context(), object, `{"metadata":{"labels":{"policy.kruise.io/delete-protection":`+value+`}}}`)
	if err != nil {
		t.Fatal(err)
	}
}

// TestProtectedNamespace shows both values on a namespace: Always until the label is gone, Cascading until no pod is left.
func TestProtectedNamespace(t *testing.T) {
	cluster, installed := install(t)
	namespace := object(t, "apiVersion: v1\nkind: Namespace\nmetadata: {name: e2e-protected}")
	if _, err := cluster.CreateNamespace(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace.GetName()}}); err != nil {
		t.Fatal(err)
	}
	pod, err := createPod(t.Context(), cluster, namespace.GetName(), nil)
	if err != nil {
		t.Fatal(err)
	}
	protect(t, installed, namespace, `"Always"`)
	wantRefused(t, installed.Client.Delete(t.Context(), namespace), "vnamespace.kb.io", "delete-protection=Always")
	protect(t, installed, namespace, `"Cascading"`)
	wantRefused(t, installed.Client.Delete(t.Context(), namespace), "active pods 1>0", pod.Name)
	now := int64(0)
	err = cluster.Client().CoreV1().Pods(namespace.GetName()).Delete(t.Context(), pod.Name, metav1.DeleteOptions{GracePeriodSeconds: &now})
	if err != nil {
		t.Fatal(err)
	}
	if err := installed.Client.Delete(t.Context(), namespace); err != nil {
		t.Errorf("the namespace is empty, but: %v", err)
	}
	controlplane.Eventually(t, "the namespace is gone", func(ctx context.Context) error {
		_, err := installed.Client.Get(ctx, namespace)
		if !apierrors.IsNotFound(err) {
			return fmt.Errorf("it is still there: %v", err)
		}
		return nil
	})
}

// TestCloneSetNames refuses a name whose revision label would be too long, on CREATE only.
func TestCloneSetNames(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	for _, version := range []string{"v1alpha1", "v1beta1"} {
		set := object(t, "apiVersion: apps.kruise.io/"+version+"\nkind: CloneSet\nmetadata: {}\n"+
			`spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: "c:1"}]}}}`)
		set.SetNamespace(namespace)
		set.SetName(strings.Repeat("n", 53))
		_, err := installed.Client.Create(t.Context(), set)
		wantRefused(t, err, "metadata.name", "52", "CloneSetShortHash")
		if !apierrors.IsInvalid(err) {
			t.Errorf("the reason of %v is not Invalid", err)
		}
		set.SetName(strings.Repeat("n", 52-len(version)) + version)
		if _, err := installed.Client.Create(t.Context(), set); err != nil {
			t.Errorf("%s: a name of 52 characters: %v", version, err)
		}
	}
}

// TestInPlaceOnly lets images and template metadata change, and nothing else, in both versions.
func TestInPlaceOnly(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	for version, strategy := range map[string]string{
		"v1alpha1": "{type: InPlaceOnly}",
		"v1beta1":  "{rollingUpdate: {podUpdatePolicy: InPlaceOnly}}",
	} {
		t.Run(version, func(t *testing.T) {
			stored := create(t, installed, namespace, "apiVersion: apps.kruise.io/"+version+"\nkind: CloneSet\nmetadata: {name: "+version+"}\n"+`
spec:
  updateStrategy: `+strategy+`
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: c, image: "c:1", env: [{name: PASSWORD, value: hidden-1}]}]}
`)
			change := func(member, value string) error {
				container := `{"name":"c","image":"c:1","env":[{"name":"PASSWORD","value":"hidden-1"}]}`
				container = strings.Replace(container, member, value, 1)
				_, err := installed.Client.Patch(t.Context(), stored, `{"spec":{"template":{"spec":{"containers":[`+container+`]}}}}`)
				return err
			}
			if err := change(`"c:1"`, `"c:2"`); err != nil {
				t.Errorf("the image may change: %v", err)
			}
			if _, err := installed.Client.Patch(t.Context(), stored, `{"spec":{"template":{"metadata":{"annotations":{"x":"y"}}}}}`); err != nil {
				t.Errorf("annotations of the template may change: %v", err)
			}
			err := change("hidden-1", "hidden-2")
			wantRefused(t, err, "spec.template.spec.containers[0].env", "InPlaceIfPossible", "ReCreate")
			if err != nil && strings.Contains(err.Error(), "hidden") {
				t.Errorf("the refusal prints the value of an env: %v", err)
			}
			wantRefused(t, change(`"env"`, `"workingDir":"/tmp","env"`), "workingDir")
			if _, err := installed.Client.Patch(t.Context(), stored, `{"spec":{"replicas":3}}`); err != nil {
				t.Errorf("replicas may change: %v", err)
			}
		})
	}
}

// TestTutorial applies the published manifests in examples/ and their updates, each by server-side apply.
func TestTutorial(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	apply := func(name string) (*unstructured.Unstructured, error) {
		objects, err := installation.Read(filepath.Join(installation.Root(), "examples", name))
		if err != nil || len(objects) != 1 {
			t.Fatalf("examples/%s: %d objects, %v", name, len(objects), err)
		}
		objects[0].SetNamespace(namespace)
		return installed.Client.Apply(t.Context(), objects[0])
	}
	_, err := apply("cloneset-nginx-2-wrong-volume.yaml")
	wantRefused(t, err, `"data-vol"`, `"rbd"`, "volumeMounts[0].name")
	if err != nil && !apierrors.IsInvalid(err) {
		t.Errorf("the reason of %v is not Invalid", err)
	}
	var stored *unstructured.Unstructured
	for _, name := range []string{"cloneset-nginx-alpine.yaml", "cloneset-nginx-2.yaml", "cloneset-nginx-2-update.yaml", "cloneset-nginx-2-paused.yaml"} {
		if stored, err = apply(name); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again, err := apply(name)
		if err != nil {
			t.Fatalf("%s, applied again: %v", name, err)
		}
		if again.GetResourceVersion() != stored.GetResourceVersion() {
			t.Errorf("%s: a second apply changes the object, so the defaults are not stable", name)
		}
	}
	_, err = apply("cloneset-nginx-2-pods-to-delete.yaml")
	wantRefused(t, err, "spec.scaleStrategy.podsToDelete", "nginx-2-t55h8")
	controller := true
	if _, err := createPod(t.Context(), cluster, namespace, nil, func(pod *corev1.Pod) {
		pod.Name, pod.GenerateName = "nginx-2-t55h8", ""
		pod.OwnerReferences = []metav1.OwnerReference{{APIVersion: stored.GetAPIVersion(), Kind: "CloneSet", Name: stored.GetName(), UID: stored.GetUID(), Controller: &controller}}
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := apply("cloneset-nginx-2-pods-to-delete.yaml"); err != nil {
		t.Errorf("the pod exists and belongs to the CloneSet, but: %v", err)
	}
}

// TestTemplateIsCheckedByTheAPIServer refuses what only the API server of this version knows to be wrong, at the field of the
// CloneSet.
func TestTemplateIsCheckedByTheAPIServer(t *testing.T) {
	cluster, installed := install(t)
	set := object(t, `
apiVersion: apps.kruise.io/v1beta1
kind: CloneSet
metadata: {name: bad}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: c, image: "c:1", securityContext: {seccompProfile: {type: Nonsense}}}]}
`)
	set.SetNamespace(cluster.NamespaceForTest(t))
	_, err := installed.Client.Create(t.Context(), set)
	wantRefused(t, err, "spec.template.spec.containers[0].securityContext.seccompProfile.type", "Nonsense")
}

// TestConversion writes an object in one version and reads it in the other.
func TestConversion(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	create(t, installed, namespace, `
apiVersion: apps.kruise.io/v1alpha1
kind: CloneSet
metadata: {name: converted}
spec:
  replicas: 4
  selector: {matchLabels: {a: b}}
  updateStrategy: {type: InPlaceIfPossible, partition: 3}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: "c:1"}]}}
`)
	beta, err := installed.Client.Get(t.Context(), objectIn(t, "apps.kruise.io/v1beta1", "CloneSet", namespace, "converted"))
	if err != nil {
		t.Fatal(err)
	}
	policy, _, _ := unstructured.NestedString(beta.Object, "spec", "updateStrategy", "rollingUpdate", "podUpdatePolicy")
	partition, _, _ := unstructured.NestedInt64(beta.Object, "spec", "updateStrategy", "rollingUpdate", "partition")
	if policy != "InPlaceIfPossible" || partition != 3 {
		t.Errorf("v1beta1 has podUpdatePolicy %q and partition %d, want InPlaceIfPossible and 3", policy, partition)
	}
	alpha, err := installed.Client.Get(t.Context(), objectIn(t, "apps.kruise.io/v1alpha1", "CloneSet", namespace, "converted"))
	if err != nil {
		t.Fatal(err)
	}
	if kind, _, _ := unstructured.NestedString(alpha.Object, "spec", "updateStrategy", "type"); kind != "InPlaceIfPossible" {
		t.Errorf("v1alpha1 reads back type %q, want InPlaceIfPossible", kind)
	}
}

func objectIn(t *testing.T, apiVersion, kind, namespace, name string) *unstructured.Unstructured {
	t.Helper()
	o := &unstructured.Unstructured{}
	o.SetAPIVersion(apiVersion)
	o.SetKind(kind)
	o.SetNamespace(namespace)
	o.SetName(name)
	return o
}
