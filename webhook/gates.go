package webhook

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/component-base/featuregate"
)

// Feature gates that change a decision. Their names and defaults are OpenKruise's (spec/server.md 11), so that a --feature-gates value
// written for its manager means the same here.
const (
	// PodWebhook serves the pod endpoints with their rules. Off: pods are allowed unchanged.
	PodWebhook featuregate.Feature = "PodWebhook"
	// ResourcesDeletionProtection honours the label policy.kruise.io/delete-protection.
	ResourcesDeletionProtection featuregate.Feature = "ResourcesDeletionProtection"
	// DeletionProtectionForCRDCascadingGate lets Cascading on a CustomResourceDefinition look at its instances.
	DeletionProtectionForCRDCascadingGate featuregate.Feature = "DeletionProtectionForCRDCascadingGate"
	// CloneSetShortHash says that the CloneSet controller labels pods with the short revision hash, which lifts the limit of
	// 52 characters from CloneSet names.
	CloneSetShortHash featuregate.Feature = "CloneSetShortHash"
	// TemplateNoDefaults keeps pod template defaults out of stored workloads.
	TemplateNoDefaults featuregate.Feature = "TemplateNoDefaults"
	// DefaultHostNetworkHostPortsInPodTemplates defaults host ports in the templates of hostNetwork pods.
	DefaultHostNetworkHostPortsInPodTemplates featuregate.Feature = "DefaultHostNetworkHostPortsInPodTemplates"
	// StatefulSetAutoDeletePVC fills in the retention policy of an Advanced StatefulSet's claims.
	StatefulSetAutoDeletePVC featuregate.Feature = "StatefulSetAutoDeletePVC"
	// StatefulSetAutoResizePVCGate says that the Advanced StatefulSet controller resizes claims, which limits how claim templates
	// may change.
	StatefulSetAutoResizePVCGate featuregate.Feature = "StatefulSetAutoResizePVCGate"
	// EnableSortSidecarContainerByName sorts injected sidecars by container name.
	EnableSortSidecarContainerByName featuregate.Feature = "EnableSortSidecarContainerByName"
	// SidecarSetPatchPodMetadataDefaultsAllowed lets SidecarSets patch pod annotations when no whitelist exists.
	SidecarSetPatchPodMetadataDefaultsAllowed featuregate.Feature = "SidecarSetPatchPodMetadataDefaultsAllowed"
	// WorkloadSpread gives new pods a subset of a WorkloadSpread, and counts them and those that go.
	WorkloadSpread featuregate.Feature = "WorkloadSpread"
	// PodUnavailableBudgetDeleteGate asks budgets before pods are deleted or evicted.
	PodUnavailableBudgetDeleteGate featuregate.Feature = "PodUnavailableBudgetDeleteGate"
	// PodUnavailableBudgetUpdateGate asks budgets before pods are updated.
	PodUnavailableBudgetUpdateGate featuregate.Feature = "PodUnavailableBudgetUpdateGate"
	// InPlacePodVerticalScaling makes resizing a pod an operation of its own for budgets; off, it is an update.
	InPlacePodVerticalScaling featuregate.Feature = "InPlacePodVerticalScaling"
	// InPlaceWorkloadVerticalScaling says that workloads resize their pods in place: such a pod is not available until it has what it is
	// to get.
	InPlaceWorkloadVerticalScaling featuregate.Feature = "InPlaceWorkloadVerticalScaling"
	// KruiseDaemon says that OpenKruise's daemon runs on the nodes, which pulls images, probes and restarts containers.
	KruiseDaemon featuregate.Feature = "KruiseDaemon"
	// ResourceDistributionGate lets ResourceDistributions be created and changed.
	ResourceDistributionGate featuregate.Feature = "ResourceDistributionGate"
	// ImagePullJobGate lets ImagePullJobs and ImageListPullJobs be created and changed.
	ImagePullJobGate featuregate.Feature = "ImagePullJobGate"
	// PodProbeMarkerGate lets PodProbeMarkers be created and changed.
	PodProbeMarkerGate featuregate.Feature = "PodProbeMarkerGate"
	// PreDownloadImageForInPlaceUpdate turns ImagePullJobGate on.
	PreDownloadImageForInPlaceUpdate featuregate.Feature = "PreDownloadImageForInPlaceUpdate"
	// PreDownloadImageForDaemonSetUpdate turns ImagePullJobGate on.
	PreDownloadImageForDaemonSetUpdate featuregate.Feature = "PreDownloadImageForDaemonSetUpdate"
	// KruisePodReadinessGate gives every new pod the readiness gate KruisePodReady, and not only those of OpenKruise's workloads.
	KruisePodReadinessGate featuregate.Feature = "KruisePodReadinessGate"
	// EnhancedLivenessProbe hands the liveness probes of new pods that want it over to OpenKruise's daemon.
	EnhancedLivenessProbe featuregate.Feature = "EnhancedLivenessProbe"
	// EnablePodProbeMarkerOnServerless writes the probes of PodProbeMarkers into new pods.
	EnablePodProbeMarkerOnServerless featuregate.Feature = "EnablePodProbeMarkerOnServerless"
)

// alpha and beta are OpenKruise's maturities; they matter for AllAlpha and AllBeta only. No alpha gate is on by default.
func alpha() featuregate.VersionedSpecs {
	return featuregate.VersionedSpecs{{Default: false, PreRelease: featuregate.Alpha, Version: version.MajorMinor(0, 0)}}
}

func beta(on bool) featuregate.VersionedSpecs {
	return featuregate.VersionedSpecs{{Default: on, PreRelease: featuregate.Beta, Version: version.MajorMinor(0, 0)}}
}

// gateSpecs are all gates of OpenKruise v1.9. Those without a constant above change its controllers only; they are
// known so that one --feature-gates value serves both programs.
var gateSpecs = map[featuregate.Feature]featuregate.VersionedSpecs{
	PodWebhook:                                beta(true),
	ResourcesDeletionProtection:               beta(false),
	DeletionProtectionForCRDCascadingGate:     alpha(),
	CloneSetShortHash:                         alpha(),
	TemplateNoDefaults:                        alpha(),
	DefaultHostNetworkHostPortsInPodTemplates: alpha(),
	ResourceDistributionGate:                  beta(false),
	EnableSortSidecarContainerByName:          alpha(),
	SidecarSetPatchPodMetadataDefaultsAllowed: alpha(),
	WorkloadSpread:                            beta(true),
	PodUnavailableBudgetDeleteGate:            beta(true),
	PodUnavailableBudgetUpdateGate:            alpha(),
	InPlacePodVerticalScaling:                 alpha(),
	InPlaceWorkloadVerticalScaling:            alpha(),
	KruisePodReadinessGate:                    alpha(),
	EnhancedLivenessProbe:                     alpha(),
	EnablePodProbeMarkerOnServerless:          alpha(),
	PreDownloadImageForInPlaceUpdate:          alpha(),
	PreDownloadImageForDaemonSetUpdate:        alpha(),
	StatefulSetAutoDeletePVC:                  beta(true),
	StatefulSetAutoResizePVCGate:              alpha(),
	KruiseDaemon:                              beta(true),
	ImagePullJobGate:                          alpha(),
	PodProbeMarkerGate:                        beta(true),

	"StatefulSetStartOrdinal":                alpha(),
	"EnableExternalCerts":                    alpha(),
	"CloneSetPartitionRollback":              alpha(),
	"CloneSetEventHandlerOptimization":       alpha(),
	"DaemonWatchingPod":                      beta(true),
	"InPlaceUpdateEnvFromMetadata":           beta(true),
	"PodIndexLabel":                          beta(true),
	"SidecarTerminator":                      alpha(),
	"PreparingUpdateAsUpdate":                alpha(),
	"ForceDeleteTimeoutExpectationGate":      alpha(),
	"RecreatePodWhenChangeVCTInCloneSetGate": alpha(),
}

// forcedOff says which gates a gate that is off takes with it (spec/server.md 11).
var forcedOff = []struct {
	unless featuregate.Feature
	off    []featuregate.Feature
}{
	{PodWebhook, []featuregate.Feature{
		KruisePodReadinessGate, PodUnavailableBudgetDeleteGate, PodUnavailableBudgetUpdateGate, WorkloadSpread,
		SidecarSetPatchPodMetadataDefaultsAllowed, EnhancedLivenessProbe, EnablePodProbeMarkerOnServerless}},
	{KruiseDaemon, []featuregate.Feature{
		PreDownloadImageForInPlaceUpdate, "DaemonWatchingPod", "InPlaceUpdateEnvFromMetadata",
		PreDownloadImageForDaemonSetUpdate, PodProbeMarkerGate, "SidecarTerminator", ImagePullJobGate, EnhancedLivenessProbe}},
	{ResourcesDeletionProtection, []featuregate.Feature{DeletionProtectionForCRDCascadingGate}},
}

// ParseGates reads a value like "A=true,B=false" on top of the defaults and applies OpenKruise's dependencies between
// gates. AllAlpha and AllBeta set every gate of that maturity that is not named. An unknown gate is an error that lists
// the known ones.
func ParseGates(value string) (featuregate.FeatureGate, error) {
	gates := featuregate.NewVersionedFeatureGate(version.MajorMinor(1, 9))
	if err := gates.AddVersioned(gateSpecs); err != nil {
		return nil, fmt.Errorf("declare the feature gates: %w", err)
	}
	for setting := range strings.SplitSeq(value, ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(setting), "=")
		if name = strings.TrimSpace(name); name == "" || name == "AllAlpha" || name == "AllBeta" {
			continue
		}
		if _, known := gateSpecs[featuregate.Feature(name)]; !known {
			return nil, fmt.Errorf("unknown feature gate %q; known are %s", name, strings.Join(GateNames(), ", "))
		}
	}
	if err := gates.Set(value); err != nil {
		return nil, err
	}
	forced := map[string]bool{}
	for _, dependency := range forcedOff {
		if !gates.Enabled(dependency.unless) {
			for _, off := range dependency.off {
				forced[string(off)] = false
			}
		}
	}
	for _, download := range []featuregate.Feature{PreDownloadImageForInPlaceUpdate, PreDownloadImageForDaemonSetUpdate} {
		if _, off := forced[string(download)]; gates.Enabled(download) && !off {
			forced[string(ImagePullJobGate)] = true
		}
	}
	if err := gates.SetFromMap(forced); err != nil {
		return nil, fmt.Errorf("apply the dependencies between feature gates: %w", err)
	}
	return gates, nil
}

// GateNames lists the known gates, sorted.
func GateNames() []string {
	names := make([]string, 0, len(gateSpecs))
	for name := range gateSpecs {
		names = append(names, string(name))
	}
	slices.Sort(names)
	return names
}
