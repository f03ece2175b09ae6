package validate

// The rules of ResourceDistribution: what is checked, and in which order (spec/validate-resourcedistribution.md (c) and (d),
// whose numbers the comments give).

import (
	"context"
	"encoding/json"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

// ResourceDistribution validates ResourceDistributions of both versions on CREATE and UPDATE and allows every other operation. It
// implements [decision.Reviewer] for /validate-apps-kruise-io-resourcedistribution.
//
// Departures from OpenKruise:
//
//   - a dry run that gets no answer is "cannot tell" and no refusal;
//   - a resource whose name is taken in the server's own namespace is checked like any other;
//   - an update that leaves the spec alone is not judged by it, even while the gate is off, and one that leaves the resource alone not by
//     the resource.
type ResourceDistribution struct {
	// Resources asks the API server about resources. Nil: there is none, and the built-in checks decide.
	Resources ResourceChecker
	// Disabled says that the gate ResourceDistributionGate is off, so that nothing would be copied.
	Disabled bool
}

// ResourceChecker asks an API server whether it would create a Secret or a ConfigMap, given as JSON. No causes: it would. The Field of
// causes is relative to the object. An error means "cannot tell".
type ResourceChecker interface {
	CheckResource(ctx context.Context, kind string, object json.RawMessage) (causes []metav1.StatusCause, err error)
}

// resourceDistribution is a ResourceDistribution in the shape of v1beta1.
type resourceDistribution struct {
	meta metav1.ObjectMeta
	spec v1beta1.ResourceDistributionSpec
	// selectorName is how the version calls targets.namespaceSelector.
	selectorName string
}

// Review implements [decision.Reviewer].
func (r ResourceDistribution) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	if request.Operation != admissionv1.Create && request.Operation != admissionv1.Update {
		return decision.Allow(), nil
	}
	distribution, err := readResourceDistribution(request.Resource.Version, request.Object.Raw)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}
	var old *resourceDistribution
	if request.Operation == admissionv1.Update {
		if old, err = readResourceDistribution(request.Resource.Version, request.OldObject.Raw); err != nil {
			return decision.Malformed("old object: " + err.Error()), nil
		}
	}
	found := &findings{}
	found.add(apivalidation.ValidateObjectMeta(&distribution.meta, false, apivalidation.NameIsDNSSubdomain, metadataPath)) // 1
	if old != nil && equality.Semantic.DeepEqual(distribution.spec, old.spec) {
		return found.decision(), nil
	}
	if r.Disabled {
		return gateOff("nothing would be copied", "ResourceDistributionGate"), nil
	}
	if err := r.resource(ctx, distribution, old, found); err != nil { // 2 to 5
		return decision.Decision{}, err
	}
	distribution.targets(found) // 6
	return found.decision(), nil
}

// readResourceDistribution reads a ResourceDistribution of the version that the request names. Errors are for the user.
func readResourceDistribution(version string, raw []byte) (*resourceDistribution, error) {
	distribution, err := readAsBeta(version, "ResourceDistribution", raw, &v1alpha1.ResourceDistribution{})
	if err != nil {
		return nil, err
	}
	read := &resourceDistribution{meta: distribution.ObjectMeta, spec: distribution.Spec, selectorName: "namespaceSelector"}
	if version == v1alpha1.GroupVersion.Version {
		read.selectorName = "namespaceLabelSelector"
	}
	return read, nil
}

var resourcePath = specPath.Child("resource")
