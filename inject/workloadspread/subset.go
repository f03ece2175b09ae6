package workloadspread

// Which subset a new pod gets.

import (
	"context"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/workloadspread"
	"github.com/kruise-admission/kruise-admission/decision"
)

// choose returns the subset of a new pod of a WorkloadSpread.
func (s *Step) choose(ctx context.Context, spread *v1beta1.WorkloadSpread, about *newcomer, dryRun bool) (placed, error) {
	if name, free := freeOfCounting(spread, about.pod.Name); free {
		return placement(spread, name, ""), nil
	}
	var chosen placed
	decide := func(now *v1beta1.WorkloadSpread) (map[string]any, error) {
		chosen = placed{}
		if now == nil || now.UID != spread.UID {
			return nil, nil // deleted since the view has seen it
		}
		books, err := s.books(ctx, now, about)
		if err != nil {
			return nil, err
		}
		key, uid := about.key(now.Name, books)
		name := books.admit(key, s.options.Now())
		if !books.creates(key) {
			uid = "" // nobody counts the pod, so nobody needs to know it
		}
		chosen = placement(now, name, uid)
		return books.changes(), nil
	}
	if s.options.Ledger == nil || dryRun {
		_, err := decide(spread)
		return chosen, err
	}
	if about.pod.Name == "" && about.request == "" {
		return placed{}, decision.CannotTell("WorkloadSpread %q: neither the pod nor the request has a name by which to count the pod", spread.Name)
	}
	err := s.options.Ledger.Take(ctx, about.namespace, spread.Name, decide)
	return chosen, err
}

// key is how the status of a WorkloadSpread knows the pod. uid is what the annotation must say about that. A pod that came without a name may
// have been here before, in the same request of its creator: then it carries the uid that it got, even if a later step of admission has named it.
func (n *newcomer) key(spread string, books *books) (key, uid string) {
	if matched, ok := workloadspread.MatchedOf(n.pod.Annotations); ok && matched.Name == spread && matched.UID != "" && books.creates(matched.UID) {
		return matched.UID, matched.UID
	}
	if n.pod.Name != "" {
		return n.pod.Name, ""
	}
	return n.request, n.request
}

func placement(spread *v1beta1.WorkloadSpread, subset, uid string) placed {
	for i := range spread.Spec.Subsets {
		if subset != "" && spread.Spec.Subsets[i].Name == subset {
			return placed{&spread.Spec.Subsets[i], workloadspread.Matched{Name: spread.Name, Subset: subset, UID: uid}}
		}
	}
	return placed{}
}

// freeOfCounting returns the subset where no count is needed: the only one, if it has no limit, and that of the ordinal of a StatefulSet's pod;
// empty if none takes it.
func freeOfCounting(spread *v1beta1.WorkloadSpread, podName string) (subset string, free bool) {
	subsets := spread.Spec.Subsets
	switch {
	case len(subsets) == 1 && subsets[0].MaxReplicas == nil:
		return subsets[0].Name, true
	case spread.Spec.TargetReference != nil && spread.Spec.TargetReference.Kind == "StatefulSet":
		return byOrdinal(spread, ordinal(podName)), true
	default:
		return "", false
	}
}

// byOrdinal fills the subsets in order; those that nothing can be scheduled to are left out.
func byOrdinal(spread *v1beta1.WorkloadSpread, ordinal int64) string {
	leftOut := map[string]bool{}
	for i := range spread.Status.SubsetStatuses {
		status := &spread.Status.SubsetStatuses[i]
		leftOut[status.Name] = unschedulable(status)
	}
	threshold := int64(0)
	for i := range spread.Spec.Subsets {
		subset := &spread.Spec.Subsets[i]
		if leftOut[subset.Name] {
			continue
		}
		if subset.MaxReplicas == nil {
			return subset.Name
		}
		if threshold += int64(subset.MaxReplicas.IntValue()); ordinal < threshold {
			return subset.Name
		}
	}
	return ""
}

// ordinal is the number at the end of the name of a StatefulSet's pod; -1 if there is none.
func ordinal(podName string) int64 {
	digits := podName[strings.LastIndexByte(podName, '-')+1:]
	number, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || len(digits) == len(podName) {
		return -1
	}
	return int64(number)
}

// unschedulable says whether the controller has seen that pods of a subset get no node.
func unschedulable(status *v1beta1.WorkloadSpreadSubsetStatus) bool {
	for _, condition := range status.Conditions {
		if condition.Type == v1beta1.SubsetSchedulable && condition.Status == metav1.ConditionFalse {
			return true
		}
	}
	return false
}

// anyVersion is the version of pods of workloads that OpenKruise does not count by version.
const anyVersion = "versionIgnored"

// versionOf is the key under which a pod is counted: pods of a new template of a Deployment are created before the old ones are gone, and must
// not find their places taken.
func versionOf(pod *corev1.Pod) string {
	controller := metav1.GetControllerOf(pod)
	if controller == nil || !strings.EqualFold(controller.Kind, "ReplicaSet") && !strings.EqualFold(controller.Kind, "Deployment") {
		return anyVersion
	}
	if hash := pod.Labels["pod-template-hash"]; hash != "" {
		return hash
	}
	revision := pod.Labels["controller-revision-hash"]
	if hash := revision[strings.LastIndexByte(revision, '-')+1:]; hash != "" {
		return hash
	}
	return anyVersion
}
