package protection

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
	"github.com/kruise-admission/kruise-admission/test/process"
)

func TestMain(m *testing.M) { os.Exit(controlplane.Run(m)) }

const label = "policy.kruise.io/delete-protection"

// everybody may do everything in these tests, so that nothing but protection refuses.
const everybody = "everybody"

// person is somebody who uses the cluster.
type person struct {
	client   *installation.Client
	warnings *warnings
}

// warnings collects what the API server warns about.
type warnings struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (w *warnings) Write(p []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.text.Write(p)
}

func (w *warnings) String() string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.text.String()
}

// as returns user jane as a member of some groups, or an administrator when there are none.
func as(t *testing.T, cluster *controlplane.ControlPlane, groups ...string) *person {
	t.Helper()
	config := cluster.RESTConfig()
	if len(groups) > 0 {
		config.Impersonate = rest.ImpersonationConfig{UserName: "jane", Groups: append(groups, everybody)}
	}
	p := &person{warnings: &warnings{}}
	var err error
	if p.client, err = installation.NewClient(config, p.warnings); err != nil {
		t.Fatal(err)
	}
	return p
}

// withRights returns a user who may do what the rule says and nothing else.
func withRights(t *testing.T, cluster *controlplane.ControlPlane, name string, rule rbacv1.PolicyRule) *person {
	t.Helper()
	roles := cluster.Client().RbacV1()
	meta := metav1.ObjectMeta{Name: "test-" + name}
	_, err := roles.ClusterRoles().Create(t.Context(), &rbacv1.ClusterRole{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{rule}}, metav1.CreateOptions{})
	if err == nil {
		_, err = roles.ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{
			ObjectMeta: meta,
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: meta.Name},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: name}},
		}, metav1.CreateOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
	config := cluster.RESTConfig()
	// Discovery is for everybody who is somebody.
	config.Impersonate = rest.ImpersonationConfig{UserName: name, Groups: []string{"system:authenticated"}}
	p := &person{warnings: &warnings{}}
	if p.client, err = installation.NewClient(config, p.warnings); err != nil {
		t.Fatal(err)
	}
	reviews := kubernetes.NewForConfigOrDie(config).AuthorizationV1().SelfSubjectAccessReviews()
	controlplane.Eventually(t, "the API server knows the rights of "+name, func(ctx context.Context) error {
		review, err := reviews.Create(ctx, &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
			ResourceAttributes: &authorizationv1.ResourceAttributes{Group: rule.APIGroups[0], Resource: rule.Resources[0], Verb: rule.Verbs[0]},
		}}, metav1.CreateOptions{})
		if err == nil && !review.Status.Allowed {
			err = errors.New("not allowed yet")
		}
		return err
	})
	return p
}

func (p *person) resource(t *testing.T, o *unstructured.Unstructured) dynamic.ResourceInterface {
	t.Helper()
	resource, err := p.client.Resource(o)
	if err != nil {
		t.Fatal(err)
	}
	return resource
}

// tryDelete asks what would come of a delete.
func (p *person) tryDelete(t *testing.T, o *unstructured.Unstructured) error {
	t.Helper()
	return p.resource(t, o).Delete(t.Context(), o.GetName(), metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}})
}

// prepare returns the control plane that the tests share, prepared for one more of them.
func prepare(t *testing.T) *controlplane.ControlPlane {
	t.Helper()
	return prepareOwn(t, controlplane.ForTest(t))
}

// prepareOwn makes the kinds that the tests use known to the API server, and everybody powerful. It does not install the product.
func prepareOwn(t *testing.T, cluster *controlplane.ControlPlane) *controlplane.ControlPlane {
	t.Helper()
	admin := as(t, cluster)
	_, err := cluster.Client().RbacV1().ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: everybody},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.GroupKind, APIGroup: rbacv1.GroupName, Name: everybody}},
	}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
	crds := productCRDs(t)
	// Kinds that the product does not install stand in with any content.
	for _, kind := range []struct{ group, plural, kind string }{
		{"table.example.com", "databases", "Database"},
		{"table.example.com", "clusters", "Cluster"},
	} {
		crds = append(crds, anyContent(kind.group, kind.plural, kind.kind))
	}
	seen := map[string]bool{}
	for _, crd := range crds {
		if seen[crd.GetName()] {
			continue
		}
		seen[crd.GetName()] = true
		unstructured.RemoveNestedField(crd.Object, "spec", "conversion") // nobody converts before the product is installed
		if _, err := admin.client.Create(t.Context(), crd); err != nil && !apierrors.IsAlreadyExists(err) {
			t.Fatalf("%s: %v", crd.GetName(), err)
		}
		awaitServed(t, admin, crd)
	}
	awaitNobodyInTheWay(t, admin)
	return cluster
}

// awaitServed waits until objects of a definition can be listed, by whoever asks discovery for their kind. It is established before that.
func awaitServed(t *testing.T, admin *person, crd *unstructured.Unstructured) {
	t.Helper()
	group, _, _ := unstructured.NestedString(crd.Object, "spec", "group")
	kind, _, _ := unstructured.NestedString(crd.Object, "spec", "names", "kind")
	versions, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
	for _, version := range versions {
		object := &unstructured.Unstructured{}
		object.SetGroupVersionKind(schema.GroupVersionKind{Group: group, Version: version.(map[string]any)["name"].(string), Kind: kind})
		controlplane.Eventually(t, object.GroupVersionKind().String()+" is served", func(ctx context.Context) error {
			resource, err := admin.client.Resource(object)
			if err != nil {
				return err
			}
			_, err = resource.List(ctx, metav1.ListOptions{Limit: 1})
			return err
		})
	}
}

// awaitNobodyInTheWay waits until the API server has forgotten the policies and webhooks of the test before.
func awaitNobodyInTheWay(t *testing.T, admin *person) {
	t.Helper()
	service := protected("v1", "Service", "default", "in-the-way", "Always", "{ports: [{port: 80}]}")
	cloneSet := protected("apps.kruise.io/v1beta1", "CloneSet", "default", "in-the-way", "Always", fmt.Sprintf(workload, 0))
	for _, o := range []*unstructured.Unstructured{service, cloneSet} {
		controlplane.Eventually(t, o.GetKind()+" is created and deleted", func(ctx context.Context) error {
			if _, err := admin.client.Create(ctx, o); err != nil && !apierrors.IsAlreadyExists(err) {
				return err
			}
			return admin.client.Delete(ctx, o)
		})
	}
}

func productCRDs(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	crds, err := installation.Read(filepath.Join(installation.Root(), "deploy", "crds"))
	if err != nil {
		t.Fatal(err)
	}
	return crds
}

// anySchema takes any content, and says what the numbers of replicas are, so that the expressions about them can be checked.
const anySchema = `{type: object, x-kubernetes-preserve-unknown-fields: true, properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true,
    properties: {replicas: {type: integer}, any: {x-kubernetes-preserve-unknown-fields: true},
    nodes: {type: object, properties: {size: {type: integer, nullable: true}}}}}}}`

// anyContent is the definition of a kind.
func anyContent(group, plural, kind string) *unstructured.Unstructured {
	return parse(fmt.Sprintf(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: %[2]s.%[1]s}
spec:
  group: %[1]s
  scope: Namespaced
  names: {plural: %[2]s, kind: %[3]s, listKind: %[3]sList}
  versions:
  - {name: v1, served: true, storage: false, schema: {openAPIV3Schema: %[4]s}}
  - {name: v1beta1, served: true, storage: true, schema: {openAPIV3Schema: %[4]s}}
`, group, plural, kind, anySchema))
}

// parse reads an object that the tests themselves have written.
func parse(text string) *unstructured.Unstructured {
	o, err := installation.Parse(text)
	if err != nil {
		panic(fmt.Sprintf("%v in %s", err, text))
	}
	return o
}

// install installs the product, with a configuration when there is one, until the test ends.
func install(t *testing.T, cluster *controlplane.ControlPlane, configuration string, args ...string) *installation.Installation {
	t.Helper()
	options := installation.Options{Replicas: 1, Args: args}
	config := writeFile(t, configuration)
	if configuration != "" {
		options.Args = append(options.Args, "--config="+config,
			"--feature-gates=ResourcesDeletionProtection=true,DeletionProtectionForCRDCascadingGate=true")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	installed, err := installation.Install(ctx, cluster, options)
	t.Cleanup(func() {
		if t.Failed() && installed != nil {
			t.Log("\n" + installed.LogTail(process.TailLines))
		}
		uninstall(t, cluster)
		if err := installed.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if configuration != "" {
		for _, manifest := range []string{"rbac", "webhooks"} {
			for _, o := range generate(t, manifest, config) {
				redirect(o, installed.Balancer.Port())
				if _, err := installed.Client.Apply(ctx, o); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return installed
}

// writeFile writes a configuration and returns where it is.
func writeFile(t *testing.T, configuration string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// uninstall lets the API server call nobody any more.
func uninstall(t *testing.T, cluster *controlplane.ControlPlane) {
	t.Helper()
	ctx, name, generated := context.Background(), "kruise-admission", "kruise-admission-delete-protection"
	registration, roles := cluster.Client().AdmissionregistrationV1(), cluster.Client().RbacV1()
	for _, err := range []error{
		registration.ValidatingWebhookConfigurations().Delete(ctx, name, metav1.DeleteOptions{}),
		registration.MutatingWebhookConfigurations().Delete(ctx, name, metav1.DeleteOptions{}),
		roles.ClusterRoles().Delete(ctx, generated, metav1.DeleteOptions{}),
		roles.ClusterRoleBindings().Delete(ctx, generated, metav1.DeleteOptions{}),
	} {
		if err != nil && !apierrors.IsNotFound(err) {
			t.Error(err)
		}
	}
	admin := as(t, cluster)
	for _, crd := range productCRDs(t) {
		resource, err := admin.client.Resource(crd)
		if err == nil {
			_, err = resource.Patch(ctx, crd.GetName(), types.MergePatchType, []byte(`{"spec":{"conversion":{"strategy":"None","webhook":null}}}`), metav1.PatchOptions{})
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// generate runs the generate command of the product.
func generate(t *testing.T, manifest, config string) []*unstructured.Unstructured {
	t.Helper()
	binary, err := installation.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), binary, "generate", manifest, "--config="+config).Output()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), manifest+".yaml")
	if err := os.WriteFile(path, out, 0o600); err != nil {
		t.Fatal(err)
	}
	objects, err := installation.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// redirect gives webhooks the port behind the Service, which cannot map it here.
func redirect(configuration *unstructured.Unstructured, port int32) {
	webhooks, _, _ := unstructured.NestedSlice(configuration.Object, "webhooks")
	for _, webhook := range webhooks {
		if err := unstructured.SetNestedField(webhook.(map[string]any), int64(port), "clientConfig", "service", "port"); err != nil {
			panic(err)
		}
	}
	if webhooks != nil {
		configuration.Object["webhooks"] = webhooks
	}
}

// applyTwin puts policies into force until the test ends, or until the returned function is called.
func applyTwin(t *testing.T, cluster *controlplane.ControlPlane, policies []*unstructured.Unstructured) (remove func()) {
	t.Helper()
	admin := as(t, cluster)
	for _, o := range policies {
		if _, err := admin.client.Apply(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	remove = func() {
		for _, o := range policies {
			resource, err := admin.client.Resource(o)
			if err == nil {
				err = resource.Delete(context.Background(), o.GetName(), metav1.DeleteOptions{})
			}
			if err != nil && !apierrors.IsNotFound(err) {
				t.Error(err)
			}
		}
	}
	t.Cleanup(remove)
	return remove
}

// namespaceWith creates a namespace with a name of its own. It stays until the control plane stops: what is in it may be
// protected.
func namespaceWith(t *testing.T, cluster *controlplane.ControlPlane, name string, labels map[string]string) {
	t.Helper()
	o := parse("apiVersion: v1\nkind: Namespace\nmetadata: {name: " + name + "}")
	o.SetLabels(labels)
	create(t, as(t, cluster), o)
	awaitServiceAccount(t, cluster, name)
}

// awaitServiceAccount waits until pods can be created in a namespace.
func awaitServiceAccount(t *testing.T, cluster *controlplane.ControlPlane, namespace string) {
	t.Helper()
	controlplane.Eventually(t, "namespace "+namespace+" has its ServiceAccount", func(ctx context.Context) error {
		_, err := cluster.Client().CoreV1().ServiceAccounts(namespace).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
}

func create(t *testing.T, p *person, o *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	stored, err := p.client.Create(t.Context(), o)
	if err != nil {
		t.Fatalf("create %s %s: %v", o.GetKind(), o.GetName(), err)
	}
	return stored
}
