package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/jsonmergepatch"
	"k8s.io/client-go/dynamic"

	"github.com/kruise-admission/kruise-admission/test/installation"
)

// workloads are a small object of each kind and version, without a name.
var workloads = []struct {
	name, version, kind, strategy string
	// update is where the fields of a rolling update are.
	update string
}{
	{"CloneSet v1alpha1", "v1alpha1", "CloneSet", "{type: ReCreate}", "spec.updateStrategy"},
	{"CloneSet v1beta1", "v1beta1", "CloneSet", "{type: RollingUpdate}", "spec.updateStrategy.rollingUpdate"},
	{"StatefulSet v1alpha1", "v1alpha1", "StatefulSet", "{type: RollingUpdate}", "spec.updateStrategy.rollingUpdate"},
	{"StatefulSet v1beta1", "v1beta1", "StatefulSet", "{type: RollingUpdate}", "spec.updateStrategy.rollingUpdate"},
	{"DaemonSet v1alpha1", "v1alpha1", "DaemonSet", "{type: RollingUpdate}", "spec.updateStrategy.rollingUpdate"},
	{"DaemonSet v1beta1", "v1beta1", "DaemonSet", "{type: RollingUpdate}", "spec.updateStrategy.rollingUpdate"},
}

func workload(t *testing.T, version, kind, namespace, name, strategy string) *unstructured.Unstructured {
	t.Helper()
	o := object(t, "apiVersion: apps.kruise.io/"+version+"\nkind: "+kind+`
metadata: {name: `+name+`}
spec:
  updateStrategy: `+strategy+`
  selector: {matchLabels: {e2e: workload}}
  template:
    metadata: {labels: {e2e: workload}}
    spec: {containers: [{name: c, image: "c:1"}]}
`)
	o.SetNamespace(namespace)
	return o
}

// writer returns the client for objects of this one's kind.
func writer(t *testing.T, installed *installation.Installation, o *unstructured.Unstructured) dynamic.ResourceInterface {
	t.Helper()
	resource, err := installed.Client.Resource(o)
	if err != nil {
		t.Fatal(err)
	}
	return resource
}

// TestWorkloads creates, updates and refuses an object of each kind and version, with every kind of patch.
func TestWorkloads(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	for _, test := range workloads {
		t.Run(test.name, func(t *testing.T) {
			name := strings.ToLower(strings.ReplaceAll(test.name, " ", "-"))
			sent := workload(t, test.version, test.kind, namespace, name, test.strategy)
			client := writer(t, installed, sent)

			tried, err := client.Create(t.Context(), sent, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
			if err != nil {
				t.Fatalf("dry run: %v", err)
			}
			if _, err := client.Get(t.Context(), name, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
				t.Errorf("the dry run stored something: %v", err)
			}
			stored, err := client.Create(t.Context(), sent, metav1.CreateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for what, o := range map[string]*unstructured.Unstructured{"dry run": tried, "creation": stored} {
				if limit, found, err := unstructured.NestedInt64(o.Object, "spec", "revisionHistoryLimit"); err != nil || !found || limit != 10 {
					t.Errorf("%s: revisionHistoryLimit %d (%t, %v), want the default", what, limit, found, err)
				}
				if _, found, _ := unstructured.NestedFieldNoCopy(o.Object, strings.Split(test.update+".maxUnavailable", ".")...); !found {
					t.Errorf("%s: %s.maxUnavailable has no default", what, test.update)
				}
			}

			jsonPatch := func(path, value string, options metav1.PatchOptions) error {
				patch := `[{"op":"add","path":"/` + strings.ReplaceAll(path, ".", "/") + `","value":` + value + `}]`
				_, err := client.Patch(t.Context(), name, types.JSONPatchType, []byte(patch), options)
				return err
			}
			if err := jsonPatch("spec.template.spec.containers.0.image", `"c:2"`, metav1.PatchOptions{}); err != nil {
				t.Errorf("another image: %v", err)
			}
			const mount = "spec.template.spec.containers.0.volumeMounts"
			wantRefused(t, jsonPatch(mount, `[{"name":"gone","mountPath":"/x"}]`, metav1.PatchOptions{}), "spec.template.spec.containers[0].volumeMounts[0].name", "gone")
			wantRefused(t, jsonPatch(mount, `[{"name":"gone","mountPath":"/x"}]`, metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}}), "gone")
			wantRefused(t, jsonPatch(test.update+".partition", `-1`, metav1.PatchOptions{}), test.update+".partition")
			err = jsonPatch("spec.selector", `{"matchLabels":{"e2e":"other"}}`, metav1.PatchOptions{})
			wantRefused(t, err, "spec.selector", "immutable")
			if !apierrors.IsInvalid(err) {
				t.Errorf("the reason of %v is not Invalid", err)
			}
			_, err = client.Patch(t.Context(), name, types.MergePatchType, []byte(`{"spec":{"template":{"spec":{"restartPolicy":"Never"}}}}`), metav1.PatchOptions{})
			wantRefused(t, err, "spec.template.spec.restartPolicy", "Never")

			// No custom resource can be patched strategically: its types do not say how to merge lists.
			_, err = client.Patch(t.Context(), name, types.StrategicMergePatchType, []byte(`{"spec":{"revisionHistoryLimit":5}}`), metav1.PatchOptions{})
			if !apierrors.IsUnsupportedMediaType(err) {
				t.Errorf("a strategic-merge patch: %v, want that it is not supported", err)
			}

			current, err := client.Get(t.Context(), name, metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if err := unstructured.SetNestedField(current.Object, int64(3), "spec", "revisionHistoryLimit"); err != nil {
				t.Fatal(err)
			}
			if _, err := client.Update(t.Context(), current, metav1.UpdateOptions{}); err != nil {
				t.Errorf("an update: %v", err)
			}
			if err := client.Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
				t.Errorf("a deletion: %v", err)
			}
		})
	}
}

// TestApplyingAgainChangesNothing applies each kind, and the examples, as `kubectl apply` does with and without --server-side.
func TestApplyingAgainChangesNothing(t *testing.T) {
	cluster, installed := install(t)
	objects := map[string]*unstructured.Unstructured{}
	for _, w := range workloads {
		objects[w.name] = workload(t, w.version, w.kind, "", "applied", w.strategy)
	}
	for _, name := range []string{"statefulset-redis.yaml", "daemonset-node-exporter.yaml", "cloneset-nginx-2.yaml"} {
		read, err := installation.Read(filepath.Join(installation.Root(), "examples", name))
		if err != nil || len(read) != 1 {
			t.Fatalf("examples/%s: %d objects, %v", name, len(read), err)
		}
		objects[name] = read[0]
	}
	for how, apply := range map[string]func(context.Context, dynamic.ResourceInterface, *unstructured.Unstructured) (*unstructured.Unstructured, error){
		"server-side": applyServerSide, "client-side": applyClientSide,
	} {
		for name, o := range objects {
			t.Run(how+" "+name, func(t *testing.T) {
				sent := o.DeepCopy()
				sent.SetNamespace(cluster.NamespaceForTest(t))
				client := writer(t, installed, sent)
				first, err := apply(t.Context(), client, sent.DeepCopy())
				if err != nil {
					t.Fatal(err)
				}
				again, err := apply(t.Context(), client, sent.DeepCopy())
				if err != nil {
					t.Fatalf("applied again: %v", err)
				}
				if again.GetResourceVersion() != first.GetResourceVersion() {
					t.Error("a second apply changes the object, so the defaults are not stable")
				}
				if err := unstructured.SetNestedField(sent.Object, int64(4), "spec", "revisionHistoryLimit"); err != nil {
					t.Fatal(err)
				}
				changed, err := apply(t.Context(), client, sent.DeepCopy())
				if err != nil {
					t.Fatalf("applied with a change: %v", err)
				}
				if changed.GetGeneration() != first.GetGeneration()+1 {
					t.Errorf("generation %d after %d, want one change", changed.GetGeneration(), first.GetGeneration())
				}
			})
		}
	}
}

func applyServerSide(ctx context.Context, client dynamic.ResourceInterface, o *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	return client.Apply(ctx, o.GetName(), o, metav1.ApplyOptions{FieldManager: "kubectl"})
}

// applyClientSide creates the object with itself in an annotation, and later patches what differs from that.
func applyClientSide(ctx context.Context, client dynamic.ResourceInterface, o *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	const annotation = "kubectl.kubernetes.io/last-applied-configuration"
	sent, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	o.SetAnnotations(map[string]string{annotation: string(sent)})
	stored, err := client.Get(ctx, o.GetName(), metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return client.Create(ctx, o, metav1.CreateOptions{FieldManager: "kubectl-client-side-apply"})
	}
	if err != nil {
		return nil, err
	}
	modified, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	current, err := json.Marshal(stored)
	if err != nil {
		return nil, err
	}
	patch, err := jsonmergepatch.CreateThreeWayJSONMergePatch([]byte(stored.GetAnnotations()[annotation]), modified, current)
	if err != nil {
		return nil, fmt.Errorf("make the patch: %w", err)
	}
	return client.Patch(ctx, o.GetName(), types.MergePatchType, patch, metav1.PatchOptions{FieldManager: "kubectl-client-side-apply"})
}

// TestInPlaceOnlyStatefulSet lets the image of the example change, and nothing else of its pods.
func TestInPlaceOnlyStatefulSet(t *testing.T) {
	cluster, installed := install(t)
	read, err := installation.Read(filepath.Join(installation.Root(), "examples", "statefulset-redis.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	set := read[0]
	set.SetNamespace(cluster.NamespaceForTest(t))
	for _, version := range []string{"v1alpha1", "v1beta1"} {
		t.Run(version, func(t *testing.T) {
			set := set.DeepCopy()
			set.SetAPIVersion("apps.kruise.io/" + version)
			set.SetName("redis-" + version)
			stored, err := installed.Client.Create(t.Context(), set)
			if err != nil {
				t.Fatal(err)
			}
			client := writer(t, installed, stored)
			patch := func(path, value string) error {
				operations := `[{"op":"add","path":"/spec/template/` + path + `","value":` + value + `}]`
				_, err := client.Patch(t.Context(), stored.GetName(), types.JSONPatchType, []byte(operations), metav1.PatchOptions{})
				return err
			}
			if err := patch("spec/containers/0/image", `"redis:7.4.2"`); err != nil {
				t.Errorf("the image may change: %v", err)
			}
			if err := patch("metadata/annotations", `{"x":"y"}`); err != nil {
				t.Errorf("annotations of the template may change: %v", err)
			}
			wantRefused(t, patch("spec/containers/0/env", `[{"name":"PASSWORD","value":"hidden"}]`), "spec.template.spec.containers[0].env", "InPlaceIfPossible", "ReCreate")
			wantRefused(t, patch("spec/containers/0/imagePullPolicy", `"Never"`), "spec.template.spec.containers[0].imagePullPolicy")
			if _, err := installed.Client.Patch(t.Context(), stored, `{"spec":{"replicas":5}}`); err != nil {
				t.Errorf("replicas may change: %v", err)
			}
		})
	}
}

// TestLongNames refuses names that are too long for pods and revisions.
func TestLongNames(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	for kind, longest := range map[string]int{"StatefulSet": 52, "DaemonSet": 242} {
		for _, version := range []string{"v1alpha1", "v1beta1"} {
			tooLong := workload(t, version, kind, namespace, strings.Repeat("n", longest+1), "{}")
			_, err := installed.Client.Create(t.Context(), tooLong)
			wantRefused(t, err, "metadata.name", fmt.Sprintf("no more than %d characters", longest))
			fits := workload(t, version, kind, namespace, strings.Repeat("n", longest-len(version))+version, "{}")
			if _, err := installed.Client.Create(t.Context(), fits); err != nil {
				t.Errorf("%s %s: a name of %d characters: %v", kind, version, longest, err)
			}
		}
	}
}

// TestResizingClaims reads storage classes with the rights of the ServiceAccount.
func TestResizingClaims(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	yes, no := true, false
	for _, class := range []*storagev1.StorageClass{
		{ObjectMeta: metav1.ObjectMeta{Name: "e2e-expand"}, AllowVolumeExpansion: &yes},
		{ObjectMeta: metav1.ObjectMeta{Name: "e2e-fixed", Annotations: map[string]string{"storageclass.kubernetes.io/is-default-class": "true"}}, AllowVolumeExpansion: &no},
	} {
		class.Provisioner = "e2e.example.com/none"
		if _, err := cluster.Client().StorageV1().StorageClasses().Create(t.Context(), class, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := cluster.Client().StorageV1().StorageClasses().Delete(context.Background(), class.Name, metav1.DeleteOptions{}); err != nil {
				t.Log("not deleted:", err)
			}
		})
	}
	const size = "spec.volumeClaimTemplates[0].spec.resources.requests.storage"
	for _, test := range []struct {
		// name is that of the StatefulSet, class that of the storage class of its claims, if any.
		name, class string
		// want are words of the refusal; none means that the claims may grow.
		want []string
	}{
		{"expand", "e2e-expand", nil},
		{"fixed", "e2e-fixed", []string{size, "e2e-fixed"}},
		{"default", "", []string{size, "e2e-fixed"}},
		{"gone", "e2e-gone", []string{"spec.volumeClaimTemplates[0].spec.storageClassName", "e2e-gone"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			set := func(size string) *unstructured.Unstructured {
				o := workload(t, "v1beta1", "StatefulSet", namespace, test.name, "{}")
				claim := map[string]any{"accessModes": []any{"ReadWriteOnce"}, "resources": map[string]any{"requests": map[string]any{"storage": size}}}
				if test.class != "" {
					claim["storageClassName"] = test.class
				}
				spec := o.Object["spec"].(map[string]any)
				spec["volumeClaimTemplates"] = []any{map[string]any{"metadata": map[string]any{"name": "data"}, "spec": claim}}
				spec["volumeClaimUpdateStrategy"] = map[string]any{"type": "OnPodRollingUpdate"}
				return o
			}
			if _, err := installed.Client.Apply(t.Context(), set("2Gi")); err != nil {
				t.Fatal(err)
			}
			_, err := installed.Client.Apply(t.Context(), set("3Gi"))
			if len(test.want) > 0 {
				wantRefused(t, err, test.want...)
			} else if err != nil {
				t.Errorf("the claims may grow: %v", err)
			}
		})
	}
}

// TestProtectedStatefulSet cannot be deleted, on the path that also validates it.
func TestProtectedStatefulSet(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	for _, version := range []string{"v1alpha1", "v1beta1"} {
		stored, err := installed.Client.Create(t.Context(), workload(t, version, "StatefulSet", namespace, "protected-"+version, "{}"))
		if err != nil {
			t.Fatal(err)
		}
		protect(t, installed, stored, `"Always"`)
		wantRefused(t, installed.Client.Delete(t.Context(), stored), "vstatefulsetdeletion.kb.io", "policy.kruise.io/delete-protection=Always")
		protect(t, installed, stored, "null")
		if err := installed.Client.Delete(t.Context(), stored); err != nil {
			t.Errorf("nothing protects it any more, but: %v", err)
		}
	}
}
