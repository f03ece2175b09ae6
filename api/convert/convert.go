package convert

import (
	"encoding/json"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	policyv1beta1 "github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
)

// conversion translates the root of an object in place, except for its apiVersion.
type conversion struct {
	up   func(root *object) error // to v1beta1
	down func(root *object) error // to v1alpha1
}

// unchanged is the conversion of kinds whose versions have the same fields.
var unchanged = conversion{func(*object) error { return nil }, func(*object) error { return nil }}

var conversions = map[schema.GroupKind]conversion{
	{Group: v1beta1.GroupVersion.Group, Kind: "AdvancedCronJob"}:          {advancedCronJobUp, advancedCronJobDown},
	{Group: v1beta1.GroupVersion.Group, Kind: "BroadcastJob"}:             unchanged,
	{Group: v1beta1.GroupVersion.Group, Kind: "CloneSet"}:                 {cloneSetUp, cloneSetDown},
	{Group: v1beta1.GroupVersion.Group, Kind: "ContainerRecreateRequest"}: {containerRecreateRequestUp, containerRecreateRequestDown},
	{Group: v1beta1.GroupVersion.Group, Kind: "DaemonSet"}:                {daemonSetUp, daemonSetDown},
	{Group: v1beta1.GroupVersion.Group, Kind: "ImageListPullJob"}:         unchanged,
	{Group: v1beta1.GroupVersion.Group, Kind: "ImagePullJob"}:             unchanged,
	{Group: v1beta1.GroupVersion.Group, Kind: "NodeImage"}:                {nodeImageUp, nodeImageDown},
	{Group: v1beta1.GroupVersion.Group, Kind: "PersistentPodState"}:       {persistentPodStateUp, persistentPodStateDown},
	{Group: v1beta1.GroupVersion.Group, Kind: "ResourceDistribution"}:     {resourceDistributionUp, resourceDistributionDown},
	{Group: v1beta1.GroupVersion.Group, Kind: "SidecarSet"}:               {sidecarSetUp, sidecarSetDown},
	{Group: v1beta1.GroupVersion.Group, Kind: "StatefulSet"}:              {statefulSetUp, statefulSetDown},
	{Group: v1beta1.GroupVersion.Group, Kind: "UnitedDeployment"}:         {unitedDeploymentUp, unitedDeploymentDown},
	{Group: v1beta1.GroupVersion.Group, Kind: "WorkloadSpread"}:           {workloadSpreadUp, workloadSpreadDown},

	{Group: policyv1beta1.GroupVersion.Group, Kind: "PodUnavailableBudget"}: {podUnavailableBudgetUp, podUnavailableBudgetDown},
}

// Object returns the object in another version of its kind. An object that has that version already is returned as it is.
// It fails if raw is not an object, for kinds and versions that it does not know, and if a member that differs between
// the versions has the wrong type.
func Object(raw []byte, toAPIVersion string) ([]byte, error) {
	root := &object{}
	if err := json.Unmarshal(raw, &root.members); err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	fromAPIVersion, err := root.text("apiVersion")
	if err != nil {
		return nil, err
	}
	kind, err := root.text("kind")
	if err != nil {
		return nil, err
	}
	if fromAPIVersion == "" || kind == "" {
		return nil, errors.New("apiVersion and kind are required")
	}
	if fromAPIVersion == toAPIVersion {
		return raw, nil
	}
	translate, err := lookUp(kind, fromAPIVersion, toAPIVersion)
	if err != nil {
		return nil, err
	}
	if err := translate(root); err != nil {
		return nil, fmt.Errorf("convert %s from %s to %s: %w", kind, fromAPIVersion, toAPIVersion, err)
	}
	root.set("apiVersion", toAPIVersion)
	return root.encode()
}

func lookUp(kind, fromAPIVersion, toAPIVersion string) (func(*object) error, error) {
	from, err := schema.ParseGroupVersion(fromAPIVersion)
	if err != nil {
		return nil, err
	}
	to, err := schema.ParseGroupVersion(toAPIVersion)
	if err != nil {
		return nil, err
	}
	known, ok := conversions[schema.GroupKind{Group: from.Group, Kind: kind}]
	switch older, newer := v1alpha1.GroupVersion.Version, v1beta1.GroupVersion.Version; {
	case from.Group != to.Group:
		return nil, fmt.Errorf("%s of group %q cannot be converted to group %q: only versions of one group are convertible", kind, from.Group, to.Group)
	case !ok:
		return nil, fmt.Errorf("%s of group %q cannot be converted: this server does not know the kind", kind, from.Group)
	case from.Version == older && to.Version == newer:
		return known.up, nil
	case from.Version == newer && to.Version == older:
		return known.down, nil
	default:
		return nil, fmt.Errorf("%s cannot be converted from %s to %s: its versions are %s and %s", kind, fromAPIVersion, toAPIVersion, older, newer)
	}
}
