package protection

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
)

// verdictCase is one line of the table: an object, what somebody tries, and what comes of it.
type verdictCase struct {
	name   string
	object *unstructured.Unstructured
	// below are further objects, which the verdict may depend on.
	below []*unstructured.Unstructured
	// patch is an update that is tried instead of a delete.
	patch string
	// groups that the user is in.
	groups []string
	// want is what the refusal says after the words "denied the request"; empty when it is allowed.
	want string
	// serverOnly: the verdict needs a look-up or the time, so the policies have nothing against it.
	serverOnly bool
	// terminating: the object is being deleted, and a finalizer keeps it.
	terminating bool
}

// Both sets of rules decide about the same table on the same API server: first the policies alone, then the server alone, then
// both, and in the end the policies with the server stopped.

func TestTableOfTheDefault(t *testing.T) {
	cluster := prepare(t)
	namespaceWith(t, cluster, "table", nil)
	runTable(t, cluster, "", filepath.Join(installation.Root(), "deploy", "policies", "delete-protection.yaml"), defaultCases("table"))
}

func TestTableOfAConfiguration(t *testing.T) {
	cluster := prepare(t)
	namespaceWith(t, cluster, "configured", nil)
	namespaceWith(t, cluster, "configured-warn", map[string]string{"table": "warn"})
	namespaceWith(t, cluster, "configured-strict", map[string]string{"table": "strict"})
	runTable(t, cluster, tableConfiguration, "", configuredCases(time.Now()))
}

// runTable runs a table; policies is a file, or empty for those that are generated from the configuration.
func runTable(t *testing.T, cluster *controlplane.ControlPlane, configuration, policies string, cases []verdictCase) {
	createAll(t, cluster, cases)
	canary := cases[slices.IndexFunc(cases, func(c verdictCase) bool { return c.want != "" && !c.serverOnly })]

	var twin []*unstructured.Unstructured
	if policies != "" {
		var err error
		if twin, err = installation.Read(policies); err != nil {
			t.Fatal(err)
		}
	} else {
		twin = generate(t, "policies", writeFile(t, configuration))
	}

	remove := applyTwin(t, cluster, twin)
	awaitTwin(t, cluster, cases)
	t.Run("policies alone", func(t *testing.T) { runCases(t, cluster, cases, byPolicies) })
	t.Run("policies are well typed", func(t *testing.T) { checkTypes(t, cluster, twin) })
	remove()
	await(t, cluster, canary, "allowed once more", func(message string, _ error) bool { return message == "" })

	installed := install(t, cluster, configuration)
	awaitServer(t, cluster, cases)
	t.Run("server alone", func(t *testing.T) { runCases(t, cluster, cases, byServer) })

	applyTwin(t, cluster, twin)
	// The words are the same from both, so what counts is who says them, for each policy: the API server learns of them one by one.
	for _, c := range canaries(cases, func(c verdictCase) bool { return !c.serverOnly }) {
		await(t, cluster, c, "refused by the policies", func(_ string, err error) bool {
			return err != nil && strings.Contains(err.Error(), "ValidatingAdmissionPolicy")
		})
	}
	t.Run("both", func(t *testing.T) { runCases(t, cluster, cases, byBoth) })

	for _, replica := range installed.Replicas() {
		replica.Kill()
	}
	t.Run("server stopped", func(t *testing.T) { runCases(t, cluster, cases, byPoliciesWithoutServer) })
}

// Who is asked.
type judge int

const (
	byPolicies judge = iota
	byServer
	byBoth
	byPoliciesWithoutServer
)

func runCases(t *testing.T, cluster *controlplane.ControlPlane, cases []verdictCase, asked judge) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			message, err := c.try(t, cluster)
			want := c.want
			switch asked {
			case byPolicies:
				if c.serverOnly {
					want = ""
				}
			case byPoliciesWithoutServer:
				// Whatever the policies let go, the API server cannot ask about.
				if c.serverOnly || c.want == "" {
					return
				}
			}
			if message != want {
				t.Errorf("got  %q\nwant %q\n(%v)", message, want, err)
			}
			if want != "" && strings.Count(err.Error(), "forbidden by ResourcesProtectionDeletion") > 1 {
				t.Errorf("the user reads it more than once: %v", err)
			}
		})
	}
}

// try tries the delete or the update, by dry run, and returns what the refusal says.
func (c *verdictCase) try(t *testing.T, cluster *controlplane.ControlPlane) (message string, err error) {
	t.Helper()
	user := as(t, cluster, append([]string{"people"}, c.groups...)...)
	if c.patch != "" {
		_, err = user.resource(t, c.object).Patch(t.Context(), c.object.GetName(), types.MergePatchType, []byte(c.patch),
			metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})
	} else {
		err = user.tryDelete(t, c.object)
	}
	if err == nil {
		return "", nil
	}
	for _, before := range []string{"denied request: ", "denied the request: "} {
		if _, after, found := strings.Cut(err.Error(), before); found {
			return after, err
		}
	}
	return err.Error(), err
}

// await waits until a verdict of the canary is as it must be before the table can be run: the API server learns of policies and
// webhooks by watching.
func await(t *testing.T, cluster *controlplane.ControlPlane, canary verdictCase, what string, isSo func(message string, err error) bool) {
	t.Helper()
	controlplane.Eventually(t, canary.name+" is "+what, func(context.Context) error {
		message, err := canary.try(t, cluster)
		if isSo(message, err) {
			return nil
		}
		return fmt.Errorf("got %q, %w", message, err)
	})
}

// awaitTwin waits until each policy is in force: one case of each kind of request and label decides as it must.
func awaitTwin(t *testing.T, cluster *controlplane.ControlPlane, cases []verdictCase) {
	t.Helper()
	for _, c := range canaries(cases, func(c verdictCase) bool { return !c.serverOnly }) {
		await(t, cluster, c, "refused by the policies", func(message string, _ error) bool { return message == c.want })
	}
}

// awaitServer waits until the API server calls the server about each resource.
func awaitServer(t *testing.T, cluster *controlplane.ControlPlane, cases []verdictCase) {
	t.Helper()
	for _, c := range canaries(cases, func(verdictCase) bool { return true }) {
		await(t, cluster, c, "refused by the server", func(message string, _ error) bool { return message == c.want })
	}
}

// canaries are a refused case of each resource, label and kind of request.
func canaries(cases []verdictCase, eligible func(verdictCase) bool) []verdictCase {
	found := map[string]verdictCase{}
	for _, c := range cases {
		if c.want != "" && eligible(c) {
			found[c.object.GetAPIVersion()+c.object.GetKind()+c.object.GetLabels()[label]+fmt.Sprint(c.patch != "")] = c
		}
	}
	return slices.Collect(maps.Values(found))
}

// checkTypes: the API server checks the expressions against the types that it knows and reports what does not fit.
func checkTypes(t *testing.T, cluster *controlplane.ControlPlane, twin []*unstructured.Unstructured) {
	for _, o := range twin {
		if o.GetKind() != "ValidatingAdmissionPolicy" {
			continue
		}
		controlplane.Eventually(t, "the types of "+o.GetName()+" are checked", func(ctx context.Context) error {
			policy, err := cluster.Client().AdmissionregistrationV1().ValidatingAdmissionPolicies().Get(ctx, o.GetName(), metav1.GetOptions{})
			if err != nil {
				return err
			}
			if policy.Status.ObservedGeneration < policy.Generation || policy.Status.TypeChecking == nil {
				return errors.New("not yet")
			}
			for _, warning := range policy.Status.TypeChecking.ExpressionWarnings {
				t.Errorf("%s: %s: %s", o.GetName(), warning.FieldRef, warning.Warning)
			}
			return nil
		})
	}
}

// createAll creates the objects of the table, while nothing is installed that could refuse or change them.
func createAll(t *testing.T, cluster *controlplane.ControlPlane, cases []verdictCase) {
	t.Helper()
	admin := as(t, cluster)
	for _, c := range cases {
		if c.terminating {
			c.object.SetFinalizers([]string{"example.com/keep"})
		}
		stored := create(t, admin, c.object.DeepCopy())
		for _, o := range c.below {
			o = o.DeepCopy()
			references := o.GetOwnerReferences()
			for i := range references {
				references[i].UID = stored.GetUID()
			}
			o.SetOwnerReferences(references)
			if o.GetKind() == "Pod" { // the namespace may be younger than what its controller has got to
				awaitServiceAccount(t, cluster, o.GetNamespace())
			}
			create(t, admin, o)
		}
		if c.terminating {
			if err := admin.client.Delete(t.Context(), c.object); err != nil {
				t.Fatal(err)
			}
		}
	}
}
