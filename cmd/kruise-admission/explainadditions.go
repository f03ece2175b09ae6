package main

// What injection adds to a pod, by name.

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/kruise-admission/kruise-admission/api/sidecarset"
	"github.com/kruise-admission/kruise-admission/cmd/kruise-admission/internal/yamlpatch"
	"github.com/kruise-admission/kruise-admission/decision"
)

// additions names what is in a pod after injection and was not before.
type additions struct {
	InitContainers   []string `json:"initContainers,omitempty"`
	Containers       []string `json:"containers,omitempty"`
	Volumes          []string `json:"volumes,omitempty"`
	ImagePullSecrets []string `json:"imagePullSecrets,omitempty"`
	Annotations      []string `json:"annotations,omitempty"`
	// Replaced names containers of the pod's own whose place a sidecar takes.
	Replaced []string `json:"replaced,omitempty"`
	// Changed names containers of the pod's own that other steps change, such as by a launch barrier.
	Changed []string `json:"changed,omitempty"`
	// Updated names containers of an earlier injection that become others.
	Updated []string `json:"updated,omitempty"`
}

// additionsOf compares a pod with what a patch makes of it.
func additionsOf(pod []byte, patch []decision.Operation) (additions, error) {
	injected, err := yamlpatch.ApplyJSON(pod, patch)
	if err != nil {
		return additions{}, err
	}
	before, err := readPodParts(pod)
	if err != nil {
		return additions{}, err
	}
	after, err := readPodParts(injected)
	if err != nil {
		return additions{}, err
	}
	a := additions{
		InitContainers:   after.Spec.InitContainers.newIn(before.Spec.InitContainers),
		Containers:       after.Spec.Containers.newIn(before.Spec.Containers),
		Volumes:          after.Spec.Volumes.newIn(before.Spec.Volumes),
		ImagePullSecrets: after.Spec.ImagePullSecrets.newIn(before.Spec.ImagePullSecrets),
		Annotations:      newKeys(before.Metadata.Annotations, after.Metadata.Annotations),
	}
	for _, changed := range append(
		before.Spec.InitContainers.changedIn(after.Spec.InitContainers), before.Spec.Containers.changedIn(after.Spec.Containers)...) {
		switch {
		case changed.was:
			a.Updated = append(a.Updated, changed.name)
		case changed.is:
			a.Replaced = append(a.Replaced, changed.name)
		default:
			a.Changed = append(a.Changed, changed.name)
		}
	}
	return a, nil
}

// podParts are the parts of a pod to which injection adds.
type podParts struct {
	Metadata struct {
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec struct {
		InitContainers   namedList `json:"initContainers"`
		Containers       namedList `json:"containers"`
		Volumes          namedList `json:"volumes"`
		ImagePullSecrets namedList `json:"imagePullSecrets"`
	} `json:"spec"`
}

func readPodParts(pod []byte) (parts podParts, err error) {
	err = json.Unmarshal(pod, &parts)
	return parts, err
}

// namedList is a list whose elements are known by their name.
type namedList []map[string]any

// named gives the last element of that name; nil when there is none.
func (l namedList) named(name any) map[string]any {
	for _, element := range slices.Backward(l) {
		if element["name"] == name {
			return element
		}
	}
	return nil
}

// newIn names the elements that before does not have.
func (l namedList) newIn(before namedList) (names []string) {
	for _, element := range l {
		if name, ok := element["name"].(string); ok && before.named(name) == nil {
			names = append(names, name)
		}
	}
	return names
}

// changed is an element that becomes another.
type changed struct {
	name    string
	was, is bool // whether an injection brought it, an earlier one or this
}

// changedIn lists the elements that are others in after.
func (l namedList) changedIn(after namedList) (all []changed) {
	for _, element := range l {
		name, ok := element["name"].(string)
		if is := after.named(element["name"]); ok && is != nil && !reflect.DeepEqual(is, element) {
			all = append(all, changed{name, wasInjected(element), wasInjected(is)})
		}
	}
	return all
}

// wasInjected says whether a container carries the variable that every injected container has.
func wasInjected(container map[string]any) bool {
	variables, _ := container["env"].([]any)
	return slices.ContainsFunc(variables, func(entry any) bool {
		variable, _ := entry.(map[string]any)
		return variable["name"] == sidecarset.InjectedEnv && variable["value"] == sidecarset.InjectedEnvValue
	})
}

func newKeys(before, after map[string]string) (keys []string) {
	for _, key := range slices.Sorted(maps.Keys(after)) {
		if _, known := before[key]; !known {
			keys = append(keys, key)
		}
	}
	return keys
}

// String lists the additions without annotations, which every injection brings.
func (a additions) String() string {
	var texts []string
	for _, part := range []struct {
		what  string
		names []string
	}{
		{"init containers", a.InitContainers}, {"containers", a.Containers}, {"volumes", a.Volumes},
		{"imagePullSecrets", a.ImagePullSecrets}, {"replaces", a.Replaced}, {"changes", a.Changed}, {"updates", a.Updated},
	} {
		if len(part.names) > 0 {
			texts = append(texts, part.what+" "+strings.Join(part.names, ", "))
		}
	}
	return strings.Join(texts, "; ")
}
