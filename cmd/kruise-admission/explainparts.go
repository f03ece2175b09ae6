package main

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

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
	name     string
	injected bool // an earlier injection brought it
}

// changedIn lists the elements that are others in after.
func (l namedList) changedIn(after namedList) (all []changed) {
	for _, element := range l {
		name, ok := element["name"].(string)
		if is := after.named(element["name"]); ok && is != nil && !reflect.DeepEqual(is, element) {
			all = append(all, changed{name, wasInjected(element)})
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
