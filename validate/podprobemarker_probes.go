package validate

// What a probe of a PodProbeMarker must say: what is probed, how, and what becomes of the result (spec/validate-podprobemarker.md
// (c) 5 to 18).

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
)

// writtenConditions are the conditions of a pod that Kubernetes and OpenKruise write. No probe may have the name of one.
var writtenConditions = []string{"PodScheduled", "Initialized", "Ready", "ContainersReady", "KruisePodReady", "InPlaceUpdateReady"}

func markerProbes(probes []v1alpha1.PodContainerProbe, found *findings) {
	path := specPath.Child("probes")
	if len(probes) == 0 { // 5
		found.add(field.ErrorList{field.Required(path, "at least one probe")})
	}
	names, conditions := sets.New[string](), sets.New[string]()
	for i := 0; i < len(probes) && !found.full(); i++ {
		probe, at := &probes[i], path.Index(i)
		found.add(probeName(probe.Name, names, at.Child("name"))) // 6, 7, 9, 10
		if probe.ContainerName == "" {                            // 8
			found.add(field.ErrorList{field.Required(at.Child("containerName"), "the container to probe")})
		}
		found.add(markerProbe(&probe.Probe, at.Child("probe")))                                  // 11
		if condition := probe.PodConditionType; condition != "" || len(probe.MarkerPolicy) > 0 { // 12
			found.add(probeCondition(condition, conditions, at.Child("podConditionType"))) // 13, 14
			if slices.Contains(writtenConditions, condition) {
				found.warn(fmt.Sprintf("%s: %s is written by others, too, and the two will undo each other: use a name of your own, such as example.com/healthy",
					at.Child("podConditionType"), condition))
			}
		} else {
			found.add(field.ErrorList{field.Required(at.Child("podConditionType"),
				"say what becomes of the result: set podConditionType or markerPolicy")})
		}
		found.add(markerPolicies(probe.MarkerPolicy, at.Child("markerPolicy"))) // 15 to 18
	}
}

// probeName is rules 6, 7, 9 and 10. Names are unique over all containers.
func probeName(name string, seen sets.Set[string], path *field.Path) field.ErrorList {
	repeated := seen.Has(name)
	seen.Insert(name)
	switch {
	case name == "":
		return field.ErrorList{field.Required(path, "a name of its own for each probe")}
	case strings.Contains(name, "#"):
		return field.ErrorList{field.Invalid(path, name, "must not contain #, which separates it from the name of the PodProbeMarker")}
	case slices.Contains(writtenConditions, name):
		return field.ErrorList{field.Invalid(path, name, "is the name of a pod condition: choose another")}
	case repeated:
		return field.ErrorList{field.Duplicate(path, name)}
	default:
		return nil
	}
}

// markerProbe is rule 11. The daemon runs the probe, and defaulting does not complete it: it knows neither gRPC nor a grace period of
// the probe's own, and needs path and scheme.
func markerProbe(spec *v1alpha1.ContainerProbeSpec, path *field.Path) field.ErrorList {
	probe := spec.Probe
	probe.GRPC, probe.TerminationGracePeriodSeconds = nil, nil
	c := &podChecker{}
	if probe.Exec == nil && probe.HTTPGet == nil && probe.TCPSocket == nil {
		c.required(path, "a handler: exec, httpGet or tcpSocket; grpc is not supported here")
	} else {
		c.probe(&probe, true, path)
	}
	c.addAll(foreignHosts(probe.HTTPGet, probe.TCPSocket, path))
	if probe.HTTPGet != nil {
		if _, err := url.Parse(probe.HTTPGet.Path); err != nil {
			c.invalid(path.Child("httpGet", "path"), probe.HTTPGet.Path, "must be the path of a URL, such as /healthz; a percent sign is written %25")
		}
	}
	return c.errs
}

// probeCondition is rules 13 and 14.
func probeCondition(condition string, seen sets.Set[string], path *field.Path) field.ErrorList {
	if condition == "" {
		return nil
	}
	if seen.Has(condition) {
		return field.ErrorList{field.Duplicate(path, condition)}
	}
	seen.Insert(condition)
	var errs field.ErrorList
	for _, message := range validation.IsQualifiedName(condition) {
		errs = append(errs, field.Invalid(path, condition, message))
	}
	return errs
}

// markerPolicies is rules 15 to 18.
func markerPolicies(policies []v1alpha1.ProbeMarkerPolicy, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	seen := sets.New[v1alpha1.ProbeState]()
	for i := 0; i < len(policies) && len(errs) < maxCauses; i++ {
		policy, at := &policies[i], path.Index(i)
		switch {
		case policy.State != v1alpha1.ProbeSucceeded && policy.State != v1alpha1.ProbeFailed:
			errs = append(errs, field.NotSupported(at.Child("state"), policy.State,
				[]v1alpha1.ProbeState{v1alpha1.ProbeSucceeded, v1alpha1.ProbeFailed}))
		case seen.Has(policy.State):
			errs = append(errs, field.Duplicate(at.Child("state"), policy.State))
		}
		seen.Insert(policy.State)
		if len(policy.Labels) == 0 && len(policy.Annotations) == 0 {
			errs = append(errs, field.Required(at.Child("labels"), "say what is written into the pod: set labels or annotations"))
		}
		errs = append(errs, metav1validation.ValidateLabels(policy.Labels, at.Child("labels"))...)
		errs = append(errs, apivalidation.ValidateAnnotations(policy.Annotations, at.Child("annotations"))...)
	}
	return errs
}
