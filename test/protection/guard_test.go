package protection

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

const guardConfiguration = `
apiVersion: config.kruise-admission.io/v1alpha1
kind: DeleteProtection
rules:
- resources: [{group: "", resource: pods, kind: Pod, versions: [v1]}]
  cascading: {none: {}}
- resources: [{group: "", resource: persistentvolumeclaims, kind: PersistentVolumeClaim, versions: [v1]}]
  cascading: {mountedBy: {}}
labelGuard: {users: [root]}
`

// TestGuardHasNoBackDoor: labels can also be written by subresources, each with a right of its own. Whatever subresource of a guarded
// object the API server has, the label stays, by the server and by the policies.
func TestGuardHasNoBackDoor(t *testing.T) {
	cluster := prepare(t)
	namespaceWith(t, cluster, "guard", nil)
	admin := as(t, cluster)
	objects := []*unstructured.Unstructured{
		create(t, admin, protected("v1", "Namespace", "", "guarded", "Always", "")),
		create(t, admin, withLabel(anyContent("guard.example.com", "guarded", "Guarded"), "Always")),
		create(t, admin, protected("v1", "Pod", "guard", "guarded", "Always", `{containers: [{name: c, image: "c:1"}]}`)),
		create(t, admin, protected("v1", "PersistentVolumeClaim", "guard", "guarded", "Always", "{accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}")),
	}
	for _, k := range kinds {
		spec := k.spec
		if k.workload {
			spec = fmt.Sprintf(spec, 0)
		}
		objects = append(objects, create(t, admin, protected(k.apiVersion, k.kind, "guard", "guarded-"+k.name, "Always", spec)))
	}
	ways := waysToWrite(t, cluster)

	check := func(t *testing.T) {
		user := as(t, cluster, "people")
		for _, o := range objects {
			controlplane.Eventually(t, o.GetKind()+" is guarded", func(ctx context.Context) error {
				_, err := user.resource(t, o).Patch(ctx, o.GetName(), types.MergePatchType, []byte(unlabel), metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})
				if !apierrors.IsForbidden(err) {
					return fmt.Errorf("got %w", err)
				}
				return nil
			})
			for _, way := range ways[o.GroupVersionKind().GroupKind().String()] {
				err := updateWithoutLabel(t, user, o, way)
				if stored, getErr := user.client.Get(t.Context(), o); getErr != nil || stored.GetLabels()[label] != "Always" {
					t.Errorf("%s: an update of %s takes the label away: %v, %v", o.GetKind(), way, err, getErr)
					patch(t, admin, o, `{"metadata":{"labels":{"`+label+`":"Always"}}}`)
				}
			}
		}
	}
	configuration := writeFile(t, guardConfiguration)
	remove := applyTwin(t, cluster, generate(t, "policies", configuration))
	t.Run("policies", check)
	remove()
	install(t, cluster, guardConfiguration)
	t.Run("server", check)
}

// updateWithoutLabel tries to take the label away by an update of a subresource.
func updateWithoutLabel(t *testing.T, p *person, o *unstructured.Unstructured, subresource string) error {
	t.Helper()
	return retry.RetryOnConflict(retry.DefaultBackoff, func() error { // controllers write the object, too
		stored, err := p.client.Get(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		stored.SetLabels(nil)
		_, err = p.resource(t, o).Update(t.Context(), stored, metav1.UpdateOptions{}, subresource)
		return err
	})
}

// waysToWrite are the subresources of each kind, by group and kind, by which something can be changed.
func waysToWrite(t *testing.T, cluster *controlplane.ControlPlane) map[string][]string {
	t.Helper()
	_, lists, err := cluster.Client().Discovery().ServerGroupsAndResources()
	if err != nil {
		t.Fatal(err)
	}
	kinds, ways := map[string]string{}, map[string][]string{}
	for _, list := range lists {
		group, _, grouped := strings.Cut(list.GroupVersion, "/")
		if !grouped {
			group = ""
		}
		for _, resource := range list.APIResources {
			name, subresource, sub := strings.Cut(resource.Name, "/")
			switch key := name + "." + group; {
			case !sub:
				kinds[key] = schema.GroupKind{Group: group, Kind: resource.Kind}.String()
			case slices.Contains(resource.Verbs, "update") && !slices.Contains(ways[kinds[key]], subresource):
				ways[kinds[key]] = append(ways[kinds[key]], subresource)
			}
		}
	}
	if !slices.Contains(ways["Namespace"], "status") || !slices.Contains(ways["Namespace"], "finalize") {
		t.Fatalf("namespaces have no status or no finalize in %v", ways)
	}
	return ways
}
