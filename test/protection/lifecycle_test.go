package protection

import (
	"context"
	"fmt"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

const (
	unlabel = `{"metadata":{"labels":{"` + label + `":null}}}`
	// lifecycleConfiguration changes nothing but where objects of definitions may be looked for.
	lifecycleConfiguration = `
apiVersion: config.kruise-admission.io/v1alpha1
kind: DeleteProtection
crdInstances: {groups: [life.example.com]}
`
)

// mustRefuse fails the test unless the object cannot be deleted.
func mustRefuse(t *testing.T, p *person, o *unstructured.Unstructured, words string) {
	t.Helper()
	err := p.client.Delete(t.Context(), o)
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), words) {
		t.Errorf("delete of %s %s: got %v, want a refusal that says %q", o.GetKind(), o.GetName(), err, words)
	}
}

// mustGo fails the test unless the object can be deleted.
func mustGo(t *testing.T, p *person, o *unstructured.Unstructured) {
	t.Helper()
	if err := p.client.Delete(t.Context(), o); err != nil {
		t.Errorf("delete of %s %s: %v", o.GetKind(), o.GetName(), err)
	}
}

func patch(t *testing.T, p *person, o *unstructured.Unstructured, patch string) {
	t.Helper()
	if _, err := p.client.Patch(t.Context(), o, patch); err != nil {
		t.Fatalf("patch %s %s: %v", o.GetKind(), o.GetName(), err)
	}
}

// TestLifeOfProtectedObjects: each kind is refused, and goes when the label is removed or when nothing is below it any more.
func TestLifeOfProtectedObjects(t *testing.T) {
	cluster := prepare(t)
	install(t, cluster, lifecycleConfiguration)
	namespaceWith(t, cluster, "life", nil)
	user := as(t, cluster, "people")
	awaitProtection(t, cluster, "life")

	for _, k := range kinds {
		spec := k.spec
		if k.workload {
			spec = fmt.Sprintf(spec, 2)
		}
		t.Run(k.name+" Always", func(t *testing.T) {
			o := create(t, user, protected(k.apiVersion, k.kind, "life", k.name+"-a", "Always", spec))
			mustRefuse(t, user, o, always(k.kind, k.name+"-a"))
			patch(t, user, o, unlabel)
			mustGo(t, user, o)
		})
		if k.workload {
			t.Run(k.name+" Cascading", func(t *testing.T) {
				o := create(t, user, protected(k.apiVersion, k.kind, "life", k.name+"-c", "Cascading", spec))
				mustRefuse(t, user, o, replicas(k.kind, k.name+"-c", 2))
				patch(t, user, o, `{"spec":{"replicas":0}}`)
				mustGo(t, user, o)
			})
		}
	}

	for _, o := range []*unstructured.Unstructured{
		protected("v1", "Namespace", "", "life-always", "Always", ""),
		withLabel(anyContent("always.life.example.com", "lives", "Life"), "Always"),
	} {
		t.Run(o.GetKind()+" Always", func(t *testing.T) {
			create(t, user, o)
			mustRefuse(t, user, o, always(o.GetKind(), o.GetName()))
			patch(t, user, o, unlabel)
			mustGo(t, user, o)
			awaitGone(t, user, o)
		})
	}

	t.Run("namespace", func(t *testing.T) {
		namespaceWith(t, cluster, "life-emptied", map[string]string{label: "Cascading"})
		namespace := parse("apiVersion: v1\nkind: Namespace\nmetadata: {name: life-emptied}")
		pod := create(t, user, parse("apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: life-emptied}\nspec: {containers: [{name: c, image: \"c:1\"}]}"))
		claim := create(t, user, parse("apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c, namespace: life-emptied}\n"+
			"spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}"))
		bind(t, cluster, "life-emptied", "c")
		mustRefuse(t, user, namespace, `active pods 1>0: to delete Namespace "life-emptied", first delete its pods ("p")`)
		blind := withRights(t, cluster, "blind", rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"namespaces"}, Verbs: []string{"delete"}})
		mustRefuse(t, blind, namespace, `active pods 1>0: to delete Namespace "life-emptied", first delete its pods and what creates them`)
		mustGo(t, user, pod)
		awaitGone(t, user, pod)
		mustRefuse(t, user, namespace, `"Bound" status pvc 1>0: to delete Namespace "life-emptied", first delete its PersistentVolumeClaims ("c")`)
		mustGo(t, user, claim)
		awaitGone(t, user, claim)
		mustGo(t, user, namespace)
	})

	t.Run("definition", func(t *testing.T) {
		definition := create(t, user, withLabel(anyContent("life.example.com", "lives", "Life"), "Cascading"))
		life := parse("apiVersion: life.example.com/v1beta1\nkind: Life\nmetadata: {name: one, namespace: life}")
		controlplane.Eventually(t, "objects of the new definition can be created", func(ctx context.Context) error {
			_, err := user.client.Create(ctx, life)
			return err
		})
		mustRefuse(t, user, definition, `active CRs 1>0: to delete CustomResourceDefinition "lives.life.example.com", first delete its objects ("life/one")`)
		mustGo(t, user, life)
		awaitGone(t, user, life)
		mustGo(t, user, definition)
	})
}

// awaitProtection waits until the API server calls the server.
func awaitProtection(t *testing.T, cluster *controlplane.ControlPlane, namespace string) {
	t.Helper()
	user := as(t, cluster, "people")
	canary := create(t, user, protected("v1", "Service", namespace, "canary", "Always", "{ports: [{port: 80}]}"))
	controlplane.Eventually(t, "a canary is protected", func(context.Context) error {
		if err := user.tryDelete(t, canary); !apierrors.IsForbidden(err) {
			return fmt.Errorf("got %w", err)
		}
		return nil
	})
}

// bind plays the volume controller.
func bind(t *testing.T, cluster *controlplane.ControlPlane, namespace, name string) {
	t.Helper()
	bound := []byte(`{"status":{"phase":"Bound"}}`)
	if _, err := cluster.Client().CoreV1().PersistentVolumeClaims(namespace).Patch(t.Context(), name, types.MergePatchType, bound, metav1.PatchOptions{}, "status"); err != nil {
		t.Fatal(err)
	}
}

func awaitGone(t *testing.T, p *person, o *unstructured.Unstructured) {
	t.Helper()
	controlplane.Eventually(t, o.GetKind()+" "+o.GetName()+" is gone", func(ctx context.Context) error {
		_, err := p.client.Get(ctx, o)
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("it is still there: %w", err)
	})
}

// TestGarbageCollectorIsRefused: the collector is a user like any other, in whatever way the owner is deleted. What it may not delete stays
// until the label is removed.
func TestGarbageCollectorIsRefused(t *testing.T) {
	cluster := prepare(t)
	installed := install(t, cluster, "")
	namespaceWith(t, cluster, "garbage", nil)
	user := as(t, cluster, "people")
	awaitProtection(t, cluster, "garbage")
	refusals := func() string {
		return metric(t, installed, `kruise_admission_delete_protection_total{outcome="refused",resource="replicasets.apps"}`)
	}
	for _, c := range []struct {
		way                  metav1.DeletionPropagation
		collects, ownerWaits bool
	}{
		{metav1.DeletePropagationBackground, true, false},
		{metav1.DeletePropagationForeground, true, true},
		{metav1.DeletePropagationOrphan, false, false},
	} {
		t.Run(string(c.way), func(t *testing.T) {
			owner, owned := labelledByTemplate(t, user, strings.ToLower(string(c.way)))
			before := refusals()
			if err := user.resource(t, owner).Delete(t.Context(), owner.GetName(), metav1.DeleteOptions{PropagationPolicy: &c.way}); err != nil {
				t.Fatal(err)
			}
			if c.collects {
				controlplane.Eventually(t, "the garbage collector is refused", func(context.Context) error {
					if refusals() == before {
						return fmt.Errorf("nothing is refused yet")
					}
					return nil
				})
			}
			if c.ownerWaits {
				if stored, err := user.client.Get(t.Context(), owner); err != nil || stored.GetDeletionTimestamp() == nil {
					t.Errorf("the owner should be terminating: %v, %v", stored, err)
				}
			} else {
				awaitGone(t, user, owner)
			}
			stored, err := user.client.Get(t.Context(), owned)
			if err != nil || stored.GetDeletionTimestamp() != nil || (len(stored.GetOwnerReferences()) > 0) != c.collects {
				t.Fatalf("the protected ReplicaSet: %v, %v", stored, err)
			}
			patch(t, user, owned, unlabel)
			if !c.collects {
				mustGo(t, user, owned)
			}
			awaitGone(t, user, owned)
			awaitGone(t, user, owner)
		})
	}
}

// labelledByTemplate creates a Deployment whose ReplicaSet is protected, which surprises people: a label in the pod template becomes one of
// the ReplicaSet (spec §10).
func labelledByTemplate(t *testing.T, p *person, name string) (deployment, replicaSet *unstructured.Unstructured) {
	t.Helper()
	deployment = create(t, p, parse(strings.Replace(fmt.Sprintf("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s, namespace: garbage}\nspec: "+workload, name, 0),
		"metadata: {labels: {app: table}}", "metadata: {labels: {app: table, "+label+": Always}}", 1)))
	replicaSets := p.resource(t, protected("apps/v1", "ReplicaSet", "garbage", "any", "-", ""))
	controlplane.Eventually(t, "the Deployment has a ReplicaSet", func(ctx context.Context) error {
		list, err := replicaSets.List(ctx, metav1.ListOptions{})
		if err == nil && len(list.Items) != 1 {
			err = fmt.Errorf("%d ReplicaSets", len(list.Items))
		}
		if err == nil {
			replicaSet = &list.Items[0]
		}
		return err
	})
	return deployment, replicaSet
}

// TestDefinitionTakesItsObjectsAlong: when a definition goes, the API server removes its objects without asking anybody, protected or not.
// What keeps them is protection of the definition.
func TestDefinitionTakesItsObjectsAlong(t *testing.T) {
	cluster := prepare(t)
	admin := as(t, cluster)
	definition := create(t, admin, withLabel(anyContent("along.example.com", "alongs", "Along"), "Cascading"))
	install(t, cluster, `
apiVersion: config.kruise-admission.io/v1alpha1
kind: DeleteProtection
rules:
- resources: [{group: along.example.com, resource: alongs, kind: Along, versions: [v1, v1beta1]}]
  cascading: {none: {}}
crdInstances: {groups: [along.example.com]}
`)
	namespaceWith(t, cluster, "along", nil)
	user := as(t, cluster, "people")
	awaitProtection(t, cluster, "along")
	object := protected("along.example.com/v1", "Along", "along", "kept", "Always", "")
	controlplane.Eventually(t, "objects of the new definition can be created", func(ctx context.Context) error {
		_, err := user.client.Create(ctx, object)
		return err
	})
	controlplane.Eventually(t, "the object is protected", func(context.Context) error {
		if err := user.tryDelete(t, object); !apierrors.IsForbidden(err) {
			return fmt.Errorf("got %w", err)
		}
		return nil
	})
	mustRefuse(t, user, definition, `active CRs 1>0`)
	patch(t, user, definition, unlabel)
	mustGo(t, user, definition)
	awaitGone(t, user, definition)
}

// TestNamespaceIsNotHeldUp: once a namespace is being deleted, nothing in it is protected any more, neither by the server nor by the
// policies.
func TestNamespaceIsNotHeldUp(t *testing.T) {
	cluster := prepare(t)
	install(t, cluster, lifecycleConfiguration)
	applyTwin(t, cluster, generate(t, "policies", writeFile(t, lifecycleConfiguration)))
	namespaceWith(t, cluster, "held-up", nil)
	user := as(t, cluster, "people")
	awaitProtection(t, cluster, "held-up")
	for _, k := range kinds {
		spec := k.spec
		if k.workload {
			spec = fmt.Sprintf(spec, 2)
			create(t, user, protected(k.apiVersion, k.kind, "held-up", k.name+"-cascading", "Cascading", spec))
		}
		mustRefuse(t, user, create(t, user, protected(k.apiVersion, k.kind, "held-up", k.name, "Always", spec)), always(k.kind, k.name))
	}
	namespace := parse("apiVersion: v1\nkind: Namespace\nmetadata: {name: held-up}")
	mustGo(t, user, namespace)
	awaitGone(t, user, namespace)
}

// TestNamespaceIsNotHeldUpByAnOutage: not even a stopped server keeps in Terminating what its controller removes.
func TestNamespaceIsNotHeldUpByAnOutage(t *testing.T) {
	cluster := prepare(t)
	installed := install(t, cluster, collectionConfiguration)
	namespaceWith(t, cluster, "outage", nil)
	user := as(t, cluster, "people")
	awaitProtection(t, cluster, "outage")
	awaitConfigured(t, cluster, "outage")
	for _, k := range collectionKinds {
		spec := k.spec
		if k.workload {
			spec = fmt.Sprintf(spec, 0)
		}
		create(t, user, protected(k.apiVersion, k.kind, "outage", k.name, "Always", spec))
	}
	for _, replica := range installed.Replicas() {
		replica.Kill()
	}
	canary := protected("v1", "Service", "outage", "canary", "Always", "")
	if err := user.client.Delete(t.Context(), canary); !apierrors.IsInternalError(err) || !strings.Contains(err.Error(), "failed calling webhook") {
		t.Errorf("the server is stopped, and the delete of a protected object gives %v", err)
	}
	namespace := parse("apiVersion: v1\nkind: Namespace\nmetadata: {name: outage}")
	mustGo(t, user, namespace)
	awaitGone(t, user, namespace)
}

// TestNamespaceContentIsKept: a configuration has namespaces kept that hold protected objects, before anything in them is gone.
func TestNamespaceContentIsKept(t *testing.T) {
	cluster := prepare(t)
	install(t, cluster, `
apiVersion: config.kruise-admission.io/v1alpha1
kind: DeleteProtection
namespaceContent:
  resources: [{group: "", resource: services}, {group: apps, resource: deployments}, {group: apps.kruise.io, resource: clonesets}]
`)
	namespaceWith(t, cluster, "kept", nil)
	namespaceWith(t, cluster, "kept-canary", nil)
	user := as(t, cluster, "people")
	awaitProtection(t, cluster, "kept-canary")
	namespace := parse("apiVersion: v1\nkind: Namespace\nmetadata: {name: kept}")
	service := create(t, user, protected("v1", "Service", "kept", "s", "Always", "{ports: [{port: 80}]}"))
	cloneSet := create(t, user, protected("apps.kruise.io/v1beta1", "CloneSet", "kept", "c", "Cascading", fmt.Sprintf(workload, 2)))
	controlplane.Eventually(t, "the namespace is kept", func(context.Context) error {
		if err := user.tryDelete(t, namespace); !apierrors.IsForbidden(err) {
			return fmt.Errorf("got %w", err)
		}
		return nil
	})
	mustRefuse(t, user, namespace, `Namespace "kept" holds protected services 1>0: to delete it, first delete them or remove their label policy.kruise.io/delete-protection ("s")`)
	patch(t, user, service, unlabel)
	mustRefuse(t, user, namespace, `Namespace "kept" holds protected clonesets.apps.kruise.io 1>0`)
	patch(t, user, cloneSet, `{"spec":{"replicas":0}}`)
	mustGo(t, user, namespace)
	awaitGone(t, user, namespace)
}

// TestWarningsOnWrite: whoever writes a label that will not protect hears it at once, and no write depends on the server.
func TestWarningsOnWrite(t *testing.T) {
	cluster := prepare(t)
	installed := install(t, cluster, "")
	namespaceWith(t, cluster, "warnings", nil)
	awaitProtection(t, cluster, "warnings")
	wait := as(t, cluster, "people")
	service := func(name, value string) *unstructured.Unstructured {
		return protected("v1", "Service", "warnings", name, value, "{ports: [{port: 80}]}")
	}
	controlplane.Eventually(t, "writes draw warnings", func(ctx context.Context) error {
		resource := wait.resource(t, service("wait", "Cascading"))
		_, err := resource.Create(ctx, service("wait", "Cascading"), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err == nil && wait.warnings.String() == "" {
			err = fmt.Errorf("no warning")
		}
		return err
	})
	const (
		meaningless = "Cascading protects nothing on kind Service; write Always to protect it"
		unknown     = `"always" protects nothing; write Always or Cascading`
	)
	var stored *unstructured.Unstructured
	for _, step := range []struct {
		name string
		do   func(*testing.T, *person)
		want string
	}{
		{"create", func(t *testing.T, p *person) { stored = create(t, p, service("s", "Cascading")) }, meaningless},
		{"another update", func(t *testing.T, p *person) { patch(t, p, stored, `{"metadata":{"labels":{"a":"b"}}}`) }, ""},
		{"unknown value", func(t *testing.T, p *person) { patch(t, p, stored, `{"metadata":{"labels":{"`+label+`":"always"}}}`) }, unknown},
		{"Always", func(t *testing.T, p *person) { patch(t, p, stored, `{"metadata":{"labels":{"`+label+`":"Always"}}}`) }, ""},
		{"removed", func(t *testing.T, p *person) { patch(t, p, stored, unlabel) }, ""},
		{"CloneSet", func(t *testing.T, p *person) {
			create(t, p, protected("apps.kruise.io/v1beta1", "CloneSet", "warnings", "c", "always", fmt.Sprintf(workload, 0)))
		}, unknown},
		{"while the server is stopped", func(t *testing.T, p *person) {
			for _, replica := range installed.Replicas() {
				replica.Kill()
			}
			create(t, p, service("lonely", "Cascading"))
		}, ""},
	} {
		t.Run(step.name, func(t *testing.T) {
			p := as(t, cluster, "people")
			step.do(t, p)
			got := p.warnings.String()
			if step.want == "" && strings.Contains(got, "protects nothing") || !strings.Contains(got, step.want) {
				t.Errorf("warned %q, want %q", got, step.want)
			}
		})
	}
}
