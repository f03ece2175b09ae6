package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
)

// kindUnderTest is a kind in one version or two.
type kindUnderTest struct {
	kind string
	// specs are the specs that are sent, by version.
	specs map[string]string
	// inNoNamespace says that objects of the kind are of the whole cluster.
	inNoNamespace bool
	// stored are values below spec and metadata after a creation in that version, as JSON.
	stored map[string]map[string]string
	// other is what the other version of the same object has.
	other map[string]map[string]string
	// change and fault are specs to merge: the one is taken, the other refused with these words.
	change, fault string
	says          []string
}

var nodeKinds = []kindUnderTest{{
	kind: "ImagePullJob",
	specs: map[string]string{
		"v1alpha1": `{"image":"nginx:1","completionPolicy":{}}`,
		"v1beta1":  `{"image":"nginx:1","completionPolicy":{},"imagePullPolicy":"Always","pullPolicy":{"timeoutSeconds":30}}`,
	},
	stored: map[string]map[string]string{
		"v1alpha1": {
			"spec.completionPolicy.type": `"Always"`, "spec.pullPolicy": `{"backoffLimit":3,"timeoutSeconds":600}`, "spec.imagePullPolicy": `"IfNotPresent"`,
			"metadata.finalizers": `["apps.kruise.io/deletion-protection"]`,
		},
		"v1beta1": {"spec.pullPolicy": `{"backoffLimit":3,"timeoutSeconds":30}`, "metadata.finalizers": `null`},
	},
	other:  map[string]map[string]string{"v1alpha1": {"spec.image": `"nginx:1"`}, "v1beta1": {"spec.image": `"nginx:1"`}},
	change: `{"image":"nginx:2"}`, fault: `{"pullSecrets":["s"],"parallelism":"50%"}`, says: []string{"spec.pullSecrets", "spec.parallelism", "percentages"},
}, {
	kind: "ImageListPullJob",
	specs: map[string]string{
		"v1alpha1": `{"images":["nginx:1"],"completionPolicy":{}}`,
		"v1beta1":  `{"images":["nginx:1"],"completionPolicy":{}}`,
	},
	stored: map[string]map[string]string{
		"v1alpha1": {"spec.completionPolicy.type": `"Always"`, "spec.pullPolicy": `{"backoffLimit":3,"timeoutSeconds":600}`},
		"v1beta1":  {"spec.completionPolicy.type": `"Always"`, "spec.pullPolicy": `{"backoffLimit":3,"timeoutSeconds":600}`},
	},
	other:  map[string]map[string]string{"v1alpha1": {"spec.images": `["nginx:1"]`}, "v1beta1": {"spec.images": `["nginx:1"]`}},
	change: `{"images":["nginx:1","nginx:2"]}`, fault: `{"images":["nginx:1","nginx:1"]}`, says: []string{"spec.images[1]", "Duplicate"},
}, {
	kind: "NodeImage", inNoNamespace: true,
	specs: map[string]string{
		"v1alpha1": `{"images":{"nginx":{"tags":[{"tag":"2","pullPolicy":{"ttlSecondsAfterFinished":9}},{"tag":"1","pullPolicy":{"ttlSecondsAfterFinished":8}}]}}}`,
		"v1beta1":  `{"images":{"nginx":{"pullSecrets":[{"namespace":"n","name":"s","mode":"batch"}],"tags":[{"tag":"1","pullPolicy":{"ttlSecondsAfterFinished":9}}]}}}`,
	},
	stored: map[string]map[string]string{
		"v1alpha1": {
			"spec.images.nginx.tags.0.tag": `"1"`, "spec.images.nginx.tags.0.pullPolicy": `{"backoffLimit":3,"timeoutSeconds":600,"ttlSecondsAfterFinished":8}`,
			"spec.images.nginx.tags.1.tag": `"2"`,
		},
		"v1beta1": {"spec.images.nginx.tags.0.pullPolicy.timeoutSeconds": `600`},
	},
	other: map[string]map[string]string{
		"v1alpha1": {"spec.images.nginx.tags.1.tag": `"2"`},
		"v1beta1":  {"spec.images.nginx.pullSecrets": `[{"name":"s","namespace":"n"}]`},
	},
	change: `{"images":{"redis":{"tags":[{"tag":"7","pullPolicy":{"ttlSecondsAfterFinished":9}}]}}}`,
	fault:  `{"images":{"redis":{"tags":[{"tag":"7"}]}}}`, says: []string{"spec.images[redis].tags[0].pullPolicy.ttlSecondsAfterFinished"},
}, {
	kind: "PersistentPodState",
	specs: map[string]string{
		"v1alpha1": `{"targetRef":{"apiVersion":"apps/v1","kind":"StatefulSet","name":"a"},"requiredPersistentTopology":{"nodeTopologyKeys":["zone"]}}`,
		"v1beta1":  `{"targetRef":{"apiVersion":"apps/v1","kind":"StatefulSet","name":"b"},"preferredPersistentTopology":[{"weight":7,"preference":{"keys":["zone"]}}]}`,
	},
	stored: map[string]map[string]string{"v1alpha1": {}, "v1beta1": {}},
	other: map[string]map[string]string{
		"v1alpha1": {"spec.requiredPersistentTopology": `{"keys":["zone"]}`},
		"v1beta1":  {"spec.preferredPersistentTopology": `[{"preference":{"nodeTopologyKeys":["zone"]},"weight":7}]`},
	},
	change: `{"persistentPodAnnotations":[{"key":"a"}]}`, fault: `{"targetRef":{"kind":"Deployment"}}`, says: []string{"spec.targetRef", "cannot change", "StatefulSet"},
}, {
	kind: "PodProbeMarker",
	specs: map[string]string{"v1alpha1": `{"selector":{"matchLabels":{"app":"web"}},"probes":[{"name":"idle","containerName":"main","podConditionType":"example.com/idle",
		"probe":{"exec":{"command":["/idle"]}}}]}`},
	stored: map[string]map[string]string{"v1alpha1": {"spec.probes.0.probe.exec.command": `["/idle"]`}},
	change: `{"probes":[{"name":"idle","containerName":"main","podConditionType":"example.com/idle","probe":{"tcpSocket":{"port":80}}}]}`,
	fault: `{"probes":[{"name":"idle","containerName":"main","podConditionType":"example.com/idle",
		"probe":{"httpGet":{"path":"/","port":80,"scheme":"HTTP","host":"169.254.169.254"}}}]}`,
	says: []string{"spec.probes[0].probe.httpGet.host", "169.254.169.254", "network of the node"},
}}

func TestNodeKinds(t *testing.T) { proveKinds(t, nodeKinds) }

// proveKinds creates, changes, refuses and releases an object of each kind and version, and reads it in the other version.
func proveKinds(t *testing.T, kinds []kindUnderTest) {
	t.Helper()
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	for _, kind := range kinds {
		for version, other := range map[string]string{"v1alpha1": "v1beta1", "v1beta1": "v1alpha1"} {
			spec, served := kind.specs[version]
			if !served {
				continue
			}
			t.Run(kind.kind+" "+version, func(t *testing.T) {
				sent := kind.object(t, version, namespace, spec)
				client := writer(t, installed, sent)
				stored, err := client.Create(t.Context(), sent, metav1.CreateOptions{})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { release(t, client, stored.GetName()) })
				wantMembers(t, stored, kind.stored[version])

				if _, err := client.Patch(t.Context(), stored.GetName(), types.MergePatchType, []byte(`{"spec":`+kind.change+`}`), metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}}); err != nil {
					t.Errorf("a change: %v", err)
				}
				_, err = client.Patch(t.Context(), stored.GetName(), types.MergePatchType, []byte(`{"spec":`+kind.fault+`}`), metav1.PatchOptions{})
				wantRefused(t, err, kind.says...)
				if err != nil && !apierrors.IsInvalid(err) {
					t.Errorf("the reason of %v is not Invalid", err)
				}
				if _, twoVersions := kind.specs[other]; twoVersions {
					kind.readAs(t, installed, other, stored, kind.other[version])
				}
			})
		}
	}
}

func (k kindUnderTest) object(t *testing.T, version, namespace, spec string) *unstructured.Unstructured {
	t.Helper()
	o := object(t, fmt.Sprintf(`{apiVersion: apps.kruise.io/%s, kind: %s, metadata: {name: %s}, spec: %s}`, version, k.kind, "e2e-"+version, spec))
	if !k.inNoNamespace {
		o.SetNamespace(namespace)
	}
	return o
}

// readAs reads an object in another version, writes it back in that version, and expects that nothing is lost by that.
func (k kindUnderTest) readAs(t *testing.T, installed *installation.Installation, version string, stored *unstructured.Unstructured, want map[string]string) {
	t.Helper()
	sample := stored.DeepCopy()
	sample.SetGroupVersionKind(schema.GroupVersionKind{Group: "apps.kruise.io", Version: version, Kind: k.kind})
	client := writer(t, installed, sample)
	read, err := client.Get(t.Context(), stored.GetName(), metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	wantMembers(t, read, want)
	labels := map[string]string{"written": version}
	maps.Copy(labels, read.GetLabels())
	read.SetLabels(labels)
	if _, err := client.Update(t.Context(), read, metav1.UpdateOptions{}); err != nil {
		t.Fatalf("written as %s: %v", version, err)
	}
	back, err := writer(t, installed, stored).Get(t.Context(), stored.GetName(), metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if was, is := compact(stored.Object["spec"]), compact(back.Object["spec"]); was != is {
		t.Errorf("the spec was %s, and after it was written as %s it is %s", was, version, is)
	}
}

// release takes the finalizers off an object and deletes it.
func release(t *testing.T, client dynamic.ResourceInterface, name string) {
	t.Helper()
	ctx := context.Background()
	if _, err := client.Patch(ctx, name, types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{}); err != nil {
		t.Errorf("the finalizers cannot be taken off: %v", err)
	}
	if err := client.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		t.Errorf("not deleted: %v", err)
	}
}

// wantMembers compares values by their path, with numbers for the elements of lists.
func wantMembers(t *testing.T, o *unstructured.Unstructured, want map[string]string) {
	t.Helper()
	for path, value := range want {
		var at any = o.Object
		for key := range strings.SplitSeq(path, ".") {
			switch parent := at.(type) {
			case map[string]any:
				at = parent[key]
			case []any:
				var n int
				if _, err := fmt.Sscan(key, &n); err != nil || n >= len(parent) {
					t.Fatalf("%s: there is no element %s of %d", path, key, len(parent))
				}
				at = parent[n]
			default:
				at = nil
			}
		}
		if got := compact(at); got != value {
			t.Errorf("%s is %s, want %s", path, got, value)
		}
	}
}

func compact(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// TestPersistentPodStatesOfOneWorkload refuses the second one, which a replica learns of by a watch.
func TestPersistentPodStatesOfOneWorkload(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	state := func(name, apiVersion string) string {
		return `{apiVersion: apps.kruise.io/v1beta1, kind: PersistentPodState, metadata: {name: ` + name + `},
			spec: {targetRef: {apiVersion: ` + apiVersion + `, kind: StatefulSet, name: shared}, requiredPersistentTopology: {keys: [zone]}}}`
	}
	create(t, installed, namespace, state("first", "apps/v1"))
	second := object(t, state("second", "apps/v1beta2"))
	second.SetNamespace(namespace)
	client := writer(t, installed, second)
	controlplane.Eventually(t, "the second one is refused", func(ctx context.Context) error {
		_, err := client.Create(ctx, second, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err == nil {
			return fmt.Errorf("it was accepted")
		}
		if !strings.Contains(err.Error(), `"first"`) {
			return err
		}
		return nil
	})
}
