// Package whitelist reads the lists of workload kinds in the settings ConfigMap (kruise-configuration): kinds that OpenKruise does not know
// by itself and a cluster's administrators allow.
package whitelist

import (
	"encoding/json"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Keys of the settings ConfigMap.
const (
	// PersistentPodStateKey lists the kinds of workloads whose pods a PersistentPodState may remember, besides StatefulSets.
	PersistentPodStateKey = "PPS_Watch_Custom_Workload_WhiteList"
	// WorkloadSpreadKey lists the kinds of workloads whose pods a WorkloadSpread may spread, besides those of Kubernetes and OpenKruise.
	WorkloadSpreadKey = "WorkloadSpread_Watch_Custom_Workload_WhiteList"
)

// List is a list of kinds of workloads. Its member names are decoded without regard to case, as those of Go fields are.
type List struct {
	Workloads []Workload `json:"workloads"`
}

// Workload is a kind of workload.
type Workload struct {
	schema.GroupVersionKind
	// SubResources are the kinds of objects between the workload and its pods. For WorkloadSpreads only.
	SubResources []schema.GroupVersionKind `json:"subResources"`
	// ReplicasPath is the member that holds the number of pods, such as spec.replicas. For WorkloadSpreads only.
	ReplicasPath string `json:"replicasPath"`
}

// Settings reads the settings ConfigMap.
type Settings interface {
	// Setting returns the value of a key. ok is false when the ConfigMap or the key does not exist.
	Setting(key string) (value string, ok bool)
}

// Read reads the list of a key. No ConfigMap, no key and an empty value are an empty list; a value that is no such list is an error that
// names the key.
func Read(settings Settings, key string) (List, error) {
	text, _ := settings.Setting(key)
	if text == "" {
		return List{}, nil
	}
	var list List
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return List{}, fmt.Errorf("key %s of the ConfigMap kruise-configuration in the server's namespace is no list of workloads: %w", key, err)
	}
	return list, nil
}

// Find returns the entry of a kind. Versions do not count.
func (l List) Find(kind schema.GroupKind) (Workload, bool) {
	i := slices.IndexFunc(l.Workloads, func(workload Workload) bool { return workload.GroupKind() == kind })
	if i < 0 {
		return Workload{}, false
	}
	return l.Workloads[i], true
}
