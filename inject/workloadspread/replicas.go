package workloadspread

// How many pods a subset takes before anybody has counted: its limit, where percentages are of the replicas of the workload.

import (
	"context"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/whitelist"
	"github.com/kruise-admission/kruise-admission/api/workloadspread"
	"github.com/kruise-admission/kruise-admission/decision"
)

// books opens the books of a pod's version, and begins new ones where there are none.
func (s *Step) books(ctx context.Context, spread *v1beta1.WorkloadSpread, about *newcomer) (*books, error) {
	b := open(spread, versionOf(about.pod))
	if len(b.subsets) > 0 {
		return b, nil
	}
	replicas := int64(0)
	if inPercent(spread.Spec.Subsets) {
		var err error
		if replicas, err = s.replicas(ctx, spread, about.namespace); err != nil {
			return nil, err
		}
	}
	for i := range spread.Spec.Subsets {
		subset := &spread.Spec.Subsets[i]
		missing, err := limit(subset.MaxReplicas, replicas)
		if err != nil {
			return nil, decision.CannotTell("WorkloadSpread %s/%s: spec.subsets[%d].maxReplicas: %w", about.namespace, spread.Name, i, err)
		}
		b.subsets = append(b.subsets, v1beta1.WorkloadSpreadSubsetStatus{Name: subset.Name, MissingReplicas: missing})
	}
	return b, nil
}

func inPercent(subsets []v1beta1.WorkloadSpreadSubset) bool {
	for i := range subsets {
		if limit := subsets[i].MaxReplicas; limit != nil && limit.Type == intstr.String {
			return true
		}
	}
	return false
}

// limit is the number of pods of a subset. All percent signs are forgotten, as validation does.
func limit(value *intstr.IntOrString, replicas int64) (int32, error) {
	switch {
	case value == nil:
		return unlimited, nil
	case value.Type == intstr.Int:
		return max(value.IntVal, 0), nil
	}
	percent, err := strconv.ParseInt(strings.ReplaceAll(value.StrVal, "%", ""), 10, 32)
	if err != nil {
		return 0, err
	}
	pods := math.Ceil(float64(percent) * float64(replicas) / 100)
	return int32(max(0, min(pods, math.MaxInt32))), nil
}

// replicas is how many pods a workload wants. One that does not exist, or says nothing about it where it should, wants none.
func (s *Step) replicas(ctx context.Context, spread *v1beta1.WorkloadSpread, namespace string) (int64, error) {
	target, ok := workloadspread.TargetOf(spread.Spec.TargetReference)
	if !ok || s.options.Workloads == nil {
		return 0, nil
	}
	kind, builtIn := workloadspread.BuiltIn(target.GroupKind)
	path := "spec.replicas"
	switch {
	case builtIn && target.Kind == "Job":
		path = "spec.parallelism"
	case !builtIn:
		list, err := whitelist.Read(s.options.View, whitelist.WorkloadSpreadKey)
		if err != nil {
			return 0, decision.CannotTell("how many replicas %s/%s has: %w", namespace, target.Name, err)
		}
		listed, ok := list.Find(target.GroupKind)
		if !ok {
			return 0, nil
		}
		kind, path = listed.GroupVersionKind, listed.ReplicasPath
	}
	raw, err := s.options.Workloads.Workload(ctx, kind, namespace, target.Name)
	if err != nil || raw == nil {
		return 0, err
	}
	var workload any
	if err := json.Unmarshal(raw, &workload); err != nil {
		return 0, decision.CannotTell("read %s %s/%s: %w", target.Kind, namespace, target.Name, err)
	}
	if filter := spread.Spec.TargetFilter; filter != nil && len(filter.ReplicasPathList) > 0 {
		sum := int64(0)
		for _, path := range filter.ReplicasPathList {
			sum += number(workload, path)
		}
		return sum, nil
	}
	return number(workload, path), nil
}

// number is the integer at a path such as spec.groups.0.replicas; 0 if there is none.
func number(value any, path string) int64 {
	for step := range strings.SplitSeq(path, ".") {
		switch parent := value.(type) {
		case map[string]any:
			value = parent[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(parent) {
				return 0
			}
			value = parent[i]
		default:
			return 0
		}
	}
	if found, ok := value.(float64); ok && found > 0 && found <= math.MaxInt32 {
		return int64(found)
	}
	return 0
}
