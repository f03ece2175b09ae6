// Package podpatch applies strategic merge patches to pods, as the subsets of a WorkloadSpread carry them. Only what a patch names changes:
// fields that this build does not know stay, and numbers keep their digits.
package podpatch

import (
	"bytes"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

// Apply returns the pod after the patch, both as JSON. An error is for the user: it says why the patch cannot be applied.
func Apply(pod, patch []byte) ([]byte, error) {
	original, err := tree(pod)
	if err != nil {
		return nil, fmt.Errorf("the pod is not a JSON object: %w", err)
	}
	changes, err := tree(patch)
	if err != nil {
		return nil, fmt.Errorf("the patch is not a JSON object: %w", err)
	}
	if pairs := elements(original) * elements(changes); pairs > maxPairs {
		return nil, fmt.Errorf("the lists of the pod and of the patch have too many elements to compare each with each: %d pairs, at most %d are", pairs, maxPairs)
	}
	merged, err := merge(original, changes)
	if err != nil {
		return nil, fmt.Errorf("the patch does not fit the pod: %w", err)
	}
	return json.Marshal(merged)
}

// maxPairs bounds how often an element of the pod is compared with one of the patch, which the library does for each pair of them. The author of a
// pod and of a WorkloadSpread may be anybody, and write tens of thousands into each.
const maxPairs = 1_000_000

// elements counts those of all lists.
func elements(value any) (count int) {
	switch value := value.(type) {
	case map[string]any:
		for _, member := range value {
			count += elements(member)
		}
	case []any:
		count = len(value)
		for _, element := range value {
			count += elements(element)
		}
	}
	return count
}

// merge is the library's merge, which panics where a list holds null or a directive has a value that it does not expect.
func merge(original, changes map[string]any) (merged map[string]any, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			merged, err = nil, fmt.Errorf("a list or a directive ($patch, $setElementOrder, $retainKeys) holds a value that cannot be merged: %v", cause)
		}
	}()
	return strategicpatch.StrategicMergeMapPatch(original, changes, corev1.Pod{})
}

func tree(raw []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var members map[string]any
	if err := decoder.Decode(&members); err != nil {
		return nil, err
	}
	return members, nil
}
