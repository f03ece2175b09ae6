// Package customworkload reads which workloads of other projects OpenKruise may treat as its own. They are listed in the settings, the
// ConfigMap kruise-configuration, as JSON: one list for WorkloadSpread, one for PersistentPodState (spec C12).
package customworkload

import (
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Keys of the settings that hold lists.
const (
	WorkloadSpreadKey     = "WorkloadSpread_Watch_Custom_Workload_WhiteList"
	PersistentPodStateKey = "PPS_Watch_Custom_Workload_WhiteList"
)

// Workload is a kind on a list.
type Workload struct {
	Group   string `json:"Group"`
	Version string `json:"Version"`
	Kind    string `json:"Kind"`
	// SubResources are the kinds that such a workload creates, and that own its pods in its stead. Only for WorkloadSpread.
	SubResources []schema.GroupVersionKind `json:"subResources"`
	// ReplicasPath is the field with the number of pods, such as "spec.replicas". Only for WorkloadSpread.
	ReplicasPath string `json:"replicasPath"`
}

// GroupVersionKind is the kind of the workload. Only group and kind decide whether a kind is listed; the version is the one to read it in.
func (w Workload) GroupVersionKind() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: w.Group, Version: w.Version, Kind: w.Kind}
}

// List are the listed workloads. The zero value lists none.
type List []Workload

// Read reads the value of a key; an empty one lists nothing. Names of members may be spelled in any case, as OpenKruise reads them.
func Read(settings interface {
	Setting(key string) (value string, ok bool)
}, key string) (List, error) {
	text, _ := settings.Setting(key)
	if text == "" {
		return nil, nil
	}
	var listed struct {
		Workloads List `json:"workloads"`
	}
	if err := json.Unmarshal([]byte(text), &listed); err != nil {
		return nil, fmt.Errorf("the ConfigMap kruise-configuration says under %s which workloads are allowed, and that cannot be read: %w", key, err)
	}
	return listed.Workloads, nil
}

// Find returns the listed workload of a kind.
func (l List) Find(kind schema.GroupKind) (Workload, bool) {
	for _, workload := range l {
		if workload.Group == kind.Group && workload.Kind == kind.Kind {
			return workload, true
		}
	}
	return Workload{}, false
}

// FindOwner returns in which version to read a kind that may own pods: a listed workload, or one of its sub-resources.
func (l List) FindOwner(kind schema.GroupKind) (schema.GroupVersionKind, bool) {
	for _, workload := range l {
		for _, owner := range append([]schema.GroupVersionKind{workload.GroupVersionKind()}, workload.SubResources...) {
			if owner.GroupKind() == kind {
				return owner, true
			}
		}
	}
	return schema.GroupVersionKind{}, false
}
