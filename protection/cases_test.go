package protection

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
)

// labelled is an object with the label, and with more members of metadata and of the spec.
func labelled(value, metadata, spec string) string {
	return fmt.Sprintf(`{"metadata":{"name":"x","labels":{%q:%q}%s},"spec":{%s}}`, Label, value, metadata, spec)
}

// definition is a CustomResourceDefinition of foos.example.com with the label.
func definition(value, listKind, versions string) string {
	return fmt.Sprintf(`{"metadata":{"name":"foos.example.com","labels":{%q:%q}},
		"spec":{"group":"example.com","names":{"plural":"foos","kind":"Foo","listKind":%q},"versions":[%s]}}`, Label, value, listKind, versions)
}

const (
	terminating = `,"deletionTimestamp":"2026-01-01T00:00:00Z"`
	storage     = `{"name":"v1","served":true,"storage":true}`
	unserved    = `{"name":"v1","served":true,"storage":false},{"name":"v2","served":false,"storage":true}`
)

// TestWorkedCases runs the worked cases of spec/protection.md 13 that reach a handler. Those about routing (DP-29, 31 to 33, 45, 74) belong to
// the serving side. Which pods and claims count (DP-60 to 63, 66 to 68, 70, 80) is decided by the implementation of Dependents, so
// they appear here with what that finds, and again in its own tests.
func TestWorkedCases(t *testing.T) {
	type change func(*admissionv1.AdmissionRequest, *Options)
	operation := func(o admissionv1.Operation) change {
		return func(r *admissionv1.AdmissionRequest, _ *Options) { r.Operation = o }
	}
	subresource := func(name string) change {
		return func(r *admissionv1.AdmissionRequest, _ *Options) { r.SubResource = name }
	}
	user := func(name string, groups ...string) change {
		return func(r *admissionv1.AdmissionRequest, _ *Options) {
			r.UserInfo.Username, r.UserInfo.Groups = name, groups
		}
	}
	deleteOptions := func(options string) change {
		return func(r *admissionv1.AdmissionRequest, _ *Options) { r.Options.Raw = []byte(options) }
	}
	dryRun := func(r *admissionv1.AdmissionRequest, _ *Options) { r.DryRun = ptr.To(true) }
	member := func(r *admissionv1.AdmissionRequest, _ *Options) { r.Name = "" }
	gateOff := func(_ *admissionv1.AdmissionRequest, o *Options) { o.Enabled = false }
	crdGateOff := func(_ *admissionv1.AdmissionRequest, o *Options) { o.CRDCascading = false }
	below := func(f fakeDependents) change {
		return func(_ *admissionv1.AdmissionRequest, o *Options) { o.Dependents = &f }
	}
	inX := func(names ...string) map[string][]string { return map[string][]string{"x": names} }

	const (
		always = "forbidden by ResourcesProtectionDeletion for policy.kruise.io/delete-protection=Always"
		casc   = "forbidden by ResourcesProtectionDeletion for policy.kruise.io/delete-protection=Cascading"
	)
	orphan := deleteOptions(`{"propagationPolicy":"Orphan"}`)

	cases := []struct {
		id     string
		kind   schema.GroupVersionKind
		old    string
		change []change
		code   int32
		prefix string
	}{
		{id: "DP-01 no labels", kind: deployment, old: `{"metadata":{"name":"x"}}`},
		{id: "DP-02 gate off", kind: deployment, old: labelled("Always", "", `"replicas":0`), change: []change{gateOff}},
		{id: "DP-03 Always with 0 replicas", kind: deployment, old: labelled("Always", "", `"replicas":0`), code: 403, prefix: always},
		{id: "DP-04 Cascading with 1 replica", kind: deployment, old: labelled("Cascading", "", `"replicas":1`), code: 403, prefix: casc + " and replicas 1>0"},
		{id: "DP-05 Cascading with 0 replicas", kind: deployment, old: labelled("Cascading", "", `"replicas":0`)},
		{id: "DP-06 lower case", kind: deployment, old: labelled("always", "", "")},
		{id: "DP-07 upper case", kind: deployment, old: labelled("ALWAYS", "", "")},
		{id: "DP-08 cascading in lower case", kind: deployment, old: labelled("cascading", "", `"replicas":1`)},
		{id: "DP-09 empty value", kind: deployment, old: labelled("", "", "")},
		{id: "DP-10 true", kind: deployment, old: labelled("true", "", "")},
		{id: "DP-11 Never", kind: deployment, old: labelled("Never", "", "")},
		{id: "DP-12 annotation", kind: deployment, old: `{"metadata":{"annotations":{"` + Label + `":"Always"}}}`},
		{id: "DP-13 pod template", kind: deployment, old: `{"metadata":{},"spec":{"template":{"metadata":{"labels":{"` + Label + `":"Always"}}}}}`},
		{id: "DP-14 Always and terminating", kind: deployment, old: labelled("Always", terminating, "")},
		{id: "DP-15 Cascading and terminating", kind: deployment, old: labelled("Cascading", terminating, `"replicas":5`)},
		{id: "DP-16 update that removes the label", kind: deployment, old: labelled("Always", "", ""), change: []change{operation(admissionv1.Update)}},
		{id: "DP-17 update that scales", kind: deployment, old: labelled("Always", "", `"replicas":3`), change: []change{operation(admissionv1.Update)}},
		{id: "DP-18 subresource status", kind: deployment, old: labelled("Always", "", ""), change: []change{subresource("status")}},
		{id: "DP-19 no old object", kind: deployment, old: ""},
		{id: "DP-19 old object null", kind: deployment, old: "null"},
		{id: "DP-20 metadata is a list", kind: deployment, old: `{"metadata":[]}`, code: 400},
		{id: "DP-20 old object of another kind", kind: deployment, old: `{"kind":"ReplicaSet","metadata":{}}`, code: 400},
		{id: "DP-21 DaemonSet", kind: daemonSet, old: labelled("Always", "", "")},
		{id: "DP-22 ReplicaSet, whatever the path", kind: replicaSet, old: labelled("Always", "", ""), code: 403, prefix: always},
		{id: "DP-23 replicas absent", kind: deployment, old: labelled("Cascading", "", "")},
		{id: "DP-24 status does not count", kind: deployment, old: `{"metadata":{"labels":{"` + Label + `":"Cascading"}},"spec":{"replicas":3},"status":{"replicas":0}}`, code: 403, prefix: casc + " and replicas 3>0"},
		{id: "DP-25 system:masters", kind: deployment, old: labelled("Always", "", ""), change: []change{user("root", "system:masters")}, code: 403, prefix: always},
		{id: "DP-26 dry run", kind: deployment, old: labelled("Always", "", ""), change: []change{dryRun}, code: 403, prefix: always},
		{id: "DP-27 Always, orphan", kind: deployment, old: labelled("Always", "", ""), change: []change{orphan}, code: 403, prefix: always},
		{id: "DP-28 Cascading, orphan", kind: deployment, old: labelled("Cascading", "", `"replicas":2`), change: []change{orphan}, code: 403, prefix: casc + " and replicas 2>0"},
		{id: "DP-30 kube-system", kind: deployment, old: labelled("Always", `,"namespace":"kube-system"`, ""), code: 403, prefix: always},

		{id: "DP-34 ReplicaSet of an old revision", kind: replicaSet, old: labelled("Cascading", "", `"replicas":0`), change: []change{user("system:serviceaccount:kube-system:deployment-controller")}},
		{id: "DP-35 ReplicaSet with Always and 0 replicas", kind: replicaSet, old: labelled("Always", "", `"replicas":0`), code: 403, prefix: always},
		{id: "DP-36 garbage collector", kind: replicaSet, old: labelled("Always", "", `"replicas":2`), change: []change{user("system:serviceaccount:kube-system:generic-garbage-collector")}, code: 403, prefix: always},
		{id: "DP-37 StatefulSet with 0 replicas", kind: statefulSet, old: labelled("Cascading", "", `"replicas":0`)},
		{id: "DP-38 StatefulSet", kind: statefulSet, old: labelled("Always", "", ""), code: 403, prefix: always},
		{id: "DP-39 CloneSet v1alpha1", kind: inVersion(cloneSet, "v1alpha1"), old: labelled("Always", "", `"replicas":0`), code: 403, prefix: always},
		{id: "DP-40 CloneSet v1beta1", kind: cloneSet, old: labelled("Cascading", "", `"replicas":2`), code: 403, prefix: casc + " and replicas 2>0"},
		{id: "DP-41 CloneSet with 0 replicas", kind: cloneSet, old: labelled("Cascading", "", `"replicas":0`)},
		{id: "DP-42 CloneSet without label", kind: cloneSet, old: `{"metadata":{"name":"x"}}`},
		{id: "DP-43 CloneSet of an unknown version", kind: inVersion(cloneSet, "v2"), old: labelled("Always", "", ""), code: 400, prefix: "unsupported version"},
		{id: "DP-44 CloneSet in kube-system", kind: cloneSet, old: labelled("Always", `,"namespace":"kube-system"`, ""), code: 403, prefix: always},
		{id: "DP-46 Advanced StatefulSet v1alpha1", kind: inVersion(advanced, "v1alpha1"), old: labelled("Cascading", "", `"replicas":1`), code: 403, prefix: casc + " and replicas 1>0"},
		{id: "DP-47 Advanced StatefulSet v1beta1", kind: advanced, old: labelled("Always", "", ""), code: 403, prefix: always},
		{id: "DP-48 Advanced StatefulSet of an unknown version (section 14.10)", kind: inVersion(advanced, "v2"), old: labelled("Always", "", ""), code: 400, prefix: "unsupported version"},
		{id: "DP-49 UnitedDeployment", kind: united, old: labelled("Cascading", "", `"replicas":4`), code: 403, prefix: casc + " and replicas 4>0"},
		{id: "DP-50 UnitedDeployment without replicas", kind: united, old: labelled("Cascading", "", `"topology":{"subsets":[{"name":"a","replicas":3}]}`)},
		{id: "DP-51 UnitedDeployment of an unknown version", kind: inVersion(united, "v2"), old: labelled("Always", "", ""), code: 400, prefix: "unsupported version"},
		{id: "DP-52 UnitedDeployment whose workload template has the label", kind: united, old: `{"metadata":{"name":"x"},"spec":{"template":{"statefulSetTemplate":{"metadata":{"labels":{"` + Label + `":"Always"}}}}}}`},
		{id: "DP-53 Advanced DaemonSet", kind: advancedDS, old: labelled("Always", "", "")},
		{id: "DP-54 DaemonSet", kind: daemonSet, old: labelled("Always", "", "")},
		{id: "DP-55 Pod", kind: pod, old: labelled("Always", "", "")},
		{id: "DP-56 member of a collection without label", kind: deployment, old: `{"metadata":{"name":"a"}}`, change: []change{member}},
		{id: "DP-56 member of a collection with Always: the others go", kind: deployment, old: labelled("Always", "", ""), change: []change{member}, code: 404, prefix: always + `: to delete Deployment "x"`},

		{id: "DP-57 Always, empty", kind: namespace, old: labelled("Always", "", ""), code: 403, prefix: always},
		{id: "DP-58 Cascading, empty", kind: namespace, old: labelled("Cascading", "", "")},
		{id: "DP-59, 60, 61 one active pod", kind: namespace, old: labelled("Cascading", "", ""), change: []change{below(fakeDependents{pods: inX("a")})}, code: 403, prefix: casc + " and active pods 1>0"},
		{id: "DP-62, 63, 64 no active pods", kind: namespace, old: labelled("Cascading", "", ""), change: []change{below(fakeDependents{pods: inX()})}},
		{id: "DP-65 one bound claim", kind: namespace, old: labelled("Cascading", "", ""), change: []change{below(fakeDependents{claims: inX("c")})}, code: 403, prefix: casc + ` and "Bound" status pvc 1>0`},
		{id: "DP-66, 67, 68 no bound claims", kind: namespace, old: labelled("Cascading", "", ""), change: []change{below(fakeDependents{claims: inX()})}},
		{id: "DP-69 pods and claims", kind: namespace, old: labelled("Cascading", "", ""), change: []change{below(fakeDependents{pods: inX("a", "b"), claims: inX("c", "d", "e")})}, code: 403, prefix: casc + " and active pods 2>0"},
		{id: "DP-70 pods elsewhere", kind: namespace, old: labelled("Cascading", "", ""), change: []change{below(fakeDependents{pods: map[string][]string{"y": {"a"}}})}},
		{id: "DP-71, 72 other content", kind: namespace, old: labelled("Cascading", "", "")},
		{id: "DP-75 subresource finalize", kind: namespace, old: labelled("Always", "", ""), change: []change{subresource("finalize")}},

		{id: "DP-76 Always with the CRD gate off", kind: crd, old: definition("Always", "FooList", storage), change: []change{crdGateOff}, code: 403, prefix: always},
		{id: "DP-77 Cascading with the CRD gate off", kind: crd, old: definition("Cascading", "FooList", storage), change: []change{crdGateOff}, code: 403, prefix: "feature-gate DeletionProtectionForCRDCascadingGate is not enabled"},
		{id: "DP-78, 80 no live objects", kind: crd, old: definition("Cascading", "FooList", storage)},
		{id: "DP-79 one object", kind: crd, old: definition("Cascading", "FooList", storage), change: []change{below(fakeDependents{resources: map[schema.GroupVersionResource][]string{foos: {"y/a"}}})}, code: 403, prefix: casc + " and active CRs 1>0"},
		{id: "DP-81 storage version not served", kind: crd, old: definition("Cascading", "FooList", unserved), code: 403, prefix: casc},
		{id: "DP-82 odd listKind", kind: crd, old: definition("Cascading", "FooCollection", storage), code: 403, prefix: casc},
		{id: "DP-83 Service with Always", kind: service, old: labelled("Always", "", ""), code: 403, prefix: always},
		{id: "DP-83 Service with Cascading", kind: service, old: labelled("Cascading", "", "")},
		{id: "DP-84 Ingress with Always", kind: ingress, old: labelled("Always", "", ""), code: 403, prefix: always},
		{id: "DP-84 Ingress with Cascading", kind: ingress, old: labelled("Cascading", "", "")},
		{id: "DP-84 Ingress with the gate off (section 14.7)", kind: ingress, old: labelled("Always", "", ""), change: []change{gateOff}},
		{id: "section 14.10 Ingress of an unknown version", kind: inVersion(ingress, "v2"), old: labelled("Always", "", ""), code: 400, prefix: "unsupported version"},
	}
	for _, c := range cases {
		t.Run(c.id, func(t *testing.T) {
			request := deleteOf(c.kind, c.old)
			options := Options{Enabled: true, CRDCascading: true, Dependents: &fakeDependents{}}
			for _, change := range c.change {
				change(request, &options)
			}
			d, err := New(options).Review(context.Background(), request)
			if err != nil {
				t.Fatalf("cannot tell: %v", err)
			}
			if code(d) != c.code || !strings.HasPrefix(d.Message, c.prefix) {
				t.Errorf("got %d %q, want %d %q...", code(d), d.Message, c.code, c.prefix)
			}
		})
	}
}

// DP-73: OpenKruise refuses with 403 when a look-up fails; here nobody has said no.
func TestFailedLookupIsNotARefusal(t *testing.T) {
	timeout := errors.New("the API server said nothing")
	for name, c := range map[string]struct {
		request    *admissionv1.AdmissionRequest
		dependents Dependents
		want       string
	}{
		"namespace, failing":   {deleteOf(namespace, labelled("Cascading", "", "")), &fakeDependents{err: timeout}, `look for active pods in namespace "x"`},
		"claims, failing":      {deleteOf(namespace, labelled("Cascading", "", "")), failingClaims{&fakeDependents{}, timeout}, `look for bound claims in namespace "x"`},
		"definition, failing":  {deleteOf(crd, definition("Cascading", "FooList", storage)), &fakeDependents{err: timeout}, `look for objects of CustomResourceDefinition "foos.example.com"`},
		"namespace, offline":   {deleteOf(namespace, labelled("Cascading", "", "")), nil, `Namespace "x" is protected by policy.kruise.io/delete-protection=Cascading, and without a cluster what is below it is not known`},
		"definition, offline":  {deleteOf(crd, definition("Cascading", "FooList", storage)), nil, `CustomResourceDefinition "foos.example.com" is protected by policy.kruise.io/delete-protection=Cascading, and without a cluster what is below it is not known`},
		"names before failing": {deleteOf(namespace, labelled("Cascading", "", "")), &fakeDependents{pods: map[string][]string{"x": {"a"}}, err: timeout}, "look for active pods"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := New(Options{Enabled: true, CRDCascading: true, Dependents: c.dependents}).Review(context.Background(), c.request)
			if err == nil {
				t.Fatalf("decided %+v", d)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q does not say %q", err, c.want)
			}
			if c.dependents != nil && !errors.Is(err, timeout) {
				t.Errorf("error %q hides its cause", err)
			}
		})
	}
}

// failingClaims knows pods but not claims.
type failingClaims struct {
	*fakeDependents
	err error
}

func (f failingClaims) BoundClaims(context.Context, string) ([]string, bool, error) {
	return nil, false, f.err
}
