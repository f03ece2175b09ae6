package podsteps

// Which probes of PodProbeMarkers a pod carries with it (spec/pod-other.md 1.8), for nodes that know no NodePodProbe, as serverless ones.

import (
	"context"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
)

const (
	// podProbeAnnotation holds, as JSON, the probes that PodProbeMarkers bring into a new pod when the gate EnablePodProbeMarkerOnServerless is on.
	podProbeAnnotation = "kruise.io/podprobe"
	// probeListAnnotation names the PodProbeMarkers of a pod, separated by commas. Whoever creates a pod with it chooses them.
	probeListAnnotation = "kruise.io/podprobemarker-list"
)

func (p *Pipeline) probeMarker(_ context.Context, d *draft) error {
	if !p.options.ProbeMarkers {
		return nil
	}
	markers := d.markersAmong(p.options.View.PodProbeMarkers(d.read.Namespace()))
	if len(markers) == 0 {
		return nil
	}
	e, err := d.edit()
	if err != nil {
		return err
	}
	running, err := e.runningContainers()
	if err != nil {
		return err
	}
	probes, from := probesFor(running, markers)
	if len(probes) == 0 {
		return nil
	}
	d.because = strings.Join(from, " ")
	d.annotate(map[string]string{podProbeAnnotation: string(encode(probes)), probeListAnnotation: strings.Join(from, ",")})
	return nil
}

// markersAmong are the markers that the pod names, or else those that select it, by name. In a fixed order also when the pod names them, because
// a second pass reads the list that the first has written.
func (d *draft) markersAmong(all []*v1alpha1.PodProbeMarker) (markers []*v1alpha1.PodProbeMarker) {
	if list, _ := d.annotation(probeListAnnotation); list != "" {
		named := map[string]bool{}
		for name := range strings.SplitSeq(list, ",") {
			named[name] = true
		}
		for _, marker := range all {
			if named[marker.Name] {
				markers = append(markers, marker)
			}
		}
		return markers
	}
	for _, marker := range all {
		selector, err := metav1.LabelSelectorAsSelector(marker.Spec.Selector)
		if err != nil {
			d.warn("PodProbeMarker", marker.Name, "it is ignored, because its selector is invalid: %v", err)
			continue
		}
		if !selector.Empty() && selector.Matches(d.read.Labels()) {
			markers = append(markers, marker)
		}
	}
	return markers
}

// runningContainers names the containers that run as long as the pod does: init containers only if they restart.
func (e *edit) runningContainers() (map[string]bool, error) {
	running := map[string]bool{}
	for _, list := range []string{"containers", "initContainers"} {
		containers, err := e.containers(list)
		if err != nil {
			return nil, err
		}
		for i := range containers {
			if list == "containers" || containers[i].RestartPolicy == string(corev1.ContainerRestartPolicyAlways) {
				running[containers[i].Name] = true
			}
		}
	}
	return running, nil
}

// probesFor takes the first probe of each condition, and of each name in a container, and says from which markers they are.
func probesFor(running map[string]bool, markers []*v1alpha1.PodProbeMarker) (probes []v1alpha1.PodContainerProbe, from []string) {
	conditions, names, contributors := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, marker := range markers {
		for _, probe := range marker.Spec.Probes {
			name := probe.ContainerName + "/" + probe.Name
			if probe.PodConditionType == "" || conditions[probe.PodConditionType] || names[name] || !running[probe.ContainerName] {
				continue
			}
			conditions[probe.PodConditionType], names[name], contributors[marker.Name] = true, true, true
			probe.MarkerPolicy = nil // for OpenKruise's controller, not for the node
			probes = append(probes, probe)
		}
	}
	return probes, slices.Sorted(maps.Keys(contributors))
}
