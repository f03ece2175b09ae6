package workloadspread

// What a subset changes in a pod. The pod is worked on as the tree of its JSON, never as a type, and only the members that come out otherwise
// are patched: what this build does not know stays as it is.

import (
	"bytes"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/podpatch"
	"github.com/kruise-admission/kruise-admission/api/wire"
	"github.com/kruise-admission/kruise-admission/api/workloadspread"
	"github.com/kruise-admission/kruise-admission/decision"
)

const (
	required  = "requiredDuringSchedulingIgnoredDuringExecution"
	preferred = "preferredDuringSchedulingIgnoredDuringExecution"
)

// place returns the operations that put a pod into a subset.
func place(raw []byte, subset *v1beta1.WorkloadSpreadSubset, matched workloadspread.Matched) ([]decision.Operation, error) {
	before, err := parse(raw)
	if err != nil {
		return nil, decision.CannotTell("read the pod: %w", err)
	}
	after, err := decide(raw, subset, matched)
	if err != nil {
		return nil, decision.CannotTell("WorkloadSpread %q: put the pod into subset %q: %w", matched.Name, matched.Subset, err)
	}
	return differences(nil, before, after, ""), nil
}

// decide returns the pod as it is in a subset.
func decide(raw []byte, subset *v1beta1.WorkloadSpreadSubset, matched workloadspread.Matched) (map[string]any, error) {
	pod, err := parse(raw)
	if err != nil {
		return nil, err
	}
	addTolerations(pod, subset.Tolerations)
	addPreferences(pod, subset.PreferredNodeSelector)
	if err := addRequirements(pod, subset.RequiredNodeSelector); err != nil {
		return nil, err
	}
	if pod, err = applyPatch(pod, subset.Patch.Raw); err != nil {
		return nil, err
	}
	child(child(pod, "metadata"), "annotations")[workloadspread.MatchedKey] = string(encode(matched))
	return pod, nil
}

func addTolerations(pod map[string]any, tolerations []corev1.Toleration) {
	if len(tolerations) > 0 {
		addMissing(child(pod, "spec"), "tolerations", treesOf(tolerations))
	}
}

func addPreferences(pod map[string]any, terms []corev1.PreferredSchedulingTerm) {
	if len(terms) > 0 {
		addMissing(nodeAffinity(pod), preferred, treesOf(terms))
	}
}

// maxRequirements bounds how many requirements are added to a pod: it may have thousands of terms, and the subset thousands of requirements for each.
const maxRequirements = 10_000

// addRequirements adds what the nodes of a subset have to every term, because one term suffices for a node.
func addRequirements(pod map[string]any, term *corev1.NodeSelectorTerm) error {
	if term == nil || len(term.MatchExpressions) == 0 && len(term.MatchFields) == 0 {
		return nil
	}
	selector := child(nodeAffinity(pod), required)
	terms, _ := selector["nodeSelectorTerms"].([]any)
	if len(terms) == 0 {
		selector["nodeSelectorTerms"] = []any{treeOf(term)}
		return nil
	}
	if wanted := len(terms) * (len(term.MatchExpressions) + len(term.MatchFields)); wanted > maxRequirements {
		return fmt.Errorf("requiredNodeSelector would add %d requirements to the terms of the pod, at most %d are added", wanted, maxRequirements)
	}
	expressions, fields := treesOf(term.MatchExpressions), treesOf(term.MatchFields)
	for _, present := range terms {
		members, ok := present.(map[string]any)
		if !ok {
			continue // null matches no node and stays so
		}
		addMissing(members, "matchExpressions", expressions)
		addMissing(members, "matchFields", fields)
	}
	return nil
}

// applyPatch applies the patch of a subset. The API server computes the priority and the preemption policy from the class, and refuses others.
func applyPatch(pod map[string]any, patch []byte) (map[string]any, error) {
	if len(patch) == 0 || bytes.Equal(bytes.TrimSpace(patch), []byte("null")) {
		return pod, nil
	}
	unpatched, err := json.Marshal(pod)
	if err != nil {
		return nil, err
	}
	patched, err := podpatch.Apply(unpatched, patch)
	if err != nil {
		return nil, err
	}
	if err := wire.Decode(patched, corev1.SchemeGroupVersion.WithKind("Pod"), &corev1.Pod{}); err != nil {
		return nil, fmt.Errorf("the patch makes no pod: %w", err)
	}
	result, err := parse(patched)
	if err != nil {
		return nil, err
	}
	was, _ := pod["spec"].(map[string]any)
	is, _ := result["spec"].(map[string]any)
	if was["priorityClassName"] != is["priorityClassName"] {
		delete(is, "priority")
		if was["preemptionPolicy"] == is["preemptionPolicy"] {
			delete(is, "preemptionPolicy")
		}
	}
	return result, nil
}

func nodeAffinity(pod map[string]any) map[string]any {
	return child(child(child(pod, "spec"), "affinity"), "nodeAffinity")
}
