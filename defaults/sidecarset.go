package defaults

// Defaults of SidecarSets (spec/validate-sidecarset.md (b)) and the two hashes by which OpenKruise's controller tells which pods
// are up to date.

import (
	"context"

	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
	"github.com/kruise-admission/kruise-admission/decision"
)

// SidecarSet defaults SidecarSets of both versions on CREATE and UPDATE; other operations pass unchanged. It implements
// [decision.Reviewer] for /mutate-apps-kruise-io-sidecarset.
type SidecarSet struct{}

// Review implements [decision.Reviewer].
func (SidecarSet) Review(_ context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	if request.Operation != admissionv1.Create && request.Operation != admissionv1.Update {
		return decision.Allow(), nil
	}
	if err := decode("SidecarSet", request.Resource.Version, request.Object.Raw, &v1alpha1.SidecarSet{}, &v1beta1.SidecarSet{}); err != nil {
		return decision.Malformed(err.Error()), nil
	}
	doc, err := openDocument(request.Object.Raw)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}
	sidecarSet(doc)
	if err := recordHashes(doc); err != nil {
		return decision.Decision{}, decision.CannotTell("compute the hashes of SidecarSet %q: %w", request.Name, err)
	}
	return doc.decision("SidecarSet", request.Name)
}

// sidecarSet writes the defaults, which are the same in both versions.
func sidecarSet(doc *document) {
	spec := doc.object.object("spec")
	strategy := spec.object("updateStrategy")
	strategy.fill("type", string(v1beta1.RollingUpdateSidecarSetStrategyType))
	strategy.fillAbsent("maxUnavailable", 1)
	strategy.fillAbsent("partition", 0)

	for _, c := range spec.objects("initContainers") {
		c.fill("podInjectPolicy", string(v1beta1.AfterAppContainerType))
		sidecarContainer(c)
	}
	for _, c := range spec.objects("containers") {
		c.fill("podInjectPolicy", string(v1beta1.BeforeAppContainerType))
		sidecarContainer(c)
	}
	volumes(spec)
	spec.fillAbsent("revisionHistoryLimit", 10)
	for _, patch := range spec.objects("patchPodMetadata") {
		patch.fill("patchPolicy", string(v1beta1.SidecarSetRetainPatchPolicy))
	}
	if injection := spec.object("injectionStrategy"); injection.has("revision") {
		injection.object("revision").fill("policy", string(v1beta1.AlwaysSidecarSetInjectRevisionPolicy))
	}
}

// sidecarContainer fills in a sidecar. It leaves shareVolumeDevicePolicy absent and a startupProbe as it is, because both
// would change the hash of the SidecarSets that exist.
func sidecarContainer(c *object) {
	c.object("upgradeStrategy").fill("upgradeType", string(v1beta1.SidecarContainerColdUpgrade))
	c.object("shareVolumePolicy").fill("type", string(v1beta1.ShareVolumePolicyDisabled))
	c.fill("imagePullPolicy", pullPolicyByTag(c.text("image")))
	terminationMessage(c)
	container(c)
	for _, transfer := range c.objects("transferEnv") {
		// A source without fieldRef names nothing; OpenKruise's defaulting crashes on it.
		fieldRef(transfer.object("sourceContainerNameFrom"))
	}
}

// recordHashes writes the hashes of the defaulted sidecars over whatever the user sent.
func recordHashes(doc *document) error {
	text, err := doc.encode()
	if err != nil {
		return err
	}
	var defaulted struct {
		Spec struct {
			Containers     []v1beta1.SidecarContainer `json:"containers"`
			InitContainers []v1beta1.SidecarContainer `json:"initContainers"`
		} `json:"spec"`
	}
	if err := json.UnmarshalCaseSensitivePreserveInts(text, &defaulted); err != nil {
		return err
	}
	hash, withoutImage, err := sidecarset.Hash(defaulted.Spec.Containers, defaulted.Spec.InitContainers)
	if err != nil {
		return err
	}
	annotations := doc.object.object("metadata").object("annotations")
	annotations.set(sidecarset.HashAnnotation, hash)
	annotations.set(sidecarset.HashWithoutImageAnnotation, withoutImage)
	return nil
}
