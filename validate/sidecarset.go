package validate

// Validation of SidecarSets: what is decoded, in which order the rules run, and how the answer is put together. The rules are in
// sidecarset_*.go; the numbers in their comments are those of the specification (spec/validate-sidecarset.md, sections c1 to c6
// and d).

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/wire"
	"github.com/kruise-admission/kruise-admission/decision"
)

// SidecarSetCluster is what the rules of SidecarSets ask of the cluster, answered from memory.
type SidecarSetCluster interface {
	// SidecarSets lists all SidecarSets, sorted by name.
	SidecarSets() []*v1beta1.SidecarSet
	// SidecarSet returns the SidecarSet of that name and its JSON as stored.
	SidecarSet(name string) (set *v1beta1.SidecarSet, stored []byte, ok bool)
	// ControllerRevision returns the revision of that name in the server's namespace.
	ControllerRevision(name string) (revision *appsv1.ControllerRevision, ok bool)
	// ControllerRevisions lists the revisions that are labelled with a SidecarSet's name.
	ControllerRevisions(sidecarSet string) []*appsv1.ControllerRevision
	// Setting returns the value of a key of the ConfigMap kruise-configuration.
	Setting(key string) (value string, ok bool)
}

// SidecarSet validates SidecarSets of both versions on CREATE and UPDATE; other operations pass. It implements
// [decision.Reviewer] for /validate-apps-kruise-io-sidecarset.
type SidecarSet struct {
	// Cluster answers what the rules ask; required.
	Cluster SidecarSetCluster
	// PatchPodMetadataDefaultsAllowed is the gate SidecarSetPatchPodMetadataDefaultsAllowed: patchPodMetadata is allowed
	// as long as no whitelist applies to the SidecarSet. Default: refused.
	PatchPodMetadataDefaultsAllowed bool
}

// Review implements [decision.Reviewer].
func (r SidecarSet) Review(_ context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	if request.Operation != admissionv1.Create && request.Operation != admissionv1.Update {
		return decision.Allow(), nil
	}
	check := &sidecarSetCheck{rules: r}
	var err error
	if check.set, check.sent, err = decodeSidecarSet(request.Resource.Version, request.Object.Raw); err != nil {
		return decision.Malformed(err.Error()), nil
	}
	if request.Operation == admissionv1.Update {
		if check.old, _, err = decodeSidecarSet(request.Resource.Version, request.OldObject.Raw); err != nil {
			return decision.Malformed("old object: " + err.Error()), nil
		}
	}
	if check.terminating() {
		return decision.Allow(), nil
	}
	check.run()
	answer := decision.Invalid(check.errs)
	for _, warning := range check.warnings {
		answer.Warn(warning)
	}
	return answer, nil
}

// terminating reports whether the update only takes a SidecarSet further towards its end, such as removing a finalizer.
// Refusing that for a fault in its spec would keep it for ever.
func (c *sidecarSetCheck) terminating() bool {
	return c.old != nil && c.set.DeletionTimestamp != nil && equality.Semantic.DeepEqual(c.set.Spec, c.old.Spec)
}

// asSent is what the conversion to v1beta1 hides of the object that the user wrote.
type asSent struct {
	// namespace is spec.namespace of v1alpha1, which becomes a namespace selector.
	namespace string
	// ignoredSelector says that v1alpha1 gave a namespaceSelector beside a namespace.
	ignoredSelector bool
	// unknownNamespace says that v1beta1 carries a spec.namespace, which that version does not have.
	unknownNamespace bool
}

// decodeSidecarSet reads a SidecarSet of either version as v1beta1.
func decodeSidecarSet(version string, raw []byte) (*v1beta1.SidecarSet, asSent, error) {
	var alpha v1alpha1.SidecarSet
	set, err := readAsBeta[v1beta1.SidecarSet](version, "SidecarSet", raw, &alpha)
	if err != nil {
		return nil, asSent{}, err
	}
	if version != v1alpha1.GroupVersion.Version {
		return set, asSent{unknownNamespace: hasSpecNamespace(raw)}, nil
	}
	namespace := alpha.Spec.Namespace
	return set, asSent{namespace: namespace, ignoredSelector: namespace != "" && alpha.Spec.NamespaceSelector != nil}, nil
}

// hasSpecNamespace reports whether the raw object has a spec.namespace.
func hasSpecNamespace(raw []byte) bool {
	if !bytes.Contains(raw, []byte(`"namespace"`)) {
		return false
	}
	set := &v1alpha1.SidecarSet{}
	err := wire.Decode(raw, v1beta1.GroupVersion.WithKind("SidecarSet"), set)
	return err == nil && set.Spec.Namespace != ""
}

// sidecarSetCheck is one SidecarSet under validation.
type sidecarSetCheck struct {
	rules    SidecarSet
	set, old *v1beta1.SidecarSet // old is nil on CREATE
	sent     asSent
	errs     field.ErrorList
	warnings []string
}

func (c *sidecarSetCheck) add(errs ...*field.Error) { c.errs = append(c.errs, errs...) }

func (c *sidecarSetCheck) invalid(path *field.Path, value any, format string, args ...any) {
	c.add(field.Invalid(path, value, fmt.Sprintf(format, args...)))
}

func (c *sidecarSetCheck) warn(format string, args ...any) {
	c.warnings = append(c.warnings, fmt.Sprintf(format, args...))
}

// run runs the rules. Conflicts with other SidecarSets are looked for only in an object that is valid by itself.
func (c *sidecarSetCheck) run() {
	c.metadata()
	c.canary()
	c.spec()
	if c.old != nil {
		c.update()
	}
	c.addNew(hotUpgradeFaults)
	c.addNew(patchPolicyFaults)
	if len(c.errs) == 0 {
		others := c.rules.Cluster.SidecarSets()
		c.addNew(func(set *v1beta1.SidecarSet) field.ErrorList { return conflictFaults(set, others) })
	}
	c.advise()
}

// addNew adds the faults of a rule. Those that the stored object has already become warnings: OpenKruise did not see
// them, or they came with another SidecarSet, and refusing the update would also refuse to pause or to repair it.
func (c *sidecarSetCheck) addNew(rule func(set *v1beta1.SidecarSet) field.ErrorList) {
	var known field.ErrorList
	if c.old != nil {
		known = rule(c.old)
	}
	for _, err := range rule(c.set) {
		if slices.ContainsFunc(known, func(old *field.Error) bool { return sameFault(old, err) }) {
			c.warn("already so before this update: %s", err.Error())
			continue
		}
		c.add(err)
	}
}

// sameFault compares two faults without their places, which shift with the order of containers.
func sameFault(a, b *field.Error) bool {
	return a.Type == b.Type && a.Detail == b.Detail && reflect.DeepEqual(a.BadValue, b.BadValue)
}
