package main

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
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

// changedFrom names the elements that were others before.
func (l namedList) changedFrom(before namedList) (names []string) {
	for _, element := range l {
		name, ok := element["name"].(string)
		if was := before.named(element["name"]); ok && was != nil && !reflect.DeepEqual(was, element) {
			names = append(names, name)
		}
	}
	return names
}

func newKeys(before, after map[string]string) (keys []string) {
	for _, key := range slices.Sorted(maps.Keys(after)) {
		if _, known := before[key]; !known {
			keys = append(keys, key)
		}
	}
	return keys
}
