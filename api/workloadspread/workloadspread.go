// Package workloadspread holds facts about WorkloadSpreads that the rules of the object and those of its pods share: which kinds can be
// spread, and how a pod says where it belongs.
package workloadspread

import (
	"encoding/json"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// builtIn are the kinds that can be spread without being on the white list, by name, each with a version that every cluster serves which
// knows the kind: OpenKruise serves CloneSet as v1alpha1 in all its releases, and StatefulSet as v1beta1.
var builtIn = map[string][]schema.GroupVersionKind{
	"CloneSet":    {v1alpha1.GroupVersion.WithKind("CloneSet")},
	"Deployment":  {appsv1.SchemeGroupVersion.WithKind("Deployment")},
	"Job":         {batchv1.SchemeGroupVersion.WithKind("Job")},
	"ReplicaSet":  {appsv1.SchemeGroupVersion.WithKind("ReplicaSet")},
	"StatefulSet": {appsv1.SchemeGroupVersion.WithKind("StatefulSet"), v1beta1.GroupVersion.WithKind("StatefulSet")},
}

// BuiltIn returns the version in which to read a kind that can be spread without being on the white list.
func BuiltIn(kind schema.GroupKind) (schema.GroupVersionKind, bool) {
	for _, known := range builtIn[kind.Kind] {
		if known.Group == kind.Group {
			return known, true
		}
	}
	return schema.GroupVersionKind{}, false
}

// BuiltInGroups are the groups that a built-in kind of this name has; none for other names, which the white list decides about.
func BuiltInGroups(kind string) (groups []string) {
	for _, known := range builtIn[kind] {
		groups = append(groups, known.Group)
	}
	return groups
}

// Target is the workload that a WorkloadSpread names. Versions do not count.
type Target struct {
	schema.GroupKind
	Name string
}

// TargetOf reads a reference. ok is false when there is none, or its apiVersion is none.
func TargetOf(reference *v1beta1.TargetReference) (target Target, ok bool) {
	if reference == nil {
		return Target{}, false
	}
	version, err := schema.ParseGroupVersion(reference.APIVersion)
	return Target{version.WithKind(reference.Kind).GroupKind(), reference.Name}, err == nil
}

// MatchedKey is the annotation of a pod that says which subset it belongs to; see [Matched].
const MatchedKey = "apps.kruise.io/matched-workloadspread"

// Matched is the value of [MatchedKey].
type Matched struct {
	// Name is that of the WorkloadSpread.
	Name string `json:"name"`
	// Subset is the name of the subset.
	Subset string `json:"subset"`
	// UID stands for the pod in creatingPods when it had no name at the time.
	UID string `json:"uid,omitempty"`
}

// Key is the name by which the status of the WorkloadSpread knows the pod of that name.
func (m Matched) Key(podName string) string {
	if m.UID != "" {
		return m.UID
	}
	return podName
}

// MatchedOf reads the annotation. ok is false when there is none that names a WorkloadSpread.
func MatchedOf(annotations map[string]string) (matched Matched, ok bool) {
	text := annotations[MatchedKey]
	if text == "" || json.Unmarshal([]byte(text), &matched) != nil {
		return Matched{}, false
	}
	return matched, matched.Name != ""
}
